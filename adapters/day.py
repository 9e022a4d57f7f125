"""What a UTC day brought, folded from the journal: samples of the core's own books, and the words between.

Money comes from the core's snapshots, taken every ten seconds and at the end: total = capture + fees +
funding + inventory, exact, valued at the mid. What was held when the books began is neither gain nor
loss. Volume and fills come from the fills themselves, each counted once by the venue's instant of it.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from adapters.bar import Reason
from adapters.journal_reader import JournalReader
from strategy import events
from strategy import journal_table as table
from strategy.commands import AmendOrder, CreateOrder
from strategy.core_state import CoreState
from strategy.instrument import TAKER, notional_cash
from strategy.journal import IntentRecord
from strategy.knobs import Knobs, SymbolKnobs
from strategy.order import Order
from strategy.order_states import State
from strategy.position import Position
from strategy.units import BPS, BUY, NS_PER_DAY, NS_PER_S

_RESTING: Final = (State.WORKING, State.AMENDING)
# Between two samples further apart nothing is known of the quotes.
_APART_NS_MAX: Final = 60 * NS_PER_S
# Two copies of one word about an order come close together.
_CANCELLED_MAX: Final = 4096


class _Desk(msgspec.Struct, frozen=True):
    symbol: str
    position: Position


class _Orders(msgspec.Struct, frozen=True):
    live: dict[str, Order]


class _Health(msgspec.Struct, frozen=True):
    session: str = ""
    fills_unread: list[str] = []


class _Kept(msgspec.Struct, frozen=True):
    """The part of a snapshot that a day is told by."""

    desks: list[_Desk]
    orders: _Orders
    health: _Health


class Sample(msgspec.Struct, frozen=True):
    """The books at one instant. ``is_known``: fills from before the process began are in them."""

    now_ns: int
    boot: int
    positions: dict[str, Position]
    orders: tuple[Order, ...]
    is_known: bool


class SymbolDay(msgspec.Struct):
    """One symbol's day, in cash, lots and ns."""

    capture_cash: int = 0
    fee_cash: int = 0
    funding_cash: int = 0
    inventory_cash: int = 0
    maker_cash: int = 0
    taker_cash: int = 0
    fills: int = 0
    creates: int = 0
    amends: int = 0
    first_lots: int = 0
    last_lots: int = 0
    least_lots: int = 0
    most_lots: int = 0
    two_sided_ns: int = 0

    @property
    def total_cash(self) -> int:
        """What it earned, valued at the mid."""
        return self.capture_cash + self.fee_cash + self.funding_cash + self.inventory_cash


class Day(msgspec.Struct):
    """The account's day. ``from_ns`` and ``until_ns`` are what the journal covers of it."""

    symbols: dict[str, SymbolDay]
    from_ns: int = 0
    until_ns: int = 0
    ran_ns: int = 0
    processes: int = 0
    drawdown_cash: int = 0
    cancelled: int = 0
    notes: tuple[Reason, ...] = ()

    @property
    def total_cash(self) -> int:
        """What the account earned, valued at the mids."""
        return sum(one.total_cash for one in self.symbols.values())


def day_of(reader: JournalReader, number: int) -> Day:
    """Tell a day, counted since 1970; raises ``Damaged``."""
    from_ns, until_ns = number * NS_PER_DAY, (number + 1) * NS_PER_DAY
    knobs = reader.knobs()
    fold = _Fold(knobs)
    for sample in _samples(reader, from_ns, until_ns):
        fold.take(sample)
    day = fold.day
    _count(day, knobs, reader, from_ns, until_ns)
    day.notes = reader.notes(from_ns, until_ns)
    return day


class _Fold:
    """Adds up what changed from sample to sample."""

    def __init__(self, knobs: Knobs) -> None:
        self._knobs = {one.instrument.symbol: one for one in knobs.symbols}
        self.day = Day({symbol: SymbolDay() for symbol in self._knobs})
        self._last: Sample | None = None
        self._is_open = False
        self._peak_cash = 0

    def take(self, sample: Sample) -> None:
        day, last = self.day, self._last
        if last is None:
            day.from_ns = sample.now_ns
        if last is None or last.boot != sample.boot:
            day.processes += 1
        elif sample.now_ns - last.now_ns <= _APART_NS_MAX:
            self._ran(last, sample.now_ns - last.now_ns)
        if last is not None and self._is_open:
            self._earn(last, sample)
        else:
            # Books that begin know nothing yet: what they then read of the past is no gain of today.
            self._is_open = sample.is_known
            self._begin(sample)
        self._hold(sample)
        day.until_ns = sample.now_ns
        self._last = sample

    def _begin(self, sample: Sample) -> None:
        for symbol, one in self.day.symbols.items():
            lots = sample.positions[symbol].lots if symbol in sample.positions else 0
            one.first_lots = one.least_lots = one.most_lots = lots

    def _earn(self, last: Sample, sample: Sample) -> None:
        for symbol, one in self.day.symbols.items():
            was, now = last.positions.get(symbol), sample.positions.get(symbol)
            if was is None or now is None:
                continue
            one.capture_cash += now.captured_cash - was.captured_cash
            one.fee_cash += now.fees_cash - was.fees_cash
            one.funding_cash += now.funding_cash - was.funding_cash
            one.inventory_cash += now.moved_cash - was.moved_cash
        total = self.day.total_cash
        self._peak_cash = max(self._peak_cash, total)
        self.day.drawdown_cash = max(self.day.drawdown_cash, self._peak_cash - total)

    def _hold(self, sample: Sample) -> None:
        for symbol, one in self.day.symbols.items():
            if symbol in sample.positions:
                lots = sample.positions[symbol].lots
                one.last_lots = lots
                one.least_lots, one.most_lots = min(one.least_lots, lots), max(one.most_lots, lots)

    def _ran(self, last: Sample, span_ns: int) -> None:
        self.day.ran_ns += span_ns
        for symbol, one in self.day.symbols.items():
            if symbol in last.positions and _is_two_sided(last, self._knobs[symbol]):
                one.two_sided_ns += span_ns


def _is_two_sided(sample: Sample, knobs: SymbolKnobs) -> bool:
    """Say whether both quotes rested, no wider apart than the ceiling."""
    symbol = knobs.instrument.symbol
    mine = [one for one in sample.orders if one.symbol == symbol and one.state in _RESTING]
    bids = [one.price_ticks for one in mine if one.side == BUY]
    asks = [one.price_ticks for one in mine if one.side == -BUY]
    mid2 = sample.positions[symbol].mid2_ticks
    return bool(bids and asks) and 2 * BPS * (min(asks) - max(bids)) <= knobs.spread.width_bps_ceiling * mid2


def _samples(reader: JournalReader, from_ns: int, until_ns: int) -> Iterator[Sample]:
    """Give the books as the day began, at every snapshot of it, and as it ended or was left."""
    heads = reader.heads(from_ns, until_ns)
    before = reader.head_before(from_ns)
    last_ns = reader.last_ns(until_ns)
    if not heads and last_ns < from_ns:
        return
    if before is not None:
        yield _sample_of(reader.last_state(from_ns), from_ns, before.boot)
    is_known = before is not None
    ends = [*(head.now_ns for head in heads), until_ns][1:]
    for head, end_ns in zip(heads, ends, strict=True):
        kept = msgspec.json.decode(reader.snapshot(head), type=_Kept)
        unread = kept.health.fills_unread if kept.health.session else [desk.symbol for desk in kept.desks]
        # What one process has read of the past is in the books of those that follow it.
        is_known = is_known or not unread
        positions = {desk.symbol: desk.position for desk in kept.desks}
        sample = Sample(head.now_ns, head.boot, positions, tuple(kept.orders.live.values()), is_known)
        yield sample
        if not is_known:
            read_ns, is_known = _read_by(reader, head.now_ns, end_ns, unread)
            if read_ns:
                yield msgspec.structs.replace(sample, now_ns=read_ns, is_known=True)
    last = heads[-1] if heads else before
    if last is not None and last_ns > max(last.now_ns, from_ns):
        yield _sample_of(reader.last_state(until_ns), last_ns, last.boot)


def _read_by(reader: JournalReader, from_ns: int, until_ns: int, unread: Iterable[str]) -> tuple[int, bool]:
    """Say when the fills of these symbols had been read, 0 where any came with it, and whether they ever had."""
    left, is_same = dict.fromkeys(unread), True
    for word in reader.words(from_ns, until_ns):
        is_same = is_same and not any(_fills_in(word.event))
        if isinstance(word.event, events.FillsReport):
            left.pop(word.event.symbol, None)
            if not left:
                return (word.now_ns if is_same else 0), True
    return 0, False


def _sample_of(state: CoreState, now_ns: int, boot: int) -> Sample:
    positions = {desk.symbol: desk.position for desk in state.desks}
    return Sample(now_ns, boot, positions, tuple(state.orders.live.values()), is_known=True)


def _count(day: Day, knobs: Knobs, reader: JournalReader, from_ns: int, until_ns: int) -> None:
    """Count requests and fills of the day."""
    for record in reader.records(from_ns, until_ns, table.INTENT):
        if isinstance(record, IntentRecord) and isinstance(record.command, CreateOrder | AmendOrder):
            one = day.symbols.get(record.command.symbol)
            if one is not None:
                one.creates += isinstance(record.command, CreateOrder)
                one.amends += isinstance(record.command, AmendOrder)
    instruments = {one.instrument.symbol: one.instrument for one in knobs.symbols}
    cancelled: dict[str, None] = {}
    seen: dict[str, None] = {}
    for word in reader.words(from_ns, until_ns):
        event = word.event
        if isinstance(event, events.OrderCancelled) and event.client_id not in cancelled:
            cancelled[event.client_id] = None
            if len(cancelled) > _CANCELLED_MAX:
                del cancelled[next(iter(cancelled))]
            day.cancelled += 1
        for fill in _fills_in(event):
            if fill.fill_id in seen or fill.symbol not in day.symbols or not from_ns <= fill.venue_ns < until_ns:
                continue
            seen[fill.fill_id] = None
            one = day.symbols[fill.symbol]
            value = notional_cash(instruments[fill.symbol], fill.price_ticks, fill.size_lots)
            one.fills += 1
            if fill.liquidity == TAKER:
                one.taker_cash += value
            else:
                one.maker_cash += value


def _fills_in(event: events.Event) -> Iterable[events.OrderFilled]:
    match event:
        case events.OrderFilled():
            return (event,)
        case events.FillsReport():
            return event.fills
        case _:
            return ()
