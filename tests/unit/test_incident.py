"""An incident becomes a scenario: the market as it was heard, the faults as they were seen, the same verdict."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from live_stage import Stage, until
from processes import ROOT, environment
from quoting import INSTRUMENT
from scripted_venue import create
from small_market import SYMBOL

from adapters.settings import load as load_live
from sim.incident.seen import Seen
from sim.incident.tape import Taping
from sim.incident.writing import write_incident
from sim.journal_file import NotAJournal, opened
from sim.market.tape.load import load
from sim.market.tape.replay import replay
from sim.market.tape.timeline import timeline
from sim.scenario.load import load_scenarios
from strategy import events
from strategy import journal_table as table
from strategy.exit_codes import ExitCode
from strategy.journal import EventRecord, IntentRecord
from strategy.requests import unanswered
from strategy.units import NS_PER_S

START = 1_795_980_000 * NS_PER_S


def at(after_s, event):
    return EventRecord(START + round(after_s * NS_PER_S), event)


def seen(*told):
    """Give the faults that words show, each told so many seconds after the start."""
    found = Seen()
    found.begin(START)
    for after_s, what in told:
        now_ns = START + round(after_s * NS_PER_S)
        is_event = isinstance(what, events.Event)
        found.hear(EventRecord(now_ns, what) if is_event else IntentRecord(now_ns, what))
    return found.faults(START, START + 100 * NS_PER_S)


def book(seq, prev_seq, after_s):
    return after_s, events.BookDelta(SYMBOL, prev_seq, seq, (), (), 0)


def lost(number, code="timeout"):
    return events.Unanswered("create", f"s-{number}", SYMBOL, code)


def report(number, status):
    return events.OrderReport(f"s-{number}", 1, status, 1, 1, 0, 1)


def fill(fill_id, after_s=0):
    at_ns = START + round(after_s * NS_PER_S)
    return events.OrderFilled("s-1", SYMBOL, 1, fill_id, 1, 1, 1, "maker", 0, at_ns)


def sample(ahead_s, after_s):
    now_ns = START + round(after_s * NS_PER_S)
    return after_s, events.ClockSampled(now_ns - 2, now_ns - 1 + round(ahead_s * NS_PER_S))


@pytest.mark.parametrize(
    "told, faults",
    [
        (
            [(3, events.StreamDown("private")), (5.5, events.StreamUp("private"))],
            [{"at_s": 3.0, "kind": "dns_outage", "connections": ["private"], "for_s": 2.5}],
        ),
        (
            [(90, events.StreamDown("public"))],
            [{"at_s": 90.0, "kind": "dns_outage", "connections": ["public"], "for_s": 10.0}],
        ),
        (
            [(4, lost(1)), (5, lost(2)), (20, report(1, "open")), (20, report(2, "done"))],
            [{"at_s": 3.999, "kind": "ack_lost", "nth": [1, 2], "requests": ["create"], "for_s": 6.0}],
        ),
        (
            [
                *[(3.99 + number / 10, create(number)) for number in (1, 2, 3)],
                (4.3, events.OrderAccepted("s-2", "v", 1, 1, 1)),
                *[(4.5, lost(number)) for number in (1, 3)],
                (5, report(1, "missing")),
            ],
            [{"at_s": 4.089, "kind": "ack_lost_not_applied", "nth": [1, 3], "requests": ["create"], "for_s": 5.2}],
        ),
        (
            [*[(4 + number, lost(number)) for number in (1, 2, 3)], (9, report(1, "open"))],
            [{"at_s": 5.0, "kind": "partition", "links": ["rest_up", "rest_down"], "for_s": 4.0}],
        ),
        (
            [
                *[(4 + number, lost(number)) for number in (1, 2, 3)],
                *(
                    (8, report(1, "open")),
                    *[
                        (8 + number, events.Unanswered("query", "", SYMBOL, "x", START + 7 * NS_PER_S))
                        for number in (1, 2, 3)
                    ],
                ),
                (12, report(2, "open")),
            ],
            [{"at_s": 5.0, "kind": "partition", "links": ["rest_up", "rest_down"], "for_s": 7.0}],
        ),
        (
            [*[(4 + number / 10, lost(number, "rate_limit")) for number in (1, 2, 3)], (6, lost(4, "banned"))],
            [{"at_s": 4.1, "kind": "rate_limit", "orders_per_s": 1, "burst": 1, "ban_after": 3, "for_s": 0.5}],
        ),
        (
            [(4, lost(1, "rate_limit")), (5, lost(2, "rate_limit"))],
            [{"at_s": 4.0, "kind": "rate_limit", "orders_per_s": 1, "burst": 1, "for_s": 1.0}],
        ),
        (
            [(4, lost(1, "banned"))],
            [
                {"at_s": 4.0, "kind": "rate_limit", "orders_per_s": 1, "burst": 1, "banned": True}
                | {"ban_s": 5.0, "for_s": 5.0}
            ],
        ),
        (
            [(4, events.NotSent("create", "s-1", SYMBOL, "journal_refused"))],
            [{"at_s": 4.0, "kind": "disk_full", "for_s": 0.5}],
        ),
        ([sample(0, 4), sample(-1.5, 8)], [{"at_s": 8.0, "kind": "clock_step", "clock": "venue_wall", "by_ms": -1500}]),
        ([sample(0, 4), sample(0.1, 8)], []),
        (
            [book(1, 0, 1), book(9, 6, 1.1)],
            [{"at_s": 1.1, "kind": "feed_gap", "lost_messages": 5, "symbols": [SYMBOL]}],
        ),
        ([book(1, 0, 1), book(2, 1, 9)], [{"at_s": 1.0, "kind": "feed_frozen", "symbols": [SYMBOL], "for_s": 8.0}]),
        (
            [(4, fill("a")), (5, fill("a")), (6, fill("b"))],
            [{"at_s": 5.0, "kind": "fill_duplicate", "prob": 0.5, "for_s": 0.5}],
        ),
        (
            [
                (1, events.StreamUp("private")),
                (4, fill("a")),
                (5, events.FillsReport(SYMBOL, 1, (fill("a"), fill("b", 4), fill("c", 0.5), fill("d", 4.9)), 1)),
                (5.1, fill("d", 4.9)),  # the read was faster than the stream
            ],
            [{"at_s": 5.0, "kind": "fill_dropped", "prob": 0.25, "for_s": 0.5}],
        ),
        (
            [book(1, 0, 1), *(book(2 + 3 * n, 3 * n, 1.1 + n / 10) for n in range(1, 5))],
            [
                {"at_s": 1.2, "kind": "message_loss", "links": ["public"], "prob": 0.556, "messages": ["book_delta"]}
                | {"for_s": 0.5}
            ],
        ),
        ([(4, events.OrderCancelled("s-1", 0, "by_client", 1)), (5, events.Woke())], []),
    ],
)
def test_what_words_show_is_a_fault_with_its_time_and_length(told, faults):
    assert faults == seen(*sorted(told, key=lambda one: one[0]))


def test_a_book_that_was_not_heard_of_while_its_stream_was_down_is_no_second_fault():
    told = [book(1, 0, 1), (2, events.StreamDown("public")), (9, events.StreamUp("public")), book(9, 8, 9.1)]
    assert ["dns_outage"] == [one["kind"] for one in seen(*told)]


def test_a_process_that_follows_another_shows_when_the_first_died():
    found = Seen()
    found.begin(START)
    found.hear(at(5, events.Woke()))
    found.begin(START + 7 * NS_PER_S)
    assert [{"at_s": 5.0, "kind": "crash", "restart_after_s": 2.0}] == found.faults(START, START + 9 * NS_PER_S)


def levels(*pairs):
    return tuple(pairs)


def test_the_tape_is_whole_though_the_bot_was_deaf_for_a_while(tmp_path):
    taping = Taping(INSTRUMENT)
    venue_ms = START // 10**6
    told = [
        events.PublicTrade(SYMBOL, 7, 7, 1, START),  # before there is a book it says nothing
        events.BookSnapshot(SYMBOL, 10, levels((99, 5), (98, 4)), levels((101, 5)), START),
        events.BookDelta(SYMBOL, 10, 11, levels((99, 0)), (), START + 10**7),
        events.PublicTrade(SYMBOL, 101, 2, 1, START + 2 * 10**7),
        events.BookDelta(SYMBOL, 14, 15, levels((98, 0)), (), START + 3 * 10**7),  # a gap: not believed
        events.BookSnapshot(SYMBOL, 20, levels((97, 9)), levels((103, 5)), START + 4 * 10**7),
        events.BookSnapshot("ETHUSDT", 20, levels((1, 9)), levels((3, 5)), START + 4 * 10**7),
        events.BookDelta(SYMBOL, 20, 21, levels((97, 9)), (), START + 5 * 10**7),  # changes nothing
    ]
    for number, event in enumerate(told):
        taping.hear(at(number / 100, event))
    assert taping.write(tmp_path / "tape") is not None
    tape = load(tmp_path / "tape")
    assert (venue_ms * 10**6, 1) == (tape.snapshots()[0].venue_ns, len(tape.trades()))
    found = replay(tape)
    assert (True, 2, 2, 2) == (found.is_sound(), found.applied, found.comparable, found.agreed)


def test_a_tape_is_as_long_as_its_stamps_where_the_venues_clock_was_set_back(tmp_path):
    taping = Taping(INSTRUMENT)
    taping.hear(at(0, events.BookSnapshot(SYMBOL, 10, levels((99, 5)), levels((101, 5)), START)))
    taping.hear(at(9, events.BookDelta(SYMBOL, 10, 11, levels((99, 4)), (), START + 9 * NS_PER_S)))
    taping.hear(at(12, events.BookDelta(SYMBOL, 11, 12, levels((99, 3)), (), START + 6 * NS_PER_S)))
    span = taping.write(tmp_path / "tape")
    assert 9 * NS_PER_S == span.last_ns - span.first_ns == timeline(load(tmp_path / "tape")).items[-1][0]


def test_a_journal_in_which_no_book_ever_moved_has_no_market(tmp_path):
    taping = Taping(INSTRUMENT)
    taping.hear(at(0, events.BookSnapshot(SYMBOL, 10, levels((99, 5)), levels((101, 5)), START)))
    assert taping.write(tmp_path / "tape") is None


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    """What a bot went through: its feed was cut for a while, and then every answer to its requests."""
    stage = Stage(tmp_path_factory.mktemp("incident"))

    async def storm(bot):
        await until(stage.is_quoting)
        await asyncio.sleep(1)
        market, paper = stage.venues[-1]._venue, stage.venues[-1]
        feed, send = market._feed, paper.send
        feed(events.StreamDown("public"))
        market._feed = lambda event: None
        await asyncio.sleep(1.2)
        market._feed = feed
        feed(events.StreamUp("public"))
        feed(market.book(0))
        paper.send = lambda one, signed_ns, answered: send(one, signed_ns, silenced(one, answered))
        await asyncio.sleep(1.5)
        paper.send = send
        await asyncio.sleep(4)
        bot.stop()

    stage.run(storm, within_s=60)
    return stage.terms.journal


def silenced(one, answered):
    silence = tuple(unanswered(command, "timeout") for command in one)
    return lambda said: asyncio.get_running_loop().call_later(0.2, answered, silence)


def sim(*words, cwd):
    return subprocess.run(
        [sys.executable, "-c", "from sim.cli import main; main()", *map(str, words)],
        env=environment() | {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests")))},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=200,
    )


def written(journal: Path, folder: Path):
    with opened(journal) as file:
        return write_incident(file, folder)


def test_the_scenario_holds_the_market_the_config_and_the_faults(journal, tmp_path):
    (scenario,) = load_scenarios([written(journal, tmp_path)])
    assert ["dns_outage", "partition"] == [fault.kind for fault in scenario.faults]
    assert 1.0 < scenario.faults[0].for_s < 2.0
    assert (INSTRUMENT.tick, INSTRUMENT.maker_fee_ppm) == (
        scenario.instruments[0].tick,
        scenario.instruments[0].maker_fee_ppm,
    )
    with opened(journal) as file:
        knobs = table.knobs_of(file.boots[-1])
    assert knobs.orders.window_ns == scenario.config.orders.window_ms * 10**6
    assert scenario.run.calm.after_s > scenario.faults[-1].at_s


def test_what_held_in_the_incident_holds_again_and_a_core_with_a_known_bug_breaks_in_it(journal, tmp_path):
    ours = sim("run", "--from-journal", journal, "-w", "1", "--incident", "here", cwd=tmp_path)
    assert ExitCode.OK == ours.returncode, ours.stdout + ours.stderr
    assert "wrote here/incident.yaml; again: sim run here/incident.yaml --data here" in ours.stderr
    again = ["run", "here/incident.yaml", "--data", "here", "-w", "1"]
    bad = sim(*again, "--core", "planted.doubts:silence_is_rejection", cwd=tmp_path)
    assert ExitCode.FAILED == bad.returncode, bad.stdout + bad.stderr
    assert re.search(r"\bS[236]\b", bad.stdout)  # a promise about doubts


def test_what_failed_in_the_incident_fails_again(tmp_path):
    """The venue was out of reach with orders of ours on their way: a doubt that lasted, then and again."""
    stage = Stage(tmp_path)
    text = (
        (tmp_path / "strategy.yaml")
        .read_text()
        .replace("query_every_ms: 100}", "query_every_ms: 100, doubt_alert_s: 1}")
    )
    (tmp_path / "strategy.yaml").write_text(text)
    stage.settings = load_live(tmp_path / "live.yaml")

    async def cut(bot):
        await until(stage.is_quoting)
        await asyncio.sleep(1)
        paper = stage.venues[-1]
        send = paper.send
        loop = asyncio.get_running_loop()

        def into_the_void(one, _signed_ns, answered):
            silence = tuple(unanswered(command, "timeout") for command in one)
            loop.call_later(0.2, answered, silence)

        paper.send = into_the_void
        await asyncio.sleep(3)
        paper.send = send
        await asyncio.sleep(4)
        bot.stop()

    stage.run(cut, within_s=60)
    assert "SQ-O001" in [line["code"] for line in stage.log if line["event"] == "alert"]
    result = sim("run", "--from-journal", stage.terms.journal, "-w", "1", cwd=tmp_path)
    assert ExitCode.FAILED == result.returncode, result.stdout + result.stderr
    line, *_why = (line for line in result.stdout.splitlines() if line.lstrip().startswith("doubt_s"))
    assert "FAIL" in line
    assert "no sample" not in line


def test_what_cannot_become_a_scenario_is_said_so(journal, tmp_path):
    (tmp_path / "text").write_text("no database " * 99)
    result = sim("run", "--from-journal", "text", cwd=tmp_path)
    assert (ExitCode.BAD_FILE, True) == (result.returncode, "error[SQ-O015]" in result.stderr)
    both = sim("run", "--from-journal", journal, "other.yaml", cwd=tmp_path)
    assert (ExitCode.USAGE, True) == (both.returncode, "name no other" in both.stderr)
    with opened(journal) as file, pytest.raises(NotAJournal, match="XRPUSDT was not quoted, only BTCUSDT"):
        write_incident(file, tmp_path / "x", "XRPUSDT")
    with opened(journal) as file:
        file.config = lambda boot: b""
        with pytest.raises(NotAJournal, match="kept no config"):
            write_incident(file, tmp_path / "x")


def test_a_journal_from_before_configs_were_kept_and_one_that_was_hurt_are_told_apart(journal, tmp_path):
    import sqlite3

    copy = tmp_path / "journal.sqlite"
    source = sqlite3.connect(journal)
    target = sqlite3.connect(copy)
    source.backup(target)
    source.close()
    target.execute("UPDATE configs SET body = x'7b7d'")
    target.commit()
    with opened(copy) as file, pytest.raises(table.Damaged, match="the config of process 1 is not"):
        file.config(1)
    target.execute("DROP TABLE configs")
    target.commit()
    target.close()
    with opened(copy) as file:
        assert b"" == file.config(1)
