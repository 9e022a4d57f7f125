"""What a run and a swarm say of the promises that nothing put to the test: they were not kept, nobody looked."""

import io

from rich.console import Console

from sim.runs.console import print_scenario
from sim.runs.job import BreachSeen, SeedResult
from sim.runs.judged import Judged, judged_of
from sim.runs.summary import summarise
from sim.scenario.bounds import Bounds
from sim.scenario.load import load_scenarios
from sim.swarm.report import report_of
from sim.swarm.screen import print_report
from sim.swarm.worlds import BASE

BOUNDS = Bounds(unwind_s=600)
WHY = "its bound of 600 s is longer than the 210 s in which it could be asked for"


def ran(seed: int, looks: int, *, asked_s: float | None = None, **fields) -> SeedResult:
    asked = {} if asked_s is None else {"L9": asked_s}
    return SeedResult("x", seed, checks={"S1": 3, "L8": 0, "L9": looks}, asked_s=asked, **fields)


def test_where_a_clock_could_not_run_out_it_is_told_how_long_there_was():
    short = judged_of("L9", BOUNDS, [ran(1, 0, asked_s=180.0), ran(2, 0, asked_s=210.0), ran(3, 9, asked_s=700.0)])
    assert Judged(1, 2, 210.0, 600.0) == short
    assert WHY == short.why_not


def test_where_there_was_nothing_to_judge_nothing_was_too_short():
    none = judged_of("L8", BOUNDS, [ran(1, 0), ran(2, 0)])
    assert (Judged(), "") == (none, none.why_not)


def test_what_broke_was_judged_however_seldom_it_was_looked_at():
    broken = ran(1, 0, asked_s=3.0, breaches=(BreachSeen("L9", 9.0, "held"),))
    assert Judged(1) == judged_of("L9", BOUNDS, [broken])


def test_a_run_names_what_it_has_not_judged_and_says_why():
    (base,) = load_scenarios([BASE])
    bounded = base.model_copy(update={"invariants": base.invariants.model_copy(update={"bounds": BOUNDS})})
    told = io.StringIO()
    summary = summarise(bounded, "x.yaml", [ran(1, 0, asked_s=210.0)], ())
    print_scenario(Console(file=told, width=200), summary)
    lines = [line.strip() for line in told.getvalue().splitlines()]
    assert any(line.endswith("1 of 1 hold   3 checks   not judged here: L8, L9") for line in lines)
    assert f"L9 not judged: {WHY}" in lines


def test_a_swarm_says_of_each_promise_in_how_many_runs_it_was_judged(capsys):
    (base,) = load_scenarios([BASE])
    bounded = base.model_copy(update={"invariants": base.invariants.model_copy(update={"bounds": BOUNDS})})
    results = [ran(1, 0, asked_s=210.0), ran(2, 9, asked_s=601.0)]
    report = report_of([(bounded, "", result) for result in results], (), 2)
    assert (2, 1, 0) == tuple(report.judged[code].runs for code in ("S1", "L9", "L8"))
    print_report(report)
    lines = capsys.readouterr().out.splitlines()
    assert "judged   in all of 2 runs: S1" in lines
    assert f"  L9   in 1 run; in 1 {WHY}" in lines
    assert "  L8   in no run" in lines
