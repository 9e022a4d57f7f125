"""The registry of codes, and how a problem is told."""

import re
from pathlib import Path

import pytest

from strategy.error_codes import AREAS, REGISTRY, ErrorCode, _table
from strategy.errors import OperatorError, OurMistake, Problem, RefusalCode, StormquoteError, render_all

ROOT = Path(__file__).parents[2]


def test_a_problem_shows_its_line_and_a_caret_under_the_place() -> None:
    problem = Problem("SQ-C010", "scenarios/demo.yaml", 7, 15, "extra_ms: too small (got -3)", "    extra_ms: -3")
    assert problem.render() == (
        "scenarios/demo.yaml:7:15: error[SQ-C010]: extra_ms: too small (got -3)\n"
        "     7 |     extra_ms: -3\n"
        "       |               ^"
    )


def test_tabs_keep_the_caret_under_its_character() -> None:
    assert Problem("SQ-C002", "f", 3, 3, "m", "\t\tx").render().splitlines()[2] == "       | \t\t^"


def test_a_caret_may_stand_behind_the_end_of_its_line() -> None:
    assert Problem("SQ-C002", "f", 1, 4, "m", "a").render().splitlines()[1:] == ["     1 | a", "       |    ^"]


def test_a_problem_of_the_whole_file_quotes_nothing() -> None:
    assert Problem("SQ-C001", "gone.yaml", 0, 0, "no such file").render() == "gone.yaml: error[SQ-C001]: no such file"


def test_an_operator_error_carries_every_problem_and_says_them_all() -> None:
    problems = (Problem("SQ-C001", "a", 0, 0, "x"), Problem("SQ-C010", "b", 1, 1, "y", "k: v"))
    error = OperatorError(problems)
    assert error.problems == problems
    assert str(error) == render_all(problems)
    assert isinstance(error, StormquoteError)


def test_an_operator_error_without_problems_is_our_mistake() -> None:
    with pytest.raises(OurMistake) as caught:
        OperatorError(())
    assert caught.value.code == "SQ-S001"


def test_every_code_says_cause_effect_and_remedy() -> None:
    for code, entry in REGISTRY.items():
        assert entry.code == code
        assert code[3] in AREAS
        assert all(text.strip() for text in (entry.title, entry.cause, entry.what_system_does, entry.what_you_do))


def test_codes_have_one_form_and_are_registered_once() -> None:
    entry = REGISTRY["SQ-C010"]
    with pytest.raises(ValueError, match="SQ-Lnnn"):
        ErrorCode("SQ-X1", "t", "c", "s", "y")
    with pytest.raises(ValueError, match="registered twice"):
        _table((entry,), (entry,))


def test_every_code_used_in_the_program_is_registered() -> None:
    used = {
        code
        for package in ("strategy", "sim", "adapters")
        for file in (ROOT / package).rglob("*.py")
        for code in re.findall(r'"(SQ-[CSVROG]\d{3})"', file.read_text(encoding="utf-8"))
    }
    assert used - set(REGISTRY) == set()


def test_refusals_are_stable_words() -> None:
    assert RefusalCode.POSITION_LIMIT == "POSITION_LIMIT"
    assert all(code.name == code.value for code in RefusalCode)


def test_every_code_about_files_and_gates_is_met_in_another_test() -> None:
    others = [file for file in (ROOT / "tests").rglob("test_*.py") if file.name != "test_errors.py"]
    met = {code for file in others for code in re.findall(r"SQ-[CSVROG]\d{3}", file.read_text(encoding="utf-8"))}
    mine = {code for code in REGISTRY if code.startswith(("SQ-C", "SQ-G", "SQ-S01"))}
    assert mine - met == set()
