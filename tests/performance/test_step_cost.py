"""What a decision costs, as a ratio to work whose cost is known: making and reading small records."""

import time

import msgspec
from small_world import small_world


class Small(msgspec.Struct, frozen=True, gc=False):
    first: int
    second: float
    third: str


def yardstick_s(rounds: int = 100_000) -> float:
    started_s = time.process_time()
    total = 0
    for number in range(rounds):
        total += Small(number, 1.0, "x").first
    return (time.process_time() - started_s) / rounds


def test_a_whole_decision_costs_no_more_than_a_few_thousand_records(tmp_path):
    """Book, beliefs, limits, five stages and attribution; timed on the decisions of a real run."""
    from strategy import rounds as module

    spent, count = 0, 0
    decide = module.decide

    def timed(*arguments):
        nonlocal spent, count
        started_s = time.process_time_ns()
        decide(*arguments)
        spent += time.process_time_ns() - started_s
        count += 1

    module.decide = timed
    try:
        small_world(tmp_path, seconds=60).run()
    finally:
        module.decide = decide
    unit_s = min(yardstick_s() for _ in range(3))
    print(f"\n{count} decisions, {spent / count / 1000:.1f} us each; a record {1e6 * unit_s:.3f} us")
    assert spent / count / 1e9 < 5000 * unit_s
