"""The journal against the venue: what one of them knows and the other does not.

A word may be under way while both are read, and a read may lag. So what differs is looked at again,
and only what still differs then is told.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from adapters.preflight import FAIL, OK, Row
from adapters.settings import Settings
from adapters.venue import Seen, VenueUnusable
from adapters.visit import Visit
from strategy import commands, events
from strategy.core_state import CoreState
from strategy.instrument import Instrument, size_text
from strategy.knobs import Knobs
from strategy.order_states import State
from strategy.units import NS_PER_DAY, NS_PER_S

_RESTING: Final = (State.WORKING, State.AMENDING)
# How far back fills are compared, and how much of that the two ends may see differently.
_REACH_NS: Final = NS_PER_DAY
_EDGE_NS: Final = 60 * NS_PER_S
_LOOKS_MORE: Final = 2

UNKNOWN_ORDER: Final = "unknown order"
GONE_ORDER: Final = "order gone"
LACKING_FILL: Final = "lacking fill"
UNKNOWN_FILL: Final = "unknown fill"
POSITION: Final = "position"
UNREAD: Final = "unread"

_MENDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        UNKNOWN_ORDER: "live reconcile --fix cancels it",
        GONE_ORDER: "the next start asks what became of it",
        LACKING_FILL: "the next start books it",
        UNKNOWN_FILL: "is this the journal of this account?",
        POSITION: "somebody else trades on the account, or fills are older than the venue tells",
        UNREAD: "run it again",
    }
)


class Difference(NamedTuple):
    """One thing that differs: ``name`` is an order, a fill, or what the two sides say."""

    kind: str
    symbol: str
    name: str


class Books(msgspec.Struct, frozen=True):
    """What the journal says of one symbol. Fills are ids with the venue's instant of each."""

    instrument: Instrument
    lots: int
    known: tuple[str, ...]
    resting: tuple[str, ...]
    fills: Mapping[str, int]
    forgotten_ns: int


def books_of(state: CoreState, knobs: Knobs) -> list[Books]:
    """Read what a journal's state says, symbol by symbol."""
    orders = state.orders
    instruments = {one.instrument.symbol: one.instrument for one in knobs.symbols}
    found = []
    for desk in state.desks:
        mine = [one for one in orders.live.values() if one.symbol == desk.symbol]
        found.append(
            Books(
                instrument=instruments[desk.symbol],
                lots=desk.position.lots,
                known=tuple(one.client_id for one in mine),
                resting=tuple(one.client_id for one in mine if one.state in _RESTING),
                fills=orders.fill_ids,
                forgotten_ns=orders.fills_forgotten_ns,
            )
        )
    return found


async def differences(visit: Visit, books: list[Books]) -> tuple[Difference, ...]:
    """Compare once; raises ``VenueUnusable``."""
    visit.venue.count_in([one.instrument for one in books])
    seen = await visit.venue.look([one.instrument.symbol for one in books])
    since_ns = seen.venue_ns - _REACH_NS
    found: list[Difference] = []
    told: list[events.OrderFilled] = []
    is_whole = True
    for one in books:
        symbol = one.instrument.symbol
        open_word = await visit.ask(commands.QueryOpenOrders(symbol, visit.clock.now_ns()))
        fills_word = await visit.ask(commands.QueryFills(symbol, since_ns, visit.clock.now_ns()))
        if not isinstance(open_word, events.OpenOrdersReport) or not isinstance(fills_word, events.FillsReport):
            found.append(Difference(UNREAD, symbol, "the venue did not answer"))
            is_whole = False
            continue
        told += fills_word.fills
        lacking = _lacking(one, fills_word)
        found += _orders(one, open_word)
        found += (Difference(LACKING_FILL, symbol, fill.fill_id) for fill in lacking)
        found += _position(one, seen, sum(fill.side * fill.size_lots for fill in lacking))
    if is_whole:
        found += _unknown(books[0].fills, told, since_ns + _EDGE_NS)
    return tuple(found)


async def lasting_differences(visit: Visit, read: Callable[[], list[Books]]) -> tuple[Difference, ...]:
    """Compare until it is known what differs for longer than a word is under way; ``read`` reads the journal anew."""
    found = await differences(visit, read())
    for _ in range(_LOOKS_MORE):
        if not found:
            break
        await asyncio.sleep(visit.settle_s / _LOOKS_MORE)
        again = await differences(visit, read())
        found = tuple(one for one in found if one in again)
    return found


async def mended(visit: Visit, found: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """Cancel the orders that the journal does not know; give what still differs."""
    strangers = [one for one in found if one.kind == UNKNOWN_ORDER]
    for one in strangers:
        await visit.ask(commands.CancelOrder(one.name, one.symbol, 0))
    left = {symbol: await _open(visit, symbol) for symbol in dict.fromkeys(one.symbol for one in strangers)}
    return tuple(one for one in found if one.kind != UNKNOWN_ORDER or one.name in left[one.symbol])


async def _open(visit: Visit, symbol: str) -> tuple[str, ...]:
    """Read what is open once the cancels must have been carried out."""
    await asyncio.sleep(visit.settle_s)
    word = await visit.ask(commands.QueryOpenOrders(symbol, visit.clock.now_ns()))
    if not isinstance(word, events.OpenOrdersReport):
        raise VenueUnusable("SQ-V030", f"open orders of {symbol} could not be read after the cancels")
    return word.client_ids


def rows_of(found: tuple[Difference, ...], settings: Settings) -> list[Row]:
    """Tell each difference with what mends it."""
    if not found:
        symbols = " ".join(settings.live.symbols)
        return [Row("all", OK, f"journal and venue agree about {symbols}")]
    return [Row(one.kind, FAIL, f"{one.symbol} {one.name}".strip(), _MENDS[one.kind]) for one in found]


def _orders(books: Books, word: events.OpenOrdersReport) -> Iterator[Difference]:
    yield from (Difference(UNKNOWN_ORDER, word.symbol, one) for one in word.client_ids if one not in books.known)
    yield from (Difference(GONE_ORDER, word.symbol, one) for one in books.resting if one not in word.client_ids)


def _lacking(books: Books, word: events.FillsReport) -> list[events.OrderFilled]:
    """Find fills that the journal lacks; older ones than it remembers were counted once."""
    return [one for one in word.fills if one.fill_id not in books.fills and one.venue_ns > books.forgotten_ns]


def _unknown(fills: Mapping[str, int], told: Sequence[events.OrderFilled], from_ns: int) -> Iterator[Difference]:
    """Find fills in the journal that the venue does not know."""
    ids = {fill.fill_id for fill in told}
    for fill_id, venue_ns in fills.items():
        if venue_ns > from_ns and fill_id not in ids:
            yield Difference(UNKNOWN_FILL, "", fill_id)


def _position(books: Books, seen: Seen, explained_lots: int) -> Iterator[Difference]:
    if seen.positions is None:
        return
    symbol = books.instrument.symbol
    ours, theirs = books.lots, seen.positions[symbol]
    if ours + explained_lots != theirs:
        words = (
            f"{size_text(books.instrument, ours)} in the journal, {size_text(books.instrument, theirs)} at the venue"
        )
        yield Difference(POSITION, symbol, words)
