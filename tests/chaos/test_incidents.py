"""Incidents that others had in public: ours comes through each of them, and a bot that does as theirs did does not."""

from pathlib import Path

import pytest
from storms import played

from sim.runs.judge import FAIL

FOLDER = Path(__file__).resolve().parents[2] / "scenarios" / "incidents"
FILES = sorted(FOLDER.glob("*.yaml"))
PAGE = FOLDER.parents[1] / "docs" / "incidents.md"

# The planted core that does what the bot of the incident did, and the promise or the gate it breaks there.
NAIVE = {
    "a_second_ahead": ("hosts:signs_with_own_clock", "two_sided_uptime_pct"),
    "ban_ladder": ("pace:ignores_ban", "S10"),
    "cancel_lived_on": ("doubts:cancel_sent_is_cancelled", "S6"),
    "cancelled_still_open": ("doubts:late_word_reopens", "S6"),
    "counted_before_applied": ("fills:counts_fill_twice", "S5"),
    "dns_forgets": ("doubts:drops_unanswered", "S2"),
    "duplicate_is_failure": ("doubts:duplicate_is_failure", "S6"),
    "engine_frozen": ("words:never_asks", "L2"),
    "frozen_book": ("feeds:trusts_silence", "S4"),
    "gone_is_leave": ("doubts:first_absent_believed", "S3"),
    "hour_old_snapshot": ("words:deaf_to_regime", "S11"),
    "html_403": ("doubts:drops_unanswered", "S2"),
    "late_position": ("fills:never_reads_fills", "L1"),
    "no_login_again": ("fills:never_reads_fills", "L1"),
    "overload_queued": ("doubts:silence_is_rejection", "S3"),
    "slow_loop": ("slots:doubt_weighs_nothing", "S3"),
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_comes_through(path, is_deep):
    summary = played(path, range(101, 151) if is_deep else (1, 2))
    assert not [result.error for result in summary.results if result.error]
    assert {} == {code: one.first for code, one in summary.invariants.items() if one.broken}
    assert [] == [gate.gate for gate in summary.gates if gate.verdict == FAIL]
    assert [] == [fault for fault, times in summary.bites.items() if not times], "it is no part of the incident"


@pytest.mark.parametrize(("name", "spec", "what"), [(name, *naive) for name, naive in NAIVE.items()])
def test_who_does_as_was_done_does_not(name, spec, what):
    """Every promise is on, and every gate."""
    summary = played(FOLDER / f"{name}.yaml", (1, 2), f"planted.{spec}")
    broken = {code for code, one in summary.invariants.items() if one.broken}
    missed = {gate.gate.split(",")[0] for gate in summary.gates if gate.verdict == FAIL}
    assert what in broken | missed


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_names_its_source_and_is_in_the_table(path):
    first, *_ = path.read_text().splitlines()
    assert first.startswith("# Source: ")
    (row,) = [line for line in PAGE.read_text().splitlines() if line.startswith(f"| `{path.stem}` |")]
    spec, what = NAIVE[path.stem]
    assert f"`{spec}`" in row
    assert row.rstrip(" |").endswith(what)
