"""Carry jobs to workers and bring every result back, whatever happens to a worker.

The order of results is the order of the jobs, never the order of arrival. A worker that dies
takes its job with it once: the job is tried again by itself, and only a job that kills its
worker twice is given up as lost. Where the workers are, ``sim.runs.workers`` says; everything
here is the same for all of them.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future, as_completed
from typing import Final

import click
import msgspec

from sim.runs.job import Job, SeedResult
from sim.runs.seed import run_seed
from sim.runs.workers import NoCluster, Site, site_of

# So often it is asked whether those who work are still there: a broken connection need not say so.
_LOOK_S: Final = 5.0

# Told of each result as it arrives: its place in the job list, and what it is.
Progress = Callable[[int, SeedResult], None]
Stop = Callable[[SeedResult], bool]


class Gathered(msgspec.Struct):
    """Results by place in the job list; a place without a result was lost or never reached.

    ``why`` there was nobody left to do the rest; empty when there was.
    """

    results: dict[int, SeedResult] = {}
    lost: list[int] = []
    why: str = ""
    interrupted: bool = False


def never(result: SeedResult) -> bool:
    """Stop after no result."""
    return False


class Crew:
    """Workers that are kept from one list of jobs to the next. Close it, or use it in a ``with``."""

    def __init__(self, engine: str, workers: int) -> None:
        """Name the engine (``local``, ``dask``, ``tcp://…``) and the number of workers; nobody is hired yet."""
        self._site: Site = site_of(engine)
        self._workers = workers
        self._hired: Executor | None = None

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let everyone go; what has begun is not waited for."""
        if self._hired is not None:
            self._site.dismiss(self._hired)
            self._hired = None

    def carry(self, jobs: Sequence[Job], progress: Progress, stop: Stop = never) -> Gathered:
        """Run all jobs; ``stop`` says after which result no more are started."""
        gathered = Gathered()
        try:
            if self._site.is_here(self._workers):
                _run_here(jobs, gathered, progress, stop)
            elif jobs:
                self._share_out(jobs, gathered, progress, stop)
        except KeyboardInterrupt:
            gathered.interrupted = True
            self._site.abandon()
            self.close()
        return gathered

    def _share_out(self, jobs: Sequence[Job], gathered: Gathered, progress: Progress, stop: Stop) -> None:
        tried = self._try_each(jobs, range(len(jobs)), gathered, progress, stop)
        for place in tried.died:
            if tried.was_stopped or tried.why:
                break
            # Its neighbours died with it the first time: alone, only the deadly one is lost.
            self._replace()
            tried = self._try_each(jobs, (place,), gathered, progress, stop)
            gathered.lost += tried.died
        if tried.why:
            gathered.lost = [place for place in range(len(jobs)) if place not in gathered.results]
            gathered.why = tried.why
        if tried.died:
            self._replace()

    def _replace(self) -> None:
        """Have others hired where one death ends the service of all."""
        if not self._site.outlives_a_death:
            self.close()

    def _try_each(
        self, jobs: Sequence[Job], places: Sequence[int], gathered: Gathered, progress: Progress, stop: Stop
    ) -> "_Tried":
        """Run the jobs at ``places``, each once."""
        tried = _Tried()
        futures: dict[Future[SeedResult], int] = {}
        try:
            if self._hired is None:
                self._hired = self._site.hire(self._workers)
            for place in places:
                futures[self._hired.submit(run_seed, jobs[place])] = place
        except NoCluster as gone:
            tried.why = str(gone)
        except self._site.deaths:
            # Nobody is left to take the rest; what was handed over may still come back.
            tried.died += places[len(futures) :]
        for future in self._arriving(futures):
            try:
                result = future.result()
            except CancelledError:
                tried.why = "the cluster is gone"
            except self._site.deaths:
                tried.died.append(futures[future])
            else:
                gathered.results[futures[future]] = result
                progress(futures[future], result)
                if stop(result):
                    tried.was_stopped = True
                    break
        if not tried.was_stopped and not all(future.done() for future in futures):
            tried.why = "the cluster is gone"
        for future in futures:
            future.cancel()  # no more than a stop leaves behind, or a cluster that is gone
        tried.died.sort()
        return tried

    def _arriving(self, futures: Iterable[Future[SeedResult]]) -> Iterator[Future[SeedResult]]:
        """Give futures as they are done; the rest is given up when nobody is left who could do them."""
        pending = dict.fromkeys(futures)
        while pending:
            try:
                for future in as_completed(pending, timeout=_LOOK_S):
                    del pending[future]
                    yield future
            except TimeoutError:
                if not self._site.is_alive():
                    return


class _Tried(msgspec.Struct):
    """What came of trying jobs once: whose worker died, whether ``stop`` spoke, why nobody is left to work."""

    died: list[int] = []
    was_stopped: bool = False
    why: str = ""


def workers_of(text: str) -> int:
    """Read ``--workers``: a number above zero, or ``auto`` for as many as there are cores."""
    if text == "auto":
        return os.cpu_count() or 1
    if not text.isdecimal() or not int(text):
        raise click.BadParameter(f"{text!r} is not a number of workers, nor 'auto'", param_hint="--workers")
    return int(text)


def run_jobs(jobs: Sequence[Job], workers: int, progress: Progress, stop: Stop, engine: str = "local") -> Gathered:
    """Run one list of jobs with a crew of its own."""
    with Crew(engine, min(workers, max(1, len(jobs)))) as crew:
        return crew.carry(jobs, progress, stop)


def _run_here(jobs: Sequence[Job], gathered: Gathered, progress: Progress, stop: Stop) -> None:
    for place, job in enumerate(jobs):
        result = run_seed(job)
        gathered.results[place] = result
        progress(place, result)
        if stop(result):
            return
