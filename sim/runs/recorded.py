"""What a finished run left behind, read again: the figures of its seeds, to be compared with others.

A run folder, its ``summary.json`` and a baseline are one kind of file. Two of them can be compared
where the world was the same: market, faults and length. The strategy may differ; that is the question.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from sim.runs.edge_parts import EdgePart
from sim.runs.job import Stats
from sim.scenario.load import Ready
from strategy.errors import StormquoteError

NO_BASELINE: Final = "SQ-G010"
NOT_COMPARABLE: Final = "SQ-G011"
SCHEMA_VERSION: Final = 1

_WORLD: Final[Mapping[str, Any]] = {
    "run": {"duration_s", "warmup_s", "start_utc", "calm", "ties"},
    "market": True,
    "profile": True,
    "faults": True,
}
# Far beyond every figure there is, and near enough for means and differences of it to be numbers.
_FIGURE_MAX: Final = 1e100
_WORDS: Final = ("description", "source", "status", "fitted_to")


class NotComparable(StormquoteError):
    """What should be compared with was measured in another world, or says too little."""

    code = NOT_COMPARABLE


class NoBaseline(NotComparable):
    """What should be compared with is not there."""

    code = NO_BASELINE


class RecordedSeed(msgspec.Struct, frozen=True):
    """The figures of one seed. ``was_cut``: a broken promise ended it, so that they are those of a part.

    ``edge`` are the parts of what was earned; a baseline has none.
    """

    seed: int
    metrics: dict[str, Stats]
    was_cut: bool = False
    edge: tuple[EdgePart, ...] = ()


class RecordedViability(msgspec.Struct, frozen=True):
    """Whether trading paid in it."""

    verdict: str
    why: str = ""


class RecordedCost(msgspec.Struct, frozen=True):
    """What one fault cost: mean and interval in USDT, and seconds of stale quotes."""

    fault: str
    usdt: float
    interval: tuple[float, float] | None
    stale_quote_s: float


class RecordedCosts(msgspec.Struct, frozen=True):
    """What the faults of a scenario cost, each by itself."""

    faults: tuple[RecordedCost, ...] = ()


class Recorded(msgspec.Struct, frozen=True):
    """One scenario of a finished run. ``world`` is the hash of all that decides its figures but the strategy.

    ``viability`` and ``fault_costs`` are None where nobody asked.
    """

    name: str
    world: str
    seeds: tuple[RecordedSeed, ...]
    viability: RecordedViability | None = None
    fault_costs: RecordedCosts | None = None

    @property
    def whole(self) -> dict[int, dict[str, Stats]]:
        """Give the figures of every seed that ran to its end."""
        return {one.seed: one.metrics for one in self.seeds if not one.was_cut}

    @property
    def parts(self) -> dict[int, tuple[EdgePart, ...]]:
        """Give the parts of what was earned in every such seed."""
        return {one.seed: one.edge for one in self.seeds if not one.was_cut}


class _Summary(msgspec.Struct, frozen=True):
    schema_version: int
    scenarios: tuple[Recorded, ...]


def world_of(scenario: Ready, until_s: float | None) -> str:
    """Hash what decides the figures of a seed besides the strategy."""
    # Without defaults: a field that is added to a model, and left alone, is no other world.
    parts = scenario.model_dump(mode="json", include=_WORLD, exclude_defaults=True)
    length_s = float(min(until_s or scenario.run.duration_s, scenario.run.duration_s))
    text = json.dumps([_without_words(parts), length_s], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _without_words(value: Any) -> Any:
    """Leave out what is said of the figures, at any depth."""
    if isinstance(value, dict):
        return {key: _without_words(each) for key, each in value.items() if key not in _WORDS}
    return [_without_words(each) for each in value] if isinstance(value, list) else value


def read_run(path: Path) -> dict[str, Recorded]:
    """Read a run folder or a file of its kind, by scenario; raise ``NotComparable`` where they cannot be had."""
    file = path / "summary.json" if path.is_dir() else path
    try:
        return recorded_in(file.read_bytes(), file.as_posix())
    except OSError as error:
        raise NoBaseline(f"{file} cannot be read: {error.strerror}") from None


def recorded_in(content: bytes, name: str) -> dict[str, Recorded]:
    """Read the bytes of such a file; ``name`` is how it is called in what is said of it."""
    try:
        summary = msgspec.json.decode(content, type=_Summary)
    except msgspec.DecodeError as error:
        raise NotComparable(f"{name} holds no figures of a run: {error}") from None
    if summary.schema_version != SCHEMA_VERSION:
        raise NotComparable(f"{name} is of version {summary.schema_version}; this program reads {SCHEMA_VERSION}")
    for one in summary.scenarios:
        wrong = _wrong_in(one)
        if wrong or [each.name for each in summary.scenarios].count(one.name) > 1:
            raise NotComparable(f"{name}: {one.name} {wrong or 'is in it twice'}")
    return {one.name: one for one in summary.scenarios}


def _wrong_in(one: Recorded) -> str:
    """Say what no run writes of a scenario; empty where nothing is."""
    seeds = [each.seed for each in one.seeds]
    twice = next((seed for seed in seeds if seeds.count(seed) > 1), None)
    if twice is not None:
        return f"has seed {twice} twice"
    for each in one.seeds:
        for metric, stats in each.metrics.items():
            if any(abs(value) > _FIGURE_MAX for value in stats.values()):
                return f"has a {metric} in seed {each.seed} that no run can have"
    return ""
