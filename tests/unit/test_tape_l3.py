"""A log of orders: who made each trade is found, what went unseen is dropped and counted, bad lines are named."""

import json
import lzma
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from small_tape import edited, refused

from sim.market.tape.load import load
from sim.market.tape.records import L3, TapeBbo, TapeDelta, TapeOrder, TapeSnapshot, TapeTrade
from sim.market.tape.refusal import (
    CHAIN_GAP,
    MALFORMED,
    NOT_A_TAPE,
    NOT_POSITIVE,
    OFF_GRID,
    OUT_OF_ORDER,
    UNREADABLE,
    WRONG_UNIT,
    TapeRefused,
)
from sim.market.tape.replay import replay
from sim.market.tape.timeline import timeline
from sim.verbs.tape import command

T = 1430438404000
MS = 10**6
LOG = "2015-05-01.log"


def word(ms: int, what: str, id_: int, side: int, price: str, amount: str) -> str:
    told = {"price": price, "amount": amount, "datetime": "1430438404", "id": id_, "order_type": 0 if side > 0 else 1}
    return f"{T + ms} order_{what} {json.dumps(told)}"


def trade(ms: int, id_: int, price: float, amount: float) -> str:
    return f"{T + ms} trade {json.dumps({'price': price, 'amount': amount, 'id': id_})}"


def book(ms: int, bid: tuple[str, str], ask: tuple[str, str]) -> str:
    return f"{T + ms} order_book {json.dumps({'bids': [bid], 'asks': [ask]})}"


LINES = [
    word(0, "created", 10, 1, "9.99", "2.00000000"),  # 1
    word(5, "deleted", 3, -1, "10.02", "4.00000000"),  # 2: it was there before the log, and is cancelled
    word(10, "created", 11, -1, "10.01", "1.50000000"),  # 3
    word(20, "created", 12, 1, "10.01", "2.00000000"),  # 4: comes to take
    word(120, "changed", 11, -1, "10.01", "1.00000000"),  # 5
    word(122, "changed", 12, 1, "10.01", "1.50000000"),  # 6
    trade(130, 900, 10.01, 0.5),  # 7
    word(140, "deleted", 11, -1, "10.01", "0.00000000"),  # 8
    word(141, "changed", 12, 1, "10.01", "0.50000000"),  # 9: and rests with what is left
    trade(150, 903, 10.01, 1.0),  # 10
    book(400, ("10.01", "0.50000000"), ("10.05", "7.00000000")),  # 11
    word(500, "deleted", 7, -1, "10.05", "7.00000000"),  # 12: so it was there from the start
    word(600, "created", 13, -1, "10.00", "1.00000000"),  # 13: 12 is not there any more
    word(700, "deleted", 12, 1, "10.01", "0.50000000"),  # 14
]


def _write(folder: Path, lines: list[str] = LINES, name: str = LOG) -> Path:
    (folder / name).write_text("\n".join(lines) + "\n")
    return folder


def _load(folder: Path) -> Any:
    return load(folder, tick=Decimal("0.01"), lot=Decimal("0.5"))


def test_the_words_become_a_book_of_orders_and_trades_with_their_makers(tmp_path: Path) -> None:
    tape = _load(_write(tmp_path))
    assert (tape.format, tape.level, tape.market, tape.local_unit) == ("bitstamp-l3", L3, "spot", "ms")
    at = T * MS
    assert tape.records == (
        TapeSnapshot(
            at, at, 0, 1, 1, (), ((1002, 8), (1005, 14)), (TapeOrder(3, -1, 1002, 8), TapeOrder(7, -1, 1005, 14))
        ),
        TapeDelta(at, at + 1, 0, 1, 2, 2, 1, ((999, 4),), (), (TapeOrder(10, 1, 999, 4),)),
        TapeDelta(at + 5 * MS, at + 5 * MS, 0, 2, 3, 3, 2, (), ((1002, 0),), (TapeOrder(3, -1, 1002, 0),)),
        TapeDelta(at + 10 * MS, at + 10 * MS, 0, 3, 4, 4, 3, (), ((1001, 3),), (TapeOrder(11, -1, 1001, 3),)),
        TapeTrade(at + 120 * MS, at + 120 * MS, 0, 7, 1, 1001, 1, 1, 11),
        TapeDelta(at + 120 * MS, at + 120 * MS, 0, 5, 5, 5, 4, (), ((1001, 2),), (TapeOrder(11, -1, 1001, 2),)),
        TapeTrade(at + 140 * MS, at + 140 * MS, 0, 10, 2, 1001, 2, 1, 11),
        TapeDelta(at + 140 * MS, at + 140 * MS, 0, 8, 6, 6, 5, (), ((1001, 0),), (TapeOrder(11, -1, 1001, 0),)),
        TapeDelta(at + 141 * MS, at + 141 * MS, 0, 9, 7, 7, 6, ((1001, 1),), (), (TapeOrder(12, 1, 1001, 1),)),
        TapeBbo(at + 400 * MS, at + 400 * MS, 0, 11, 7, 1001, 1, 1005, 14, 1),
        TapeDelta(at + 500 * MS, at + 500 * MS, 0, 12, 8, 8, 7, (), ((1005, 0),), (TapeOrder(7, -1, 1005, 0),)),
        TapeDelta(
            at + 600 * MS, at + 600 * MS, 0, 13, 9, 9, 8, ((1001, 0),), ((1000, 2),),
            (TapeOrder(12, 1, 1001, 0), TapeOrder(13, -1, 1000, 2)),
        ),
    )  # fmt: skip
    assert dict(tape.ignored) == {"orders that had gone unseen": 1, "words of orders that are not there": 1}


def test_its_book_is_compared_with_those_the_venue_told(tmp_path: Path) -> None:
    found = replay(_load(_write(tmp_path)))
    assert (found.applied, found.comparable, found.agreed, found.is_sound()) == (8, 1, 1, True)
    lines = [line.replace('"7.00000000"], ', "") for line in LINES]
    lines[10] = book(400, ("10.01", "0.50000000"), ("10.05", "6.00000000"))
    found = replay(_load(_write(tmp_path, lines)))
    assert (found.comparable, found.agreed, found.findings[0].line) == (1, 0, 11)


def test_it_plays_in_order_every_trade_before_what_it_does(tmp_path: Path) -> None:
    items = timeline(_load(_write(tmp_path))).items
    assert [type(record).__name__[4:] for _, record in items] == [
        "Snapshot", "Delta", "Delta", "Delta", "Trade", "Delta", "Trade", "Delta", "Delta", "Delta", "Delta",
    ]  # fmt: skip
    assert all(earlier[0] <= later[0] for earlier, later in pairwise(items))


def test_what_is_left_of_a_taker_whose_word_came_first_rests_behind_its_maker(tmp_path: Path) -> None:
    lines = [
        word(0, "created", 1, -1, "10.00", "1.0"),
        word(5, "created", 2, 1, "10.00", "1.5"),
        word(90, "changed", 2, 1, "10.00", "0.5"),
        word(92, "deleted", 1, -1, "10.00", "0.0"),
        trade(95, 1, 10.0, 1.0),
    ]
    tape = _load(_write(tmp_path, lines))
    assert () == tape.ignored
    assert [trade.maker_id for trade in tape.trades()] == [1]
    assert [delta.orders for delta in tape.deltas()][1:] == [
        (TapeOrder(1, -1, 1000, 0),),
        (TapeOrder(2, 1, 1000, 1),),
    ]


def test_who_stood_before_the_maker_and_was_not_hit_is_dropped(tmp_path: Path) -> None:
    lines = [
        word(0, "created", 1, -1, "10.00", "1.0"),  # dearer makers trade: it cannot be there
        word(1, "created", 2, -1, "10.01", "1.0"),  # the same, at the maker's own price
        word(2, "created", 4, -1, "10.01", "1.0"),
        word(3, "created", 5, -1, "10.01", "1.0"),
        word(4, "created", 6, 1, "10.01", "1.0"),
        word(5, "deleted", 4, -1, "10.01", "0.0"),
        word(6, "deleted", 6, 1, "10.01", "0.0"),
        trade(7, 1, 10.01, 1.0),
        word(8, "changed", 2, -1, "10.01", "0.5"),  # of an order that was dropped: nothing is done
    ]
    tape = _load(_write(tmp_path, lines))
    assert dict(tape.ignored)["orders that had gone unseen"] == 2
    deltas = tape.deltas()
    assert [(each.order_id, each.size_lots) for each in deltas[4].orders] == [(1, 0), (2, 0)]
    assert deltas[4].venue_ns < tape.trades()[0].venue_ns == deltas[5].venue_ns
    assert deltas[5].asks == ((1001, 2),)


@pytest.mark.parametrize(
    ("line", "old", "new", "code", "words"),
    [
        (3, str(T + 10), str(T + 4), OUT_OF_ORDER, "goes back by 1000000 ns"),
        (3, str(T + 10), f"{T + 10}000", WRONG_UNIT, "is not in ms"),
        (3, str(T + 10), "x", WRONG_UNIT, "no epoch time"),
        (3, "created", "made", MALFORMED, "no such word 'order_made'"),
        (3, '"id"', '"di"', MALFORMED, "missing required field `id`"),
        (3, '"order_type": 1', '"order_type": 2', MALFORMED, "order_type 2 is neither"),
        (3, "10.01", "0.00", NOT_POSITIVE, "price is zero"),
        (3, "1.50000000", "0.00000000", NOT_POSITIVE, "size is zero"),
        (3, "1.50000000", "-1.5", NOT_POSITIVE, "negative"),
        (3, "1.50000000", "1.60000000", OFF_GRID, "not a multiple"),
        (3, '"id": 11', '"id": 10', MALFORMED, "order 10 is created twice"),
        (7, "0.5", "0.0", NOT_POSITIVE, "size is zero"),
        (10, "903", "900", MALFORMED, "trade 900 is told twice"),
        (10, "1.0,", "1.5,", CHAIN_GAP, "no order shrinks by what trade 903 took"),
        (10, "10.01", "10.02", CHAIN_GAP, "no order shrinks by what trade 903 took, at its price"),
        (11, '"10.05"', '"-10.05"', NOT_POSITIVE, "negative"),
        (11, "10.01", "1001.0", WRONG_UNIT, "is of another unit"),
    ],
)  # fmt: skip
def test_a_bad_line_is_named_by_file_line_and_code(
    tmp_path: Path, line: int, old: str, new: str, code: str, words: str
) -> None:
    path = _write(tmp_path, edited(LINES, line, old, new))
    problem = refused(_load, path, words=words)
    assert (problem.code, problem.line) == (code, line), problem
    assert problem.path_text.endswith(LOG)


def test_a_trade_that_was_lost_is_a_hole_where_the_resting_order_shrinks(tmp_path: Path) -> None:
    problem = refused(
        _load, _write(tmp_path, LINES[:6] + LINES[7:]), words="order 11 shrinks by 1 lots and no trade says so"
    )
    assert (problem.code, problem.line) == (CHAIN_GAP, 5)


def test_a_truncated_or_damaged_log_is_refused_where_it_ends(tmp_path: Path) -> None:
    whole = ("\n".join(LINES) + "\n").encode()
    (tmp_path / LOG).write_bytes(whole[:-30])
    problem = refused(_load, tmp_path)
    assert (problem.code, problem.line) == (MALFORMED, len(LINES))
    (tmp_path / LOG).unlink()
    packed = lzma.compress(whole, preset=0)
    xz = tmp_path / f"{LOG}.xz"
    xz.write_bytes(packed)
    assert len(_load(tmp_path).records) == 12
    for cut, words in ((packed[:-40], "truncated"), (packed[:-60] + bytes(60), "damaged")):
        xz.write_bytes(cut)
        assert refused(_load, tmp_path, words=words).code == UNREADABLE


def test_several_logs_and_an_empty_one_are_no_tape(tmp_path: Path) -> None:
    _write(tmp_path)
    _write(tmp_path, name="2015-05-02.log")
    assert refused(_load, tmp_path, words="several logs of live orders").code == NOT_A_TAPE
    for path in tmp_path.iterdir():
        path.write_text("")
    with pytest.raises(TapeRefused, match="no recorded window of a known format"):
        _load(tmp_path)


def test_nothing_is_lost_in_parquet(tmp_path: Path) -> None:
    told = CliRunner().invoke(
        command, ["convert", str(_write(tmp_path)), str(tmp_path / "out"), "--tick", "0.01", "--lot", "0.5"]
    )
    assert told.exit_code == 0, told.output
    tape, again = _load(tmp_path), load(tmp_path / "out")
    assert (tape.records, tape.level, tape.ignored) == (again.records, again.level, again.ignored)


def test_the_recorded_log_replays_to_the_books_the_venue_told(recorded_data: str) -> None:
    """What disagrees is what the log never speaks of: an order that stood before it, for a while."""
    tape = load(Path(recorded_data) / "bitstamp_l3_btcusd_20150501")
    found = replay(tape)
    assert (found.applied, len(tape.trades()), found.comparable, found.agreed) == (49_486, 575, 5_011, 4_971)
    assert (found.crossed, found.gaps, found.trade_gaps, found.is_sound()) == (0, 0, 0, True)
    assert dict(tape.ignored) == {
        "orders that had gone unseen": 5,
        "words of orders that are not there": 9,
        "words of orders that were gone": 27,
    }
    assert all(trade.maker_id for trade in tape.trades())
    there: dict[int, None] = {}
    unknown = 0
    for record in tape.records:
        if isinstance(record, TapeTrade):
            unknown += record.maker_id not in there
        elif isinstance(record, TapeSnapshot | TapeDelta):
            for each in record.orders:
                if each.size_lots:
                    there[each.order_id] = None
                else:
                    there.pop(each.order_id, None)
    assert 4 == unknown, "makers that an order whose sizes fit no trade seemed to have rested through"
