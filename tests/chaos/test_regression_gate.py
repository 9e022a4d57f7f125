"""The gate on a drop against a strategy that did not change: how often does it cry wolf?

Blocks of seeds of one unchanged strategy are judged against each other as if they were the same
seeds. The market is not paired away then, and nothing at all may be lost: noise at its worst.
"""

import random
from itertools import pairwise

import pytest
from msgspec.structs import replace
from small_world import small_scenario

from sim.runs.job import Job, SeedResult
from sim.runs.judge import FAIL, verdicts_of
from sim.runs.recorded import Recorded, RecordedSeed
from sim.runs.seed import run_seed
from sim.scenario.gates import Gate

RUNS = 50
# One in forty is the promise; more than five of fifty would then be seen once in five hundred times.
ALARMS_MAX = 5
GATE = Gate(metric="net_bps", vs_baseline_max_drop=0.0)


def is_alarm(before: list[SeedResult], after: list[SeedResult]) -> bool:
    then = tuple(RecordedSeed(number, one.metrics) for number, one in enumerate(before))
    now = [replace(one, seed=number) for number, one in enumerate(after)]
    (verdict,) = verdicts_of("small", GATE, now, Recorded("small", "w", then))
    return verdict.verdict == FAIL


def alarms(results: list[SeedResult], seeds: int) -> tuple[int, int]:
    """Count false alarms of blocks of seeds, each after the one before, and those left when twice the seeds must confirm them."""
    size = 2 * seeds
    blocks = [results[start : start + size] for start in range(0, len(results), size)]
    pairs = list(pairwise(blocks))
    assert RUNS == len(pairs)
    first = [(one, other) for one, other in pairs if is_alarm(one[:seeds], other[:seeds])]
    return len(first), sum(is_alarm(one, other) for one, other in first)


def drawn(seeds: int) -> list[SeedResult]:
    """Make figures as a market makes them: mostly close together, and one in twenty far out."""
    dice = random.Random(seeds)
    values = [
        dice.gauss(0.1, 0.05) + (dice.random() < 0.05) * dice.gauss(0, 0.5) for _ in range(2 * (RUNS + 1) * seeds)
    ]
    return [SeedResult("small", seed, metrics={"net_bps": {"value": value}}) for seed, value in enumerate(values)]


@pytest.mark.parametrize("seeds", [6, 8, 16, 32])
def test_noise_of_any_number_of_seeds_raises_few_alarms_and_twice_the_seeds_confirm_fewer(seeds):
    raised, confirmed = alarms(drawn(seeds), seeds)
    assert raised <= ALARMS_MAX
    assert confirmed <= min(raised, 1)


@pytest.mark.parametrize("seeds", [6, 8, 16, 32])
def test_a_drop_of_a_few_times_the_noise_is_not_missed(seeds):
    before = drawn(seeds)[:seeds]
    after = [
        replace(one, metrics={"net_bps": {"value": one.metrics["net_bps"]["value"] - 0.05 - 0.01 * (number % 3)}})
        for number, one in enumerate(before)
    ]
    assert is_alarm(before, after)


def test_so_it_is_with_seeds_of_the_real_strategy(tmp_path, is_deep):
    """Six hundred short runs in the long suite; in the quick one the same seeds twice, which differ in nothing."""
    seeds = 6
    ready = small_scenario(tmp_path, 8)
    results = [run_seed(Job(ready, seed)) for seed in range(1, 1 + (2 * (RUNS + 1) if is_deep else 1) * seeds)]
    assert not is_alarm(results[:seeds], results[:seeds])
    if is_deep:
        raised, confirmed = alarms(results, seeds)
        print(f"{raised} of {RUNS} alarms, {confirmed} confirmed")
        assert raised <= ALARMS_MAX
        assert confirmed <= 1
