"""L1 to L3, L9: after the storm belief is truth again, nothing is in doubt, quotes are back, inventory shrinks.

A promise here may be broken for a while; it is broken for good when it was broken without a pause
for longer than its bound. Before the calm nothing is judged. Each clock is kept per symbol, and
time during which a promise could not be asked for is counted as excused, not as kept. Of L3 that is
while quotes are barred, and, with its clock stopped, while the bot is careful on a ground that shows.
Of L1 to L3 it is while no request or no answer gets through. Of L1 it is while belief is truth but for fills that the
venue has booked and shows nowhere yet; an order that lives again after its end was told has a clock of its own, and so
has a fill that nobody was told of: where a stream loses most of them and lists lag, one or another is always there.
Of L2 it is while the venue knows no such symbol: then it says nothing of an order, whoever asks; and it
takes none, so that no quote can stand, whether or not anybody was told.
Nobody unwinds either while quotes are barred, or while a halt has a ground that shows, such as a budget that is
spent, which only the operator clears: nothing of ours can meet anybody. That only stops L9's clock: a book
that is empty for a moment now and then would else give a bot that never unwinds all of its time anew.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from sim.oracle.excuses import Excuses
from sim.oracle.findings import Findings
from sim.oracle.patience import Patience
from sim.oracle.risen import Risen
from sim.oracle.tolerance import Tolerance
from sim.oracle.truth import Truth
from sim.oracle.withheld import NOTHING, Kept, Withheld
from strategy.belief import Belief, OrderBelief, SymbolBelief
from strategy.knobs import SymbolKnobs
from strategy.units import BPS, BUY, PCT, SELL

_OVER: Final = frozenset({"CLOSED", "ABSENT"})
_WORKING: Final = "WORKING"
_DOUBT: Final = "IN_DOUBT"
_HALTS: Final = frozenset({"halt", "latched"})


class Liveness:
    """Looks at most as often as it is told to, from the calm on."""

    def __init__(
        self,
        truth: Truth,
        symbols: Sequence[SymbolKnobs],
        tolerance: Tolerance,
        findings: Findings,
        excuses: Excuses,
        withheld: Withheld,
        risen: Risen,
        why_lost: Callable[[], str],
        why_mute: Callable[[str], str],
        inventory_soft_pct: float,
    ) -> None:
        """``why_lost`` says what cuts every read, ``why_mute`` why nobody is told of a symbol's orders now.

        The soft mark is in percent of a symbol's limit. ``resumed_ns`` is when the last process began, 0 for the first.
        """
        self._truth = truth
        self._findings = findings
        self._excuses = excuses
        self._withheld = withheld
        self._risen = risen
        self._why_lost = why_lost
        self._why_mute = why_mute
        self.calm_ns: int | None = None
        self.resumed_ns = 0
        bounds = (
            ("L1", tolerance.converge_ns),
            ("L2", tolerance.doubt_ns),
            ("L3", tolerance.requote_ns),
            ("L9", tolerance.unwind_ns),
        )
        self._clocks = {
            one.instrument.symbol: {code: Patience(code, one.instrument.symbol, bound, 0) for code, bound in bounds}
            for one in symbols
        }
        # For how long each order has been in doubt at a stretch, excused time not counted, by symbol.
        self._doubted_ns: dict[str, dict[str, int]] = {symbol: {} for symbol in self._clocks}
        self._soft_lots = {one.instrument.symbol: one.position_lots_max * inventory_soft_pct / PCT for one in symbols}
        self._ceilings_bps = {one.instrument.symbol: one.spread.width_bps_ceiling for one in symbols}

    def begin(self, calm_ns: int) -> None:
        """Note that the storm is over, once; the bot's clock. Who begins to live later is given time from then on."""
        if self.calm_ns is None:
            self.calm_ns = calm_ns
            for clock in self._all():
                clock.start(max(calm_ns, self.resumed_ns))

    def resumed(self, now_ns: int) -> None:
        """Note that a new process begins: what the one before it left undone is no time of its own."""
        self.resumed_ns = now_ns
        for clock in self._all():
            clock.resume(now_ns)
        self._risen.start_over()
        self._doubted_ns = {symbol: {} for symbol in self._clocks}

    def _all(self) -> Iterator[Patience]:
        return (clock for clocks in self._clocks.values() for clock in clocks.values())

    def look(self, now_ns: int, belief: Belief) -> None:
        """Compare belief with truth, and move every clock on."""
        lost = self._why_lost() or self._excuses.banned(now_ns)
        if lost:
            self._risen.start_over()
        self._risen.look(now_ns)
        for one in belief.symbols:
            symbol, clocks = one.symbol, self._clocks[one.symbol]
            self._look_at_belief(now_ns, one, belief, lost)
            mute = self._why_mute(symbol)
            self._look_at_doubts(now_ns, symbol, belief, lost or mute)
            missing = self.missing_quotes(symbol)
            barred = (lost or mute or self._excuses.barred(now_ns, symbol)) if missing else ""
            careful = self._excuses.careful(now_ns, one) if missing else ""
            wrong = f"{symbol}: {missing}" if missing else ""
            clocks["L3"].tick(now_ns, wrong, barred, self._findings, pause=careful)
            heavy = self._why_heavy(symbol)
            stuck = heavy and (mute or self._excuses.barred(now_ns, symbol) or self._why_halted(now_ns, one))
            # What is held is held still when quotes are free again: barred time stops this clock, and no more.
            clocks["L9"].tick(now_ns, heavy, "", self._findings, pause=stuck)

    def _look_at_belief(self, now_ns: int, one: SymbolBelief, belief: Belief, lost: str) -> None:
        """Move on the clock of belief; where only orders that have risen part it from truth, it shows their age."""
        clock, apart = self._clocks[one.symbol]["L1"], self._why_apart(one, belief, NOTHING)
        since_ns = self._apart_since(one, belief) if apart else None
        if since_ns is not None:
            clock.broken_ns = min(clock.broken_ns, max(0, clock.last_ns - since_ns))
        unknown = lost or (self._why_unknown(one, belief) if apart else "")
        clock.tick(now_ns, f"{one.symbol}: {apart}" if apart else "", unknown, self._findings)

    def _apart_since(self, one: SymbolBelief, belief: Belief) -> int | None:
        """Give since when, where only fills nobody was told of and risen orders part belief and truth: by the oldest.

        None where they are apart by anything else as well.
        """
        known = [order.client_id for order in belief.orders if order.state not in _OVER]
        # What the core has found, as it does sooner or later, is its own again.
        risen = {name: since_ns for name, since_ns in self._risen.of(one.symbol).items() if name not in known}
        untold, told_ns = self._withheld.untold(one.symbol)
        ages_ns = [*risen.values(), *([] if told_ns is None else [told_ns])]
        is_all = bool(ages_ns) and not self._why_apart(one, belief, untold, risen, untold.of_orders)
        return min(ages_ns) if is_all else None

    def _look_at_doubts(self, now_ns: int, symbol: str, belief: Belief, mute: str) -> None:
        """Move on the clock of the order that has been in doubt for longest: one doubt is not another's."""
        doubted = [one.client_id for one in belief.orders if one.symbol == symbol and one.state == _DOUBT]
        before, clock = self._doubted_ns[symbol], self._clocks[symbol]["L2"]
        passed_ns = now_ns - clock.last_ns
        # One that is seen in doubt for the first time has been for no time: its host may have slept until now.
        lasting = {one: before[one] + passed_ns if one in before and not mute else 0 for one in doubted}
        self._doubted_ns[symbol] = lasting
        clock.broken_ns = max(lasting.values(), default=0) - passed_ns
        wrong = f"{symbol}: {', '.join(doubted)} in doubt" if doubted else ""
        clock.tick(now_ns, wrong, mute if doubted else "", self._findings)

    def why_not_ready(self, now_ns: int, belief: Belief) -> str:
        """Say what keeps a process from being ready; empty when belief is truth and quotes stand or may not."""
        for one in belief.symbols:
            missing = self.missing_quotes(one.symbol)
            barred = self._why_mute(one.symbol) or self._excuses.barred(now_ns, one.symbol)
            excuse = barred or self._excuses.careful(now_ns, one)
            apart = self._why_apart(one, belief, NOTHING)
            why = ("" if self._why_unknown(one, belief) else apart) or (missing if not excuse else "")
            if why:
                return f"{one.symbol}: {why}"
        return ""

    def recoveries_ns(self) -> dict[str, int | None]:
        """Give, by promise, how long after the calm it held for every symbol; None where it never did."""
        found: dict[str, int | None] = {}
        if self.calm_ns is None:
            return found
        for code in ("L1", "L2", "L3"):
            held = [clocks[code].held_ns for clocks in self._clocks.values()]
            last_ns = None if None in held else max((each for each in held if each is not None), default=None)
            found[code] = None if last_ns is None else last_ns - self.calm_ns
        return found

    def _why_unknown(self, one: SymbolBelief, belief: Belief) -> str:
        """Say that belief is truth but for fills that the venue shows nowhere yet; empty where it is not."""
        kept = self._withheld.of(one.symbol)
        return "fills are shown nowhere yet" if kept.fills and not self._why_apart(one, belief, kept) else ""

    def _why_apart(
        self,
        one: SymbolBelief,
        belief: Belief,
        kept: Kept,
        risen: Collection[str] = (),
        filled: Mapping[str, int] = MappingProxyType({}),
    ) -> str:
        """Say where belief and truth differ, less what is kept back, what has risen, and whose rest was ``filled``.

        Words under way make them differ for a moment.
        """
        held = self._truth.position_lots(one.symbol) - kept.lots, self._truth.cash(one.symbol) - kept.cash
        if held != (one.position_lots, one.cash):
            return f"the core believes in {one.position_lots} lots and {one.cash} cash, the venue holds {held}"
        mine = {order.client_id: order for order in belief.orders if order.symbol == one.symbol}
        for order in self._truth.open_orders():
            if order.symbol != one.symbol or order.client_id in risen:
                continue
            believed = mine.pop(order.client_id, None)
            if believed is None or believed.state in _OVER:
                return f"{order.client_id} is live and the core does not know"
            filled_lots = order.filled_lots - kept.of_orders.get(order.client_id, 0)
            there = (order.price_ticks, order.size_lots, filled_lots)
            if (believed.price_ticks, believed.size_lots, believed.filled_lots) != there:
                return f"{order.client_id} is {there} at the venue, the core believes otherwise"
        working = (order for order in mine.values() if order.state == _WORKING)
        dead = next((order for order in working if not _has_ended(order, filled)), None)
        return "" if dead is None else f"{dead.client_id} is believed to be working and is not there"

    def _why_halted(self, now_ns: int, one: SymbolBelief) -> str:
        """Say on which ground the bot takes everything off, quotes that would shrink what it holds too."""
        return self._excuses.careful(now_ns, one) if one.guard_action in _HALTS else ""

    def is_heavy(self) -> bool:
        """Say whether more of any symbol is held than its soft mark."""
        return any(self._why_heavy(symbol) for symbol in self._clocks)

    def _why_heavy(self, symbol: str) -> str:
        """Say that more is held than the soft mark."""
        lots, soft_lots = self._truth.position_lots(symbol), self._soft_lots[symbol]
        return f"{symbol}: {lots} lots are held, the soft mark is {soft_lots:g}" if abs(lots) > soft_lots else ""

    def missing_quotes(self, symbol: str) -> str:
        """Say which quotes of ours do not stand; so far apart that nobody may quote so, they are none.

        What the rounding outward to a coarser tick than ours takes them apart is nobody's width.
        """
        sides: dict[int, list[int]] = {}
        for order in self._truth.open_orders():
            if order.symbol == symbol:
                sides.setdefault(order.side, []).append(order.price_ticks)
        if len(sides) < len((BUY, SELL)):
            return "a quote on one side only" if sides else "no quotes"
        bid, ask = max(sides[BUY]), min(sides[SELL])
        rounding = 2 * (self._truth.instruments[symbol].tick_times - 1)
        width_bps = 2 * BPS * (ask - bid - rounding) / (ask + bid)
        ceiling_bps = self._ceilings_bps[symbol]
        return "" if width_bps <= ceiling_bps else f"quotes {width_bps:.1f} bps apart, more than {ceiling_bps:g}"


def _has_ended(order: OrderBelief, filled: Mapping[str, int]) -> bool:
    """Say whether fills that nobody was told of are all that was left of an order."""
    return filled.get(order.client_id, -1) >= order.size_lots - order.filled_lots
