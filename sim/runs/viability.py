"""Does trading here pay? A verdict of its own, beside the gates: of the strategy and of every control.

Gates say whether the program does what was promised of it. A market at whose fees nobody earns can
let them all pass, and what is printed then must not read like success. Nothing fails by this verdict.
"""

import statistics
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from sim.runs.job import SeedResult
from sim.runs.pairing import PAIRS_MIN
from sim.runs.resampling import LUCK_MAX, interval_of_mean, luck_of
from sim.scenario.metrics import METRICS
from sim.scenario.strategies import Viability

VIABLE: Final = "viable"
NOT_VIABLE: Final = "not viable"
"""Neither the strategy nor any control earns enough."""
BEATEN: Final = "beaten"
"""The strategy does not earn enough where a control does."""
NOT_SHOWN: Final = "not shown"
"""The seeds do not say."""

_PAYS: Final = "pays"
_LOSES: Final = "does not pay"
_STRATEGY: Final = "the strategy"


class Earned(msgspec.Struct, frozen=True):
    """What one of them earns: mean over ``seeds``, its interval, and whether that lies on one side of the least.

    ``verdict`` is ``pays``, ``does not pay`` or ``not shown``.
    """

    mean: float | None
    interval: tuple[float, float] | None
    seeds: int
    verdict: str


class ViabilityVerdict(msgspec.Struct, frozen=True):
    """What decides, how much it has to be more than, who earns what, and what follows (``verdict``, ``why``)."""

    metric: str
    unit: str
    least: float
    strategy: Earned
    controls: dict[str, Earned]
    verdict: str
    why: str


def viability_of(
    scenario: str, asked: Viability, results: Sequence[SeedResult], controls: Mapping[str, Sequence[SeedResult]]
) -> ViabilityVerdict:
    """Judge whether trading pays, from seeds that ran to their end."""
    strategy = _earned(f"{scenario}/viability", asked, results)
    rivals = {name: _earned(f"{scenario}/viability/{name}", asked, theirs) for name, theirs in controls.items()}
    verdict, why = _verdict(strategy, rivals)
    unit = METRICS[asked.metric].unit
    return ViabilityVerdict(asked.metric, unit, asked.least, strategy, rivals, verdict, why)


def _verdict(strategy: Earned, rivals: Mapping[str, Earned]) -> tuple[str, str]:
    if strategy.verdict == _PAYS:
        return VIABLE, ""
    if strategy.verdict == NOT_SHOWN:
        return NOT_SHOWN, _unsure(_STRATEGY, strategy)
    for name, one in rivals.items():
        if one.verdict == _PAYS:
            return BEATEN, f"it pays {name}"
    for name, one in rivals.items():
        if one.verdict == NOT_SHOWN:
            return NOT_SHOWN, f"it does not pay the strategy; {_unsure(name, one)}"
    names = [_STRATEGY, *rivals]
    return NOT_VIABLE, f"it does not pay {' nor '.join(names)}"


def _unsure(name: str, one: Earned) -> str:
    if one.seeds < PAIRS_MIN:
        return f"{one.seeds} seeds of {name} are too few to say, {PAIRS_MIN} are needed"
    return f"whether it pays {name} does not show in {one.seeds} seeds"


def _earned(key: str, asked: Viability, results: Sequence[SeedResult]) -> Earned:
    """Say of one of them whether it earns more than the least, or less, and not by luck.

    As with a drop, the whole interval must lie on one side, and few enough signs must give as much.
    """
    values = [
        result.metrics[asked.metric]["value"] for result in results if "value" in result.metrics.get(asked.metric, {})
    ]
    if not values:
        return Earned(None, None, 0, NOT_SHOWN)
    interval = interval_of_mean(key, values)
    mean, verdict = statistics.fmean(values), NOT_SHOWN
    if interval is not None and len(values) >= PAIRS_MIN:
        for turn, word in ((1, _PAYS), (-1, _LOSES)):
            beyond = [turn * (value - asked.least) for value in values]
            is_clear = min(turn * (bound - asked.least) for bound in interval) > 0
            if is_clear and luck_of(key, beyond) <= LUCK_MAX:
                verdict = word
    return Earned(mean, interval, len(values), verdict)
