"""Prove that a run depends on nothing but scenario, seed and code.

Everything is run a second time in fresh processes, under another hash seed, in reverse order,
with junk allocated before: whatever leaks in from outside gets its chance to differ. Where a
digest differs, the checkpoints say between which two the runs part.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec

from sim.runs.engine import Gathered, never, run_jobs
from sim.runs.job import Job, SeedResult
from sim.trace import CHECKPOINT_EVERY

_JUNK: Final = 100_003
# Two workers even where one was asked for: a second run in the same process would share its state.
_WORKERS_MIN: Final = 2


class Difference(msgspec.Struct, frozen=True):
    """Whether both runs agree, and in words."""

    equal: bool
    text: str


@contextmanager
def _hash_seed(value: str) -> Iterator[None]:
    before = os.environ.get("PYTHONHASHSEED")
    os.environ["PYTHONHASHSEED"] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONHASHSEED"]
        else:
            os.environ["PYTHONHASHSEED"] = before


def compare(jobs: Sequence[Job], first: Gathered, workers: int) -> Difference:
    """Run the jobs again, differently, and compare digests with the first run."""
    other_seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    again = [msgspec.structs.replace(job, junk=_JUNK) for job in reversed(jobs)]
    with _hash_seed(other_seed):
        second = run_jobs(again, max(workers, _WORKERS_MIN), lambda _, result: None, never)
    compared = 0
    for place in range(len(jobs)):
        one, other = first.results.get(place), second.results.get(len(jobs) - 1 - place)
        if one is None or other is None or one.skipped:
            continue
        compared += 1
        if one.digest != other.digest:
            return Difference(False, _part(one, other))
    if not compared:
        return Difference(False, "determinism: nothing could be compared")
    return Difference(True, f"determinism: {compared} of {compared} digests agree under another hash seed and order")


def _part(one: SeedResult, other: SeedResult) -> str:
    """Say where two traces part, from their checkpoints."""
    shared = 0
    for left, right in zip(one.checkpoints, other.checkpoints, strict=False):
        if left != right:
            break
        shared += 1
    where = f"between records {shared * CHECKPOINT_EVERY} and {(shared + 1) * CHECKPOINT_EVERY}"
    return (
        f"not deterministic: {one.name} seed {one.seed}: {one.digest[:8]} then {other.digest[:8]}, "
        f"the traces part {where}"
    )
