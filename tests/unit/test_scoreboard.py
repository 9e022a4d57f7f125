"""The scoreboard: it finds what is there, does not find what is not, and says no when its canaries do."""

import sys

import pytest
from mutate import Mutator
from mutated import ROOT, core_of
from scoreboard import (
    MODULES,
    MUTE,
    PLANTED,
    Bug,
    Score,
    Storm,
    judged,
    mutants,
    page_of,
    planted,
    problems_of,
    sound_storms,
)
from small_world import small_scenario

from sim.runs.seed import core_factory
from strategy.core import Core


class Raises(Core):
    def step(self, now_ns, event):
        raise ZeroDivisionError("on purpose")


class Hangs(Core):
    def step(self, now_ns, event):
        while True:
            pass


def bug(make) -> Bug:
    return Bug("x", "x", make)


def cannot_be_made():
    raise ImportError("no such thing")


@pytest.mark.parametrize(
    ("make", "by"),
    [
        (lambda: core_factory("planted.quotes:too_small"), "S8 at sending._clean"),
        (lambda: core_factory(""), ""),
        (lambda: Raises, "raises ZeroDivisionError"),
        (lambda: Hangs, "never ends"),
        (cannot_be_made, "cannot be loaded: ImportError"),
    ],
)
def test_a_mistake_is_found_by_what_it_breaks_and_a_sound_core_is_not(tmp_path, make, by):
    storms = [Storm(seed, small_scenario(tmp_path, 4)) for seed in (1, 2)]
    score = judged(bug(make), storms, cpu_s=2)
    assert by == score.by
    assert (2 if not by else 0 if by.startswith("cannot") else 1) == score.storms


def test_a_canary_that_sings_wrongly_and_a_planted_bug_that_hides_fail_the_board():
    def score(name, by):
        return Score(Bug(name, "", Core), 1, by)

    name = next(iter(PLANTED))
    assert [] == problems_of([score(MUTE, "L3"), score(name, "S3")], tuple(PLANTED))
    assert ["a mute core was not found"] == problems_of([score(MUTE, "")], ())
    assert [f"{name} was not found"] == problems_of([score(name, "")], tuple(PLANTED))
    assert [] == problems_of([score("strategy/limits.py line 1: 1 -> 2", "")], tuple(PLANTED))


def test_a_storm_that_a_sound_core_fails_judges_nobody(tmp_path):
    fair = small_scenario(tmp_path, 4)
    bounds = fair.invariants.bounds.model_copy(update={"quote_age_ms_max": 0.001})
    unfair = fair.model_copy(update={"invariants": fair.invariants.model_copy(update={"bounds": bounds})})
    kept, broken = sound_storms([Storm(1, fair), Storm(2, unfair)])
    assert [1] == [storm.seed for storm in kept]
    assert ["a sound core was found in storm 2 by S4 at sending._fresh"] == broken


def test_every_planted_bug_of_the_board_is_there():
    assert 20 <= len(PLANTED)
    assert all(callable(one.make()) for one in planted(""))


def test_small_mistakes_are_drawn_alike_from_every_module_and_the_same_each_time():
    drawn = [one.name for one in mutants(14, 1, "")]
    assert drawn == [one.name for one in mutants(14, 1, "")]
    assert drawn != [one.name for one in mutants(14, 2, "")]
    assert dict.fromkeys(MODULES, 2) == {
        module: sum(one.startswith(f"{module}.py") for one in drawn) for module in MODULES
    }


def test_a_mutated_core_reads_the_mistake_and_nobody_else_does():
    before = dict(sys.modules)
    source = (ROOT / "strategy" / "limits.py").read_text()
    mutated = core_of("strategy/limits", source + "\nMISTAKE = True\n")
    assert mutated is not Core
    assert {key: value for key, value in sys.modules.items() if key.startswith("strategy")} == {
        key: value for key, value in before.items() if key.startswith("strategy")
    }
    assert core_of("strategy/book", (ROOT / "strategy" / "book.py").read_text()) is not mutated
    # Its own eyes see the mistake: some module on its way to the limits has another one than ours.
    ours, theirs = sys.modules["strategy.core"].__dict__, vars(sys.modules[Core.__module__])
    assert ours is theirs
    assert not hasattr(sys.modules["strategy.limits"], "MISTAKE")
    with pytest.raises(ZeroDivisionError):
        core_of("strategy/limits", source + "\n1 / 0\n")
    assert sys.modules["strategy.limits"] is before["strategy.limits"]


def test_a_mutant_is_found_in_a_world(tmp_path):
    source = (ROOT / "strategy" / "position.py").read_text()
    mutator = Mutator(-1)
    mutator.visit(__import__("ast").parse(source))
    assert mutator.count > 10
    broken = source.replace("class Position", "class _Gone").replace("Position(", "_Gone(")
    score = judged(bug(lambda: core_of("strategy/position", broken)), [Storm(1, small_scenario(tmp_path, 4))])
    assert score.by.startswith(("cannot be loaded", "raises"))


def test_the_page_counts_what_was_found():
    name = next(iter(PLANTED))
    scores = [Score(Bug(name, "an incident", Core), 2, "S3 CLOSED/live"), Score(Bug(MUTE, "mute", Core), 3, "")]
    page = page_of(scores, (1, 4), 1, ["a mute core was not found"])
    assert "## Planted bugs: 1 of 1 found" in page
    assert f"| `{name}` | an incident | `S3 CLOSED/live` | 2 |" in page
    assert "## Canary: 0 of 1 found" in page
    assert "seeds 1, 4)" in page
    assert "As it stands: a mute core was not found." in page
    assert "Small mistakes:" not in page
