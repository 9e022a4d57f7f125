"""What leaves the bot, judged at the instant it leaves, by evidence alone.

Here live the promises about commands: S1 (limits, by the evidence's own worst case), S3 (no risk
on a doubt), S4 (no stale input), S7 (ids), S8 (clean quotes), S9 (halt means halt), S11 (regime).
"""

import re
from collections.abc import Mapping
from typing import Final

from sim.oracle.evidence import Evidence, Money
from sim.oracle.feed import Feed
from sim.oracle.findings import Findings
from sim.oracle.known import Known
from sim.oracle.tolerance import Tolerance
from strategy import commands, events
from strategy.knobs import AccountKnobs, SymbolKnobs
from strategy.units import BUY

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,36}")
_NO_QUOTES: Final = frozenset({"cancel_only", "auction", "halted", "closed", "down"})
_POST_ONLY: Final = "post_only"
_HALT, _RESUME = "halt", "resume"

Adding = commands.CreateOrder | commands.AmendOrder


class Sending:
    """Judges commands. It keeps only what no other ledger has: ids ever used, and words to obey."""

    def __init__(
        self,
        evidence: Evidence,
        feeds: Mapping[str, Feed],
        symbols: tuple[SymbolKnobs, ...],
        account: AccountKnobs,
        tolerance: Tolerance,
        findings: Findings,
    ) -> None:
        """Limits are those the bot was configured with."""
        self._evidence = evidence
        self._feeds = feeds
        self._symbols = {one.instrument.symbol: one for one in symbols}
        self._account = account
        self._tolerance = tolerance
        self._findings = findings
        self._ids: dict[str, None] = {}
        self._regimes: dict[str, str] = {}
        self._grids: dict[str, events.TermsSeen] = {}
        self._halted_by = ""
        self._is_stopped = False

    def heard(self, event: events.Event) -> None:
        """Note words that a bot has to obey: of people, and about the venue's regime.

        From such a word on there is something to disobey, so only from then on it counts as a look.
        """
        match event:
            case events.OperatorSaid(word=word) if word == _HALT:
                self._halted_by = "the operator"
                self._findings.checked("S9")
            case events.OperatorSaid(word=word) if word == _RESUME:
                self._halted_by = ""
            case events.Stopping():
                self._is_stopped = True
                self._findings.checked("S9")
            case events.Started():
                self._halted_by, self._is_stopped = "", False
                # Told to the one that died. A regime may end while nobody listens: a new process is told anew.
                self._regimes.clear()
                self._grids.clear()
            case events.TermsSeen():
                self._grids[event.symbol] = event
            case events.RegimeChanged():
                self._regimes[event.symbol] = event.regime
                if event.regime in _NO_QUOTES or event.regime == _POST_ONLY:
                    self._findings.checked("S11")
            case _:
                pass

    @property
    def _why_halted(self) -> str:
        """Say who wants no more risk: a stop is for good, an operator can take a halt back."""
        return "the stop" if self._is_stopped else self._halted_by

    def may_quote(self, symbol: str) -> bool:
        """Say whether nobody told the bot to keep out of a symbol."""
        return not self._why_halted and self._regimes.get(symbol, "") not in _NO_QUOTES

    def create(self, now_ns: int, command: commands.CreateOrder) -> None:
        """Judge a create, then take it into evidence."""
        self._unique(now_ns, command)
        self._clean(now_ns, command, command.side, command.size_lots, command.reduce_only)
        if not command.post_only and not command.reduce_only:
            detail = f"create {command.client_id} may take, and not only to reduce"
            self._findings.breach("S8", now_ns, command.client_id, detail, "it left without post-only")
        stale = self._fresh(now_ns, command, command.side if command.post_only else 0)
        self._allowed(now_ns, command, is_maker=command.post_only)
        money = self._evidence.money[command.symbol]
        is_risk = self._adds_risk(money, command.side, command.size_lots) and not command.reduce_only
        if is_risk:
            self._not_halted(now_ns, command)
        self._no_doubt(now_ns, command, command.side, None, is_risk)
        before = self._account_cash()
        _based(self._evidence.created(now_ns, command), command.price_ticks, stale)
        self._within_limits(now_ns, command, command.side, is_risk, before)

    def amend(self, now_ns: int, command: commands.AmendOrder) -> None:
        """Judge an amend, then take it into evidence."""
        order = self._evidence.orders.get(command.client_id)
        if order is None or order.symbol not in self._symbols:
            self._evidence.amended(now_ns, command)
            return
        added = max(0, command.size_lots - order.size_worst_lots)
        self._clean(now_ns, command, order.side, command.size_lots, order.reduce_only)
        stale = self._fresh(now_ns, command, order.side if command.price_ticks != order.price_ticks else 0)
        self._allowed(now_ns, command, is_maker=True)
        is_risk = added > 0 and self._adds_risk(self._evidence.money[order.symbol], order.side, added)
        is_risk = is_risk and not order.reduce_only
        if is_risk:
            self._not_halted(now_ns, command)
        self._no_doubt(now_ns, command, order.side, order, is_risk)
        before = self._account_cash()
        self._evidence.amended(now_ns, command)
        _based(order, command.price_ticks, stale)
        self._within_limits(now_ns, command, order.side, is_risk, before)

    # S1

    def _adds_risk(self, money: Money, side: int, added_lots: int) -> bool:
        """Say whether it could bring the position anywhere but nearer to flat."""
        buys, sells = money.reach_lots()
        return side * money.position_lots + (buys if side == BUY else sells) + added_lots > 0

    def _within_limits(
        self, now_ns: int, command: Adding, side: int, is_risk: bool, before: tuple[float, float]
    ) -> None:
        self._findings.checked("S1")
        if not is_risk:
            return
        money, limit = self._evidence.money[command.symbol], self._symbols[command.symbol].position_lots_max
        buys, sells = money.reach_lots()
        worst = abs(money.position_lots + side * (buys if side == BUY else sells))
        if worst > limit:
            seen = f"position {money.position_lots}, possibly bought {buys}, possibly sold {sells}"
            detail = f"{command.client_id} makes {worst} lots of {command.symbol} possible, the limit is {limit}"
            self._findings.breach("S1", now_ns, command.symbol, detail, seen)
        gross, net = self._account_cash()
        factor = self._tolerance.mark_factor
        for name, value, was, most in (
            ("gross", gross, before[0], self._account.gross_cash_max),
            ("net", net, before[1], self._account.net_cash_max),
        ):
            if value > most * factor and value > was:
                detail = f"{command.client_id} makes a {name} of {value / most:.3f} times its limit possible"
                self._findings.breach("S1", now_ns, name, detail, "delivered fills and orders possibly alive")

    def _account_cash(self) -> tuple[float, float]:
        """Give gross and beta-weighted net of the account at their worst, at the last prices seen."""
        gross = most = least = 0.0
        for symbol, money in self._evidence.money.items():
            buys, sells = money.reach_lots()
            lots = money.position_lots
            lot_cash = float(self._feeds[symbol].mark_ticks * money.instrument.cash_per_ticklot)
            beta = self._symbols[symbol].beta
            gross += max(abs(lots + buys), abs(lots - sells)) * lot_cash
            most += beta * (lots + buys) * lot_cash
            least += beta * (lots - sells) * lot_cash
        return gross, max(abs(most), abs(least))

    # S3

    def _no_doubt(self, now_ns: int, command: Adding, side: int, target: Known | None, is_risk: bool) -> None:
        self._findings.checked("S3")
        silence_ns = self._tolerance.silence_ns
        for other in self._evidence.money[command.symbol].open.values():
            if other.side not in (side, 0):
                continue
            is_target = target is not None and other.client_id == target.client_id
            if not (is_risk or (is_target and not _only_shrinks(other, command))):
                continue
            why = other.why_in_doubt(now_ns, silence_ns)
            if why:
                detail = f"{_verb(command)} {command.client_id} left while {other.client_id} of its side is in doubt"
                seen = f"{other.client_id}: {why}"
                self._findings.breach("S3", now_ns, command.client_id, detail, seen, order=other.client_id)

    # S4, what is sent

    def _fresh(self, now_ns: int, command: Adding, side: int) -> str:
        """Judge the inputs, and say what is wrong with them; ``side`` 0: no price of a quote, or no new one."""
        self._findings.checked("S4")
        if now_ns > command.send_by_ns:
            return ""  # the step took so long that it does not leave any more
        feed = self._feeds[command.symbol]
        why = feed.why_blind(now_ns, self._tolerance.quote_age_ns)
        if why:
            detail = f"{_verb(command)} {command.client_id} left without a fresh book of {command.symbol}"
            self._findings.breach("S4", now_ns, command.symbol, detail, why)
            return why
        why = feed.touches.why_past(now_ns, side, command.price_ticks) if side else ""
        if why:
            detail = f"{_verb(command)} {command.client_id} at {command.price_ticks} was made of an older book"
            self._findings.breach("S4", now_ns, command.symbol, detail, why)
        return why

    # S7

    def _unique(self, now_ns: int, command: commands.CreateOrder) -> None:
        self._findings.checked("S7")
        client_id = command.client_id
        if client_id in self._ids:
            self._findings.breach("S7", now_ns, client_id, f"{client_id} was used before", "both creates left")
        elif not _ID.fullmatch(client_id):
            self._findings.breach("S7", now_ns, client_id, f"{client_id!r} is no client id", "the create left")
        self._ids[client_id] = None

    # S8, as sent

    def _clean(self, now_ns: int, command: Adding, side: int, size_lots: int, reduce_only: bool) -> None:
        self._findings.checked("S8")
        instrument = self._symbols[command.symbol].instrument
        price = command.price_ticks
        value = price * size_lots * instrument.cash_per_ticklot
        wrong = ""
        if type(price) is not int or type(size_lots) is not int:
            wrong = f"{price!r} x {size_lots!r} is off the grid"
        elif price <= 0 or not instrument.lots_min <= size_lots <= instrument.lots_max:
            wrong = f"{size_lots} lots at {price} ticks is outside the instrument's sizes"
        elif value < instrument.notional_min_cash and not reduce_only:
            wrong = f"{size_lots} lots at {price} ticks is worth less than the least order"
        elif _is_off(self._grids.get(command.symbol), price, size_lots):
            wrong = f"{size_lots} lots at {price} ticks is off the grid that the venue told"
        if wrong:
            detail = f"{_verb(command)} {command.client_id}: {wrong}"
            self._findings.breach("S8", now_ns, command.client_id, detail, "the instrument's rules")
        for other in self._evidence.money[command.symbol].open.values():
            if side and other.side == -side and not other.over and side * (price - other.reach_ticks) >= 0:
                detail = f"{_verb(command)} {command.client_id} at {price} meets our own {other.client_id}"
                seen = f"{other.client_id} may stand at {other.reach_ticks}"
                self._findings.breach("S8", now_ns, command.client_id, detail, seen, order=other.client_id)

    # S9, S11

    def _not_halted(self, now_ns: int, command: Adding) -> None:
        if self._why_halted:
            self._findings.checked("S9")
            detail = f"{_verb(command)} {command.client_id} left after a halt"
            self._findings.breach("S9", now_ns, command.client_id, detail, f"halted by {self._why_halted}")

    def _allowed(self, now_ns: int, command: Adding, *, is_maker: bool) -> None:
        regime = self._regimes.get(command.symbol, "")
        if regime in _NO_QUOTES or regime == _POST_ONLY:
            self._findings.checked("S11")
        if regime in _NO_QUOTES or (regime == _POST_ONLY and not is_maker):
            detail = f"{_verb(command)} {command.client_id} left in the regime {regime}"
            self._findings.breach("S11", now_ns, command.client_id, detail, f"{regime} was announced")


def _based(order: Known, price_ticks: int, stale: str) -> None:
    """Note what was wrong with the inputs that a price was made of; empty where they were a ground."""
    if stale:
        order.baseless[price_ticks] = stale
    else:
        order.baseless.pop(price_ticks, None)


def _is_off(told: events.TermsSeen | None, price_ticks: int, size_lots: int) -> bool:
    """Say whether an order is off a grid that was told."""
    return told is not None and bool(price_ticks % (told.tick_times or 1) or size_lots % (told.lot_times or 1))


def _only_shrinks(order: Known, command: Adding) -> bool:
    return command.price_ticks == order.price_ticks and command.size_lots <= order.size_lots


def _verb(command: Adding) -> str:
    return "create" if isinstance(command, commands.CreateOrder) else "amend"
