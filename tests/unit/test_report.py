"""``live report --day``: the account's day, exact, from its journal."""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from kept import Kept, state_with
from live_files import write_live
from quoting import INSTRUMENT
from scripted_venue import create

from adapters.bar import Reason
from adapters.day import Day, day_of
from adapters.endings import Ended
from adapters.journal_notes import note
from adapters.journal_reader import JournalReader
from adapters.verbs import report
from strategy import commands, events
from strategy.core_state import CoreState
from strategy.exit_codes import ExitCode
from strategy.order import Order
from strategy.order_states import State
from strategy.units import BUY, CASH_PER_QUOTE, NS_PER_DAY, SELL

S = 10**9
DAY = 20_458  # 2026-01-05
BEGAN = DAY * NS_PER_DAY
H = 3600 * S
AT = 1_000_000  # ticks: 100 000.0


def fill(
    fill_id: str, side: int, price_ticks: int, lots: int, at_ns: int, liquidity: str = "maker"
) -> events.OrderFilled:
    return events.OrderFilled("s-1", "BTCUSDT", side, fill_id, price_ticks, lots, lots, liquidity, 7 * 10**12, at_ns)


class Desk:
    """One symbol's books that a test moves by hand."""

    def __init__(self) -> None:
        self.state = state_with()
        self.state.health.session = "s"
        self.position = self.state.desks[0].position
        self.position.mid2_ticks = 2 * AT

    def fill(self, one: events.OrderFilled, mid_ticks: int = AT) -> None:
        self.position.fill(INSTRUMENT, one, 2 * mid_ticks)
        self.state.orders.fill_ids[one.fill_id] = one.venue_ns

    def mark(self, mid_ticks: int) -> None:
        self.position.mark(INSTRUMENT, 2 * mid_ticks)

    def quote(self, *prices: tuple[int, int]) -> None:
        self.state.orders.live.clear()
        for number, (side, ticks) in enumerate(prices):
            order = Order(f"q{number}", "BTCUSDT", f"s{number}", side, ticks, 5, state=State.WORKING)
            self.state.orders.live[order.client_id] = order

    def copy(self) -> CoreState:
        return msgspec.json.decode(msgspec.json.encode(self.state), type=CoreState)

    @property
    def value(self) -> int:
        return self.position.value_cash(INSTRUMENT, self.position.mid2_ticks)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    write_live(tmp_path)
    (tmp_path / "state").mkdir()
    return tmp_path / "state" / "journal.sqlite"


def told(journal: Path, number: int = DAY) -> Day:
    with JournalReader(journal) as reader:
        return day_of(reader, number)


def run(journal: Path, *words: str) -> Result:
    config = journal.parent.parent / "live.yaml"
    return CliRunner().invoke(report.command, ["--config", str(config), "--day", "--date", "2026-01-05", *words])


def test_the_parts_of_a_day_are_its_whole_and_yesterday_is_in_none_of_them(journal: Path) -> None:
    desk = Desk()
    kept = Kept(journal, desk.copy(), BEGAN - 2 * H)
    desk.fill(fill("f0", BUY, AT - 10, 5, BEGAN - H))
    desk.mark(AT + 500)
    kept.turn(BEGAN - 10 * S, desk.copy())
    before = desk.value
    desk.fill(fill("f1", SELL, AT + 503, 3, BEGAN + H), AT + 500)
    desk.mark(AT + 300)
    desk.position.fund(events.FundingPaid("BTCUSDT", "x", -(3 * 10**14), BEGAN + 2 * H))
    kept.turn(BEGAN + 2 * H, desk.copy())
    desk.mark(AT + 100)
    kept.turn(BEGAN + 3 * H, desk.copy())
    after = desk.value
    desk.mark(AT + 9_000)
    kept.turn(BEGAN + NS_PER_DAY, desk.copy())
    kept.close()
    day = told(journal)
    one = day.symbols["BTCUSDT"]
    assert after - before == day.total_cash
    assert (3 * 3 * INSTRUMENT.cash_per_ticklot, 7 * 10**12, -(3 * 10**14)) == (
        one.capture_cash,
        one.fee_cash,
        one.funding_cash,
    )
    assert 2 * -400 * INSTRUMENT.cash_per_ticklot == one.inventory_cash
    assert (5, 2, 5, 2) == (one.first_lots, one.least_lots, one.most_lots, one.last_lots)


def test_what_was_heard_after_the_last_snapshot_is_in_it(journal: Path) -> None:
    desk = Desk()
    kept = Kept(journal, desk.copy(), BEGAN)
    kept.turn(BEGAN + S, desk.copy())
    kept.hear(BEGAN + H, fill("f1", BUY, AT - 4, 2, BEGAN + H), fill("f2", BUY, AT, 1, BEGAN + H, "taker"))
    kept.close()
    day = told(journal)
    one = day.symbols["BTCUSDT"]
    assert (3, BEGAN + H) == (one.last_lots, day.until_ns)
    assert 8 * INSTRUMENT.cash_per_ticklot == one.capture_cash
    cash = INSTRUMENT.cash_per_ticklot
    assert ((AT - 4) * 2 * cash, AT * cash, 2) == (one.maker_cash, one.taker_cash, one.fills)


def test_books_that_begin_have_earned_nothing_by_what_they_read_of_the_past(journal: Path) -> None:
    kept = Kept(journal, state_with(), BEGAN + H)
    desk = Desk()
    desk.state.health.fills_unread = ["BTCUSDT"]
    kept.turn(BEGAN + H + 1, desk.copy())
    old = fill("old", BUY, AT - 5_000, 50, BEGAN - 5 * H)
    kept.hear(BEGAN + H + 2, events.FillsReport("BTCUSDT", 1, (old,), 1))
    desk.fill(old)
    desk.state.health.fills_unread = []
    kept.turn(BEGAN + 2 * H, desk.copy())
    desk.mark(AT + 1)
    kept.turn(BEGAN + 3 * H, desk.copy())
    kept.close()
    day = told(journal)
    assert 50 * INSTRUMENT.cash_per_ticklot == day.total_cash
    assert (50, 0) == (day.symbols["BTCUSDT"].first_lots, day.symbols["BTCUSDT"].fills)


def test_books_of_a_new_account_are_known_from_when_nothing_was_found_in_its_past(journal: Path) -> None:
    desk = Desk()
    desk.state.health.session = ""
    kept = Kept(journal, desk.copy(), BEGAN)
    kept.hear(BEGAN + S, events.FillsReport("BTCUSDT", 1, (), 1))
    one = fill("f1", BUY, AT - 3, 2, BEGAN + 2 * S)
    kept.hear(BEGAN + 2 * S, one)
    desk.fill(one)
    kept.boot(BEGAN + 3 * S, desk.copy())  # killed before there was a second snapshot
    kept.close()
    day = told(journal)
    assert (6 * INSTRUMENT.cash_per_ticklot, 2) == (day.symbols["BTCUSDT"].capture_cash, day.processes)


def test_what_one_process_has_read_of_the_past_is_known_to_the_next(journal: Path) -> None:
    desk = Desk()
    desk.state.health.session = ""
    kept = Kept(journal, desk.copy(), BEGAN)
    old = fill("old", BUY, AT - 5_000, 50, BEGAN - 5 * H)
    kept.hear(BEGAN + S, events.FillsReport("BTCUSDT", 1, (old,), 1))
    desk.fill(old)
    for second in (2, 3):
        kept.boot(BEGAN + second * S, desk.copy())
        desk.mark(AT + second)
    kept.turn(BEGAN + 4 * S, desk.copy())
    kept.close()
    assert 50 * 3 * INSTRUMENT.cash_per_ticklot == told(journal).total_cash


def test_a_fill_told_twice_is_one(journal: Path) -> None:
    one = fill("f1", BUY, AT, 2, BEGAN + 5)
    kept = Kept(journal, Desk().copy(), BEGAN)
    kept.hear(BEGAN + 6, one, one, events.FillsReport("BTCUSDT", 1, (one,), 1))
    kept.close()
    assert 1 == told(journal).symbols["BTCUSDT"].fills


def test_the_deepest_fall_from_a_peak_is_the_drawdown(journal: Path) -> None:
    desk = Desk()
    desk.position.lots = 1
    kept = Kept(journal, desk.copy(), BEGAN)
    for number, ticks in enumerate((0, 50, 20, 60, 10, 55), start=1):
        desk.mark(AT + ticks)
        kept.turn(BEGAN + number * S, desk.copy())
    kept.close()
    assert 50 * INSTRUMENT.cash_per_ticklot == told(journal).drawdown_cash


def test_time_counts_while_a_process_runs_and_as_two_sided_while_both_quotes_rest_close(journal: Path) -> None:
    desk = Desk()
    close, wide = (
        ((BUY, AT - 100), (SELL, AT + 9_000), (SELL, AT + 100), (BUY, AT - 9_000)),
        ((BUY, AT - 100), (SELL, AT + 9_000)),
    )
    kept = Kept(journal, desk.copy(), BEGAN)
    for second, quotes in ((0, close), (10, wide), (20, close[:1]), (30, close)):
        desk.quote(*quotes)
        kept.turn(BEGAN + second * S + 1, desk.copy())
    kept.turn(BEGAN + 40 * S + 1, desk.copy())
    kept.boot(BEGAN + H, desk.copy())
    kept.turn(BEGAN + H + 10 * S, desk.copy())
    kept.close()
    day = told(journal)
    assert (50 * S + 1, 2) == (day.ran_ns, day.processes)
    assert 30 * S == day.symbols["BTCUSDT"].two_sided_ns


def test_requests_are_counted_for_each_fill(journal: Path) -> None:
    kept = Kept(journal, Desk().copy(), BEGAN)
    kept.intend(
        BEGAN + 1, create(1), create(2), commands.AmendOrder("s-1", "BTCUSDT", 1, 1, 1, 1), create(3, "ETHUSDT")
    )
    gone = events.OrderCancelled("s-2", 0, "", 1)
    kept.hear(BEGAN + 2, gone, gone, fill("f1", BUY, AT, 1, BEGAN + 2))
    kept.close()
    said = json.loads(run(journal, "--format", "json").stdout)
    one = said["symbols"]["BTCUSDT"]
    assert (2, 1, 1, 1, 4.0) == (one["creates"], one["amends"], said["cancelled"], one["fills"], said["order_to_trade"])


def test_many_cancelled_orders_are_each_counted_once(journal: Path) -> None:
    kept = Kept(journal, Desk().copy(), BEGAN)
    gone = [events.OrderCancelled(f"s-{number}", 0, "", 1) for number in range(5000)]
    kept.hear(BEGAN + 2, *(one for each in gone for one in (each, each)))
    kept.close()
    assert 5000 == told(journal).cancelled


def test_the_page_shows_all_of_it(journal: Path) -> None:
    desk = Desk()
    kept = Kept(journal, desk.copy(), BEGAN)
    desk.fill(fill("f1", BUY, AT - 10, 500, BEGAN + 5))
    kept.turn(BEGAN + 10 * S, desk.copy())
    kept.hear(BEGAN + 11 * S, fill("f1", BUY, AT - 10, 500, BEGAN + 5))
    kept.close()
    note(journal, Reason("kill", BEGAN + H, "fat finger"))
    lines = run(journal).output.splitlines()
    assert lines[0].startswith("2026-01-05 UTC   00:00:00 .. 00:00:11")
    cells = {line[1:15].strip(): line[15:].split() for line in lines[2:]}
    assert ["0.50", "0.50"] == cells["capture"]
    assert ["49,999.50", "49,999.50"] == cells["maker volume"]
    assert ["0.500"] == cells["position last"]
    assert " 01:00:00 kill: fat finger" == lines[-1]


def test_numbers_are_in_quote_currency(journal: Path) -> None:
    desk = Desk()
    kept = Kept(journal, desk.copy(), BEGAN)
    desk.fill(fill("f1", BUY, AT - 10, 500, BEGAN + 5))
    kept.turn(BEGAN + 10 * S, desk.copy())
    kept.close()
    said = json.loads(run(journal, "--format", "json").stdout)
    assert (0.5, 0.007, 0.507) == (
        said["symbols"]["BTCUSDT"]["capture"],
        said["symbols"]["BTCUSDT"]["fees"],
        said["total"],
    )
    assert 0.5 == 500 * 10 * INSTRUMENT.cash_per_ticklot / CASH_PER_QUOTE
    assert (None, "0.500") == (said["order_to_trade"], said["symbols"]["BTCUSDT"]["position"]["last"])


def test_a_symbol_earns_from_when_it_is_quoted(journal: Path) -> None:
    desk = Desk()
    before = desk.copy()
    before.desks = []
    kept = Kept(journal, before, BEGAN)
    desk.fill(fill("f1", BUY, AT - 10, 5, BEGAN + 5))
    kept.turn(BEGAN + 10, desk.copy())
    desk.mark(AT + 1)
    kept.turn(BEGAN + 20, desk.copy())
    kept.close()
    assert 5 * INSTRUMENT.cash_per_ticklot == told(journal).total_cash


def test_words_of_yesterday_are_in_what_today_begins_with(journal: Path) -> None:
    kept = Kept(journal, Desk().copy(), BEGAN - 10)
    kept.hear(BEGAN - 5, fill("f1", BUY, AT - 10, 5, BEGAN - 5))
    kept.hear(BEGAN + 7, fill("f2", BUY, AT, 1, BEGAN + 7))
    kept.close()
    day = told(journal)
    assert (5, 6, BEGAN, BEGAN + 7) == (
        day.symbols["BTCUSDT"].first_lots,
        day.symbols["BTCUSDT"].last_lots,
        day.from_ns,
        day.until_ns,
    )
    assert 0 == day.symbols["BTCUSDT"].capture_cash


@pytest.mark.parametrize("at_ns", [BEGAN + NS_PER_DAY, BEGAN - S])
def test_a_day_that_the_journal_does_not_reach_is_told_so(journal: Path, at_ns: int) -> None:
    kept = Kept(journal, Desk().copy(), at_ns)
    kept.hear(at_ns, events.FundingPaid("BTCUSDT", "x", 1, 1))
    kept.close()
    result = run(journal)
    assert isinstance(result.exception, Ended)
    assert ("SQ-O015", ExitCode.NOTHING_SELECTED) == (result.exception.code, result.exception.exit_code)


def test_today_is_what_is_asked_for_when_nothing_else_is(journal: Path) -> None:
    today = int(datetime.now(UTC).timestamp()) * S
    kept = Kept(journal, Desk().copy(), today - S)
    kept.turn(today, Desk().copy())
    kept.close()
    config = journal.parent.parent / "live.yaml"
    result = CliRunner().invoke(report.command, ["--config", str(config)])
    assert ExitCode.OK == result.exit_code, result.output


def test_paper_has_a_journal_of_its_own(journal: Path) -> None:
    Kept(journal.with_name("journal.paper.sqlite"), Desk().copy(), BEGAN).close()
    assert ExitCode.OK == run(journal, "--mode", "paper").exit_code
    assert isinstance(run(journal).exception, Ended)


def test_a_damaged_journal_is_told(journal: Path) -> None:
    kept = Kept(journal, Desk().copy(), BEGAN)
    kept.store._db.execute("UPDATE segments SET snapshot = x'7b7d'")
    kept.close()
    result = run(journal)
    assert isinstance(result.exception, Ended)
    assert ("SQ-O010", ExitCode.PREFLIGHT) == (result.exception.code, result.exception.exit_code)


def test_a_day_is_written_as_one(journal: Path) -> None:
    assert ExitCode.USAGE == run(journal, "--date", "yesterday").exit_code
