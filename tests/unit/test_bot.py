"""The bot as a process: what it takes, how it begins, and every way in which it ends."""

import asyncio
import socket
from contextlib import closing
from dataclasses import replace
from decimal import Decimal

import pytest
from live_files import STRATEGY
from live_stage import Stage, until
from processes import python
from small_market import SYMBOL, SmallMarket

from adapters import bot as bot_module
from adapters import heartbeat
from adapters.bar import Bar, Reason
from adapters.endings import Ended
from adapters.ground import taken
from adapters.journal_lock import JournalLock
from adapters.journal_store import CannotWrite, Store
from adapters.paper import PaperVenue
from adapters.session import is_of_another, session_of
from adapters.settings import load
from adapters.terms import REAL, config_of, journal_of
from adapters.venue import Seen, VenueUnusable
from strategy import events
from strategy.errors import OperatorError
from strategy.exit_codes import ExitCode


def test_it_quotes_until_its_time_is_over_and_leaves_nothing(tmp_path):
    stage = Stage(tmp_path, duration_s=3.0)
    stage.run()
    assert () == stage.desk.open_ids()
    assert stage.desk._ended  # it did quote
    beat = heartbeat.last_beat(stage.settings.state_dir)
    assert (heartbeat.STOPPED, "paper", "bybit-custom") == (beat.state, beat.mode, beat.venue)
    (end,) = stage.told("ends")
    assert ("stopped", True) == (end["ending"], end["proven"])
    assert () == stage.kept().records  # closed with a snapshot: a restart has nothing to fold


def test_a_second_one_is_refused_and_so_is_a_journal_in_use(tmp_path):
    stage = Stage(tmp_path)
    other = ["import sys; from pathlib import Path", "from adapters.lockfile import Lock"]
    code = "\n".join([*other, "Lock(Path(sys.argv[1])); print('ready', flush=True); sys.stdin.read()"])
    with python(code, stage.settings.state_dir) as process:
        assert ("SQ-O030", ExitCode.PREFLIGHT) == refused(stage)
        assert process.poll() is None
    JournalLock(stage.terms.journal).take()  # by nobody that could be asked: its descriptor is lost
    assert ("SQ-O011", ExitCode.PREFLIGHT) == refused(stage)


def refused(stage):
    with pytest.raises(Ended) as caught:
        stage.run()
    assert [] == stage.venues
    return caught.value.code, caught.value.exit_code


def test_nothing_starts_while_it_is_barred_until_the_bar_is_lifted(tmp_path):
    stage = Stage(tmp_path)
    bar = Bar(stage.settings.state_dir)
    bar.put_down(Reason("guard", 1, "silent"))
    assert ("SQ-R030", ExitCode.LIMIT_STOPPED) == refused(stage)
    stage.terms = replace(stage.terms, is_lifting_bar=True, duration_s=0.1)
    stage.run()
    assert not bar.is_barred()


def test_a_bar_that_comes_down_while_it_runs_lets_only_cancels_leave(tmp_path):
    stage = Stage(tmp_path)

    async def bar_it(bot):
        await until(stage.is_quoting)
        Bar(stage.settings.state_dir).put_down(Reason("a person", 1, "enough"))
        await asyncio.sleep(0.2)
        known = set(stage.desk._orders) | set(stage.desk._ended)
        await asyncio.sleep(1.0)
        assert known == set(stage.desk._orders) | set(stage.desk._ended)
        bot.stop()

    stage.run(bar_it)
    assert () == stage.desk.open_ids()


def test_a_grid_that_the_units_cannot_write_ends_one_life_in_order_and_begins_the_next(tmp_path):
    stage = Stage(tmp_path)

    async def regrid(bot):
        await until(stage.is_quoting)
        stage.venues[-1]._feed(events.TermsSeen(SYMBOL, 0, 0, 0, 0, 0, 0, 1))
        await until(lambda: len(stage.venues) == 2)
        assert not stage.venues[0]._is_open
        await until(stage.is_quoting)
        bot.stop()

    stage.run(regrid)
    first, second = stage.told("ends")
    assert [("stopped", True)] * 2 == [(one["ending"], one["proven"]) for one in (first, second)]
    assert 1 == len(stage.told("counts anew"))


def test_a_new_life_counts_in_what_the_journal_counts_in(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(SmallMarket, "count_in", lambda _self, units: told.append([one.symbol for one in units]))
    stage = Stage(tmp_path, duration_s=0.1)
    stage.run()
    assert [] == told
    Stage(tmp_path, duration_s=0.1).run()
    assert [[SYMBOL]] == told


def test_a_journal_of_another_mode_is_no_past_of_this_account(tmp_path):
    stage = Stage(tmp_path, duration_s=0.1)
    stage.run()
    real = Stage(tmp_path, mode=REAL, journal=stage.terms.journal)
    assert ("SQ-O036", ExitCode.PREFLIGHT) == refused(real)
    assert stage.terms.journal != journal_of(real.settings, REAL)


def test_a_journal_of_another_bot_is_no_past_of_this_one(tmp_path):
    stage = Stage(tmp_path, duration_s=0.1)
    stage.run()
    other, live = Stage(tmp_path), tmp_path / "live.yaml"
    name = other.settings.live.name
    live.write_text(live.read_text().replace(f"name: {name}", "name: somebody-else"))
    other.settings = load(live)
    assert ("SQ-O036", ExitCode.PREFLIGHT) == refused(other)
    Stage(tmp_path, duration_s=0.1).run()


def test_a_damaged_journal_fails_closed_and_is_set_aside_only_on_request(tmp_path):
    stage = Stage(tmp_path, duration_s=0.1)
    stage.run()
    stage.terms.journal.write_bytes(b"nothing of ours" * 1000)
    assert ("SQ-O010", ExitCode.PREFLIGHT) == refused(Stage(tmp_path))
    Stage(tmp_path, is_setting_aside=True, duration_s=0.1).run()
    assert 1 == len(list(stage.settings.state_dir.glob("*.damaged-*")))


def test_a_bot_whose_bar_comes_down_says_so(tmp_path):
    stage = Stage(tmp_path)

    def state():
        return heartbeat.last_beat(stage.settings.state_dir).state

    async def bar(bot):
        await until(lambda: state() == heartbeat.QUOTING)
        Bar(stage.settings.state_dir).put_down(Reason("a person", 1, "enough"))
        await until(lambda: state() == heartbeat.BARRED)
        bot.stop()

    stage.run(bar)
    assert heartbeat.STOPPED == state()


def test_a_disk_that_takes_nothing_at_the_start_starts_nothing(tmp_path, monkeypatch):
    stage = Stage(tmp_path)

    def refuses(*_args, **_kinds):
        raise CannotWrite("no room")

    monkeypatch.setattr(Store, "begin_boot", refuses)
    with pytest.raises(Ended, match="no room") as caught:
        stage.run()
    assert ("SQ-O012", ExitCode.PREFLIGHT) == (caught.value.code, caught.value.exit_code)


def test_a_state_folder_that_cannot_be_is_said_so(tmp_path):
    stage = Stage(tmp_path)
    stage.settings.state_dir.write_text("a file")
    with pytest.raises(Ended) as caught, taken(stage.settings, stage.terms, stage.clock):
        pass
    assert "SQ-O033" == caught.value.code


def test_the_smaller_budget_holds(tmp_path):
    stage = Stage(tmp_path)
    budgets = [
        config_of(stage.settings, replace(stage.terms, max_loss=loss)).account.loss_budget
        for loss in (None, Decimal("12.5"), Decimal(10**6))
    ]
    assert ["500", "12.5", "500"] == budgets


def test_figures_are_served_while_it_runs_and_a_taken_port_is_refused(tmp_path):
    with closing(socket.socket()) as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        assert ("SQ-O033", ExitCode.PREFLIGHT) == refused(Stage(tmp_path, metrics_port=port))
    stage = Stage(tmp_path, metrics_port=port)
    pages = []

    async def scrape(bot):
        await until(stage.is_quoting)
        reader, writer = await asyncio.open_connection("127.0.0.1", bot.port)
        writer.write(b"GET /metrics HTTP/1.1\r\n\r\n")
        pages.append((await reader.read()).decode())
        writer.close()
        bot.stop()

    stage.run(scrape)
    for name in (
        "kill_bar_present 0",
        "restarts 0",
        "journal_bytes ",
        "inbox_events ",
        "heartbeat_timestamp_seconds 1",
    ):
        assert f"stormquote_{name}" in pages[0]
    assert "stormquote_journal_ok 1" in pages[0]
    assert "process_resident_memory_bytes " in pages[0]


def test_a_venue_that_says_nothing_or_lacks_a_symbol_starts_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(bot_module, "_LOOK_WITHIN_S", 0.05)
    stage = Stage(tmp_path)

    async def silent(_symbols):
        await asyncio.sleep(5)

    async def empty(_symbols):
        return Seen((), 1)

    for look, words in ((silent, "no answer"), (empty, "has no BTCUSDT")):
        stage.open_venue = lambda _told, look=look: looking(look)
        with pytest.raises(VenueUnusable, match=words):
            stage.run()


def looking(look):
    venue = SmallMarket()
    venue.look = look
    return venue


class WithWarnings(PaperVenue):
    async def look(self, symbols):
        seen = await super().look(symbols)
        return Seen(seen.instruments, seen.venue_ns, ("hedge mode",))


def test_who_takes_over_looks_until_somebody_answers_and_who_starts_anew_does_not(tmp_path, monkeypatch):
    """Orders of the process before may rest at a venue that is out of reach: leaving would leave them there."""
    monkeypatch.setattr(bot_module, "_PAUSE_S", 0.05)
    stage = Stage(tmp_path, duration_s=1.5)
    out_of_reach(stage, 3)
    with pytest.raises(VenueUnusable):
        stage.run()

    async def cut(bot):
        await until(stage.is_quoting)
        bot.stop()
        bot.stop()

    first = stage
    first.venues.clear()
    del first.open_venue
    first.run(cut)
    assert first.kept().records
    heir = Stage(tmp_path, duration_s=3.0)
    out_of_reach(heir, 3)
    heir.run()
    assert 3 == len(heir.told("looks again"))
    assert "stopped" == heir.told("ends")[-1]["ending"]


def test_a_restart_after_a_clean_end_is_patient_for_a_while(tmp_path, monkeypatch):
    monkeypatch.setattr(bot_module, "_PAUSE_S", 0.05)
    stage = Stage(tmp_path, duration_s=0.5)
    stage.run()
    assert () == stage.kept().records
    again = Stage(tmp_path, duration_s=2.0)
    out_of_reach(again, 3)
    again.run()
    assert ("stopped", 3) == (again.told("ends")[-1]["ending"], len(again.told("looks again")))
    monkeypatch.setattr(bot_module, "_AWAY_NS", 0)
    out_of_reach(again, 3)
    with pytest.raises(VenueUnusable):
        again.run()


def test_who_is_stopped_while_nobody_answers_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(bot_module, "_PAUSE_S", 0.05)
    stage = Stage(tmp_path)

    async def cut(bot):
        await until(stage.is_quoting)
        bot.stop()
        bot.stop()

    stage.run(cut)
    heir = Stage(tmp_path)
    out_of_reach(heir, 10**6)

    async def give_up(bot):
        await until(lambda: len(heir.told("looks again")) > 1)
        bot.stop()

    with pytest.raises(VenueUnusable, match="gone"):
        heir.run(give_up)


def out_of_reach(stage, times):
    """Have the venue of a stage not answer so often."""
    left = [times]

    class Away(PaperVenue):
        async def look(self, symbols):
            if left[0]:
                left[0] -= 1
                raise VenueUnusable("SQ-V030", "gone")
            return await super().look(symbols)

    def open_venue(_told):
        stage.venues.append(Away(SmallMarket(), stage.clock, lambda: 2_000_000))
        return stage.venues[-1]

    stage.open_venue = open_venue


def test_warnings_of_the_venue_are_in_the_log_and_a_config_that_does_not_fit_is_refused(tmp_path):
    stage = Stage(tmp_path, duration_s=0.1)
    stage.open_venue = lambda _told: WithWarnings(SmallMarket(), stage.clock, lambda: 0)
    stage.run()
    assert ["hedge mode"] == [line["words"] for line in stage.told("warning")]
    (tmp_path / "strategy.yaml").write_text(STRATEGY.replace("0.010", "0.0101"))
    stage.settings = load(tmp_path / "live.yaml")
    with pytest.raises(OperatorError, match=r"quote_size 0\.0101 is not a multiple"):
        stage.run()


def test_sessions_are_short_and_differ_by_boot_and_by_instant():
    names = [session_of("a-very-long-name-of-a-config", boot, at) for boot in (1, 2) for at in (10**18, 2 * 10**18)]
    assert 4 == len({*names})
    assert all(len(name) <= 28 for name in names)


def test_a_session_says_whose_it_is_as_far_as_it_bears_a_name():
    session = session_of("a-very-long-name", 3, 10**18)
    assert not is_of_another(session, "a-very-long-name")
    assert is_of_another(session, "another")
    assert not is_of_another("", "another")
    assert not is_of_another("s", "another")
