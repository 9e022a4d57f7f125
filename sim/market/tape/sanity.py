"""One tape, one market: what is right line by line, held against the lines before.

Times and prices that are off by a factor are another unit, not a market. The venue's clock and the
recorder's are apart by a constant and by a delay: a stamp that leaves them by a minute is wrong, and
would drag every later message of the book along. Depth prices are not looked at: orders may rest anywhere.
"""

from typing import Final

from sim.market.tape.files import NPZ
from sim.market.tape.prints import of_another_unit
from sim.market.tape.records import L2, Tape, TapeBbo, TapeDelta, TapeRecord, TapeSnapshot, TapeTrade
from sim.market.tape.refusal import COUNTED_MAX, MALFORMED, OUT_OF_ORDER, WRONG_UNIT, TapeRefused
from strategy.units import NS_PER_S

# No market of ours doubles or halves between two messages, and no two clocks are decades apart.
_FACTOR: Final = 2
# A recorder that hangs for longer has lost its streams.
_APART_NS_MAX: Final = 60 * NS_PER_S


def require_sound(tape: Tape) -> None:
    """Refuse a tape with a record that cannot be of one market with the rest; the first one is named."""
    last_ticks, apart_ns = 0, 0
    # Rows of one instant are one message there, and may well be several of the venue's.
    tells_once = tape.level == L2 and tape.format != NPZ
    for record in tape.records:
        local_ns, venue_ns = record.local_ns, record.venue_ns
        if venue_ns:
            if not local_ns < _FACTOR * venue_ns < _FACTOR * _FACTOR * local_ns:
                words = f"venue time {venue_ns} ns and local time {local_ns} ns are of different units"
                _refuse(tape, record, WRONG_UNIT, words)
            apart_ns = apart_ns or venue_ns - local_ns
            off_ns = venue_ns - local_ns - apart_ns
            if abs(off_ns) > _APART_NS_MAX:
                words = f"venue time and local time are {off_ns / NS_PER_S:.3f} s further apart than at first"
                _refuse(tape, record, OUT_OF_ORDER, words)
        if max(local_ns, venue_ns, *_ids(record)) > COUNTED_MAX or min(venue_ns, *_ids(record)) < 0:
            _refuse(tape, record, MALFORMED, "a time or an id is below zero or beyond what can be counted")
        for ticks in _prices(record):
            if last_ticks and not last_ticks < _FACTOR * ticks < _FACTOR * _FACTOR * last_ticks:
                was, now = last_ticks * tape.tick, ticks * tape.tick
                _refuse(tape, record, WRONG_UNIT, f"price {now} after {was} is of another unit")
            last_ticks = ticks
        if type(record) is TapeDelta and record.first_id > record.last_id:
            _refuse(tape, record, MALFORMED, f"its first id {record.first_id} comes after its last {record.last_id}")
        if tells_once and (type(record) is TapeDelta or type(record) is TapeSnapshot):
            _require_one_size(tape, record)
    _require_sizes_of_the_book(tape)


def _require_sizes_of_the_book(tape: Tape) -> None:
    """Refuse trades whose sizes count something else than those of the book: quote currency, contracts, satoshis."""
    found = of_another_unit(tape)
    if found is not None:
        one, large, everything = found
        words = (
            f"size {one.trade.size_lots * tape.lot} where {one.shown_lots * tape.lot} was the most at the best prices"
            f" within a second: {large:,} of {everything:,} trades are of another unit"
        )
        _refuse(tape, one.trade, WRONG_UNIT, words)


def _ids(record: TapeRecord) -> tuple[int, ...]:
    if type(record) is TapeDelta:
        return record.first_id, record.last_id
    if type(record) is TapeTrade:
        return (record.trade_id,)
    if type(record) is TapeBbo:
        return (record.update_id,)
    return (record.last_update_id,) if type(record) is TapeSnapshot else ()


def _require_one_size(tape: Tape, record: TapeDelta | TapeSnapshot) -> None:
    """Refuse a message that tells two sizes of one price: one of them would be dropped."""
    for levels in (record.bids, record.asks):
        told = dict(levels)
        if len(told) != len(levels):
            ticks = next((ticks for ticks, lots in levels if told[ticks] != lots), None)
            if ticks is not None:
                _refuse(tape, record, MALFORMED, f"one message tells two sizes of price {ticks * tape.tick}")


def _prices(record: TapeRecord) -> tuple[int, ...]:
    if type(record) is TapeTrade:
        return (record.price_ticks,)
    if type(record) is TapeBbo:
        return (record.bid_ticks, record.ask_ticks)
    if type(record) is TapeSnapshot:
        return tuple(levels[0][0] for levels in (record.bids, record.asks) if levels)
    return ()


def _refuse(tape: Tape, record: TapeRecord, code: str, reason: str) -> None:
    raise TapeRefused(code, f"{tape.folder}/{tape.files[record.source]}", record.line, reason)
