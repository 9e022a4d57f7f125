"""Whatever is done to a file, reading it gives a value or problems, and never anything else."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategy.config import Config, read_config
from strategy.document_tree import build, lines_of
from strategy.migrations import CONFIG_CHAIN, migrate

GOOD = (Path(__file__).parents[2] / "scenarios" / "configs" / "default.yaml").read_text(encoding="utf-8")
SIGNS = (
    "{",
    "}",
    "[",
    "]",
    ":",
    ": ",
    "- ",
    "\n",
    "  ",
    "\t",
    "#",
    "&a ",
    "*a",
    "!!str ",
    "'",
    '"',
    "|",
    ">",
    "%",
    "---\n",
)
WORDS = (
    "true",
    "null",
    "-1",
    "1e-3",
    "250ms",
    "0x1f",
    "<<: *a",
    "\ufeff",
    "\x85",
    "\u2028",
    "\x00",
    "é",
    "\\U11000000",
)
PIECES = st.sampled_from((*SIGNS, *WORDS))


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Cut, insert, double or swap pieces of a good file."""
    text = GOOD
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        to = draw(st.integers(at, min(len(text), at + 60)))
        piece = draw(st.one_of(PIECES, st.just(text[at:to]), st.text(max_size=5)))
        match draw(st.sampled_from(["cut", "insert", "replace"])):
            case "cut":
                text = text[:at] + text[to:]
            case "insert":
                text = text[:at] + piece + text[at:]
            case _:
                text = text[:at] + piece + text[to:]
    return text


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(mutated())
def test_a_mutated_config_gives_a_value_or_problems_with_real_places(text: str) -> None:
    reading = read_config(text, "c.yaml")
    assert (reading.value is None) == bool(reading.problems)
    assert reading.value is None or isinstance(reading.value, Config)
    lines = lines_of(text.removeprefix("\ufeff"))
    for problem in reading.problems:
        assert 1 <= problem.line <= len(lines) + 1
        assert problem.col >= 1
        assert problem.message
        assert problem.render().startswith(f"c.yaml:{problem.line}:{problem.col}: error[{problem.code}]: ")
    assert list(reading.problems) == sorted(reading.problems, key=lambda each: (each.line, each.col))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=30)
@given(mutated())
def test_migrating_a_mutated_config_gives_a_file_or_problems(text: str) -> None:
    migrated, problems = migrate(text.replace("schema_version: 2", "schema_version: 1"), "c.yaml", CONFIG_CHAIN, 2)
    assert (migrated is None) == bool(problems)


@given(st.text())
def test_any_text_becomes_a_tree_or_mistakes(text: str) -> None:
    tree, mistakes = build(text)
    assert tree is not None or mistakes
