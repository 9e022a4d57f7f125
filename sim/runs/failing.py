"""What a run of one seed failed of, each failure with the identity by which others are the same."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from sim.oracle.identity import Identity, raised_at
from sim.runs.job import SeedResult
from sim.runs.judge import FAIL, verdicts_of
from sim.scenario.gates import Gate

GATE: Final = "gate "
_NO_SAMPLE: Final = "no sample"


class Failure(msgspec.Struct, frozen=True):
    """One of them. ``at_s`` is None for a gate: it is judged at the end. ``metric`` is a gate's."""

    identity: Identity
    at_s: float | None
    told: str
    metric: str = ""

    @property
    def is_absent(self) -> bool:
        """Say whether it is a gate whose figure is not there."""
        return bool(self.metric) and self.identity.place == _NO_SAMPLE

    def __str__(self) -> str:
        """Write it as people read it."""
        when = "" if self.at_s is None else f" at {self.at_s:.3f} s"
        return f"{self.identity}{when}: {self.told}"


class Wanted(msgspec.Struct, frozen=True):
    """Which failure is asked for: a gate's metric, an invariant, the code of an error; all empty: the first."""

    gate: str = ""
    invariant: str = ""
    code: str = ""

    @property
    def is_any(self) -> bool:
        """Say whether the first failure will do."""
        return not (self.gate or self.invariant or self.code)

    def find(self, failures: Sequence[Failure]) -> Failure | None:
        """Give the first failure that is meant."""
        return next((one for one in failures if self.is_any or self._means(one)), None)

    def _means(self, failure: Failure) -> bool:
        if self.gate:
            return failure.metric == self.gate
        return failure.identity.what == (self.invariant or self.code)


def failures_of(gates: Sequence[Gate], result: SeedResult) -> tuple[Failure, ...]:
    """List what a run failed of: what raised, then broken promises as they came, then gates."""
    return tuple(_failures(gates, result))


def _failures(gates: Sequence[Gate], result: SeedResult) -> Iterator[Failure]:
    if result.error:
        told = result.error.strip().splitlines()[-1]
        yield Failure(Identity(result.error_code, "", raised_at(result.error)), result.error_at_s, told)
    for breach in result.breaches:
        yield Failure(breach.identity, breach.at_s, breach.detail)
    # What a part of a run measured is no answer.
    for gate in gates if not (result.was_cut or result.error) else ():
        for verdict in verdicts_of(result.name, gate, (result,)):
            if verdict.verdict == FAIL:
                got = _NO_SAMPLE if verdict.got is None else f"got {verdict.got:g}"
                # No sample is another failure than a figure that is too low.
                way = got if verdict.got is None else "below" if _is_below(gate, verdict.got) else "above"
                identity = Identity(f"{GATE}{verdict.gate}", "", way)
                yield Failure(identity, None, f"{verdict.limit}, {got}", gate.metric)


def _is_below(gate: Gate, got: float) -> bool:
    return gate.min is not None and got < gate.min
