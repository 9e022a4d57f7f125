"""One tape, one unit: times and prices that are off by a factor are another unit, not a market.

Every line was readable on its own; here they are held against each other. Depth is not looked at:
orders may rest at any price.
"""

from typing import Final

from sim.market.tape.records import Tape, TapeBbo, TapeRecord, TapeSnapshot, TapeTrade
from sim.market.tape.refusal import WRONG_UNIT, TapeRefused

# No market of ours doubles or halves between two messages, and no two clocks are decades apart.
_FACTOR: Final = 2


def require_one_unit(tape: Tape) -> None:
    """Refuse a tape with a time or a price in another unit than the rest; the first one is named."""
    last_ticks = 0
    for record in tape.records:
        local_ns, venue_ns = record.local_ns, record.venue_ns
        if venue_ns and not local_ns < _FACTOR * venue_ns < _FACTOR * _FACTOR * local_ns:
            _refuse(tape, record, f"venue time {venue_ns} ns and local time {local_ns} ns are of different units")
        for ticks in _prices(record):
            if last_ticks and not last_ticks < _FACTOR * ticks < _FACTOR * _FACTOR * last_ticks:
                was, now = last_ticks * tape.tick, ticks * tape.tick
                _refuse(tape, record, f"price {now} after {was} is of another unit")
            last_ticks = ticks


def _prices(record: TapeRecord) -> tuple[int, ...]:
    if type(record) is TapeTrade:
        return (record.price_ticks,)
    if type(record) is TapeBbo:
        return (record.bid_ticks, record.ask_ticks)
    if type(record) is TapeSnapshot:
        return tuple(levels[0][0] for levels in (record.bids, record.asks) if levels)
    return ()


def _refuse(tape: Tape, record: TapeRecord, reason: str) -> None:
    raise TapeRefused(WRONG_UNIT, f"{tape.folder}/{tape.files[record.source]}", record.line, reason)
