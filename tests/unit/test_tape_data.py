"""Recorded windows, where they are at hand: the published figures must come out exactly.

Set STORMQUOTE_DATA to the folder of recorded data; without it these tests skip and say so.
The windows are minutes around midnight UTC; their statistics are bands, not averages of a year.
"""

import os
from operator import attrgetter
from pathlib import Path

import msgspec
import pytest

from sim.market.tape.book import TapeBook
from sim.market.tape.load import load
from sim.market.tape.queue_model import QueuedOrder, join, on_level_change, on_opposite, share_trade
from sim.market.tape.records import TapeDelta, TapeRecord, TapeSnapshot, TapeTrade
from sim.market.tape.replay import replay
from sim.market.tape.summary import summarise
from sim.market.tape.timeline import events, timeline

DATA = Path(os.environ.get("STORMQUOTE_DATA") or "no-recorded-data")
PERP_2023 = "binance_usdm_btcusdt_20230404-05"
PERP_2024 = "binance_usdm_btcusdt_20240718-19"
SPOT_2024 = "binance_spot_btcusdt_20240808-09"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="skipped: no recorded data (STORMQUOTE_DATA)")


@pytest.mark.parametrize(
    ("folder", "unit", "agreed", "comparable", "dropped"),
    [
        (PERP_2023, "ns", 16110, 16110, 0),
        (f"{PERP_2023}/raw", "us", 16110, 16110, 0),
        (PERP_2024, "ns", 9017, 9017, 5),
        (f"{PERP_2024}/raw", "ns", 9017, 9017, 5),
        (SPOT_2024, "ns", 6491, 6493, 2),
    ],
)
def test_the_replayed_book_equals_the_recorded_best_bid_and_ask(
    folder: str, unit: str, agreed: int, comparable: int, dropped: int
) -> None:
    tape = load(DATA / folder)
    found = replay(tape)
    assert (found.agreed, found.comparable, found.dropped_before_snapshot) == (agreed, comparable, dropped)
    assert (found.crossed, found.gaps, found.never_synced, found.tickers_out_of_order) == (0, 0, 0, 0)
    assert found.applied + dropped == len(tape.deltas())
    assert tape.local_unit == unit


def _without_place(record: TapeRecord) -> TapeRecord:
    """Forget the file and line a record was read from: only there may the formats differ."""
    return msgspec.structs.replace(record, source=0, line=0)


@pytest.mark.parametrize("folder", [PERP_2023, PERP_2024])
def test_both_formats_give_the_same_records(folder: str) -> None:
    flat, raw = load(DATA / folder), load(DATA / folder / "raw")
    for part in ("snapshots", "deltas", "trades", "bbos"):
        one, other = getattr(flat, part)(), getattr(raw, part)()
        assert [_without_place(record) for record in one] == [_without_place(record) for record in other]
    order = attrgetter("local_ns")
    assert [order(record) for record in flat.records] == [order(record) for record in raw.records]


@pytest.mark.parametrize(
    ("folder", "counts", "one_tick", "spread_ticks", "spread_bps", "touch"),
    [
        (PERP_2023, (16110, 322682, 44205, 12935), 0.999, 1.004, 0.036, (6.0, 5.9)),
        (PERP_2024, (9022, 400859, 52260, 10701), 0.998, 1.009, 0.016, (15.4, 12.8)),
    ],
)
def test_the_summary_gives_the_published_statistics(
    folder: str,
    counts: tuple[int, ...],
    one_tick: float,
    spread_ticks: float,
    spread_bps: float,
    touch: tuple[float, float],
) -> None:
    found = summarise(load(DATA / folder))
    assert (found.depth_messages, found.depth_rows, found.bbos, found.trades) == counts
    assert (found.trade_id_gaps, found.bbos_crossed) == (0, 0)
    assert found.share_at_one_tick == pytest.approx(one_tick, abs=0.001)
    assert found.mean_spread_ticks == pytest.approx(spread_ticks, abs=0.002)
    assert found.mean_spread_bps == pytest.approx(spread_bps, abs=0.001)
    assert (found.mean_bid_lots / 1000, found.mean_ask_lots / 1000) == pytest.approx(touch, abs=0.1)


@pytest.mark.parametrize("folder", [PERP_2023, PERP_2024, SPOT_2024])
def test_the_timeline_never_goes_back_and_loses_nothing_uncounted(folder: str) -> None:
    tape = load(DATA / folder)
    line = timeline(tape, with_bbo=True)
    times = [at for at, _ in line.items]
    assert times == sorted(times)
    assert line.items[0][0] == 0
    left_out = line.deltas_left_out + line.trades_left_out + line.bbos_left_out
    assert len(line.items) + left_out == len(tape.records)
    assert left_out < 20
    assert line.stamps_lifted == 0


@pytest.mark.parametrize("folder", [PERP_2023, PERP_2024, SPOT_2024])
def test_orders_joined_at_the_touch_keep_a_possible_place_in_the_recorded_queue(folder: str) -> None:
    """An order a second and side, for as long as it lives: fills come, from prints, and not from the book."""
    book, orders = TapeBook(), list[QueuedOrder]()
    next_ns = filled_by_prints = filled_by_crossing = joined = 0
    for at_ns, record in events(load(DATA / folder)):
        if isinstance(record, TapeSnapshot):
            book.fill(record)
        elif isinstance(record, TapeTrade):
            fills = share_trade(orders, record)
            assert sum(lots for _, lots in fills) <= record.size_lots
            filled_by_prints += len(fills)
        elif isinstance(record, TapeDelta):
            before = [_level(book, order) for order in orders]
            book.apply(record)
            for order, old in zip(orders, before, strict=True):
                on_level_change(order, old, _level(book, order))
                filled_by_crossing += on_opposite(order, book.lots_through(order.side, order.price_ticks)) > 0
                assert 0 <= order.ahead_lots <= _level(book, order)
            orders = [order for order in orders if order.left_lots]
            if at_ns >= next_ns:
                next_ns = at_ns + 10**9
                orders = orders[-20:] + [
                    join(side, best[0], 1, best[1])
                    for side, best in ((1, book.best_bid()), (-1, book.best_ask()))
                    if best is not None
                ]
                joined += 2
    assert joined > 400
    assert 0.2 * joined < filled_by_prints < joined
    # A print reports nearly every fill first; a crossing only catches what no print explained.
    assert filled_by_crossing < 0.02 * joined


def _level(book: TapeBook, order: QueuedOrder) -> int:
    return book.bid_lots(order.price_ticks) if order.side > 0 else book.ask_lots(order.price_ticks)
