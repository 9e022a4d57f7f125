"""The documented replay rule: what is dropped, what is a gap, what agrees with the ticker."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_tape import refused

from sim.market.tape.book import TapeBook
from sim.market.tape.records import PERP, SPOT, Levels, Tape, TapeBbo, TapeDelta, TapeRecord, TapeSnapshot, TapeTrade
from sim.market.tape.refusal import CHAIN_GAP, CROSSED, NOT_A_TAPE
from sim.market.tape.replay import DISAGREED, FINDINGS_MAX, refuse_unsound, replay


def _tape(*records: TapeRecord, market: str = PERP) -> Tape:
    return Tape(
        folder="somewhere",
        format="made-by-hand",
        market=market,
        symbol="X",
        tick=Decimal("0.1"),
        lot=Decimal("0.001"),
        grid_inferred=False,
        local_unit="ns",
        files=("hand.csv",),
        records=records,
    )


def _snapshot(last_id: int, bids: Levels = ((100, 5),), asks: Levels = ((101, 5),), line: int = 1) -> TapeSnapshot:
    return TapeSnapshot(0, 0, 0, line, last_id, bids, asks)


def _delta(
    first: int, last: int, previous: int, bids: Levels = (), asks: Levels = (), *, line: int = 1, venue_ns: int = 0
) -> TapeDelta:
    return TapeDelta(0, venue_ns, 0, line, first, last, previous, bids, asks)


def _bbo(update_id: int, bid: tuple[int, int] = (100, 5), ask: tuple[int, int] = (101, 5)) -> TapeBbo:
    return TapeBbo(0, 0, 0, 1, update_id, *bid, *ask)


def test_messages_are_held_back_until_the_snapshot_and_then_applied_in_order() -> None:
    tape = _tape(
        _delta(1, 12, 0, bids=((100, 7),)), _delta(13, 15, 12, bids=((100, 8),)), _snapshot(10), _bbo(14, (100, 8))
    )
    found = replay(tape)
    assert (found.applied, found.dropped_before_snapshot, found.comparable, found.agreed) == (2, 0, 1, 1)
    assert found.is_sound()


@pytest.mark.parametrize(("market", "dropped", "applied"), [(PERP, 1, 2), (SPOT, 2, 1)])
def test_a_perpetual_keeps_the_message_that_ends_at_the_snapshot_and_spot_drops_it(
    market: str, dropped: int, applied: int
) -> None:
    tape = _tape(_snapshot(10), _delta(1, 9, 0), _delta(10, 10, 9), _delta(11, 12, 10), market=market)
    found = replay(tape)
    assert (found.dropped_before_snapshot, found.applied, found.gaps) == (dropped, applied, 0)


@pytest.mark.parametrize(("market", "first"), [(PERP, 12), (SPOT, 12)])
def test_the_first_message_must_reach_over_the_snapshot(market: str, first: int) -> None:
    found = replay(_tape(_snapshot(10), _delta(first, 15, first - 1, line=7), market=market))
    assert (found.applied, found.gaps, found.never_synced) == (0, 1, 1)
    assert found.findings[0].code == CHAIN_GAP
    assert "does not reach over the snapshot's 10" in found.findings[0].reason
    assert found.findings[0].line == 7


def test_a_perpetual_may_go_on_exactly_from_the_snapshot() -> None:
    assert replay(_tape(_snapshot(10), _delta(13, 15, 10))).is_sound()


def test_a_gap_loses_the_book_until_the_next_snapshot() -> None:
    tape = _tape(
        _snapshot(10),
        _delta(8, 12, 7),
        _delta(20, 22, 19, line=3),
        _delta(23, 25, 22),
        _snapshot(24, bids=((90, 1),), asks=((95, 2),)),
        _delta(26, 27, 25),
        _bbo(27, (90, 1), (95, 2)),
    )
    found = replay(tape)
    assert (found.applied, found.gaps, found.dropped_after_gap, found.never_synced) == (3, 1, 1, 0)
    assert found.findings[0].reason == "depth message 20..22 (previous 19) does not follow 12"
    assert found.agreed == found.comparable == 1
    assert not found.is_sound()


def test_without_a_snapshot_every_message_is_accounted_for() -> None:
    found = replay(_tape(_delta(1, 2, 0), _delta(3, 4, 2)))
    assert (found.applied, found.never_synced) == (0, 2)
    assert refused(refuse_unsound, _tape(), found, words="no depth message could be applied").code == NOT_A_TAPE


def test_a_snapshot_older_than_the_book_is_ignored_and_counted() -> None:
    found = replay(_tape(_snapshot(10), _delta(8, 12, 7, bids=((100, 9),)), _snapshot(11), _bbo(12, (100, 9))))
    assert (found.snapshots_ignored, found.gaps) == (1, 0)


def test_a_snapshot_newer_than_the_book_replaces_it() -> None:
    tape = _tape(
        _snapshot(10),
        _delta(8, 12, 7),
        _snapshot(20, bids=((100, 3),)),
        _delta(13, 19, 12, bids=((100, 99),)),
        _delta(20, 22, 19),
        _bbo(22, (100, 3)),
    )
    found = replay(tape)
    assert (found.applied, found.dropped_before_snapshot, found.agreed, found.gaps) == (2, 1, 1, 0)


def test_a_crossed_book_is_named_by_place() -> None:
    found = replay(_tape(_snapshot(10), _delta(8, 12, 7, bids=((101, 2),), line=9)))
    assert found.crossed == 1
    assert (found.findings[0].code, found.findings[0].file, found.findings[0].line) == (CROSSED, "hand.csv", 9)
    assert found.findings[0].reason == "the book is crossed: bid 0.002 at 10.1, ask 0.005 at 10.1"


def test_a_crossed_snapshot_is_seen_before_anything_is_applied() -> None:
    assert replay(_tape(_snapshot(10, bids=((102, 1),)))).crossed == 1


def test_a_crossed_ticker_is_named_by_place_though_the_book_is_not_crossed() -> None:
    found = replay(_tape(_snapshot(10), _delta(8, 12, 7), _bbo(12, (101, 5), (101, 5))))
    assert (found.crossed, found.tickers_crossed, found.is_sound()) == (0, 1, False)
    assert found.findings[-1].reason == "the ticker is crossed: bid 0.005 at 10.1, ask 0.005 at 10.1"


@pytest.mark.parametrize(("ids", "gaps"), [((7, 8, 9), 0), ((7, 9), 1), ((7, 7, 8), 1), ((8, 7), 0)])
def test_a_missing_or_doubled_trade_is_a_gap(ids: tuple[int, ...], gaps: int) -> None:
    trades = [TapeTrade(0, 0, 0, 5, trade_id, 101, 1, 1) for trade_id in ids]
    found = replay(_tape(_snapshot(10), _delta(8, 12, 7), *trades))
    assert (found.trade_gaps, found.is_sound()) == (gaps, not gaps)
    assert [finding.line for finding in found.findings if finding.code == CHAIN_GAP] == [5] * gaps


def test_findings_of_one_code_never_crowd_out_another() -> None:
    many = [_delta(11 + at, 11 + at, 10 + at) for at in range(40)]
    tape = _tape(_bbo(5, (1, 1)), _snapshot(10), *many, _delta(100, 101, 99))
    found = replay(tape)
    assert found.comparable - found.agreed == 40
    assert [finding.code for finding in found.findings] == [DISAGREED] * FINDINGS_MAX + [CHAIN_GAP]


@pytest.mark.parametrize(
    ("bad", "code"), [(_delta(20, 22, 19), CHAIN_GAP), (_delta(13, 14, 12, bids=((105, 1),)), CROSSED)]
)
def test_an_unsound_tape_is_refused_by_name(bad: TapeDelta, code: str) -> None:
    tape = _tape(_bbo(5, (1, 1)), _snapshot(10), _delta(8, 12, 7), bad)
    problem = refused(refuse_unsound, tape, replay(tape))
    assert (problem.code, problem.path_text) == (code, "somewhere/hand.csv")


@pytest.mark.parametrize(
    ("bid", "ask", "agreed"),
    [
        ((100, 5), (101, 5), 1),
        ((100, 6), (101, 5), 0),
        ((99, 5), (101, 5), 0),
        ((100, 5), (101, 4), 0),
        ((100, 5), (102, 5), 0),
    ],
)
def test_price_and_size_of_both_sides_must_agree(bid: tuple[int, int], ask: tuple[int, int], agreed: int) -> None:
    found = replay(_tape(_snapshot(10), _delta(8, 12, 7), _bbo(12, bid, ask)))
    assert (found.comparable, found.agreed) == (1, agreed)


def test_ids_decide_what_is_compared_and_not_the_order_received() -> None:
    early_arrival = _bbo(13, (100, 1))
    late_arrival = _bbo(12)
    found = replay(_tape(early_arrival, _snapshot(10), _delta(8, 12, 7), late_arrival))
    assert (found.comparable, found.agreed, found.tickers_out_of_order) == (1, 1, 1)


def test_before_the_first_ticker_nothing_is_comparable() -> None:
    assert replay(_tape(_snapshot(10), _delta(8, 12, 7), _bbo(13))).comparable == 0


def test_an_empty_side_disagrees_in_words() -> None:
    found = replay(_tape(_snapshot(10), _delta(8, 12, 7, bids=((100, 0),)), _bbo(12)))
    assert "book nothing / 0.005 at 10.1" in found.findings[0].reason


_LEVEL = st.tuples(st.integers(1, 30), st.integers(0, 4))


@given(st.lists(st.tuples(st.lists(_LEVEL, max_size=5), st.lists(_LEVEL, max_size=5)), max_size=20))
def test_the_book_equals_a_plain_dictionary(
    messages: list[tuple[list[tuple[int, int]], list[tuple[int, int]]]],
) -> None:
    book = TapeBook()
    bids: dict[int, int] = {}
    asks: dict[int, int] = {}
    for bid_levels, ask_levels in messages:
        book.apply(_delta(1, 1, 0, tuple(bid_levels), tuple(ask_levels)))
        for plain, levels in ((bids, bid_levels), (asks, ask_levels)):
            plain.update(levels)
            for price in [price for price, size in plain.items() if size == 0]:
                del plain[price]
        assert book.bids(99) == tuple(sorted(bids.items(), reverse=True))
        assert book.asks(99) == tuple(sorted(asks.items()))
        assert book.best_bid() == max(bids.items(), default=None)
        assert book.best_ask() == min(asks.items(), default=None)
        assert book.is_crossed() == bool(bids and asks and max(bids) >= min(asks))
        assert [book.bid_lots(price) for price in range(31)] == [bids.get(price, 0) for price in range(31)]
        assert [book.ask_lots(price) for price in range(31)] == [asks.get(price, 0) for price in range(31)]


def test_the_book_lists_only_as_many_levels_as_asked() -> None:
    book = TapeBook()
    book.fill(_snapshot(1, bids=((10, 1), (9, 2), (8, 3)), asks=((11, 4), (12, 5))))
    assert book.bids(2) == ((10, 1), (9, 2))
    assert book.asks(1) == ((11, 4),)
