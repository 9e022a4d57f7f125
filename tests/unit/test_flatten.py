"""``live flatten``: the bot stopped, everything cancelled, what the venue says we hold traded to zero."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from held import HeldVenue
from live_files import SECRET, write_live
from processes import ROOT, environment
from stub_bot import stub_bot

from adapters import flattening, going_flat, lockfile, venues
from adapters.bar import Bar, Reason
from adapters.endings import Ended
from adapters.health import GUARD
from adapters.sweeping import sweep
from adapters.venue import Seen, VenueUnusable
from adapters.verbs import flatten
from adapters.watchdog import Marker
from strategy.exit_codes import ExitCode
from strategy.units import BUY, SELL


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits: what is waited for has happened already."""
    for name in ("_PAUSE_S", "_REST_S"):
        monkeypatch.setattr(flattening, name, 0.0)
    monkeypatch.setattr(going_flat, "_READ_AGAIN_S", 0.0)

    async def sweep_at_once(visit, within_s):
        return await sweep(visit.venue, visit.symbols, visit.clock, within_s=min(within_s, going_flat._SWEEP_S))

    monkeypatch.setattr("adapters.visit.Visit.sweep", sweep_at_once)


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, venue: HeldVenue, *words: str) -> Result:
    monkeypatch.setattr(venues, "make_venue", lambda settings, keys, clock, told: venue)
    return CliRunner().invoke(flatten.command, ["--config", str(write_live(folder)), *words])


def ended(result: Result) -> tuple[str, int]:
    assert isinstance(result.exception, Ended), result.output
    return result.exception.code, result.exception.exit_code


@pytest.mark.parametrize(("lots", "side"), [(50, SELL), (-50, BUY)])
def test_by_taking_it_is_flat_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lots: int, side: int) -> None:
    venue = HeldVenue(lots, BTCUSDT=("s-1",))
    result = run(monkeypatch, tmp_path, venue, "--taker")
    assert (ExitCode.OK, 0, {}) == (result.exit_code, venue.lots, venue.open), result.output
    (order,) = venue.created
    assert (side, 50, True, True, False) == (
        order.side,
        order.size_lots,
        order.reduce_only,
        order.taking,
        order.post_only,
    )
    # 20 bps of 100000 ticks.
    assert 100_000 + side * 200 == order.price_ticks
    assert "held 0.050" in result.output.replace("-", "")
    assert SECRET not in result.output


def test_it_leaves_nothing_for_a_guard_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "state" / GUARD).mkdir(parents=True)
    marker = Marker(tmp_path / "state" / GUARD)
    marker.set()
    run(monkeypatch, tmp_path, HeldVenue(50), "--taker")
    assert not marker.is_set()


def test_orders_are_off_before_anything_is_traded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venue = HeldVenue(50, BTCUSDT=("s-1",))
    run(monkeypatch, tmp_path, venue, "--taker")
    assert venue.kinds.index("CancelAll") < venue.kinds.index("CreateOrder")


def test_by_resting_it_stands_at_our_side_and_is_placed_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venue = HeldVenue(50, drip=20)
    assert ExitCode.OK == run(monkeypatch, tmp_path, venue).exit_code
    assert [(50, 100_001), (30, 100_001), (10, 100_001)] == [(one.size_lots, one.price_ticks) for one in venue.created]
    assert all(one.post_only and one.reduce_only and not one.taking for one in venue.created)
    assert 3 == len({one.client_id for one in venue.created})


def test_more_than_the_largest_order_goes_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venue = HeldVenue(250)
    assert ExitCode.OK == run(monkeypatch, tmp_path, venue, "--taker").exit_code
    assert [100, 100, 50] == [one.size_lots for one in venue.created]


def test_an_order_without_an_answer_is_asked_about_before_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue = HeldVenue(150, depth=100)
    venue.silent = 1
    assert ExitCode.OK == run(monkeypatch, tmp_path, venue, "--taker").exit_code
    assert [100, 50] == [one.size_lots for one in venue.created]
    first = venue.kinds.index("CreateOrder")
    assert "QueryOrder" in venue.kinds[first + 1 : venue.kinds.index("CreateOrder", first + 1)]


def test_an_order_that_nobody_finds_is_over_once_it_cannot_arrive_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue = HeldVenue(50)
    venue.lost = 1
    _quick_orders(monkeypatch, window_ms=50, read_lag_ms_max=20, send_within_ms=10)
    assert ExitCode.OK == run(monkeypatch, tmp_path, venue, "--taker").exit_code
    assert [50, 50] == [one.size_lots for one in venue.created]
    assert venue.kinds.count("QueryOrder") > 2


def test_a_fate_that_cannot_be_learnt_ends_it_and_nothing_more_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue = HeldVenue(50)
    _quick_orders(monkeypatch, window_ms=1, read_lag_ms_max=1, send_within_ms=1)
    monkeypatch.setattr(flattening, "_ASK_NS_MAX", 10**7)
    say = venue.at_once
    venue.at_once = lambda one: [] if type(one[0]).__name__ == "QueryOrder" else say(one)
    assert isinstance(run(monkeypatch, tmp_path, venue, "--taker").exception, VenueUnusable)
    assert 1 == len(venue.created)


def _quick_orders(monkeypatch: pytest.MonkeyPatch, **spans: float) -> None:
    init = flattening.Flattener.__init__

    def quick(self, visit, terms, session):
        init(self, visit, terms, session)
        self._orders = self._orders.model_copy(update=spans)

    monkeypatch.setattr(flattening.Flattener, "__init__", quick)


def test_a_market_that_runs_away_is_not_run_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venue = HeldVenue(-150)
    say = venue.at_once

    def run_away(one):
        said = say(one)
        if venue.created:
            venue.bid, venue.ask = 100_400, 100_402
        return said

    venue.at_once = run_away
    result = run(monkeypatch, tmp_path, venue, "--taker", "--timeout", "1")
    assert ("SQ-R031", ExitCode.NOT_FLAT) == ended(result)
    assert (1, -50) == (len(venue.created), venue.lots)
    assert "holds -0.050: the market is more than 20 bps away" in result.output


def test_a_resting_order_is_not_placed_beyond_the_bound_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venue = HeldVenue(50)
    venue.bid, venue.ask = 90_000, 110_000
    assert ExitCode.OK == run(monkeypatch, tmp_path, venue, "--dry-run").exit_code
    venue.drip = 50
    assert ExitCode.OK == run(monkeypatch, tmp_path, venue).exit_code
    assert [110_000] == [one.price_ticks for one in venue.created]


@pytest.mark.parametrize(("bid", "ask"), [(0, 100_001), (99_999, 0)])
def test_without_a_book_of_both_sides_nothing_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bid: int, ask: int
) -> None:
    venue = HeldVenue(50)
    venue.bid, venue.ask = bid, ask
    result = run(monkeypatch, tmp_path, venue, "--taker", "--timeout", "1")
    assert ("SQ-R031", ExitCode.NOT_FLAT) == ended(result)
    assert [] == venue.created
    assert "there is no book of both sides" in result.output


def test_an_order_that_is_refused_again_and_again_is_not_tried_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue = HeldVenue(50)
    venue.refused = 99
    result = run(monkeypatch, tmp_path, venue, "--taker")
    assert ("SQ-R031", ExitCode.NOT_FLAT) == ended(result)
    assert (3, True) == (len(venue.created), "reduce_only" in result.output)


def test_what_is_smaller_than_the_smallest_order_is_left_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue = HeldVenue(1)
    result = run(monkeypatch, tmp_path, venue, "--taker", "--format", "json")
    assert ("SQ-R031", ExitCode.NOT_FLAT) == ended(result)
    said = json.loads(result.stdout)
    assert (False, "FAIL") == (said["ok"], said["rows"][0]["state"])
    assert [] == venue.created


def test_a_read_that_lags_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venue = HeldVenue(50)
    venue.lag = 3
    assert ExitCode.OK == run(monkeypatch, tmp_path, venue, "--taker").exit_code


def test_a_dry_run_says_what_it_would_begin_with_and_sends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue = HeldVenue(50, BTCUSDT=("s-1", "s-2"))
    with stub_bot(tmp_path / "state") as bot:
        result = run(monkeypatch, tmp_path, venue, "--dry-run")
        assert bot.poll() is None
    assert "holds 0.050, 2 orders open" in result.output
    assert {"SampleClock", "QueryOpenOrders"} == set(venue.kinds)


def test_a_running_bot_is_stopped_first_and_no_other_can_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venue, held = HeldVenue(50), []
    say = venue.at_once
    venue.at_once = lambda one: held.append(_is_locked(tmp_path / "state")) or say(one)
    with stub_bot(tmp_path / "state") as bot:
        result = run(monkeypatch, tmp_path, venue, "--taker")
        assert 0 == bot.wait(5)
    assert (ExitCode.OK, True) == (result.exit_code, all(held) and len(held) > 0)


def _is_locked(folder: Path) -> bool:
    """Ask from another process: this one holds the lock."""
    code = (
        "import sys; from pathlib import Path; from adapters.lockfile import holder; print(holder(Path(sys.argv[1])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        env=environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip() not in ("", "None")


def test_a_bot_that_does_not_stop_is_not_worked_against(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(going_flat, "_STOP_S", 0.2)
    venue = HeldVenue(50)
    with stub_bot(tmp_path / "state", manners="deaf"):
        assert ("SQ-O032", ExitCode.FAILED) == ended(run(monkeypatch, tmp_path, venue))
    assert [] == venue.sent


def test_somebody_quicker_keeps_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lockfile, "holder", lambda folder: None)
    with stub_bot(tmp_path / "state"):
        assert ("SQ-O030", ExitCode.FAILED) == ended(run(monkeypatch, tmp_path, HeldVenue(50)))


def test_a_disk_that_cannot_be_written_does_not_keep_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(lockfile, "Lock", refuse)
    venue = HeldVenue(50)
    assert ExitCode.OK == run(monkeypatch, tmp_path, venue, "--taker").exit_code
    assert 0 == venue.lots


def test_orders_that_stay_keep_from_trading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(going_flat, "_SWEEP_S", 0.3)
    venue = HeldVenue(50, BTCUSDT=("s-1",))
    venue.stubborn = 99
    assert ("SQ-V031", ExitCode.PREFLIGHT) == ended(run(monkeypatch, tmp_path, venue))
    assert [] == venue.created


def test_a_bar_does_not_keep_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Bar(tmp_path / "state").put_down(Reason("kill", 0, "x"))
    venue = HeldVenue(50)
    assert (ExitCode.OK, 0) == (run(monkeypatch, tmp_path, venue, "--taker").exit_code, venue.lots)


def test_where_there_are_only_balances_nothing_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venue = HeldVenue(50)

    async def look(symbols):
        return Seen((), 1)

    venue.look = look
    assert ("SQ-R034", ExitCode.NOT_FLAT) == ended(run(monkeypatch, tmp_path, venue))
    assert [] == venue.created


def test_a_symbol_that_is_not_quoted_is_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(monkeypatch, tmp_path, HeldVenue(50), "--symbol", "ETHUSDT")
    assert (ExitCode.USAGE, True) == (result.exit_code, "there is BTCUSDT" in result.output)
    assert ExitCode.OK == run(monkeypatch, tmp_path, HeldVenue(0), "--symbol", "BTCUSDT").exit_code
