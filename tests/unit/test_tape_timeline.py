"""A tape as a market: venue order, from the snapshot on, causes before effects."""

from decimal import Decimal

import pytest
from small_tape import refused

from sim.market.tape.records import PERP, SPOT, Tape, TapeBbo, TapeDelta, TapeRecord, TapeSnapshot, TapeTrade
from sim.market.tape.refusal import CHAIN_GAP, NOT_A_TAPE
from sim.market.tape.summary import summarise
from sim.market.tape.timeline import events, timeline


def _tape(*records: TapeRecord, market: str = PERP) -> Tape:
    return Tape(
        folder="somewhere",
        format="made-by-hand",
        market=market,
        symbol="X",
        tick=Decimal(1),
        lot=Decimal(1),
        grid_inferred=False,
        local_unit="ns",
        files=("hand.csv",),
        records=records,
    )


def _snapshot(venue_ns: int) -> TapeSnapshot:
    return TapeSnapshot(0, venue_ns, 0, 1, 10, ((100, 5),), ((101, 5),))


def _delta(venue_ns: int, first: int, last: int) -> TapeDelta:
    return TapeDelta(0, venue_ns, 0, 1, first, last, first - 1, (), ())


def _trade(venue_ns: int, trade_id: int = 1, side: int = 1, local_ns: int = 0) -> TapeTrade:
    return TapeTrade(local_ns, venue_ns, 0, 1, trade_id, 101, 1, side)


def _bbo(venue_ns: int, update_id: int, bid: int = 100, ask: int = 101, local_ns: int = 0) -> TapeBbo:
    return TapeBbo(local_ns, venue_ns, 0, 1, update_id, bid, 5, ask, 5)


def test_the_snapshot_is_first_and_is_time_zero() -> None:
    snapshot, delta = _snapshot(1000), _delta(1300, 5, 12)
    assert list(events(_tape(delta, snapshot))) == [(0, snapshot), (300, delta)]


def test_at_equal_times_a_trade_comes_before_the_message_it_caused() -> None:
    snapshot, delta, trade, bbo = _snapshot(1000), _delta(1300, 5, 12), _trade(1300), _bbo(1300, 11)
    got = list(events(_tape(snapshot, bbo, delta, trade), with_bbo=True))
    assert got == [(0, snapshot), (300, trade), (300, delta), (300, bbo)]


def test_the_order_is_the_venues_and_not_that_of_arrival() -> None:
    snapshot, delta, early, late = _snapshot(1000), _delta(1300, 5, 12), _trade(1100), _trade(1400, 2)
    assert [record for _, record in events(_tape(late, snapshot, delta, early))] == [snapshot, early, delta, late]


def test_what_the_snapshot_contains_is_left_out_and_counted() -> None:
    tape = _tape(_snapshot(1000), _delta(900, 1, 9), _trade(900), _trade(1000, 2), _bbo(950, 10), _delta(1200, 10, 12))
    line = timeline(tape, with_bbo=True)
    assert (line.deltas_left_out, line.trades_left_out, line.bbos_left_out) == (1, 2, 1)
    assert (line.start_venue_ns, len(line.items)) == (1000, 2)


def test_a_stamp_that_goes_back_is_lifted_so_that_the_chain_keeps_its_order() -> None:
    first, second = _delta(1300, 5, 12), _delta(1250, 13, 14)
    line = timeline(_tape(_snapshot(1000), first, second))
    assert line.items[1:] == ((300, first), (300, second))
    assert line.stamps_lifted == 1


def test_an_unstamped_snapshot_takes_the_time_of_the_last_message_it_contains() -> None:
    contained, after, ticker = _delta(900, 1, 10), _delta(1200, 11, 14), _bbo(0, 12)
    line = timeline(_tape(contained, _snapshot(0), ticker, after, market=SPOT), with_bbo=True)
    assert line.start_venue_ns == 900
    assert line.items[1:] == ((300, after), (300, ticker))


def test_an_unstamped_snapshot_before_everything_takes_the_time_of_the_first_message() -> None:
    line = timeline(_tape(_snapshot(0), _delta(1200, 11, 14), market=SPOT))
    assert (line.start_venue_ns, line.items[1][0]) == (1200, 0)


def test_a_tape_without_any_venue_time_is_refused() -> None:
    tape = _tape(_snapshot(0), _delta(0, 11, 14), market=SPOT)
    assert refused(timeline, tape, words="no depth message carries the venue's time").code == NOT_A_TAPE


def test_a_tape_with_a_gap_is_no_market() -> None:
    assert refused(events, _tape(_snapshot(1000), _delta(1100, 5, 12), _delta(1200, 20, 22))).code == CHAIN_GAP


def test_averages_are_weighted_by_the_venues_time() -> None:
    tickers = (_bbo(1000, 1, 100, 101), _bbo(1300, 2, 100, 102), _bbo(1400, 3, 100, 101))
    found = summarise(_tape(*tickers))
    assert found.mean_spread_ticks == pytest.approx(1.25)
    assert found.share_at_one_tick == pytest.approx(0.75)
    assert found.mean_spread_bps == pytest.approx(0.75 * 1e4 / 100.5 + 0.25 * 2e4 / 101)
    assert (found.mean_bid_lots, found.mean_ask_lots) == (5, 5)


def test_unstamped_tickers_are_weighted_by_local_time() -> None:
    tickers = (_bbo(0, 1, 100, 101, 10), _bbo(0, 2, 100, 102, 20), _bbo(0, 3, 100, 101, 50))
    assert summarise(_tape(*tickers)).share_at_one_tick == pytest.approx(0.25)


def test_counts_of_a_window() -> None:
    trades = (_trade(1, 1), _trade(1, 2), _trade(1, 3, -1), _trade(2, 5, -1, 2 * 10**9))
    found = summarise(_tape(_snapshot(1), *trades, _bbo(1, 1, 102, 101)))
    assert (found.trades, found.trade_id_gaps, found.trade_clusters, found.bbos_crossed) == (4, 1, 3, 1)


def test_an_empty_tape_has_a_summary_of_zeros() -> None:
    found = summarise(_tape())
    assert (found.span_s, found.trades, found.trade_clusters, found.mean_spread_bps) == (0.0, 0, 0, 0.0)
