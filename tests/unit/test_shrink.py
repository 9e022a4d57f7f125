"""Shrinking: cuts give other drafts, the search keeps the failure it began with, and what is written is a scenario."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_world import small_scenario

from sim.oracle.identity import Identity
from sim.runs.engine import Gathered
from sim.runs.failing import Failure, Wanted, failures_of
from sim.runs.job import BreachSeen, Job, SeedResult
from sim.scenario.load import Desk, load_scenarios
from sim.scenario.models import Scenario
from sim.scenario.profiles import profile_folder
from sim.shrink import drafts
from sim.shrink.ranges import Range, ranges_of
from sim.shrink.steps import Steps, smallest
from sim.shrink.trials import Interrupted, Trials
from sim.shrink.writing import placed, text_of
from strategy.complaints import check
from strategy.documents import Reading

FAULTS = (
    "{id: a, at_s: 6, for_s: 4, kind: ack_lost, prob: 0.8, requests: [create, amend]}, "
    "{id: b, at_s: 7, kind: feed_gap, lost_messages: 40}, "
    "{id: c, at_s: 8, for_s: 2, kind: gray_engine, factor: 300}, "
    "{id: d, at_s: 9, for_s: 3, kind: ack_lost, prob: 0.5, requests: [cancel]}, "
    "{id: e, at_s: 30, for_s: 3, kind: pause}"
)
WANTED = Identity("S3", "CLOSED/live", "sending._no_doubt")


class Crew:
    """Workers who know without running: a rule says what a scenario fails of, and when."""

    def __init__(self, rule) -> None:
        self.rule = rule
        self.jobs = 0

    def carry(self, jobs, _progress):
        self.jobs += len(jobs)
        gathered = Gathered()
        for place, job in enumerate(jobs):
            breaches = tuple(BreachSeen(one.what, at_s, "seen", one.states, one.place) for one, at_s in self.rule(job))
            bites = {fault.id: 1 for fault in job.scenario.faults}
            figures = {metric: {"value": float(value)} for metric, value in self.figures(job).items()}
            gathered.results[place] = SeedResult(
                job.scenario.name, job.seed, breaches=breaches, bites=bites, metrics=figures
            )
        return gathered

    def figures(self, _job) -> dict[str, float]:
        return {"fills": 0.0}


class Measuring(Crew):
    """Workers who know what a run comes to: a rule says its figures."""

    def __init__(self, figures) -> None:
        super().__init__(lambda _job: ())
        self.figures = figures


class Table:
    """A draft with workers around it."""

    def __init__(self, folder: Path, rule, width: int = 1, runs_max: int = 500, symbols: str = "[BTCUSDT, ETHUSDT]"):
        self.ready = small_scenario(folder, 60, faults=FAULTS, symbols=symbols)
        self.path = folder / "small.yaml"
        self.desk = Desk(profile_folder())
        self.crew = Crew(rule)
        self.trials = Trials(self.crew, width, self.job, runs_max)
        self.draft = drafts.draft_of(self.ready, ())
        self.told: list[tuple] = []
        self.kept: list[dict] = []

    def job(self, draft):
        checked = check(draft, Scenario)
        if checked.value is None:
            return None
        ready = self.desk.ready(Reading(self.path.as_posix(), checked.value, (), checked.parts, None, []), self.path)
        return None if ready is None else Job(ready, 1)

    def shrink(self) -> Steps:
        (failure,) = self.trials.look(self.draft).failures[:1]
        self.trials.wanted = failure.identity
        steps = Steps(self.trials, self.draft, failure, lambda *told: self.told.append(told), self.kept.append)
        steps.run()
        return steps


def ids(draft) -> list[str]:
    return [fault["id"] for fault in drafts.faults_of(draft)]


def needs_a_and_b(job):
    """Fails at 12 s, where both are there and the answers of creates are lost half of the time at least."""
    faults = {fault.id: fault for fault in job.scenario.faults}
    if {"a", "b"} <= set(faults) and faults["a"].prob >= 0.4 and "create" in faults["a"].requests:
        yield WANTED, 12.345


# Minimising


@given(st.sets(st.integers(0, 39)))
def test_the_smallest_part_is_the_cause_and_nothing_else(cause):
    def first(parts):
        return next((number for number, part in enumerate(parts) if cause <= set(part)), None)

    assert sorted(cause) == sorted(smallest(range(40), first))


def test_a_cause_of_any_two_leaves_two():
    def first(parts):
        return next((number for number, part in enumerate(parts) if sum(one < 6 for one in part) >= 2), None)

    assert 2 == len(smallest(range(40), first))


# Identity


def test_a_smaller_run_that_fails_otherwise_is_no_smaller_run(tmp_path):
    other = Identity("S3", "ABSENT/gone", "sending._no_doubt")

    def two_mistakes(job):
        found = {fault.id for fault in job.scenario.faults}
        return [(WANTED, 12.0)] if {"a", "b"} <= found else [(other, 9.0)]

    table = Table(tmp_path, two_mistakes)
    steps = table.shrink()
    assert (["a", "b"], WANTED) == (ids(steps.draft), steps.failure.identity)


def test_failures_are_told_apart_by_what_raised_what_broke_and_which_way_a_gate_was_missed(tmp_path):
    gates = small_scenario(tmp_path).model_copy().gates
    raised = SeedResult("x", 1, error="core.py:70 step\nKeyError: 'a'", error_code="SQ-S001", error_at_s=3.0)
    assert (Failure(Identity("SQ-S001", "", "core.py.step KeyError"), 3.0, "KeyError: 'a'"),) == failures_of(
        gates, raised
    )
    (none,) = failures_of(gates, SeedResult("x", 1))
    assert (Identity("gate fills", "", "no sample"), None, "fills") == (none.identity, none.at_s, none.metric)
    (low,) = failures_of(gates, SeedResult("x", 1, metrics={"fills": {"value": -1.0}}))
    assert Identity("gate fills", "", "below") == low.identity
    cut = SeedResult("x", 1, breaches=(BreachSeen("S1", 2.0, "over"),), was_cut=True)
    assert ["S1"] == [one.identity.what for one in failures_of(gates, cut)]
    assert none is Wanted(gate="fills").find([low.__class__(WANTED, 1.0, "seen"), none, low])
    assert None is Wanted(invariant="S2").find([none, low])
    assert none is Wanted().find([none, low])


# The way down


def test_a_shrink_keeps_what_it_takes_and_cuts_the_rest(tmp_path):
    table = Table(tmp_path, needs_a_and_b)
    steps = table.shrink()
    draft = steps.draft
    assert ["a", "b"] == ids(draft)
    assert ["ETHUSDT"] == draft["market"]["symbols"]
    assert draft["run"]["duration_s"] <= 12.6
    assert ["create"] == drafts.faults_of(draft)[0]["requests"]
    assert (0.4, 1) == (drafts.faults_of(draft)[0]["prob"], drafts.faults_of(draft)[1]["lost_messages"])
    assert 4 == len(draft["market"]["overrides"])
    assert [{"metric": "max_exposure_pct", "max": 100}] == draft["gates"]
    assert {"length", "symbols", "market", "magnitudes"} <= {what for what, *_ in table.told}
    assert draft == table.kept[-1]


def test_the_outcome_and_the_count_of_runs_are_those_of_one_worker(tmp_path):
    found = []
    for width in (1, 2, 5):
        table = Table(tmp_path, needs_a_and_b, width)
        found.append((table.shrink().draft, table.trials.runs))
        assert table.crew.jobs >= table.trials.runs
    assert found[0] == found[1] == found[2]


def test_no_more_runs_are_made_than_are_allowed(tmp_path):
    table = Table(tmp_path, needs_a_and_b, runs_max=6)
    steps = table.shrink()
    assert (6, 6, 0) == (table.trials.runs, table.crew.jobs, table.trials.left)
    assert {"a", "b"} <= set(ids(steps.draft))
    assert {"a": (), "b": ()} == {
        key: value for key, value in ranges_of(table.trials, steps.draft).items() if key in "ab"
    }


def test_a_gate_is_shortened_by_halving(tmp_path):
    def after_twenty(job):
        return [(WANTED, 55.0)] if job.scenario.run.duration_s >= 20 else []

    table = Table(tmp_path, after_twenty)
    table.trials.wanted = WANTED
    steps = Steps(table.trials, table.draft, Failure(WANTED, None, "too few"), lambda *_: None, lambda _: None)
    steps._halve_length()
    assert 20 <= steps.draft["run"]["duration_s"] <= 21.9


def gated(folder: Path, figures, gate: dict) -> Table:
    """Give a table whose runs come to figures, of which one gate is missed."""
    table = Table(folder, needs_a_and_b)
    table.crew = table.trials._crew = Measuring(figures)
    table.draft = {**table.draft, "gates": [gate]}
    return table


def has(job, *names: str) -> bool:
    return set(names) <= {fault.id for fault in job.scenario.faults}


@pytest.mark.parametrize(("least", "left"), [(50, ["a", "b"]), (1000, [])])
def test_a_count_that_any_shorter_run_misses_keeps_length_and_market(tmp_path, least, left):
    def fills(job):
        return {
            "fills": (0.3 if has(job, "a", "b") else 1.0)
            * job.scenario.run.duration_s
            * len(job.scenario.market.traded)
        }

    table = gated(tmp_path, fills, {"metric": "fills", "min": least})
    steps = table.shrink()
    assert (60, table.draft["market"]) == (steps.draft["run"]["duration_s"], steps.draft["market"])
    assert left == ids(steps.draft)
    assert ("length", "60 s, kept", "a run that is over at once fails so too", 1) in table.told


def test_a_figure_that_is_not_there_is_in_no_shorter_run(tmp_path):
    table = gated(tmp_path, lambda job: {} if has(job, "a", "b") else {"net_bps": 1.0}, {"metric": "net_bps", "min": 1})
    steps = table.shrink()
    assert (60, ["a", "b"]) == (steps.draft["run"]["duration_s"], ids(steps.draft))
    assert "a shorter run has no sample either" in [details for _, _, details, _ in table.told]


def test_a_smaller_run_that_misses_a_gate_without_its_faults_as_well_is_no_smaller_run(tmp_path):
    def by_luck_below(job):
        length_s = job.scenario.run.duration_s
        return {} if length_s < 1 else {"net_bps": 0.0 if has(job, "a", "b") or length_s < 20 else 1.0}

    table = gated(tmp_path, by_luck_below, {"metric": "net_bps", "min": 0.5})
    steps = table.shrink()
    assert ["a", "b"] == ids(steps.draft)
    assert 20 <= steps.draft["run"]["duration_s"] <= 23
    assert ["ETHUSDT"] == steps.draft["market"]["symbols"]


def test_too_much_of_something_is_shortened_to_where_it_is_too_much(tmp_path):
    def doubts(job):
        return {"doubts": job.scenario.run.duration_s if has(job, "a", "b") else 0.0}

    steps = gated(tmp_path, doubts, {"metric": "doubts", "max": 12}).shrink()
    assert ["a", "b"] == ids(steps.draft)
    assert 12 < steps.draft["run"]["duration_s"] < 15


def test_an_interrupt_reaches_whoever_writes_what_there_is(tmp_path):
    table = Table(tmp_path, needs_a_and_b)
    table.crew.carry = lambda jobs, _progress: Gathered(interrupted=True)
    with pytest.raises(Interrupted):
        table.trials.look(table.draft)


# Ranges


def test_ranges_end_where_it_stops_failing_and_are_open_where_nothing_ends_them(tmp_path):
    table = Table(tmp_path, needs_a_and_b)
    steps = table.shrink()
    ranges = ranges_of(table.trials, steps.draft)
    prob = next(one for one in ranges["a"] if one.key == "prob")
    assert (0.4, 1.0, False, False) == (prob.low, prob.high, prob.is_low_open, prob.is_high_open)
    lost = next(one for one in ranges["b"] if one.key == "lost_messages")
    assert (1, 8, True) == (lost.low, lost.high, lost.is_high_open)
    assert "lost_messages from 1 to 8 or more" == str(lost)
    assert "prob 0.4 alone" == str(Range("prob", 0.4, 0.4, False, False))


def test_a_gate_is_judged_at_the_end_so_its_ranges_are_those_of_its_length(tmp_path):
    lengths: dict[float, None] = {}

    def fills(job):
        lengths[job.scenario.run.duration_s] = None
        return {"fills": 10.0 if has(job, "a", "b") else 60.0}

    table = gated(tmp_path, fills, {"metric": "fills", "min": 50})
    table.trials.wanted = Identity("gate fills", "", "below")
    assert ranges_of(table.trials, table.draft)["a"]
    assert [60.0] == list(lengths)


# Cuts


def test_cuts_change_nothing_of_the_draft_they_are_given(tmp_path):
    table = Table(tmp_path, needs_a_and_b)
    before = repr(table.draft)
    list(drafts.narrower_lists(table.draft))
    list(drafts.fewer_symbols(table.draft))
    list(drafts.quieter(table.draft))
    list(drafts.sooner(table.draft))
    list(drafts.calmer_sooner(table.draft))
    drafts.ended_after(table.draft, 12.0, 0.1)
    drafts.with_value(table.draft, 0, "prob", 0.1)
    assert before == repr(table.draft)


def test_an_end_comes_after_the_failure_and_takes_with_it_what_had_not_begun(tmp_path):
    draft = Table(tmp_path, needs_a_and_b).draft
    early = drafts.ended_after(draft, 8.0, 0.1)
    assert (8.2, 8.1) == (early["run"]["duration_s"], drafts.calm_s(early))
    assert ["a", "b", "c"] == ids(early)
    late = drafts.ended_after(draft, 50.04, 0.1)
    assert (50.1, 45.0) == (late["run"]["duration_s"], drafts.calm_s(late))
    assert 60 == drafts.ended_after(draft, 59.99, 1.0)["run"]["duration_s"]


def test_a_fault_that_hits_only_a_symbol_that_goes_goes_with_it(tmp_path):
    text = "{id: a, at_s: 6, kind: feed_gap, lost_messages: 4, symbols: [ETHUSDT]}, {id: b, at_s: 7, for_s: 1, kind: pause}"
    draft = drafts.draft_of(small_scenario(tmp_path, 60, faults=text, symbols="[BTCUSDT, ETHUSDT]"), ())
    assert {"BTCUSDT": ["a", "b"], "ETHUSDT": ["b"]} == {gone: ids(cut) for gone, cut in drafts.fewer_symbols(draft)}


@pytest.mark.parametrize(
    ("key", "value", "gentler"),
    [
        ("prob", 0.8, [0.0, 0.05, 0.2, 0.4]),
        ("lost_messages", 40, [2, 10, 20]),
        ("lost_messages", 1, []),
        ("by_ms", -3000.0, [0.0, -188.0, -750.0, -1500.0]),
        ("factor", 3.0, [1.0, 1.12, 1.5, 2.0]),
        ("every_s", 5.0, [80.0, 20.0, 10.0]),
        ("at_s", 5.0, []),
    ],
)
def test_gentler_is_less_and_for_some_more(key, value, gentler):
    assert gentler == drafts.gentler(key, value)


# What is written


def test_what_is_written_is_the_scenario_that_was_tried(tmp_path):
    table = Table(tmp_path, needs_a_and_b)
    draft = {**table.draft, "tags": ["shrunk"], "description": 'It\'s: a "test", with everything [in] it #'}
    target = tmp_path / "elsewhere" / "shrunk.yaml"
    target.parent.mkdir()
    ranges = {"a": (Range("prob", 0.4, 1.0, False, False),)}
    text = text_of(placed(draft, table.path, target), ["Fails S3. " * 30, "again: sim run"], ranges)
    target.write_text(text)
    (ready,) = load_scenarios([target])
    assert {**draft, "strategy": ready.strategy.model_dump(exclude_unset=True)} == drafts.draft_of(ready, ())
    assert table.ready.config == ready.config
    lines = text.splitlines()
    assert "  # Still fails with prob from 0.4 to 1." == lines[lines.index("faults:") + 1]
    assert all(len(line) <= 110 for line in lines if line.startswith("#"))


def test_a_line_that_is_too_long_is_written_as_several(tmp_path):
    table = Table(tmp_path, needs_a_and_b)
    overrides = {f"symbols.{symbol}.flow.sniper.reaction_ms": 20 for symbol in ("BTCUSDT", "ETHUSDT")}
    overrides |= {f"symbols.{symbol}.flow.informed.looks_per_s": 1 for symbol in ("BTCUSDT", "ETHUSDT")}
    text = text_of({**table.draft, "market": {**table.draft["market"], "overrides": overrides}}, ["x"], {})
    assert "    symbols.BTCUSDT.flow.sniper.reaction_ms: 20\n" in text
    assert max(map(len, text.splitlines())) < 150
