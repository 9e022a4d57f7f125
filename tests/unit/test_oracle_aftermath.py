"""After the storm: nothing left behind (L4), and what is excused because nobody could know (L1 to L3)."""

import io
from pathlib import Path

import pytest
from rich.console import Console
from watching import BUY, NAME, SELL, Scene

from sim.oracle.outside import Outside
from sim.oracle.recoverable import Ways, cuts_of, recoverable, why_unrecoverable
from sim.plan import Plan, PlannedFault
from sim.runs.console import excused_line, print_overview, print_scenario
from sim.runs.folder import junit_of
from sim.runs.job import BreachSeen, SeedResult
from sim.runs.summary import summarise
from sim.scenario.bounds import Bounds
from sim.scenario.gates import Gate
from strategy import commands, events
from strategy.units import NS_PER_S

ALERT = commands.Alert("SQ-R001", "no way to be healthy")

# L4


def unhealthy(**outside) -> Scene:
    scene = Scene(off=("S4",), outside=Outside(**outside))
    scene.venue.rest("a-1")
    scene.step(events.StreamDown(events.PRIVATE))
    return scene


def test_l4_an_order_that_stays_behind():
    scene = unhealthy()
    scene.send(ALERT)
    scene.pass_s(60)
    assert [] == scene.codes
    scene.pass_s(2)
    assert ["L4"] == scene.codes
    assert "1 orders still rest, and the private stream is down" in scene.oracle.breaches[0].detail


def test_l4_everything_gone_and_somebody_told():
    scene = unhealthy()
    scene.venue.open.clear()
    scene.send(ALERT)
    scene.pass_s(100)
    assert [] == scene.codes
    assert scene.oracle.checks["L4"] > 50


def test_l4_everything_gone_and_nobody_told():
    scene = unhealthy()
    scene.venue.open.clear()
    scene.pass_s(62)
    assert ["L4"] == scene.codes
    assert "nobody was told" in scene.oracle.breaches[0].detail


def test_l4_an_alert_of_long_ago_was_about_something_else():
    scene = Scene(off=("S4",))
    scene.send(ALERT)
    scene.pass_s(61)
    scene.step(events.StreamDown(events.PRIVATE))
    scene.pass_s(62)
    assert ["L4"] == scene.codes


def test_l4_health_that_comes_back_in_time_starts_the_clock_anew():
    scene = unhealthy()
    for _ in range(3):
        scene.pass_s(50)
        scene.step(events.StreamUp(events.PRIVATE))
        scene.pass_s(1)
        scene.step(events.StreamDown(events.PRIVATE))
    assert [] == scene.codes


def flapping(scene: Scene, times: int) -> None:
    """Have the private stream come back for a second, every two seconds."""
    for _ in range(times):
        scene.step(events.StreamUp(events.PRIVATE))
        scene.pass_s(1)
        scene.step(events.StreamDown(events.PRIVATE))
        scene.pass_s(1)


def test_l4_a_private_stream_that_breaks_again_and_again_is_none():
    scene = unhealthy()
    scene.send(ALERT)
    flapping(scene, 31)
    assert [] == scene.codes
    flapping(scene, 4)
    assert ["L4"] == scene.codes
    assert "1 orders still rest, and the private stream " in scene.oracle.breaches[0].detail


def test_l4_a_private_stream_that_breaks_now_and_then_is_there_meanwhile():
    scene = unhealthy()
    for _ in range(15):
        scene.step(events.StreamUp(events.PRIVATE))
        scene.pass_s(6)
        scene.step(events.StreamDown(events.PRIVATE))
        scene.pass_s(1)
    assert [] == scene.codes


def test_l4_who_was_told_is_not_told_again_after_a_moment_of_health():
    scene = unhealthy()
    scene.venue.open.clear()
    scene.send(ALERT)
    scene.pass_s(90)
    scene.step(events.StreamUp(events.PRIVATE))
    scene.pass_s(3)
    scene.step(events.StreamDown(events.PRIVATE))
    scene.pass_s(62)
    assert [] == scene.codes
    scene.step(events.StreamUp(events.PRIVATE))
    scene.pass_s(6)
    scene.step(events.StreamDown(events.PRIVATE))
    scene.pass_s(62)
    assert ["L4"] == scene.codes


def test_l4_no_book_by_any_road_is_no_health_either():
    scene = Scene(off=("S4",))
    scene.venue.rest("a-1")
    scene.step(events.BookDelta(NAME, 8, 9, (), (), 0))
    scene.send(ALERT)
    scene.pass_s(62)
    assert ["L4"] == scene.codes


def test_l4_where_no_request_arrives_nobody_can_clear_anything():
    scene = unhealthy(why_cut=lambda links: "cut" if "rest_up" in links else "")
    scene.pass_s(100)
    assert [] == scene.codes
    assert scene.oracle.excused_ns["L4"] > 90 * NS_PER_S


def test_l4_an_armed_dead_man_switch_leaves_no_excuse():
    scene = unhealthy(why_cut=lambda _links: "cut", is_dead_man_armed=lambda: True)
    scene.pass_s(62)
    assert ["L4"] == scene.codes


@pytest.mark.parametrize(("is_told", "codes"), [(True, []), (False, ["L4"])])
def test_l4_a_new_process_may_tell_at_once_that_it_has_no_private_stream(is_told, codes):
    """It did five seconds after it began, and was blamed ninety seconds later (a swarm's seed 130022)."""
    scene = Scene(off=("S4", "L7"))
    scene.step(events.StreamUp(events.PRIVATE))
    scene.oracle.process_started(scene.now_ns, {})
    scene.pass_s(5)
    scene.send(*([ALERT] if is_told else []))
    scene.pass_s(100)
    assert codes == scene.codes


def test_l4_a_new_process_whose_private_stream_never_comes_is_out_of_health():
    scene = Scene(off=("S4", "L7"))
    scene.step(events.StreamUp(events.PRIVATE))
    scene.oracle.process_started(scene.now_ns, {})
    scene.venue.rest("a-1")
    scene.pass_s(30 + 5 + 60)
    assert [] == scene.codes
    scene.pass_s(3)
    assert ["L4"] == scene.codes
    assert "the private stream of a new process never came" in scene.oracle.breaches[0].detail


def planned(kind: str, end_s: float, **params) -> PlannedFault:
    return PlannedFault(kind, kind, 10 * NS_PER_S, round(end_s * NS_PER_S), params)


def plan_of(*faults: PlannedFault) -> Plan:
    return Plan("x", 1, 100 * NS_PER_S, 50 * NS_PER_S, faults)


LOSS = {"links": ["rest_up", "private"], "prob": 1.0, "messages": []}


@pytest.mark.parametrize(
    ("fault", "cut"),
    [
        (planned("message_loss", 1e9, **LOSS), ("rest_up", "private")),
        (planned("message_loss", 1e9, **{**LOSS, "prob": 0.9}), ()),
        (planned("message_loss", 1e9, **{**LOSS, "messages": ["create"]}), ()),
        (planned("partition", 1e9, links=["rest_down"], mode="stop"), ("rest_down",)),
        (planned("partition", 1e9, links=["rest_down"], mode="slow"), ()),
        (planned("downtime", 1e9), ("rest_up", "rest_down", "public", "private")),
        (planned("dns_outage", 1e9, connections=["rest"], resets=True), ("rest_up", "rest_down")),
        (planned("dns_outage", 1e9, connections=["rest"], resets=False), ()),
        (planned("dns_outage", 1e9, connections=["private"], resets=True), ()),
        (planned("tls_failure", 1e9, connections=["rest"], resets=True, prob=1.0), ("rest_up", "rest_down")),
        (planned("tls_failure", 1e9, connections=["rest"], resets=True, prob=0.9), ()),
        (planned("volatility", 1e9, factor=3), ()),
    ],
)
def test_a_fault_cuts_what_it_lets_nothing_through_of(fault, cut):
    assert cut == cuts_of(fault)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (planned("downtime", 1e9), "downtime cuts rest_up, rest_down for ever"),
        (planned("downtime", 40), ""),
        (planned("message_loss", 1e9, **{**LOSS, "links": ["private", "public"]}), ""),
    ],
)
def test_only_what_cuts_every_read_for_ever_is_an_excuse(fault, why):
    assert why == Ways(plan_of(fault)).why_unrecoverable()


class SomeWorld:
    """As much of a world as an excuse looks at."""

    def __init__(self, plan: Plan, heard_s: float) -> None:
        self.plan, self.heard_s = plan, heard_s

    def heard_ns(self) -> int:
        return round(self.heard_s * NS_PER_S)


def test_a_path_on_which_something_was_heard_in_the_calm_was_not_cut():
    plan = plan_of(planned("downtime", 1e9))
    assert not recoverable(SomeWorld(plan, 9))
    assert recoverable(SomeWorld(plan, 61))
    assert "" == why_unrecoverable(SomeWorld(plan_of(), 9))


def test_ways_are_cut_while_their_fault_lasts():
    ways = Ways(plan_of(planned("downtime", 40), planned("crash", 1e9)))
    assert ["", "downtime cuts rest_up, rest_down", ""] == [ways.why_cut(at * NS_PER_S) for at in (9, 10, 40)]
    assert ["", "downtime", ""] == [ways.why_stormy(at * NS_PER_S) for at in (9, 10, 40)]


def test_l1_to_l3_are_excused_where_nobody_can_read_the_truth():
    scene = Scene(believes=True, outside=Outside(why_lost=lambda: "cut for ever"))
    scene.venue.rest("a-1", side=BUY)
    scene.believe("a-2", "IN_DOUBT")
    scene.pass_s(100)
    assert [] == scene.codes
    assert all(scene.oracle.excused_ns[code] > 90 * NS_PER_S for code in ("L1", "L2", "L3"))


def test_l3_without_a_private_stream_nobody_must_quote():
    scene = Scene(believes=True)
    scene.venue.rest("a-1", "ask0", SELL)
    scene.step(events.StreamDown(events.PRIVATE))
    scene.send(ALERT)
    scene.pass_s(100)
    assert "L3" not in scene.codes


# What is reported


def results(*excused: dict[str, float], lost: str = "") -> list[SeedResult]:
    return [
        SeedResult("x", seed, excused_s=one, lost=lost if seed == 1 else "", recovered_s={"L1": seed / 2.0, "L3": None})
        for seed, one in enumerate(excused, start=1)
    ]


class SomeScenario:
    name, gates, viability = "x", (), None

    class run:
        duration_s = 10

    class invariants:
        bounds = Bounds()


def test_excused_runs_and_time_are_told_in_one_line():
    one = summarise(SomeScenario, "x.yaml", results({}, {"L3": 1.0}, {"L3": 2.2}, lost="cut for ever"), ())
    assert "1 of 3 runs (cut for ever), L3 for 3.2 s" == excused_line(one)
    other = summarise(SomeScenario, "x.yaml", results({}, {"L3": 1.0}), ())
    assert "0 of 2 runs, L3 for 1 s" == excused_line(other)
    assert "" == excused_line(summarise(SomeScenario, "x.yaml", results({}), ()))


def test_excused_time_is_told_with_its_share_and_what_it_was_for():
    whys = {"L3": {"banned": 3.0, "no book": 1.0, "told not to": 0.5}}
    told = [SeedResult("x", 1, excused_s={"L3": 4.5}, excused_why_s=whys, waited_s={"L3": 90.0})]
    line = excused_line(summarise(SomeScenario, "x.yaml", told, ()))
    assert "0 of 1 runs, L3 for 4.5 s, 5 % of its time (banned; no book; and others)" == line


def test_gates_are_not_asked_of_a_run_that_a_breach_cut_short():
    gate = Gate(metric="fills", min=10, across_seeds="worst")
    scenario = type("Gated", (SomeScenario,), {"gates": (gate,)})
    whole = SeedResult("x", 1, metrics={"fills": {"value": 20.0}})
    cut = SeedResult("x", 2, metrics={"fills": {"value": 1.0}}, breaches=(BreachSeen("S1", 3.0, "over"),), was_cut=True)
    some = summarise(scenario, "x.yaml", [whole, cut], ())
    assert (True, "pass", 20.0) == (some.failed, some.gates[0].verdict, some.gates[0].got)
    none = summarise(scenario, "x.yaml", [cut], ())
    assert (True, "not judged") == (none.failed, none.gates[0].verdict)
    assert b"skipped" in junit_of([none], Path("out"))


def test_a_fault_that_bit_in_no_seed_is_named():
    told = [SeedResult("x", 1, bites={"cut": 4, "leak0": 0}), SeedResult("x", 2, bites={"cut": 0, "leak0": 0})]
    said = Console(width=140, record=True, file=io.StringIO())
    print_scenario(said, summarise(SomeScenario, "x.yaml", told, ()))
    assert " faults       1 of 2 bit   never, in no seed: leak0" in said.export_text()


def test_what_broke_first_is_printed_first():
    broken = (BreachSeen("S6", 5.375, "it vanished"), BreachSeen("S2", 5.399, "too many"), BreachSeen("S6", 5.5, "so"))
    said = Console(width=140, record=True, file=io.StringIO())
    print_scenario(said, summarise(SomeScenario, "x.yaml", [SeedResult("x", 1, breaches=broken)], ()))
    lines = [line for line in said.export_text().splitlines() if " broken in " in line]
    assert ["S6", "S2"] == [line.split()[0] for line in lines]


def test_a_scenario_that_had_no_turn_has_not_failed_and_one_that_lost_a_worker_has():
    unrun = summarise(SomeScenario, "x.yaml", [], (1, 2))
    assert (False, True) == (unrun.failed, unrun.is_unrun)
    partly = summarise(SomeScenario, "x.yaml", results({}), (2,))
    assert (False, False) == (partly.failed, partly.is_unrun)
    lost = summarise(SomeScenario, "x.yaml", results({}), (2,), lost=(2,))
    assert lost.failed
    said = Console(width=140, record=True, file=io.StringIO())
    for one in (unrun, partly):
        print_scenario(said, one)
    print_overview(said, [unrun, partly], {})
    text = said.export_text()
    assert "not run" in text
    assert "passed so far" in text
    assert "FAIL" not in text


def test_recoveries_are_told_as_median_and_worst_where_all_seeds_have_one():
    one = summarise(SomeScenario, "x.yaml", results({}, {}, {}), ())
    assert (1.0, 1.5) == (one.recovery["L1"].median_s, one.recovery["L1"].worst_s)
    assert (None, None) == (one.recovery["L3"].median_s, one.recovery["L3"].worst_s)
