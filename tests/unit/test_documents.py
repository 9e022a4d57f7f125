"""Text in, value or every problem out; the expected text is written here letter by letter."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import Field, Strict

from strategy.document_tree import DEPTH_MAX, NODES_MAX, build, scalar_of
from strategy.documents import parse, read
from strategy.errors import render_all
from strategy.file_model import (
    AboveZero,
    Complaint,
    DecimalAboveZero,
    DecimalFromZero,
    DecimalText,
    Document,
    Name,
    Share,
    Written,
    ordered,
    relation,
)


class Spike(Written):
    kind: Literal["latency_spike"]
    extra_p50_ms: AboveZero
    extra_p99_ms: AboveZero = 900


class Loss(Written):
    kind: Literal["loss"]
    prob: Share
    for_s: AboveZero | None = None


class Demo(Document):
    SCHEMA_VERSION: ClassVar[int] = 2

    schema_version: int
    name: Name
    size: DecimalAboveZero = "1"
    count: int = 1
    mode: Literal["fast", "slow"] = "fast"
    is_on: bool = True
    spread_bps: float = 1.0
    by_symbol: dict[Name, float] = {}
    faults: Annotated[
        tuple[Annotated[Spike | Loss, Field(discriminator="kind")], ...], Strict(False), Field(min_length=1)
    ] = (Loss(kind="loss", prob=0),)
    low: float = 0
    high: float = 1

    @relation("low", "high")
    def _rises(self) -> Iterator[Complaint]:
        yield from ordered("low", {"low": self.low, "high": self.high})


HEAD = "schema_version: 2\nname: demo\n"


def told(text: str) -> str:
    value, problems = parse(text, Demo, "demo.yaml")
    assert (value is None) == bool(problems)
    return render_all(problems)


def test_a_right_text_gives_its_value() -> None:
    value, problems = parse(
        "\ufeff" + HEAD + "size: '0.05'\nfaults: [{kind: loss, prob: 1e-3}]\nlow: -1\nby_symbol: {a: 2}\n", Demo, "d"
    )
    assert problems == ()
    assert value is not None
    assert (value.size, value.faults, value.low) == ("0.05", (Loss(kind="loss", prob=0.001),), -1.0)


def test_all_mistakes_are_told_at_once_each_with_its_caret() -> None:
    text = HEAD + (
        "nam: x\n"
        "spread_ms: 3\n"
        "size: 0.5\n"
        "low: 5\n"
        "faults:\n"
        "  - kind: latency_spike\n"
        "    extra_p50_ms: -3\n"
        "  - {kind: loss, probb: 0.1}\n"
        "  - kind: los\n"
        "  - for_s: 2\n"
    )
    assert told(text) == (
        "demo.yaml:3:1: error[SQ-C010]: unknown key 'nam', did you mean 'name'?\n"
        "     3 | nam: x\n"
        "       | ^\n"
        "demo.yaml:4:1: error[SQ-C012]: unknown key 'spread_ms': this is counted in basis points, write 'spread_bps'\n"
        "     4 | spread_ms: 3\n"
        "       | ^\n"
        "demo.yaml:5:7: error[SQ-C010]: size: Input should be text (got 0.5): put it in quotes\n"
        "     5 | size: 0.5\n"
        "       |       ^\n"
        "demo.yaml:6:6: error[SQ-C011]: low: low (5) must be below high (1)\n"
        "     6 | low: 5\n"
        "       |      ^\n"
        "demo.yaml:9:19: error[SQ-C010]: faults.0.latency_spike.extra_p50_ms: Input should be greater than 0 (got -3)\n"
        "     9 |     extra_p50_ms: -3\n"
        "       |                   ^\n"
        "demo.yaml:10:5: error[SQ-C010]: missing key 'prob' in 'faults.1.loss'\n"
        "    10 |   - {kind: loss, probb: 0.1}\n"
        "       |     ^\n"
        "demo.yaml:10:18: error[SQ-C010]: unknown key 'probb', did you mean 'prob'?\n"
        "    10 |   - {kind: loss, probb: 0.1}\n"
        "       |                  ^\n"
        "demo.yaml:11:11: error[SQ-C010]: faults.2: unknown kind 'los', did you mean 'loss'? "
        "(known are latency_spike, loss)\n"
        "    11 |   - kind: los\n"
        "       |           ^\n"
        "demo.yaml:12:5: error[SQ-C010]: missing key 'kind' in 'faults.3'\n"
        "    12 |   - for_s: 2\n"
        "       |     ^"
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("count: true", "count: Input should be a whole number (got true)"),
        ("count: 1.0", "count: Input should be a whole number (got 1.0)"),
        ("count: 1e3", "count: Input should be a whole number (got 1000.0)"),
        ("count: 010", "count: Input should be a whole number (got '010')"),
        ("count: 1_000", "count: Input should be a whole number (got '1_000')"),
        ("count: '3'", "count: Input should be a whole number (got '3')"),
        ("count:", "count: Input should be a whole number (got nothing)"),
        ("count: [1]", "count: Input should be a whole number (got a list)"),
        ("count: {a: 1}", "count: Input should be a whole number (got a mapping)"),
        ("low: 12:30:00", "low: Input should be a number (got '12:30:00')"),
        ("low: .nan", "low: Input should be a number (got '.nan')"),
        ("low: 1e999", "low: Input should be a finite number (got inf)"),
        ("is_on: no", "is_on: Input should be true or false (got 'no')"),
        ("is_on: 1", "is_on: Input should be true or false (got 1)"),
        ("mode: fats", "mode: Input should be 'fast' or 'slow' (got 'fats'), did you mean 'fast'?"),
        ("mode: 3", "mode: Input should be 'fast' or 'slow' (got 3)"),
        ("size: '-1'", "size: Input should be greater than 0 (got '-1')"),
        ("size: 1e2", "size: Input should be text (got 100.0): put it in quotes"),
        ("size: true", "size: Input should be text (got true)"),
        (
            "size: '0.0000000000000001'",
            "size: Input should have at most 12 digits, and 15 behind the point (got '0.0000000000000001')",
        ),
        ("size: '1e2'", "size: Input should be a decimal number as text, like '0.05' (got '1e2')"),
        ("by_symbol: {A: 1}", "by_symbol.A: key: Input should be a name of small letters, digits, '-' and '_'"),
        ("by_symbol: 3", "by_symbol: Input should be a mapping (got 3)"),
        ("faults: 3", "faults: Input should be a list (got 3)"),
        ("faults: []", "faults: Input should not be empty (got a list)"),
    ],
)
def test_nothing_is_coerced_and_the_message_says_what_was_got(line: str, words: str) -> None:
    value, problems = parse(HEAD + line, Demo, "d")
    assert value is None
    assert [(each.code, each.line, each.message) for each in problems] == [("SQ-C010", 3, words)]


def test_a_duration_with_its_own_unit_is_refused_and_the_unit_named() -> None:
    assert told(HEAD + "faults: [{kind: loss, prob: 0, for_s: 250ms}]") == (
        "demo.yaml:3:39: error[SQ-C012]: faults.0.loss.for_s: Input should be a number (got '250ms'): "
        "write a bare number, counted in seconds\n"
        "     3 | faults: [{kind: loss, prob: 0, for_s: 250ms}]\n"
        "       |                                       ^"
    )
    assert "write a bare number" in told(HEAD + "low: 5 %")


def test_a_missing_key_of_the_root_points_at_the_top() -> None:
    assert told("schema_version: 2") == (
        "demo.yaml:1:1: error[SQ-C010]: missing key 'name'\n     1 | schema_version: 2\n       | ^"
    )


def test_a_key_written_twice_is_told_and_so_is_everything_else() -> None:
    assert told(HEAD + "name: Other\nlow: x\nlow: 1\n") == (
        "demo.yaml:3:1: error[SQ-C003]: key 'name' is written twice, first in line 2\n"
        "     3 | name: Other\n"
        "       | ^\n"
        "demo.yaml:4:6: error[SQ-C010]: low: Input should be a number (got 'x')\n"
        "     4 | low: x\n"
        "       |      ^\n"
        "demo.yaml:5:1: error[SQ-C003]: key 'low' is written twice, first in line 4\n"
        "     5 | low: 1\n"
        "       | ^"
    )


def test_another_version_hides_everything_else() -> None:
    assert told("schema_version: 3\nnam: 1") == (
        "demo.yaml:1:17: error[SQ-C020]: schema_version 3 is newer than 2, the newest known here\n"
        "     1 | schema_version: 3\n"
        "       |                 ^"
    )
    assert "error[SQ-C021]: schema_version 1 is old, 2 is current: run `sim migrate`" in told("schema_version: 1\n")
    assert "error[SQ-C010]: there never was a schema_version 0, 2 is current" in told("schema_version: 0\n")
    assert "schema_version: Input should be a whole number (got '2')" in told("schema_version: '2'\nname: x")


@pytest.mark.parametrize(
    ("text", "line", "col", "words"),
    [
        ("a: [1, 2\nb: 3", 2, 2, "not YAML: while parsing a flow sequence expected ',' or ']', but got ':'"),
        (
            "\ta: 1",
            1,
            1,
            "not YAML: while scanning for the next token found character '\\t' that cannot start any token",
        ),
        ("a: 1\n---\nb: 2", 2, 1, "not YAML: a file holds one document, a second one begins here"),
        ("a: !!str 2", 1, 4, "not YAML we read: tags such as tag:yaml.org,2002:str have no meaning here"),
        ("a: !!map {}", 1, 4, "not YAML we read: tags such as tag:yaml.org,2002:map have no meaning here"),
        ("? [a]\n: 1", 1, 3, "not YAML we read: a key is a word, not a list or a mapping"),
        ("x: &k 1\n? *k\n: 1", 2, 3, "not YAML we read: a key is a word, not an alias"),
        ("a: *b", 1, 4, "alias *b has no anchor &b before it"),
        ("a: &b [*b]", 1, 8, "alias *b stands inside what it names"),
        ("a: 1\nb: \x01", 2, 4, "not YAML: an unprintable character"),
        ('a: "\\U11000000"', 1, 1, "not YAML: the parser cannot make sense of it"),
        ("[" * 40, 1, DEPTH_MAX + 1, f"nested deeper than {DEPTH_MAX} levels"),
    ],
)
def test_what_is_no_yaml_has_a_place_too(text: str, line: int, col: int, words: str) -> None:
    value, problems = parse(text, Demo, "d")
    assert value is None
    assert [(each.code, each.line, each.col, each.message) for each in problems] == [("SQ-C002", line, col, words)]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "~"])
def test_an_empty_file_says_so(text: str) -> None:
    assert "should be a mapping of keys to values, it is empty" in told(text)


@pytest.mark.parametrize("text", ["- a\n", "word", "3"])
def test_a_root_that_is_no_mapping_says_so(text: str) -> None:
    assert told(text).splitlines()[0].endswith("error[SQ-C010]: the file should be a mapping of keys to values")


def test_an_alias_means_what_it_names() -> None:
    value, problems = parse(HEAD + "low: &x -7\nby_symbol: {a: *x}\n", Demo, "d")
    assert problems == ()
    assert value is not None
    assert value.by_symbol == {"a": -7.0}


def test_aliases_cannot_explode() -> None:
    lines = ["a: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"b{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    tree, mistakes = build("\n".join(lines))
    assert tree is None
    assert [each.message for each in mistakes] == [f"more than {NODES_MAX} values"]


def test_aliases_cannot_nest_too_deep() -> None:
    lines = ["a0: &a0 [1]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 40))]
    _, mistakes = build("\n".join(lines))
    assert [each.message for each in mistakes] == [f"nested deeper than {DEPTH_MAX} levels"]


@pytest.mark.parametrize(
    ("word", "meaning"),
    [("1e-3", 0.001), ("-.5", -0.5), ("5.", 5.0), ("+7", 7), ("null", None), ("TRUE", True), ("NO", "NO"), ("-", "-")],
)
def test_plain_words_mean_what_they_look_like(word: str, meaning: object) -> None:
    found = scalar_of(word)
    assert found == meaning
    assert type(found) is type(meaning)


def test_a_reading_places_complaints_that_come_later() -> None:
    reading = read(HEAD + "by_symbol: {a: 1}\nfaults:\n- kind: loss\n  prob: 0\n", Demo, "d")
    late = Complaint("SQ-C030", ("by_symbol", "a"), "off the grid")
    assert reading.problem(late).render() == (
        "d:3:16: error[SQ-C030]: off the grid\n     3 | by_symbol: {a: 1}\n       |                ^"
    )
    assert (reading.problem(late._replace(at_key=True)).col, reading.problem(late._replace(at=())).line) == (13, 1)
    assert reading.problem(late._replace(at=("faults", 7))).line == 5


def test_a_reading_of_nothing_places_complaints_at_the_top() -> None:
    problem = read("", Demo, "d").problem(Complaint("SQ-C030", ("x",), "m"))
    assert (problem.line, problem.col) == (1, 1)


def test_the_right_parts_of_a_wrong_file_are_kept() -> None:
    reading = read(HEAD + "low: x\nmode: slow\n", Demo, "d")
    assert reading.value is None
    assert (reading.parts["mode"], reading.parts["name"], "low" in reading.parts) == ("slow", "demo", False)


class Sizes(Document):
    schema_version: int
    zero_ok: DecimalFromZero = "0"
    signed: DecimalText = "-2.5"


def test_decimal_text_keeps_its_sign_rules() -> None:
    assert parse("schema_version: 1\nzero_ok: '0.0'\nsigned: '-.25'", Sizes, "d")[1] == ()
    _, problems = parse("schema_version: 1\nzero_ok: '-0.1'\nsigned: 'Infinity'", Sizes, "d")
    assert [each.message for each in problems] == [
        "zero_ok: Input should be greater than or equal to 0 (got '-0.1')",
        "signed: Input should be a decimal number as text, like '0.05' (got 'Infinity')",
    ]
