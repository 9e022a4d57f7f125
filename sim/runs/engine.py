"""Carry jobs to workers and bring every result back, whatever happens to a worker.

The order of results is the order of the jobs, never the order of arrival. A worker that dies
takes its job with it once: the job is tried again in a fresh pool, and only a job that kills its
worker twice is given up as lost.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

import click
import msgspec

from sim.runs.job import Job, SeedResult
from sim.runs.seed import run_seed

Progress = Callable[[SeedResult], None]


class Gathered(msgspec.Struct):
    """Results by place in the job list; a place without a result was lost or never reached."""

    results: dict[int, SeedResult] = {}
    lost: list[int] = []
    interrupted: bool = False


def workers_of(text: str) -> int:
    """Read ``--workers``: a number above zero, or ``auto`` for as many as there are cores."""
    if text == "auto":
        return os.cpu_count() or 1
    if not text.isdecimal() or not int(text):
        raise click.BadParameter(f"{text!r} is not a number of workers, nor 'auto'", param_hint="--workers")
    return int(text)


def run_jobs(jobs: Sequence[Job], workers: int, progress: Progress, stop: Callable[[SeedResult], bool]) -> Gathered:
    """Run all jobs; ``stop`` says after which result no more are started."""
    gathered = Gathered()
    try:
        if workers <= 1:
            _run_here(jobs, gathered, progress, stop)
        else:
            _run_pooled(jobs, workers, gathered, progress, stop)
    except KeyboardInterrupt:
        gathered.interrupted = True
    return gathered


def _run_here(jobs: Sequence[Job], gathered: Gathered, progress: Progress, stop: Callable[[SeedResult], bool]) -> None:
    for place, job in enumerate(jobs):
        result = run_seed(job)
        gathered.results[place] = result
        progress(result)
        if stop(result):
            return


def _run_pooled(
    jobs: Sequence[Job], workers: int, gathered: Gathered, progress: Progress, stop: Callable[[SeedResult], bool]
) -> None:
    try:
        _drain(jobs, workers, gathered, progress, stop)
    except BrokenProcessPool:
        left = [place for place in range(len(jobs)) if place not in gathered.results]
        _retry_alone(jobs, left, gathered, progress)


def _drain(
    jobs: Sequence[Job], workers: int, gathered: Gathered, progress: Progress, stop: Callable[[SeedResult], bool]
) -> None:
    """Run all jobs in one pool until the last is done or ``stop`` says so."""
    pool = _pool(min(workers, len(jobs)))
    futures: dict[Future[SeedResult], int] = {}
    try:
        futures.update({pool.submit(run_seed, job): place for place, job in enumerate(jobs)})
        for future in as_completed(futures):
            result = future.result()
            gathered.results[futures[future]] = result
            progress(result)
            if stop(result):
                return
    except BrokenProcessPool:
        # Whatever ended before the pool broke is a result like any other.
        for future, place in futures.items():
            if place not in gathered.results and future.done() and future.exception() is None:
                gathered.results[place] = future.result()
                progress(gathered.results[place])
        raise
    except KeyboardInterrupt:
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _retry_alone(jobs: Sequence[Job], places: Sequence[int], gathered: Gathered, progress: Progress) -> None:
    """Give each job of a broken pool a worker of its own, so that only the deadly one is lost."""
    for place in places:
        with _pool(1) as pool:
            try:
                gathered.results[place] = pool.submit(run_seed, jobs[place]).result()
            except BrokenProcessPool:
                gathered.lost.append(place)
                continue
        progress(gathered.results[place])


def _pool(workers: int) -> ProcessPoolExecutor:
    # Spawned, not forked: a worker starts from nothing, like a run of its own.
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(max_workers=workers, mp_context=spawn, initializer=_leave_interrupts_to_the_parent)


def _leave_interrupts_to_the_parent() -> None:
    # A Ctrl-C reaches the whole process group; one process answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
