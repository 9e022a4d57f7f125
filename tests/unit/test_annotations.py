"""``sim run --format github``: what a workflow shows beside the files."""

from sim.runs.annotations import annotations_of
from sim.runs.judge import FAIL, NOT_COMPARED, PASS, WARN, GateVerdict
from sim.runs.summary import InvariantSummary, ScenarioSummary


def gate(name: str, verdict: str, got: float | None = 1.5, why: str = "a reason") -> GateVerdict:
    return GateVerdict(name, ">= 2", got, None, None, None, verdict, why)


def summary(*gates: GateVerdict, skipped: str = "", **invariants: InvariantSummary) -> ScenarioSummary:
    return ScenarioSummary(
        name="calm",
        source="scenarios/calm.yaml",
        duration_s=8,
        digest="d",
        gates=gates,
        invariants=invariants,
        results=(),
        repeat="sim run scenarios/calm.yaml --seed 3",
        skipped=skipped,
        lost=(1,),
    )


def test_each_failure_is_an_error_with_the_command_that_repeats_it():
    broken = InvariantSummary(checks=9, broken=2, first="seed 1: 50 % lost")
    lines = list(annotations_of([summary(gate("net_bps, low end", FAIL), gate("fills", PASS), S4=broken)]))
    assert lines == [
        "::error file=scenarios/calm.yaml,title=calm%2C gate net_bps%2C low end::"
        ">= 2: got 1.5: a reason%0Aagain: sim run scenarios/calm.yaml --seed 3",
        "::error file=scenarios/calm.yaml,title=calm%2C invariant S4::"
        "broken in 2 of 0 seeds: seed 1: 50 %25 lost%0Aagain: sim run scenarios/calm.yaml --seed 3",
    ]


def test_what_warns_is_a_warning_and_what_was_not_judged_a_notice():
    lines = list(annotations_of([summary(gate("fills", WARN), gate("net_bps, drop", NOT_COMPARED, None, "too few"))]))
    assert lines == [
        "::notice file=scenarios/calm.yaml,title=calm%2C gate net_bps%2C drop::>= 2: too few",
        "::warning file=scenarios/calm.yaml,title=calm%2C gate fills::>= 2: got 1.5: a reason",
    ]
    skipped = list(annotations_of([summary(skipped="no data")]))
    assert skipped == ["::notice file=scenarios/calm.yaml,title=calm%2C run::no data"]
    assert [] == list(annotations_of([summary(gate("fills", PASS))]))
