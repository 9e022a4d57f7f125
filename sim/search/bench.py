"""Where points are tried: a crew of workers, and the ledger of what they brought back."""

import math
import statistics
from collections.abc import Callable, Iterable, Sequence

from sim.runs.engine import Crew, Gathered
from sim.runs.job import Job, SeedResult
from sim.search.ledger import Ledger, key_of

Arrived = Callable[[int, int, int, SeedResult], None]


class Bench:
    """Runs jobs, each once in the life of its ledger."""

    def __init__(self, crew: Crew, ledger: Ledger, arrived: Arrived = lambda done, many, place, result: None) -> None:
        """Take workers and ledger; ``arrived`` is told of each new result: how many of how many are there, its place
        in the list, and what it is."""
        self._crew = crew
        self._ledger = ledger
        self._arrived = arrived
        self.reused = 0
        """How many results were there already."""

    def run(self, jobs: Sequence[Job]) -> Gathered:
        """Give the results of all jobs, by place; only those not in the ledger are run."""
        keys = [key_of(job) for job in jobs]
        gathered = Gathered()
        left: list[int] = []
        for place, key in enumerate(keys):
            known = self._ledger.find(key)
            if known is None:
                left.append(place)
                continue
            gathered.results[place] = known
            self.reused += 1

        there = len(gathered.results)

        def kept(number: int, result: SeedResult) -> None:
            nonlocal there
            there += 1
            self._ledger.keep(keys[left[number]], result)
            self._arrived(there, len(jobs), left[number], result)

        made = self._crew.carry([jobs[place] for place in left], kept)
        gathered.results |= {left[number]: result for number, result in made.results.items()}
        gathered.lost = [left[number] for number in made.lost]
        gathered.interrupted, gathered.why = made.interrupted, made.why
        return gathered


def figure(results: Iterable[SeedResult], metric: str, stat: str = "value") -> list[float]:
    """Give one figure of every seed that has it, in the order of the seeds."""
    found = [result.metrics.get(metric, {}).get(stat, math.nan) for result in results]
    return [value for value in found if not math.isnan(value)]


def mean_of(values: Sequence[float]) -> float | None:
    """Give the mean; None of nothing."""
    return statistics.fmean(values) if values else None
