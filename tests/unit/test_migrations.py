"""From version to version, with every comment."""

import re

import pytest
from ruamel.yaml.comments import CommentedMap

from sim.scenario.kinds import MODELS, kind_of_text
from strategy.config import read_config
from strategy.documents import parse
from strategy.errors import OurMistake
from strategy.migrations import CHAINS, CONFIG_CHAIN, Step, migrate

OLD = """\
# what this is
schema_version: 1   # the first layout
name: old
# above loop
loop:
  decide_every_ms: 100   # behind decide
  # above halt
  halt_ms: 2500   # behind halt
  # above dispatch
  dispatch: batched # behind dispatch
# above spread
spread:
  half_bps_base: 0.6  # behind base
  # above min
  half_bps_min: 0.15
  half_bps_max: 1.25
  half_bps_ceiling: 4
# above guard
guard:
  # above dwell
  dwell_ms: 10.50  # behind dwell
sizes:          # behind sizes
  BTCUSDT: "0.010"   # behind btc
  ETHUSDT: '0.1'     # behind eth
limits:
  # above position_max
  position_max:   # behind position_max
    BTCUSDT: "0.10"  # behind btc limit
    # above eth limit
    ETHUSDT: "2"  # behind eth limit
  # above loss
  loss_budget: "5"
# the end
"""

NEW = """\
# what this is
schema_version: 2   # the first layout
name: old
# above loop
loop:
  decide_every_ms: 100   # behind decide
  # above halt
  # above dispatch
  dispatch: batched # behind dispatch
# above spread
spread:
  base_bps: 1.2       # behind base
  # above min
  width_bps_min: 0.3
  width_bps_max: 2.5
  width_bps_ceiling: 8.0
# above guard
guard:
  halt_ms: 2500 # behind halt
  # above dwell
  dwell_ms: 10.50  # behind dwell
symbols:        # behind sizes
  BTCUSDT: {quote_size: "0.010", position_max: "0.10"} # behind btc # behind btc limit
  ETHUSDT: {quote_size: '0.1', position_max: "2"} # behind eth # behind eth limit
account:
  # above position_max
  # behind position_max
  # above eth limit
  # above loss
  loss_budget: "5"
# the end
"""


def raised(text: str) -> str:
    migrated, problems = migrate(text, "c.yaml", CONFIG_CHAIN, 2)
    assert problems == ()
    assert migrated is not None
    return migrated.text


def test_version_1_becomes_version_2_and_every_comment_is_there() -> None:
    assert raised(OLD) == NEW
    for comment in re.findall(r"# .*", OLD):
        assert comment in NEW


def test_the_result_is_right_and_means_the_same() -> None:
    reading = read_config(raised(OLD), "c.yaml")
    assert reading.problems == ()
    assert reading.value is not None
    assert reading.value.spread.base_bps == 1.2
    assert reading.value.guard.halt_ms == 2500
    assert reading.value.symbols["ETHUSDT"].position_max == "2"


def test_the_notes_say_what_changed() -> None:
    migrated, _ = migrate(OLD, "c.yaml", CONFIG_CHAIN, 2)
    assert migrated is not None
    assert (migrated.from_version, migrated.to_version) == (1, 2)
    assert migrated.notes == (
        "spread.half_bps_base 0.6 became spread.base_bps 1.2: widths are full widths now",
        "spread.half_bps_min 0.15 became spread.width_bps_min 0.3: widths are full widths now",
        "spread.half_bps_max 1.25 became spread.width_bps_max 2.5: widths are full widths now",
        "spread.half_bps_ceiling 4 became spread.width_bps_ceiling 8: widths are full widths now",
        "loop.halt_ms became guard.halt_ms",
        "sizes and limits.position_max became symbols",
        "limits became account",
    )


def test_a_current_file_comes_back_letter_by_letter() -> None:
    assert raised(NEW) == NEW


def test_an_old_config_is_refused_until_it_is_migrated() -> None:
    assert [each.code for each in read_config(OLD, "c.yaml").problems] == ["SQ-C021"]


@pytest.mark.parametrize(
    "text",
    [
        "schema_version: 1\n",
        "schema_version: 1\nspread: 3\nloop: 1\nlimits: 2\nsizes: []\n",
        "schema_version: 1\nspread: {half_bps_base: true, half_bps_min: .inf}\n",
        "schema_version: 1\nspread: {half_bps_base: x}\nloop: {halt_ms: 1}\nguard: 3\n",
        "schema_version: 1\nsizes: {A: '1'}\nlimits: {position_max: {B: '1'}}\n",
        "schema_version: 1\nsizes: {A: '1'}\nlimits: {position_max: {A: '1'}}\n",
        "schema_version: 1\nloop:\n  halt_ms: 3  # behind\n  # below\nguard: {}\n",
        "schema_version: 1\nloop:\n  decide_every_ms: 4\n  halt_ms: 3  # behind\n  # below\nname: x\n",
        "schema_version: 1\nsizes: {A: '1'}\nlimits:\n  position_max:\n    A: '1'\n    # below\nname: x\n",
    ],
)
def test_a_step_leaves_alone_what_it_does_not_find(text: str) -> None:
    again = raised(text)
    assert again.startswith("schema_version: 2\n")
    for comment in re.findall(r"# .*", text):
        assert comment in again


@pytest.mark.parametrize(
    ("text", "code", "line", "col"),
    [
        ("a: [", "SQ-C002", 1, 5),
        ("schema_version: 1\na: 1\na: 2\n", "SQ-C003", 3, 1),
        ("a: 1\n", "SQ-C010", 1, 1),
        ("schema_version: one\n", "SQ-C010", 1, 17),
        ("schema_version: 0\n", "SQ-C010", 1, 17),
        ("schema_version: 3\n", "SQ-C020", 1, 17),
    ],
)
def test_a_file_that_cannot_be_raised_says_why(text: str, code: str, line: int, col: int) -> None:
    migrated, problems = migrate(text, "c.yaml", CONFIG_CHAIN, 2)
    assert migrated is None
    assert [(each.code, each.line, each.col) for each in problems] == [(code, line, col)]


def test_a_chain_runs_step_by_step() -> None:
    def step(number: int) -> Step:
        def run(document: CommentedMap) -> tuple[str, ...]:
            document[f"step{number}"] = document["schema_version"]
            return (f"step {number}",)

        return run

    migrated, _ = migrate("schema_version: 2\n", "c", {1: step(1), 2: step(2), 3: step(3)}, 4)
    assert migrated is not None
    assert migrated.notes == ("step 2", "step 3")
    assert migrated.text == "schema_version: 4\nstep2: 2\nstep3: 3\n"


def test_a_hole_in_a_chain_is_our_mistake() -> None:
    with pytest.raises(OurMistake, match="from version 1 to 2"):
        migrate("schema_version: 1\n", "c", {}, 2)


# One file of each older version of each kind, as a person had it. A kind that is at its first has none.
OLDER = {"config": {1: OLD}, "scenario": {}, "profile": {}, "live": {}, "study": {}}


@pytest.mark.parametrize("kind", MODELS)
def test_every_kind_of_file_has_a_step_and_a_real_file_for_each_older_version(kind: str) -> None:
    newest = MODELS[kind].SCHEMA_VERSION
    assert sorted(CHAINS[kind]) == sorted(OLDER[kind]) == list(range(1, newest))
    for version, text in OLDER[kind].items():
        assert kind_of_text(text) == kind
        migrated, problems = migrate(text, "old.yaml", CHAINS[kind], newest)
        assert problems == ()
        assert migrated is not None
        assert (migrated.from_version, migrated.to_version) == (version, newest)
        _, wrong = parse(migrated.text, MODELS[kind], "old.yaml")
        assert [problem.render() for problem in wrong] == []
