"""The orders that are played into a recorded market by both engines: what, when, and for how long."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sim.market.tape.book import TapeBook
from sim.market.tape.records import TapeDelta, TapeSnapshot
from sim.market.tape.timeline import Timed
from strategy.units import BUY, NS_PER_MS, SELL

# Between two milliseconds, so that no order ever arrives at the instant of a record.
_OFFSET_NS = NS_PER_MS // 2
_APART_NS = 1000


class Order(NamedTuple):
    """A post-only order as it leaves us at ``sent_ns``; its cancel leaves us at ``cancel_ns``."""

    sent_ns: int
    cancel_ns: int
    side: int
    price_ticks: int
    size_lots: int


class Fill(NamedTuple):
    """One fill of the order with that number."""

    order: int
    at_ns: int
    price_ticks: int
    size_lots: int


def apart(items: Sequence[Timed]) -> tuple[Timed, ...]:
    """Give every record an instant of its own, a microsecond after the one before where they share one.

    So both engines see one order of things, and an answer arrives before the next record.
    """
    found: list[Timed] = []
    last_ns = -_APART_NS
    for at_ns, record in items:
        last_ns = max(at_ns, last_ns + _APART_NS)
        found.append((last_ns, record))
    return tuple(found)


def schedule(items: Sequence[Timed], sizes: Sequence[int], every_ms: int, life_ms: int) -> list[Order]:
    """Join both touches of the book as it stands, in turn with the level behind and the gap, if there is one.

    At one price and side there is one order at a time: orders of ours never share a queue.
    """
    book, made = TapeBook(), list[Order]()
    busy: dict[tuple[int, int], int] = {}
    next_ns = every_ms * NS_PER_MS + _OFFSET_NS
    for at_ns, record in items:
        while next_ns < at_ns:
            bid, ask = book.best_bid(), book.best_ask()
            if bid is not None and ask is not None:
                for side, best in ((BUY, bid[0]), (SELL, ask[0])):
                    behind = (0, -1, 1)[len(made) % 3]
                    price = best + side * behind
                    if behind > 0 and ask[0] - bid[0] < 2:
                        price = best
                    if busy.get((side, price), 0) <= next_ns:
                        busy[side, price] = next_ns + life_ms * NS_PER_MS + 1
                        size = sizes[len(made) % len(sizes)]
                        made.append(Order(next_ns, next_ns + life_ms * NS_PER_MS, side, price, size))
            next_ns += every_ms * NS_PER_MS
        if isinstance(record, TapeSnapshot):
            book.fill(record)
        elif isinstance(record, TapeDelta):
            book.apply(record)
    end_ns = items[-1][0]
    return [order for order in made if order.cancel_ns < end_ns]


def actions(orders: Sequence[Order]) -> list[tuple[int, int, int]]:
    """List what is to be done in time: (when, 0 to create or 1 to cancel, which order)."""
    creates = [(order.sent_ns, 0, number) for number, order in enumerate(orders)]
    return sorted(creates + [(order.cancel_ns, 1, number) for number, order in enumerate(orders)])


def turns(
    items: Sequence[Timed], orders: Sequence[Order], latency_ns: int
) -> Iterator[tuple[list[tuple[int, bool]], Timed]]:
    """Give every record with what arrives before it: which order, and whether to create it or to cancel it."""
    todo, at = actions(orders), 0
    for item in items:
        arriving: list[tuple[int, bool]] = []
        while at < len(todo) and todo[at][0] + latency_ns < item[0]:
            arriving.append((todo[at][2], todo[at][1] == 0))
            at += 1
        yield arriving, item


def slices(items: Sequence[Timed], orders: Sequence[Order], latency_ns: int) -> list[tuple[Timed, ...]]:
    """Cut the records out that each order lives through, after the book as it stood when it was sent."""
    book, found = TapeBook(), list[tuple[Timed, ...]]()
    at = 0
    for order in orders:  # in order of time
        while at < len(items) and items[at][0] < order.sent_ns:
            record = items[at][1]
            if isinstance(record, TapeSnapshot):
                book.fill(record)
            elif isinstance(record, TapeDelta):
                book.apply(record)
            at += 1
        start = TapeSnapshot(0, 0, 0, 0, 0, book.bids(_LEVELS), book.asks(_LEVELS))
        end = at
        while end < len(items) and items[end][0] <= order.cancel_ns + latency_ns:
            end += 1
        # One record more: theirs hears of nothing that happens at its last one.
        found.append(((items[at - 1][0], start), *items[at : end + 1]))
    return found


# Enough that no price of ours, nor one it depends on, lies beyond.
_LEVELS = 200
