"""Scenario files: what they may say, and what is told when they say something else."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from sim.scenario.bounds import Bounds
from sim.scenario.faults import EXAMPLES, KINDS, kind_of
from sim.scenario.gates import Gate
from sim.scenario.invariants import INVARIANTS
from sim.scenario.kinds import kind_of_text
from sim.scenario.metrics import METRICS
from sim.scenario.models import Scenario
from sim.scenario.profiles import Profile, profile_folder, profile_names
from strategy.documents import parse
from strategy.errors import render_all

ROOT = Path(__file__).parents[2]
GOOD = """\
schema_version: 1
name: demo
description: A demonstration.
tags: [chaos]
run: {duration_s: 100, warmup_s: 10, seeds: 2, start_utc: "2026-01-05T13:30:00Z", calm: {after_s: 60}}
market: {profile: btc_rebate, symbols: [BTCUSDT]}
strategy: {config: default.yaml, overrides: {spread.base_bps: 1.2}}
faults:
  - {at_s: 1, kind: feed_gap, lost_messages: 4}
  - {id: lost, at_s: 2, for_s: 3, kind: ack_lost, prob: 0.1, symbols: [BTCUSDT]}
invariants: {all: true, off: [S16], bounds: {converge_s: 10}}
gates:
  - {metric: net_bps, min: 0.4, across_seeds: ci_low, why: earns}
"""


def read_scenario(text: str) -> Scenario:
    scenario, problems = parse(text, Scenario, "s.yaml")
    assert problems == ()
    assert scenario is not None
    return scenario


def told(text: str) -> list[tuple[str, int, int, str]]:
    value, problems = parse(text, Scenario, "s.yaml")
    assert (value is None) == bool(problems)
    return [(each.code, each.line, each.col, each.message) for each in problems]


def test_a_good_scenario_is_read_whole() -> None:
    scenario = read_scenario(GOOD)
    assert [fault.id for fault in scenario.faults] == ["feed_gap0", "lost"]
    assert scenario.market.traded == ("BTCUSDT",)
    assert scenario.market.profile_name == "btc_rebate"
    assert scenario.run.start_wall_ns == 1_767_619_800_000_000_000
    assert scenario.invariants.bounds.converge_s == 10
    assert scenario.invariants.bounds.quote_age_ms_max == Bounds().quote_age_ms_max == 2500


def test_a_tape_takes_the_place_of_a_modelled_market() -> None:
    tape = "market: {tape: {folder: spot, profile: btc_rebate, symbol: BTCUSDT}}"
    scenario = read_scenario(GOOD.replace("market: {profile: btc_rebate, symbols: [BTCUSDT]}", tape))
    assert (scenario.market.traded, scenario.market.profile_name) == (("BTCUSDT",), "btc_rebate")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "metric: net_bps",
            "metric: net_bp",
            ("SQ-G001", 13, 14, "gates.0.metric: unknown metric 'net_bp', did you mean 'net_bps'?"),
        ),
        ("min: 0.4, ", "", ("SQ-G004", 13, 5, "gates.0: a gate needs 'min', 'max' or 'vs_baseline_max_drop'")),
        (
            "metric: net_bps,",
            "metric: takes, vs_baseline_max_drop: 1,",
            (
                "SQ-G005",
                13,
                43,
                "gates.0.vs_baseline_max_drop: takes is neither better when higher nor when lower: it has no drop",
            ),
        ),
        (
            "min: 0.4,",
            "min: 4, max: 3,",
            ("SQ-G004", 13, 28, "gates.0.min: min (4) is above max (3): nothing can pass"),
        ),
        ("min: 0.4,", "stat: p95, min: 0,", ("SQ-G003", 13, 29, "gates.0.stat: net_bps has no 'p95', only value")),
        (
            "off: [S16]",
            "off: [S61]",
            ("SQ-S013", 11, 31, "invariants.off.0: unknown invariant 'S61', did you mean 'S6'?"),
        ),
        ("id: lost", "id: feed_gap0", ("SQ-S010", 10, 10, "faults.1.id: id 'feed_gap0' is taken by faults.0")),
        (
            "at_s: 1,",
            "at_s: 60,",
            ("SQ-S011", 9, 12, "faults.0.at_s: begins at 60 s, but the storm is over at 60 s"),
        ),
        (
            "warmup_s: 10",
            "warmup_s: 100",
            ("SQ-S011", 5, 34, "run.warmup_s: warmup_s (100) leaves nothing of duration_s (100) to judge"),
        ),
        (
            "after_s: 60",
            "after_s: 100",
            ("SQ-S011", 5, 99, "run.calm.after_s: the calm begins at 100 s, the run ends at 100 s"),
        ),
        (
            "duration_s: 100",
            "duration_s: 1.0e-12",
            ("SQ-C010", 5, 19, "run.duration_s: Input should be a nanosecond at least (got 1e-12)"),
        ),
        (
            ", calm: {after_s: 60}",
            "",
            ("SQ-C010", 5, 6, "run: missing key 'calm': a scenario with faults says how its storm ends"),
        ),
        (
            "0.1, symbols: [BTCUSDT]",
            "0.1, symbols: [ETHUSDT]",
            ("SQ-S012", 10, 72, "faults.1.symbols.0: ETHUSDT is not traded here, only BTCUSDT"),
        ),
        (
            "prob: 0.1",
            "prob: 0.1, nth: [1]",
            ("SQ-C011", 10, 5, "faults.1.ack_lost: say either 'prob' or 'nth', which answers are lost"),
        ),
        (
            '"2026-01-05T13:30:00Z"',
            '"2026-02-30T13:30:00Z"',
            (
                "SQ-C010",
                5,
                59,
                "run.start_utc: should be an instant in UTC like '2026-01-05T13:30:00Z' (got '2026-02-30T13:30:00Z')",
            ),
        ),
        ("{spread.base_bps: 1.2}", "{spread.base_bps: [1]}", None),
        ("symbols: [BTCUSDT]}\ns", "symbols: []}\ns", ("SQ-C010", 6, 40, "market.symbols: needs at least one symbol")),
        (
            "symbols: [BTCUSDT]}\ns",
            "symbols: [BTCUSDT, BTCUSDT]}\ns",
            ("SQ-C011", 6, 40, "market.symbols: a symbol is named twice"),
        ),
        (
            "profile: btc_rebate, symbols: [BTCUSDT]",
            "symbols: [BTCUSDT]",
            ("SQ-C011", 6, 9, "market: say either 'profile' or 'tape'"),
        ),
        (
            "profile: btc_rebate, symbols: [BTCUSDT]",
            "symbols: [BTCUSDT], tape: {folder: x, profile: p, symbol: BTCUSDT}",
            ("SQ-C011", 6, 19, "market.symbols: a tape has one symbol, named in 'tape'"),
        ),
        (
            "profile: btc_rebate, symbols: [BTCUSDT]",
            "tape: {folder: x, profile: p, symbol: BTCUSDT, queue: prob_uniform, queue_exponent: 2}",
            ("SQ-C011", 6, 94, "market.tape.queue_exponent: only prob_power has an exponent, not prob_uniform"),
        ),
        ("at_s: 1, kind: feed_gap", "at_s: 1, kind: feed_gapp", None),
    ],
)
def test_one_mistake_is_told_once_at_its_place(old: str, new: str, expected: tuple[str, int, int, str] | None) -> None:
    assert GOOD.count(old) == 1
    found = told(GOOD.replace(old, new))
    assert len(found) == 1
    if expected is not None:
        assert found == [expected]


def test_an_override_holds_one_value() -> None:
    words = "strategy.overrides.spread.base_bps: should be one value: a number, a text or true or false"
    assert told(GOOD.replace("base_bps: 1.2", "base_bps: [1]")) == [("SQ-C010", 7, 63, words)]


def test_a_recovery_gate_needs_something_to_recover_from() -> None:
    calm = GOOD[: GOOD.index("faults:")] + GOOD[GOOD.index("invariants:") :]
    assert told(calm.replace("metric: net_bps", "metric: recovery_s").replace("min", "max")) == [
        ("SQ-G002", 10, 14, "gates.0.metric: recovery_s needs faults, and this scenario has none")
    ]


def test_mistakes_of_every_part_are_told_at_once() -> None:
    text = GOOD.replace("net_bps", "net_bp").replace("at_s: 1,", "at_s: 70,").replace("id: lost", "id: feed_gap0")
    text = text.replace("tags: [chaos]", "tag: [chaos]").replace("seeds: 2", "seeds: 0")
    assert [(code, line) for code, line, _, _ in told(text)] == [
        ("SQ-C010", 4),
        ("SQ-C010", 5),
        ("SQ-S010", 10),
        ("SQ-G001", 13),
    ]


def test_a_spike_has_a_longer_tail() -> None:
    spike = "  - {at_s: 1, kind: latency_spike, links: [public], extra_p50_ms: 9, extra_p99_ms: 8}\ninvariants:"
    assert [each[3] for each in told(GOOD.replace("invariants:", spike))] == [
        "faults.2.latency_spike.extra_p50_ms: extra_p50_ms (9) must be at most extra_p99_ms (8)"
    ]


RATE = "kind: rate_limit, orders_per_s: 2, burst: 2"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("kind: partition, links: [rest_up], slow_ms: 5", "'slow_ms' changes nothing here: it belongs to 'mode: slow'"),
        (f"{RATE}, ban_s: 5", "'ban_s' changes nothing here: it belongs to 'ban_after' or 'banned'"),
        (f"{RATE}, banned: true, ban_s: 9, ban_s_max: 8", "ban_s_max (8) must not be below ban_s (9)"),
        (
            "kind: downtime, rolled_back_s: 4",
            "'rolled_back_s' changes nothing here: it belongs to 'memory: rolled_back'",
        ),
        (
            "kind: downtime, applied_later_s: 4",
            "'applied_later_s' changes nothing here: it belongs to an 'applied_later' above 0",
        ),
        (
            "kind: reset, connections: [public], cut: applied",
            "'cut' changes nothing here: it belongs to the connection 'rest'",
        ),
        (
            "kind: latency, links: [public], tail: exponential, tail_ms: 5, sigma: 1",
            "'sigma' changes nothing here: it belongs to 'tail: lognormal'",
        ),
        (
            "kind: latency, links: [public], tail_ms: 5, slow_share: 0, slow_ms: 9",
            "'slow_ms' changes nothing here: it belongs to a 'slow_share' above 0",
        ),
        ("kind: shutdown, interrupted_after_s: 15", "ended at its deadline_s (15) it cannot be interrupted later"),
    ],
)
def test_keys_that_mean_nothing_together_are_a_mistake(fault: str, words: str) -> None:
    told_words = [each[3] for each in told(GOOD.replace("invariants:", f"  - {{at_s: 1, {fault}}}\ninvariants:"))]
    assert [words] == [each.partition(": ")[2] for each in told_words]


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_has_an_example_that_is_right(kind: str) -> None:
    assert kind_of(KINDS[kind]) == kind
    short = GOOD.replace("duration_s: 100", "duration_s: 60").replace("after_s: 60", "after_s: 40")
    scenario = read_scenario(short.replace("faults:\n", f"faults:\n  - {EXAMPLES[kind]}\n"))
    assert scenario.faults[0].kind == kind
    assert scenario.faults[0].id == f"{kind}0"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "every_s" in KINDS[kind].model_fields])
def test_what_comes_again_leaves_time_for_something_else(kind: str) -> None:
    with pytest.raises(ValidationError, match=r"every_s\n.*greater than or equal to 0\.01"):
        KINDS[kind].model_validate({"id": "often", "kind": kind, "at_s": 1, "every_s": 1e-12})


def test_every_metric_says_what_it_is() -> None:
    for name, metric in METRICS.items():
        assert metric.name == name
        assert metric.stats[0] == "value"
        assert metric.meaning.endswith(".")
    assert {"net_bps", "slippage_bps", "recovery_s", "doubts", "markout_1s_bps"} <= set(METRICS)


def test_every_bound_belongs_to_an_invariant() -> None:
    assert {bound for each in INVARIANTS.values() for bound in each.bounds} == set(Bounds.model_fields)
    assert list(INVARIANTS) == [f"S{n}" for n in range(1, 17)] + [f"L{n}" for n in range(1, 10)]


def test_a_gate_made_in_code_is_checked_too() -> None:
    with pytest.raises(ValueError, match="a gate needs"):
        Gate(metric="net_bps")


def test_the_profiles_that_come_with_the_program_are_right() -> None:
    names = profile_names(profile_folder())
    assert "btc_rebate" in names
    for name in names:
        profile, problems = parse((profile_folder() / f"{name}.yaml").read_text(encoding="utf-8"), Profile, name)
        assert render_all(problems) == ""
        assert profile is not None
        assert profile.name == name
        assert profile.instruments(tuple(profile.symbols))[0].symbol in profile.symbols


def test_an_instrument_that_cannot_be_traded_exactly_is_told_at_its_field() -> None:
    text = (profile_folder() / "btc_rebate.yaml").read_text(encoding="utf-8")
    _, problems = parse(text.replace('size_min: "0.001"', 'size_min: "0.0015"'), Profile, "p")
    assert [each.message for each in problems] == [
        "symbols.BTCUSDT.instrument.size_min: 0.0015 is not a multiple of 0.001"
    ]
    _, problems = parse(text.replace('size_min: "0.001"', 'size_min: "1501"'), Profile, "p")
    assert [each.message for each in problems] == [
        "symbols.BTCUSDT.instrument: size_min, size_max: need 0 < 1501 <= 1500"
    ]


def test_a_folder_that_is_not_there_has_no_profiles(tmp_path: Path) -> None:
    assert profile_names(tmp_path / "none") == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (GOOD, "scenario"),
        ((ROOT / "scenarios/configs/default.yaml").read_text(encoding="utf-8"), "config"),
        ((ROOT / "sim/data/profiles/btc_rebate.yaml").read_text(encoding="utf-8"), "profile"),
        ("", "scenario"),
    ],
)
def test_a_files_kind_shows_from_its_keys(text: str, kind: str) -> None:
    assert kind_of_text(text) == kind
