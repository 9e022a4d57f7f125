"""What a fault costs: the same world without it, with every order of the others the same."""

import json

import pytest
from replayed import keep_run, said
from small_world import small_scenario

from sim.market.flow import FlowMarket
from sim.plan import STAYS, expand, ids_of, own_id, without
from sim.runs.console import interaction_told
from sim.runs.costs import FlowDiffers, costs_of, jobs_without
from sim.runs.job import Job, SeedResult
from sim.runs.seed import run_seed
from strategy.units import NS_PER_S

# Dead for most of the run, with its quotes left on the book: it earns nothing and is sniped.
DEAD = "{id: dead, at_s: 3, kind: crash, restart_after_s: 12}"
LATE = "{id: late, at_s: 3, for_s: 4, kind: latency_spike, links: [private], extra_p50_ms: 30, extra_p99_ms: 90}"
NEVER = "{id: never, at_s: 19, kind: feed_frozen}"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    kept = keep_run(
        tmp_path_factory.mktemp("run"),
        *("--fault-costs", "--seed", "1-2", "--until", "17"),
        seconds=20,
        calm_s=19.5,
        faults=f"{DEAD},{LATE},{NEVER}",
    )
    (scenario,) = json.loads((kept / "summary.json").read_text())["scenarios"]
    return scenario


def test_a_fault_of_known_effect_costs_money_and_leaves_stale_quotes(told):
    costs = {one["fault"]: one for one in told["fault_costs"]["faults"]}
    dead = costs["dead"]
    assert ("crash", 2) == (dead["kind"], dead["seeds"])
    assert dead["usdt"] > 0
    assert dead["stale_quote_s"] > 1
    assert dead["fills"] < 0
    assert dead["worst_usdt"] >= dead["usdt"]
    assert "dead" == told["fault_costs"]["faults"][0]["fault"], "the dearest comes first"


def test_a_fault_that_never_began_is_not_asked_about(told):
    assert {"dead", "late"} == {one["fault"] for one in told["fault_costs"]["faults"]}


def test_what_the_storm_costs_beyond_its_faults_is_told_as_interaction(told):
    costs = told["fault_costs"]
    assert costs["storm"]["usdt"] == pytest.approx(
        sum(one["usdt"] for one in costs["faults"]) + costs["interaction"]["usdt"]
    )
    assert (2, 0) == (costs["interaction"]["seeds"], costs["interaction"]["shown"])


def test_without_any_one_fault_every_proposal_of_others_is_the_same(tmp_path):
    scenario = small_scenario(tmp_path, 12, faults=f"{DEAD},{LATE}", symbols="[BTCUSDT, ETHUSDT]")
    job = Job(scenario, 5)
    flows = [run_seed(one).flow for one in (job, *jobs_without([job]))]
    assert 4 == len(flows)
    assert 1 == len(dict.fromkeys(flows))
    assert flows[0] != run_seed(Job(scenario, 6)).flow, "the digest sees another flow"
    assert flows[0] != run_seed(Job(scenario, 5, until_s=11.9)).flow, "and one proposal less"


def test_the_costs_are_printed_and_not_claimed_to_add_up(tmp_path):
    (tmp_path / "scenarios").mkdir()
    small_scenario(tmp_path / "scenarios", 6, faults="{id: dark, at_s: 2, for_s: 1, kind: feed_frozen}", calm_s=5)
    done = said("run", tmp_path / "scenarios" / "small.yaml", "--fault-costs", "-w", 1, "--out", tmp_path / "out")
    assert "cost of the fault" in done.output
    assert "dark (feed_frozen)" in done.output
    assert "1 runs more, each without a fault" in done.stderr
    assert "interaction" not in done.output, "one fault has nothing to act on"


def test_a_market_that_looks_at_our_orders_first_is_found_out(tmp_path, monkeypatch):
    """Its proposals depend on the bot, and so on the fault: no common random numbers, no costs."""
    propose = FlowMarket._propose

    def leaky(market, now_ns):
        propose(market, now_ns)
        market.next_proposal_ns += len(market.ours)

    monkeypatch.setattr(FlowMarket, "_propose", leaky)
    small_scenario(tmp_path, 6, faults="{id: gone, at_s: 2, kind: crash, restart_after_s: 2}", calm_s=5)
    done = said("run", tmp_path / "small.yaml", "--fault-costs", "-w", 1, "--out", tmp_path / "out")
    assert 6 == done.exit_code
    assert "error[SQ-S044]: small seed 1: with and without a fault others propose" in done.output
    (scenario,) = json.loads((tmp_path / "out" / "summary.json").read_text())["scenarios"]
    assert None is scenario["fault_costs"]


def test_a_run_without_the_flag_says_nothing_of_costs(tmp_path):
    kept = keep_run(tmp_path, seconds=4, faults="")
    (scenario,) = json.loads((kept / "summary.json").read_text())["scenarios"]
    assert None is scenario["fault_costs"]


# The sums, by hand


def result(seed, usdt, *, stale=0.0, flow="same", **kinds):
    metrics = {"pnl_usdt": {"value": usdt}, "stale_quote_s": {"value": stale}, "fills": {"value": 10.0}}
    return SeedResult("small", seed, metrics=metrics, flow=flow, **kinds)


@pytest.fixture
def jobs(tmp_path):
    scenario = small_scenario(tmp_path, 20, faults=f"{DEAD},{LATE}")
    return [Job(scenario, 1), Job(scenario, 2)]


def test_costs_are_means_over_seeds_of_what_its_absence_gains(jobs):
    with_all = {0: result(1, 10.0, stale=3.0), 1: result(2, 20.0, stale=1.0)}
    others = {
        0: result(1, 16.0),
        1: result(1, 9.0, stale=3.0),
        2: result(1, 17.0),
        3: result(2, 22.0),
        4: result(2, 20.0, stale=1.0),
        5: result(2, 22.0),
    }
    costs = costs_of(jobs, with_all, others)["small"]
    dead, late = costs.faults
    assert ("dead", 4.0, 6.0, 1, 2.0) == (dead.fault, dead.usdt, dead.worst_usdt, dead.worst_seed, dead.stale_quote_s)
    assert ("late", -0.5) == (late.fault, late.usdt)
    assert costs.storm.usdt == 4.5
    assert (1.0, 2, 0) == (costs.interaction.usdt, costs.interaction.seeds, costs.interaction.shown)
    assert interaction_told(costs.interaction).endswith(
        "over 2 seeds: not shown that faults act on each other; it takes 6 seeds at least"
    )


@pytest.mark.parametrize(
    ("beyond", "shown", "words"),
    [
        ([-5.0], 0, "-5 USDT in one seed: not shown, one is no pattern"),
        ([-5.0, -6.0, -7.0, -5.0, -6.0, -7.0], -1, "over 6 seeds: faults hide each other, so"),
        ([5.0, 6.0, 7.0, 5.0, 6.0, 7.0], 1, "over 6 seeds: faults make each other worse, so"),
        ([-5.0, 6.0, -7.0, 5.0, -6.0, 7.0], 0, "over 6 seeds: not shown that faults act on each other"),
    ],
)
def test_an_interaction_is_told_as_far_as_the_seeds_show_it(tmp_path, beyond, shown, words):
    scenario = small_scenario(tmp_path, 20, faults=f"{DEAD},{LATE}")
    jobs = [Job(scenario, seed) for seed in range(1, len(beyond) + 1)]
    with_all = {place: result(job.seed, 10.0) for place, job in enumerate(jobs)}
    others = {3 * place + n: result(job.seed, 11.0) for place, job in enumerate(jobs) for n in (0, 1)}
    others |= {3 * place + 2: result(job.seed, 12.0 + beyond[place]) for place, job in enumerate(jobs)}
    found = costs_of(jobs, with_all, others)["small"].interaction
    assert (len(beyond), shown) == (found.seeds, found.shown)
    assert words in interaction_told(found)
    assert ("do not add up" in interaction_told(found)) == bool(shown)


def test_a_seed_whose_run_ended_early_is_left_out_and_named(jobs):
    with_all = {0: result(1, 10.0), 1: result(2, 20.0, was_cut=True)}
    others = {place: result(1 + place // 3, 11.0) for place in range(6)}
    costs = costs_of(jobs, with_all, others)["small"]
    assert ((2,), [1, 1]) == (costs.left_out, [one.seeds for one in costs.faults])


def test_another_flow_is_no_comparison(jobs):
    with pytest.raises(FlowDiffers, match="seed 1"):
        costs_of(jobs, {0: result(1, 10.0)}, {0: result(1, 10.0, flow="other")})


# Plans without a fault


def test_a_fault_goes_from_the_plan_with_what_stays_of_it(tmp_path):
    faults = "{id: cut, at_s: 3, kind: partition, links: [rest_up, public]}, {id: dark, at_s: 4, kind: feed_frozen}"
    scenario = small_scenario(tmp_path, 20, faults=faults)
    calm = scenario.run.calm.model_copy(update={"mode": "core_heal"})
    scenario = scenario.model_copy(update={"run": scenario.run.model_copy(update={"calm": calm})})
    plan = expand(scenario, 1)
    assert ["cut", f"cut{STAYS}", "dark"] == [one.id for one in plan.faults]
    assert ("cut", "dark") == ids_of(plan)
    assert ["dark"] == [one.id for one in without(plan, ("cut",)).faults]
    late = without(plan, ("cut",), at_ns=5 * NS_PER_S)
    assert [5 * NS_PER_S] * 2 == [one.end_ns for one in late.faults if own_id(one) == "cut"]
