"""Where drafts are tried: does this one still fail in the same way?

Candidates are tried in order and the first that fails is taken, so that the outcome is the same for any
number of workers: what was tried ahead of its turn is remembered, and counted when its turn comes.
"""

import json
from collections.abc import Callable, Iterable, Sequence

import msgspec

from sim.oracle.identity import Identity
from sim.runs.engine import Crew
from sim.runs.failing import Failure, failures_of
from sim.runs.job import Job
from sim.shrink.drafts import Draft

# Makes the job of a draft; None where no scenario can be made of it.
Build = Callable[[Draft], Job | None]


class Interrupted(Exception):
    """Somebody wants to stop; what was found so far stands."""


class NobodyLeft(Exception):
    """There is no worker any more."""


class Seen(msgspec.Struct, frozen=True):
    """A draft that was tried: what it failed of, which faults bit, and why it could not be run, if it could not."""

    failures: tuple[Failure, ...] = ()
    bites: dict[str, int] = {}
    skipped: str = ""
    refused: str = ""


class Trials:
    """A budget of runs, spent on one question."""

    def __init__(self, crew: Crew, width: int, build: Build, runs_max: int) -> None:
        """Take workers; ``width`` drafts are tried at a time."""
        self._crew = crew
        self._width = width
        self._build = build
        self._runs_max = runs_max
        self._seen: dict[str, Seen] = {}
        self._counted: dict[str, None] = {}
        self.wanted: Identity | None = None
        """What a draft has to fail of; None: anything."""
        self.control: Callable[[Draft], Draft] | None = None
        """Gives of a draft the one beside it that must not fail so; None: there need be none."""

    @property
    def runs(self) -> int:
        """Count the runs a single worker would have made."""
        return len(self._counted)

    @property
    def left(self) -> int:
        """Count the runs that may still be made."""
        return self._runs_max - self.runs

    def look(self, draft: Draft) -> Seen | None:
        """Try one draft; None where no scenario can be made of it, or no run is left."""
        (seen,) = self.all((draft,))
        return seen

    def first(self, drafts: Iterable[Draft]) -> tuple[Draft, Failure] | None:
        """Give the first draft that still fails; None where none does, or no run is left."""
        waiting = list(drafts)
        while waiting and self.left > 0:
            some, waiting = waiting[: self._width], waiting[self._width :]
            self._run(some)
            for draft in some:
                failure = self.same(self._take(draft))
                if failure is not None and self._stands_out(draft):
                    return draft, failure
        return None

    def _stands_out(self, draft: Draft) -> bool:
        """Say whether the run beside a draft does not fail as it does."""
        if self.control is None:
            return True
        seen = self.look(self.control(draft))
        return seen is not None and self.same(seen) is None

    def all(self, drafts: Sequence[Draft]) -> list[Seen | None]:
        """Try all of some drafts; None for those of which no scenario can be made, or for which no run is left."""
        found = []
        for start in range(0, len(drafts), self._width):
            some = drafts[start : start + self._width] if self.left > 0 else ()
            self._run(some)
            found += [self._take(draft) for draft in some]
        return found + [None] * (len(drafts) - len(found))

    def same(self, seen: Seen | None) -> Failure | None:
        """Give the failure that is wanted, among those that were seen."""
        failures = () if seen is None else seen.failures
        return next((one for one in failures if self.wanted in (None, one.identity)), None)

    def _take(self, draft: Draft) -> Seen | None:
        """Give what came of a draft, now that it is its turn."""
        key = _key(draft)
        seen = self._seen.get(key)
        if seen is None or (key not in self._counted and self.left <= 0):
            return None
        self._counted[key] = None
        return seen

    def _run(self, drafts: Sequence[Draft]) -> None:
        """Run those that nobody has run yet."""
        jobs: dict[str, Job] = {}
        for draft in drafts:
            key = _key(draft)
            job = None if key in self._seen else self._build(draft)
            if job is not None:
                jobs[key] = job
        gathered = self._crew.carry(list(jobs.values()), lambda _place, _result: None)
        for place, (key, job) in enumerate(jobs.items()):
            result = gathered.results.get(place)
            if result is not None:
                failures = failures_of(job.scenario.gates, result)
                self._seen[key] = Seen(failures, result.bites, result.skipped, result.refused)
            elif place in gathered.lost:
                self._seen[key] = Seen()  # it killed its worker, twice: another failure than ours
        if gathered.interrupted:
            raise Interrupted
        if gathered.why:
            raise NobodyLeft(gathered.why)


def _key(draft: Draft) -> str:
    return json.dumps(draft, sort_keys=True)
