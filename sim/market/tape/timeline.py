"""A tape as a market: the records from the snapshot on, in the venue's order, from t = 0.

The venue's clock orders everything, since the recorder's streams raced each other. The snapshot
is first and is t = 0. At equal times trades come before the depth message: a trade causes the
smaller size, and who plays an order into the replay must see the cause first. Depth messages
keep the order of their chain whatever their stamps say; a stamp that would go back is lifted.

What the snapshot already contains is left out and counted. A perpetual's trade stamped in the
snapshot's own millisecond is left out as well: it may or may not be in the snapshot, and taking
it twice would be worse than missing it. Spot leaves snapshots and tickers unstamped: the former
takes the time of the last message it contains (of the first one after it, when there is none),
a ticker takes the time of the depth message that brings its update id.
"""

from bisect import bisect_left
from collections.abc import Iterator

import msgspec

from sim.market.tape.records import Tape, TapeBbo, TapeDelta, TapeRecord, TapeSnapshot, TapeTrade
from sim.market.tape.refusal import NOT_A_TAPE, TapeRefused
from sim.market.tape.replay import Replayer, refuse_unsound

# Ranks at equal venue times: cause before effect, the ticker's summary last.
_TRADE, _DELTA, _BBO = 0, 1, 2
_Entry = tuple[int, int, int, TapeTrade | TapeDelta | TapeBbo]
Timed = tuple[int, TapeRecord]


class Timeline(msgspec.Struct, frozen=True):
    """``items`` are (nanoseconds since the snapshot, record); ``start_venue_ns`` is the snapshot's."""

    start_venue_ns: int
    items: tuple[Timed, ...]
    deltas_left_out: int
    trades_left_out: int
    bbos_left_out: int
    stamps_lifted: int


def timeline(tape: Tape, *, with_bbo: bool = False) -> Timeline:
    """Order a sound tape for replay; one with a gap or a crossed book is refused."""
    replayer = Replayer(tape)
    found = replayer.run()
    refuse_unsound(tape, found)
    snapshot = replayer.start
    assert snapshot is not None  # sound means that something was applied to one
    start_ns = snapshot.venue_ns or _time_of_unstamped(tape, snapshot, replayer.applied)
    entries: list[_Entry] = []
    lifted, stamps = _add_deltas(entries, replayer.applied, start_ns)
    trades, bbos = tape.trades(), tape.bbos()
    kept_trades = [trade for trade in trades if trade.venue_ns > start_ns]
    entries += [(trade.venue_ns, _TRADE, at, trade) for at, trade in enumerate(kept_trades)]
    kept_bbos = [bbo for bbo in bbos if bbo.update_id > snapshot.last_update_id] if with_bbo else []
    ids = [delta.last_id for delta in replayer.applied]
    for at, bbo in enumerate(kept_bbos):
        brought_by = min(bisect_left(ids, bbo.update_id), len(ids) - 1)
        entries.append((max(start_ns, bbo.venue_ns or stamps[brought_by]), _BBO, at, bbo))
    entries.sort(key=lambda entry: entry[:3])
    items: list[Timed] = [(0, snapshot)]
    items += [(venue_ns - start_ns, record) for venue_ns, _, _, record in entries]
    return Timeline(
        start_venue_ns=start_ns,
        items=tuple(items),
        deltas_left_out=len(tape.deltas()) - len(replayer.applied),
        trades_left_out=len(trades) - len(kept_trades),
        bbos_left_out=len(bbos) - len(kept_bbos),
        stamps_lifted=lifted,
    )


def _add_deltas(entries: list[_Entry], applied: list[TapeDelta], start_ns: int) -> tuple[int, list[int]]:
    """Add depth messages with stamps that never go back; give how many were lifted, and the stamps."""
    lifted, latest_ns, stamps = 0, start_ns, []
    for at, delta in enumerate(applied):
        lifted += delta.venue_ns < latest_ns
        latest_ns = max(latest_ns, delta.venue_ns)
        stamps.append(latest_ns)
        entries.append((latest_ns, _DELTA, at, delta))
    return lifted, stamps


def _time_of_unstamped(tape: Tape, snapshot: TapeSnapshot, applied: list[TapeDelta]) -> int:
    contained = [delta.venue_ns for delta in tape.deltas() if delta.last_id <= snapshot.last_update_id]
    start_ns = max(contained, default=applied[0].venue_ns)
    if start_ns == 0:
        raise TapeRefused(NOT_A_TAPE, tape.folder, 0, "no depth message carries the venue's time")
    return start_ns


def events(tape: Tape, *, with_bbo: bool = False) -> Iterator[Timed]:
    """Give (nanoseconds since the snapshot, record) in the venue's order, the snapshot first."""
    return iter(timeline(tape, with_bbo=with_bbo).items)
