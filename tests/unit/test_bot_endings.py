"""How a bot ends: stopped, raised, spent, and what the next one then makes of it."""

import asyncio
import json
from decimal import Decimal

import pytest
from live_stage import Stage, until
from small_market import MID_TICKS, SYMBOL

from adapters import heartbeat, life
from adapters.driver import SNAPSHOT_EVERY_NS
from adapters.endings import Ended
from adapters.journal_store import Store
from sim.journal_file import opened
from strategy import events
from strategy.exit_codes import ExitCode
from strategy.journal_table import Damaged
from strategy.requests import unanswered
from strategy.units import CASH_PER_QUOTE


def test_a_journal_that_cannot_be_opened_again_ends_it_with_everything_off(tmp_path, monkeypatch):
    stage = Stage(tmp_path)

    async def trip(bot):
        await until(stage.is_quoting)
        raise_once(bot._life.core)
        monkeypatch.setattr(Store, "_prove", lambda _store: raising(Damaged("torn")))

    with pytest.raises(Ended, match="torn") as caught:
        stage.run(trip)
    assert ("SQ-O010", ()) == (caught.value.code, stage.desk.open_ids())


def raising(error):
    raise error


def test_a_core_that_raises_is_cancelled_and_begun_anew_from_its_journal(tmp_path):
    stage = Stage(tmp_path)
    sessions = []

    async def trip(bot):
        await until(stage.is_quoting)
        sessions.append(bot._life.session)
        first = stage.desk
        raise_once(bot._life.core)
        await until(lambda: len(stage.venues) == 2 and stage.is_quoting())
        assert () == first.open_ids()
        sessions.append(bot._life.session)
        bot.stop()

    stage.run(trip)
    assert sessions[0] != sessions[1]
    assert 2 == stage.kept().boots
    assert "ZeroDivisionError" in "".join(stage.told("raised")[0]["trace"])


def raise_once(core):
    def step(_now_ns, _event):
        raise ZeroDivisionError("by hand")

    core.step = step


def test_a_core_that_raises_again_and_again_is_given_up(tmp_path):
    stage = Stage(tmp_path)

    async def trip(bot):
        for count in (1, 2, 3):
            await until(lambda count=count: len(stage.venues) == count and bot._life and bot._life.driver.is_alive)
            raise_once(bot._life.core)

    with pytest.raises(Ended) as caught:
        stage.run(trip, within_s=60)
    assert ("SQ-S001", ExitCode.INTERNAL) == (caught.value.code, caught.value.exit_code)


def test_a_second_stop_waits_no_longer_but_sweeps(tmp_path):
    stage = Stage(tmp_path)

    async def stop_twice(bot):
        await until(stage.is_quoting)
        bot._life.core.__class__ = type("Deaf", (bot._life.core.__class__,), {"is_done": False})
        bot.stop()
        bot.stop()

    stage.run(stop_twice)
    assert () == stage.desk.open_ids()
    assert ("forced", True) == (stage.told("ends")[0]["ending"], stage.told("ends")[0]["proven"])
    (symbol,) = heartbeat.last_beat(stage.settings.state_dir).symbols
    assert (0, 0, "", "") == (symbol.open_orders, symbol.in_doubt, symbol.bid, symbol.ask)


def test_an_end_that_no_read_has_proven_is_told(tmp_path, monkeypatch):
    stage = Stage(tmp_path)
    monkeypatch.setattr(life, "_SWEEP_S", 0.5)

    async def cut(bot):
        await until(stage.is_quoting)
        stage.venues[0]._carried_out = lambda command, _venue_ns: [unanswered(command, "timeout")]
        bot.stop()
        bot.stop()

    with pytest.raises(Ended) as caught:
        stage.run(cut)
    assert ("SQ-O013", ExitCode.PREFLIGHT) == (caught.value.code, caught.value.exit_code)
    assert heartbeat.STOPPED != heartbeat.last_beat(stage.settings.state_dir).state


def test_a_spent_budget_ends_it_stays_spent_over_a_restart_and_is_cleared_by_a_person(tmp_path):
    stage = Stage(tmp_path, max_loss=Decimal("1"))

    async def lose(bot):
        await until(stage.is_quoting)
        order = stage.desk.open_ids()[0]
        fill = events.OrderFilled(order, SYMBOL, 1, "dear", MID_TICKS, 10, 10, "taker", -2 * CASH_PER_QUOTE, 1)
        bot._life.driver.feed(fill)

    assert SPENT == ends(stage, lose)
    again = Stage(tmp_path, max_loss=Decimal("1"))
    assert SPENT == ends(again)
    assert [] == [one for one in again.venues if one._desks[SYMBOL]._ended]  # it never quoted
    cleared = Stage(tmp_path, max_loss=Decimal("100"), is_clearing_latch=True, duration_s=3.0)
    cleared.run()
    assert cleared.desk._ended


def test_restarts_cannot_lose_more_than_one_budget_however_their_processes_end(tmp_path):
    """Each loses six tenths of it and is cut off: the second one is stopped, the third never quotes."""

    def losing(stage, fill_id):
        async def lose(bot):
            await until(stage.is_quoting)
            order = stage.desk.open_ids()[0]
            price, cash = stage.market_mid(), -6 * CASH_PER_QUOTE
            fill = events.OrderFilled(order, SYMBOL, 1, fill_id, price, 1, 1, "maker", cash, bot._clock.now_ns())
            bot._life.driver.feed(fill)
            await asyncio.sleep(0.5)  # it is heard, and safe
            bot.stop()
            bot.stop()

        return lose

    first = Stage(tmp_path, max_loss=Decimal(10))
    first.run(losing(first, "one"))
    assert "forced" == first.told("ends")[-1]["ending"]
    second = Stage(tmp_path, max_loss=Decimal(10))
    assert SPENT == ends(second, losing(second, "two"))
    third = Stage(tmp_path, max_loss=Decimal(10))
    assert SPENT == ends(third)
    assert not third.desk._ended


def test_where_the_day_began_is_safe_as_soon_as_anything_was_decided_on_it(tmp_path):
    stage = Stage(tmp_path)
    kept = []

    async def look(bot):
        await until(stage.is_quoting)
        await asyncio.sleep(1)
        assert bot._clock.now_ns() - bot._life.began_ns < SNAPSHOT_EVERY_NS  # none was due yet
        with opened(stage.terms.journal) as file:
            kept.extend(json.loads(one.snapshot)["signals"]["day"] for one, _ in file.segments(1))
        bot.stop()

    stage.run(look)
    assert [False, True] == [day["number"] > 0 for day in kept]
    assert 0 == kept[-1]["start_cash"]


SPENT = ("SQ-R033", ExitCode.LIMIT_STOPPED)


def ends(stage, while_it_runs=None):
    with pytest.raises(Ended) as caught:
        stage.run(while_it_runs)
    return caught.value.code, caught.value.exit_code


def test_a_disk_that_refuses_is_told_once_and_when_it_is_well_again(tmp_path):
    stage = Stage(tmp_path)

    async def fill_the_disk(bot):
        await until(stage.is_quoting)
        store = stage.ground_store = bot._ground.store
        pages = store._pragma("page_count")
        store._db.execute(f"PRAGMA max_page_count = {pages}")
        await until(lambda: codes(stage) == ["SQ-O012"])
        store._db.execute("PRAGMA max_page_count = 1000000")
        await until(lambda: codes(stage) == ["SQ-O012", "SQ-O012"])
        bot.stop()

    stage.run(fill_the_disk)
    assert () == stage.desk.open_ids()


def codes(stage):
    return [line["code"] for line in stage.told("alert") if line["code"] == "SQ-O012"]


def test_a_pulse_that_fails_ends_the_core_it_watched_over(tmp_path):
    stage = Stage(tmp_path)

    async def trip(bot):
        await until(stage.is_quoting)
        bot._life.notes.beat = lambda *_: 1 / 0
        await until(lambda: len(stage.venues) == 2 and bot._life and bot._life.driver.is_alive)
        bot.stop()

    stage.run(trip)
    assert "raised" == stage.told("ends")[0]["ending"]
