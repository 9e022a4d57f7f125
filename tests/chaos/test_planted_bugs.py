"""Cores with one protection removed: the oracle finds each of them, by the promise it breaks.

Every bug runs in the same storm as a healthy core that breaks nothing there. All promises but the
one that is stated are switched off, so that no bug is found by accident of another promise.
"""

import importlib
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sim.oracle.catalogue import EVIDENCE
from sim.oracle.findings import Breach
from sim.plan import expand
from sim.scenario.invariants import INVARIANTS
from sim.scenario.load import Ready, load_scenarios
from sim.world import World
from strategy.core import Core

TESTS = Path(__file__).resolve().parent.parent
STORM = TESTS / "planted" / "storm.yaml"
TABLE = TESTS.parent / "docs" / "invariants.md"
SCENARIOS = sorted((TESTS.parent / "scenarios").glob("*.yaml"))

# A bug shows when the dice give it its chance: within so many seeds.
SEEDS = 6

# Which promises each bug breaks, each of them judged alone.
CAUGHT = {
    "limits:over_limit": ("S1",),
    "doubts:silence_is_rejection": ("S2", "S3", "S6"),
    "doubts:drops_unanswered": ("S2", "S3", "S6"),
    "doubts:first_absent_believed": ("S3", "S6"),
    "doubts:cancel_sent_is_cancelled": ("S3", "S6"),
    "doubts:late_word_reopens": ("S6",),
    "doubts:deaf_to_reads": ("L2",),
    "feeds:overlooks_gaps": ("S4",),
    "feeds:trusts_silence": ("S4",),
    "feeds:sleeps_on": ("S4",),
    "fills:counts_fill_twice": ("S5",),
    "fills:forgets_fill": ("S5",),
    "fills:never_reads_fills": ("L1",),
    "ids:reuses_session": ("S7",),
    "quotes:crosses_itself": ("S8",),
    "quotes:too_small": ("S8",),
    "quotes:mute": ("L3",),
    "quotes:gives_up": ("L3",),
}
PAIRS = [(spec, code) for spec, codes in CAUGHT.items() for code in codes]

# Nothing in the storm says halt or announces a regime: these are broken by hand, in the unit tests.
BY_HAND = {"S9", "S11"}


@cache
def scenario_at(path: Path, only: str = "") -> Ready:
    """Load a scenario; ``only`` is the one promise that is left on."""
    (scenario,) = load_scenarios([path])
    if not only:
        return scenario
    off = tuple(code for code in INVARIANTS if code != only)
    return scenario.model_copy(update={"invariants": scenario.invariants.model_copy(update={"off": off})})


def factory_of(spec: str) -> Callable[..., Any]:
    module, _, name = spec.partition(":")
    return getattr(importlib.import_module(f"planted.{module}"), name)


def broken(scenario: Ready, seed: int, factory: Callable[..., Any]) -> list[Breach]:
    world = World(scenario, expand(scenario, seed), factory)
    outcome = world.run()
    assert "" == outcome.error
    return world.oracle.breaches


def found(scenario: Ready, factory: Callable[..., Any]) -> Iterator[str]:
    for seed in range(1, SEEDS + 1):
        yield from (breach.code for breach in broken(scenario, seed, factory))


@pytest.mark.parametrize(("spec", "code"), PAIRS)
def test_a_planted_bug_breaks_the_promise_it_was_planted_for(spec, code):
    assert code == next(found(scenario_at(STORM, code), factory_of(spec)), "nothing was found")


def test_a_healthy_core_breaks_nothing_in_the_same_storm(is_deep):
    storm = scenario_at(STORM)
    for seed in range(1, (60 if is_deep else SEEDS) + 1):
        assert [] == broken(storm, seed, Core), f"seed {seed}"


def test_every_promise_that_is_judged_was_looked_at_in_the_storm():
    storm = scenario_at(STORM)
    world = World(storm, expand(storm, 1), Core)
    world.run()
    assert set() == set(world.oracle.unchecked) & set(EVIDENCE)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_bot_that_never_quotes_fails_every_scenario(path):
    assert "L3" in [breach.code for breach in broken(scenario_at(path), 1, factory_of("quotes:mute"))]


def test_every_promise_that_is_judged_has_a_planted_bug_or_is_broken_by_hand():
    assert set(EVIDENCE) == {code for _, code in PAIRS} | BY_HAND


def test_the_table_in_the_docs_names_the_planted_bugs():
    rows = re.findall(r"^\| ([SL]\d+) \|.*\| (.*) \|$", TABLE.read_text(), re.MULTILINE)
    told = {(bug, code) for code, bugs in rows for bug in re.findall(r"`(.+?)`", bugs)}
    assert set(PAIRS) == told
    assert set(EVIDENCE) == {code for code, _ in rows}
