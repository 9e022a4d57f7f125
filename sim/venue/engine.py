"""The exchange our account trades on. It speaks the strategy's vocabulary: commands in, events out.

``handle`` carries out one request at the instant it reaches the engine and gives the answer for
its sender; words for the private stream go to the ``private`` sink, market data to ``public``.
What is asked twice is answered twice; what was done is not done again.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from sim.clocks import Clock
from sim.venue import closing, codes
from sim.venue.accounts import Account, Holding
from sim.venue.conditions import ANEW, OLD, Conditions
from sim.venue.feeds import Feed
from sim.venue.history import Past
from sim.venue.limits import Limits, Policy
from sim.venue.matching import Match, Resting
from sim.venue.orders import CANCELLED, FILLED, OPEN, REJECTED, Fill, VenueOrder
from sim.venue.pit import Pit
from sim.venue.reads import READS, answer_of
from sim.venue.regimes import refuses
from sim.venue.rules import Rules as Rules
from sim.venue.rules import lacks_margin, why_refuse_amend, why_reject
from strategy import commands, events
from strategy.instrument import MAKER, TAKER, Instrument
from strategy.requests import refusal_of, unanswered
from strategy.units import NS_PER_MS

_AHEAD_NS_MAX: Final = 1000 * NS_PER_MS
_HEARTBEAT_NS: Final = 500 * NS_PER_MS
# What anybody may ask.
UNSIGNED: Final = (commands.RequestBook, commands.SampleClock, commands.QueryTerms)


class Venue(Conditions):
    """One exchange with one account of ours, and everybody else."""

    def __init__(self, instruments: Sequence[Instrument], rules: Rules, clock: Clock) -> None:
        """Start without markets; ``open_market`` brings them."""
        super().__init__(tuple(one.symbol for one in instruments), clock)
        self.instruments = {one.symbol: one for one in instruments}
        self.account = Account(
            {one.symbol: Holding(one) for one in instruments}, rules.start_cash, rules.maintenance_ppm, rules.leverage
        )
        self.rules = rules
        self.feeds: dict[str, Feed] = {}
        self.orders: dict[str, VenueOrder] = {}
        self.open: dict[str, VenueOrder] = {}
        self.fills: list[Fill] = []
        self.funded: list[events.FundingPaid] = []
        self.funded_ns: list[int] = []  # when each was, in true time
        self.reached: Callable[[int], None] = _nobody
        self.self_trades = 0
        self.refused_stamps = 0
        self.liquidations = 0
        self.limits = Limits(Policy(orders_per_s=rules.orders_per_s, burst=rules.burst, reads_per_s=rules.reads_per_s))
        self.handlers: dict[type, Callable[[Any, int, int], events.Event | None]] = {
            commands.CreateOrder: self._create,
            commands.AmendOrder: self._amend,
            commands.CancelOrder: self._cancel,
            commands.CancelAll: self._cancel_all,
            commands.RequestBook: self._request_book,
            **dict.fromkeys(READS, self._read),
        }

    def open_market(self, pit: Pit) -> None:
        """Bring a symbol's market."""
        self.pits[pit.symbol] = pit
        pit.book.may_trade = self._may_trade
        self.feeds[pit.symbol] = Feed(pit, _HEARTBEAT_NS, self.rules.book_levels)

    # Requests

    def handle(
        self, command: commands.Command, now_ns: int, signed_ns: int, window_ns: int | None = None
    ) -> events.Event | None:
        """Carry out a request that reaches the engine now, no older than ``window_ns``; None for what has no answer."""
        venue_ns = self.venue_ns(now_ns)
        symbol = getattr(command, "symbol", "")
        code = self.limits.admit(command, now_ns)
        if code:
            return unanswered(command, code)
        if not isinstance(command, UNSIGNED) and not self._is_timely(signed_ns, now_ns, window_ns):
            self.refused_stamps += 1
            return refusal_of(command, codes.TIMESTAMP, venue_ns)
        # What was traded stays on record after the symbol is gone.
        is_gone = symbol in self.delisted and not isinstance(command, commands.QueryFills)
        if symbol and (symbol not in self.instruments or is_gone):
            return refusal_of(command, codes.UNKNOWN_SYMBOL, venue_ns)
        if symbol and refuses(self.regime[symbol], command):
            return refusal_of(command, self.regime[symbol], venue_ns)
        return self.handlers[type(command)](command, now_ns, venue_ns)

    def publish(self, symbol: str, now_ns: int) -> None:
        """Tell the public stream what changed; close positions that the margin carries no more."""
        told = self.feeds[symbol].publish(now_ns, self.venue_ns(now_ns))
        self.say(symbol, told)
        self.repeat_regime(symbol, now_ns)
        if not self.is_frozen:
            closing.check_margin(self, now_ns)

    def cancel_everything(self, now_ns: int, symbol: str = "") -> int:
        """Take every order of ours (of one symbol, if named) off the book, whatever the regime; give how many went."""
        gone = [order for order in self.open.values() if symbol in ("", order.symbol)]
        for order in gone:
            self.end(order, CANCELLED, codes.BY_VENUE, now_ns)
        return len(gone)

    def fund(self, symbol: str, rate_ppm: int, now_ns: int) -> None:
        """Settle funding of a symbol."""
        cash = self.account.fund(symbol, rate_ppm, self.pits[symbol].book.mid2_ticks)
        at_ns = self.venue_ns(now_ns)
        # Numbered, not named by its instant: a clock that stands still or is set back shows the same one again.
        self.funded.append(events.FundingPaid(symbol, f"{symbol}-funding-{len(self.funded) + 1}", cash, at_ns))
        self.funded_ns.append(now_ns)
        self._tell(self.funded[-1])

    # What a restart does to orders

    def drop(self, order: VenueOrder, state: str, code: str, now_ns: int) -> None:
        """Take an order off the book without a word."""
        order.code = code
        self._drop(order, state)
        self.history.note(order, now_ns)

    def bring_back(self, order: VenueOrder, now_ns: int) -> None:
        """Put an order that was over back on the book, as it says it is."""
        order.state, order.code, order.is_known = OPEN, "", True
        self.open[order.client_id] = order
        self.history.note(order, now_ns)
        self.work(order, now_ns, is_taking=False)

    def _is_timely(self, signed_ns: int, now_ns: int, window_ns: int | None) -> bool:
        wall_ns, window_ns = self.clock.read(now_ns), self.rules.window_ns if window_ns is None else window_ns
        return wall_ns - window_ns <= signed_ns < wall_ns + _AHEAD_NS_MAX

    def _create(self, command: commands.CreateOrder, now_ns: int, venue_ns: int) -> events.Event:
        known = self.orders.get(command.client_id)
        if known is not None and self.known_ids == ANEW and known.state != OPEN:
            self.orders[f"{command.client_id} {known.number}"] = self.orders.pop(command.client_id)
        elif known is not None and self.known_ids == OLD:
            return _accepted(known, known.price_ticks, venue_ns)
        elif known is not None:
            return events.OrderRejected(command.client_id, codes.DUPLICATE_ID, venue_ns)
        order = VenueOrder(
            len(self.orders) + 1,
            command.client_id,
            command.symbol,
            command.slot,
            command.side,
            command.price_ticks,
            command.size_lots,
            post_only=command.post_only,
            reduce_only=command.reduce_only,
        )
        self.orders[command.client_id] = order
        order.code = self._why_reject(command)
        if order.code:
            order.state = REJECTED
            rejected = events.OrderRejected(order.client_id, order.code, venue_ns)
            self.history.note(order, now_ns)
            self._tell(rejected)
            return rejected
        self.open[order.client_id] = order
        order.price_ticks, told = self.slides(order.client_id, events.CREATE, order.side, order.price_ticks)
        self.history.note(order, now_ns)
        accepted = _accepted(order, told, venue_ns)
        self._tell(accepted)
        code = self.late_refusal(command)
        if code:
            self.end(order, CANCELLED, code, now_ns)
            return accepted
        if command.fill_or_kill and not self._fills_whole(order):
            self.end(order, CANCELLED, codes.NOT_FILLED, now_ns)
            return accepted
        self.work(order, now_ns, is_taking=command.taking or command.fill_or_kill)
        if order.state == OPEN:
            self.racing(command, order, now_ns)
        return accepted

    def _fills_whole(self, order: VenueOrder) -> bool:
        return self.pits[order.symbol].fillable_lots(order.side, order.price_ticks) >= order.size_lots

    def _why_reject(self, command: commands.CreateOrder) -> str:
        """Give the code of the first rule a create breaks; empty when it breaks none."""
        symbol = command.symbol
        code = why_reject(
            command, self.instruments[symbol], self.rules, self.pits[symbol].book, self.position_lots(symbol)
        ) or self.also_refuses(symbol, command.price_ticks, command.size_lots)
        if code or command.reduce_only:
            return code
        return self._why_short_of_margin(symbol, command.side, command.size_lots)

    def _why_short_of_margin(self, symbol: str, side: int, more_lots: int) -> str:
        orders = list(self.open.values())
        return codes.MARGIN if lacks_margin(self.account, self.mids2(), orders, symbol, side, more_lots) else ""

    def work(self, order: VenueOrder, now_ns: int, *, is_taking: bool) -> None:
        """Match what crosses, then rest or drop what is left."""
        pit = self.pits[order.symbol]
        if pit.book.crosses(order.side, order.price_ticks):
            mid2 = pit.book.mid2_ticks
            for maker, price, lots in pit.take(order.side, order.leaves_lots, order.price_ticks, now_ns):
                if maker.owner is not None:
                    self.self_trades += 1
                self.fill(order, price, lots, TAKER, mid2, now_ns)
            self.end_unreduced(order.symbol, now_ns)
        if order.state != OPEN:
            return
        if is_taking or pit.book.crosses(order.side, order.price_ticks):
            # What still crosses stands before an order of our own: the newest goes.
            self.end(order, CANCELLED, codes.NOT_FILLED if is_taking else codes.SELF_TRADE, now_ns)
            return
        pit.enter(order, order.leaves_lots, now_ns)

    def _amend(self, command: commands.AmendOrder, now_ns: int, venue_ns: int) -> events.Event:
        order = self.raced(command, self.open.get(command.client_id), now_ns)
        code = codes.GONE if order is None else self._why_refuse_amend(order, command)
        if order is None or code:
            return events.AmendRefused(command.client_id, code, venue_ns)
        pit = self.pits[order.symbol]
        shrinks, told = order.size_lots - command.size_lots, command.price_ticks
        if command.price_ticks == order.price_ticks and shrinks >= 0:
            if shrinks:
                pit.shrink(order, shrinks)
            order.size_lots = command.size_lots
        else:
            pit.leave(order)
            order.price_ticks, told = self.slides(order.client_id, events.AMEND, order.side, command.price_ticks)
            order.size_lots, order.is_aimed_at = command.size_lots, False
        self.history.note(order, now_ns)
        amended = events.OrderAmended(order.client_id, told, order.size_lots, venue_ns)
        self._tell(amended)
        if order.client_id not in _resting(pit):
            self.work(order, now_ns, is_taking=False)
        return amended

    def _why_refuse_amend(self, order: VenueOrder, command: commands.AmendOrder) -> str:
        symbol = order.symbol
        code = why_refuse_amend(
            order, command, self.instruments[symbol], self.rules, self.pits[symbol].book, self.position_lots(symbol)
        ) or self.also_refuses(symbol, command.price_ticks, command.size_lots)
        if code or order.reduce_only:
            return code
        return self._why_short_of_margin(symbol, order.side, max(0, command.size_lots - order.size_lots))

    def _cancel(self, command: commands.CancelOrder, now_ns: int, venue_ns: int) -> events.Event:
        order = self.raced(command, self.open.get(command.client_id), now_ns)
        if order is None:
            return events.CancelRefused(command.client_id, codes.GONE, venue_ns)
        return self.end(order, CANCELLED, codes.BY_CLIENT, now_ns)

    def _cancel_all(self, command: commands.CancelAll, now_ns: int, venue_ns: int) -> events.Event:
        for order in [order for order in self.open.values() if command.symbol in ("", order.symbol)]:
            self.end(order, CANCELLED, codes.BY_CLIENT, now_ns)
        return events.CancelAllAnswered(command.symbol, venue_ns)

    # Reads

    def _read(self, command: commands.Command, now_ns: int, venue_ns: int) -> events.Event:
        lag_ns = self.read_lag_ns(command, now_ns)
        if not lag_ns:
            return answer_of(self, command, venue_ns)
        then_ns = max(0, now_ns - lag_ns)
        return answer_of(Past(self, then_ns), command, self.venue_ns(then_ns))

    def _request_book(self, command: commands.RequestBook, now_ns: int, venue_ns: int) -> events.Event:
        *streamed, snapshot = self.feeds[command.symbol].snapshot(now_ns, venue_ns, command.asked_ns)
        self.say(command.symbol, streamed)
        return snapshot

    # What happens to orders

    def traded(self, pit: Pit, matches: list[Match], side: int, mid2_ticks: int, now_ns: int) -> None:
        """Hear of a trade in a market: it is published, and our orders in it are filled."""
        self.reached(now_ns)
        self.feeds[pit.symbol].traded(matches, side, self.venue_ns(now_ns))
        for maker, price, lots in matches:
            if maker.owner is not None:
                self.fill(maker.owner, price, lots, MAKER, mid2_ticks, now_ns)
        self.end_unreduced(pit.symbol, now_ns)

    def _may_trade(self, maker: Resting, matches: list[Match]) -> int:
        """Say how much of an order of ours may trade: a reduce-only one never turns the position."""
        order: VenueOrder = maker.owner
        if not order.reduce_only:
            return maker.lots
        held = self.position_lots(order.symbol)
        for earlier, _, lots in matches:
            if earlier.owner is not None:
                held += order.side * lots
        return min(maker.lots, max(0, -order.side * held))

    def made(self, order: VenueOrder, price: int, lots: int, mid2_ticks: int, now_ns: int) -> None:
        """Hear that an order of ours was filled as a maker, in a market that prints its own trades.

        Such a market may fill several of ours at once; what an earlier fill ended trades no more.
        """
        self.reached(now_ns)
        if order.reduce_only:
            lots = min(lots, max(0, -order.side * self.position_lots(order.symbol)))
        if order.state == OPEN and lots:
            self.fill(order, price, lots, MAKER, mid2_ticks, now_ns)
        self.end_unreduced(order.symbol, now_ns)

    def fill(
        self,
        order: VenueOrder,
        price: int,
        lots: int,
        liquidity: str,
        mid2: int,
        now_ns: int,
        fee_cash: int | None = None,
    ) -> None:
        """Book a trade of an order and tell of it; ``fee_cash`` (income) where it is not the instrument's own."""
        order.filled_lots += lots
        fee = self.account.trade(order.symbol, order.side, price, lots, liquidity, fee_cash)
        if order.filled_lots >= order.size_lots:
            self._drop(order, FILLED)
        self.history.note(order, now_ns)
        event = events.OrderFilled(
            order.client_id,
            order.symbol,
            order.side,
            f"{order.symbol}-{len(self.fills) + 1}",
            price,
            lots,
            order.filled_lots,
            liquidity,
            fee,
            self.venue_ns(now_ns),
        )
        self.fills.append(Fill(event, mid2, now_ns))
        self.booked(self.fills[-1])
        self._tell(event)

    def end_unreduced(self, symbol: str, now_ns: int) -> None:
        """Cancel reduce-only orders that would now turn the position over."""
        held = self.account.holdings[symbol].lots
        for order in [one for one in self.open.values() if one.symbol == symbol and one.reduce_only]:
            if order.leaves_lots > -order.side * held and order.client_id in _resting(self.pits[symbol]):
                self.end(order, CANCELLED, codes.REDUCE_ONLY, now_ns)

    def end(self, order: VenueOrder, state: str, code: str, now_ns: int) -> events.Event:
        """Take an order off the book and say so."""
        self.drop(order, state, code, now_ns)
        ended = events.OrderCancelled(order.client_id, order.filled_lots, code, self.venue_ns(now_ns))
        self._tell(ended)
        return ended

    def _drop(self, order: VenueOrder, state: str) -> None:
        order.state = state
        del self.open[order.client_id]
        pit = self.pits[order.symbol]
        if order.client_id in _resting(pit):
            pit.leave(order)

    # The truth, for those who judge

    def mids2(self) -> dict[str, int]:
        """Give twice the mid of every symbol, the last two-sided one where a side is empty."""
        return {symbol: pit.book.mid2_ticks for symbol, pit in self.pits.items()}

    def position_lots(self, symbol: str) -> int:
        """Give what we hold."""
        return self.account.holdings[symbol].lots

    def cash(self, symbol: str) -> int:
        """Give what we received and paid, fees and funding included."""
        return self.account.holdings[symbol].cash

    def open_orders(self) -> Iterable[VenueOrder]:
        """Give our orders on the book."""
        return self.open.values()

    def is_open(self, client_id: str) -> bool:
        """Say whether an order is on the book."""
        return client_id in self.open

    def fill_ids(self, symbol: str) -> list[str]:
        """Give the ids of our fills of a symbol."""
        return [fill.event.fill_id for fill in self.fills if fill.event.symbol == symbol]

    def zero_sum_cash(self) -> int:
        """Give what was made from nothing: 0."""
        return self.account.zero_sum_cash()


def _accepted(order: VenueOrder, price_ticks: int, venue_ns: int) -> events.OrderAccepted:
    return events.OrderAccepted(order.client_id, f"v{order.number}", price_ticks, order.size_lots, venue_ns, order.side)


def _resting(pit: Any) -> Any:
    return pit.ours


def _nobody(_at_ns: int) -> None:
    """Hear nothing."""
