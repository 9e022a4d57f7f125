"""The scoreboard: it finds what is there, does not find what is not, and says no when its canaries do."""

import re
import sys

import pytest
import scoreboard
from blind_spots import WHY
from mutated import ROOT, core_of
from scoreboard import (
    MODULES,
    MUTE,
    PAGE,
    PLANTED,
    Bug,
    Judged,
    Score,
    Storm,
    fingerprint,
    judged,
    mutants,
    page_of,
    planted,
    problems_of,
    score_all,
    size_all,
    sound_storms,
)
from shrunken import Size, smallest
from small_world import small_scenario

from sim.runs.seed import core_factory
from strategy.core import Core

GAP = "{at_s: 1, kind: feed_gap, lost_messages: 2}"


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
    crashed = [f"{name} broke no promise: raises KeyError"]
    assert crashed == problems_of([score(name, "raises KeyError")], tuple(PLANTED))
    assert [] == problems_of([score("strategy/limits.py line 1: 1 -> 2", "")], tuple(PLANTED))


def test_a_storm_that_a_sound_core_fails_judges_nobody(tmp_path):
    fair = small_scenario(tmp_path, 4)
    bounds = fair.invariants.bounds.model_copy(update={"quote_age_ms_max": 0.001})
    unfair = fair.model_copy(update={"invariants": fair.invariants.model_copy(update={"bounds": bounds})})
    kept, broken = sound_storms([Storm(1, fair), Storm(2, unfair)], tmp_path / "kept")
    assert [1] == [storm.seed for storm in kept]
    assert ["a sound core was found in storm 2 by S4 at sending._fresh"] == broken


def test_every_planted_bug_of_the_board_is_there():
    assert 20 <= len(PLANTED)
    assert all(callable(one.make()) for one in planted(""))


def test_small_mistakes_are_drawn_alike_from_every_module_and_the_same_each_time():
    pytest.importorskip("mutmut", reason="no mutmut, which the extra dev has")
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
    broken = source.replace("class Position", "class _Gone").replace("Position(", "_Gone(")
    score = judged(bug(lambda: core_of("strategy/position", broken)), [Storm(1, small_scenario(tmp_path, 4))])
    assert score.by.startswith(("cannot be loaded", "raises"))


def test_the_page_counts_what_was_found():
    name = next(iter(PLANTED))
    size = str(Size(("ack_lost",), 12, 5.2, 1))
    scores = [Score(Bug(name, "an incident", Core), 2, "S3 CLOSED/live", size), Score(Bug(MUTE, "mute", Core), 3, "")]
    page = page_of(scores, (1, 4), 1, ["a mute core was not found"])
    assert "## Planted bugs: 1 of 1 found by a broken promise\n" in page
    assert f"| `{name}` | an incident | `S3 CLOSED/live` | 2 | 1 of 12 faults (ack_lost), 5.2 s, 1 symbol |" in page
    assert "## Canary: 0 of 1 found by a broken promise, 1 not found\n" in page
    assert "seeds 1, 4)" in page
    assert "As it stands: a mute core was not found." in page
    assert "## Small mistakes:" not in page


def test_a_crash_counts_as_no_broken_promise():
    bys = ["S1 at sending._within_limits", "raises KeyError", "never ends", "cannot be loaded: TypeError", ""]
    scores = [Score(Bug("strategy/x.py line 1: a | b", "why", Core), 1, by) for by in bys]
    page = page_of(scores, (1,), 1, [])
    assert "## Small mistakes: 1 of 5 found by a broken promise, 3 raised or never ended, 1 not found\n" in page
    assert "| `strategy/x.py line 1: a \\| b` | why | **not found** | 1 |  |\n" in page


def test_the_page_says_what_makes_the_small_mistakes():
    assert "The small mistakes are mutmut's" in page_of([], (1,), 1, [])


def board(monkeypatch, tmp_path, is_whole=True):
    """Put the page elsewhere, and judge nothing."""
    page = tmp_path / "page.md"
    page.write_text("as it was")
    monkeypatch.setattr(scoreboard, "PAGE", page)
    monkeypatch.setattr(scoreboard, "mutants", lambda count, seed, only: iter(()))
    judged_so_far = Judged([Score(Bug(MUTE, "mute", Core), 1, "L3")], (1,), [], is_whole)
    monkeypatch.setattr(scoreboard, "judge_all", lambda some, seeds, kept: judged_so_far)
    return page


@pytest.mark.parametrize("words", [["--only", "quotes"], ["--seeds", "5"], ["--mutants", "0"], ["--mutants", "13"]])
def test_a_part_of_the_board_goes_to_stdout_or_where_it_is_told(monkeypatch, tmp_path, capsys, words):
    page, other = board(monkeypatch, tmp_path), tmp_path / "new" / "other.md"
    assert 0 == scoreboard.main(words)
    assert "# The scoreboard" in capsys.readouterr().out
    assert 0 == scoreboard.main([*words, "-o", str(other)])
    assert "# The scoreboard" in other.read_text()
    with pytest.raises(SystemExit, match="2"):
        scoreboard.main([*words, "-o", str(page)])
    assert "as it was" == page.read_text()


def test_a_board_that_is_interrupted_leaves_the_page_as_it_was(monkeypatch, tmp_path, capsys):
    page = board(monkeypatch, tmp_path, is_whole=False)
    assert 130 == scoreboard.main([])
    assert "Interrupted: 1 of 22 were judged." in capsys.readouterr().out
    assert 130 == scoreboard.main(["-o", str(page)])
    assert "as it was" == page.read_text()


def test_a_whole_board_writes_the_page(monkeypatch, tmp_path, capsys):
    page = board(monkeypatch, tmp_path)
    assert 0 == scoreboard.main([])
    assert page.read_text().startswith("# The scoreboard")
    assert "" == capsys.readouterr().out


def test_a_name_that_nothing_has_is_wrong_usage_and_is_told_what_there_is(monkeypatch, tmp_path, capsys):
    page = board(monkeypatch, tmp_path)
    for words in (["--only", "nosuchbug"], ["--only", "position", "--mutants", "0"]):
        with pytest.raises(SystemExit, match="2"):
            scoreboard.main(["--seeds", "1", *words])
        assert "doubts:silence_is_rejection" in capsys.readouterr().err
    assert "as it was" == page.read_text()


def test_who_interrupts_gets_what_was_judged(monkeypatch, tmp_path):
    def interrupted(some, storms, kept):
        yield Score(some[0], 1, "L3")
        raise KeyboardInterrupt

    monkeypatch.setattr(scoreboard, "sound_storms", lambda storms, kept: (storms, []))
    monkeypatch.setattr(scoreboard, "score_all", interrupted)
    told = scoreboard.judge_all([bug(cannot_be_made)], (1,), tmp_path)
    assert (1, (1,), False) == (len(told.scores), told.seeds, told.is_whole)


def test_one_example_of_a_mistake_is_made_as_small_as_it_gets(tmp_path):
    storm = small_scenario(tmp_path, 8, symbols="[BTCUSDT, ETHUSDT]", faults=GAP)
    size = smallest(lambda: core_factory("planted.quotes:too_small"), tmp_path / "small.yaml", 1, tmp_path / "out.yaml")
    assert size is not None
    assert ((), 1, 1) == (size.kinds, size.faults, size.symbols)
    assert size.seconds < storm.run.duration_s
    assert str(size).startswith("no fault, ")


@pytest.mark.parametrize("make", [lambda: core_factory(""), cannot_be_made, lambda: Hangs])
def test_what_breaks_nothing_cannot_be_loaded_or_never_ends_has_no_smallest_storm(tmp_path, make):
    small_scenario(tmp_path, 4)
    assert smallest(make, tmp_path / "small.yaml", 1, tmp_path / "out.yaml", cpu_s=3) is None


def test_a_board_that_was_interrupted_goes_on_where_it_was(tmp_path):
    storms = [Storm(1, small_scenario(tmp_path, 8, faults=GAP), tmp_path / "small.yaml")]
    sizes = []
    for make in (lambda: core_factory("planted.quotes:too_small"), cannot_be_made):
        scores = list(score_all([bug(make)], storms, tmp_path / "kept"))
        sizes += size_all(scores, storms, tmp_path / "kept", tmp_path)
    first, again = sizes
    assert first[1:] == again[1:]
    assert first.size.startswith("no fault, ")


def test_what_was_not_found_is_not_made_smaller(tmp_path):
    score = Score(bug(cannot_be_made), 2, "")
    assert [score] == list(size_all([score], [], tmp_path, tmp_path))


def test_a_line_of_the_program_that_changes_makes_every_score_anew(tmp_path, monkeypatch):
    before = fingerprint()
    assert before == fingerprint()
    monkeypatch.setattr("scoreboard.ROOT", tmp_path)
    for name in ("scoreboard", "shrunken", "small_mistakes", "mutated"):
        (tmp_path / "tests").mkdir(exist_ok=True)
        (tmp_path / "tests" / f"{name}.py").touch()
    bare = fingerprint()
    (tmp_path / "strategy").mkdir()
    (tmp_path / "strategy" / "core.py").write_text("1\n")
    assert len({before, bare, fingerprint()}) == 3


def test_each_line_of_which_it_is_said_why_nobody_sees_its_mistake_is_there():
    lines = {line.strip() for module in MODULES for line in (ROOT / f"{module}.py").read_text().splitlines()}
    assert [] == [one for one in WHY if one.rpartition(": ")[0] not in lines]
    pytest.importorskip("mutmut", reason="no mutmut, which the extra dev has")
    assert any(one.what in WHY.values() for one in mutants(14, 1, ""))


def test_the_committed_page_is_as_the_program_writes_it():
    """All but the scores: its head, word by word, and the headline of each table."""
    text = PAGE.read_text(encoding="utf-8")
    head = text.partition("\n## ")[0]
    seeds = [int(one) for one in re.search(r"seeds ([\d, ]+)\)", head).group(1).split(", ")]
    assert head.rstrip() == page_of([], seeds, 1, []).rstrip()
    blocks = re.findall(r"^## (.+): (\d+) of (\d+) found by a broken promise", text, re.MULTILINE)
    assert ["Canary", "Planted bugs", "Small mistakes"] == [name for name, _, _ in blocks]
    assert [1, len(PLANTED), 14] == [int(of) for _, _, of in blocks]
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert sum(int(of) for _, _, of in blocks) == len(rows)
    others = [line for line in text.partition("\n## ")[2].splitlines() if not line.startswith(("|", "#")) and line]
    assert [] == [
        line for line in others if line.partition(": ")[0] not in ("Canary", "Planted bugs", "Small mistakes")
    ]
