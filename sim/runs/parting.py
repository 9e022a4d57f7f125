"""Parts of what was earned as figures of seeds: in USDT, or of stages in bps of all that was traded."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Final

from sim.runs.comparing import check_same_world
from sim.runs.edge_parts import STAGE, EdgePart, by_key
from sim.runs.pairing import Effect, effect_of
from sim.runs.recorded import NotComparable, Recorded
from strategy.units import BPS, quote_from_cash

WHOLE: Final = "all together"
_VALUE: Final = "value"

_Parts = Mapping[int, tuple[EdgePart, ...]]


def figures_by(parts: _Parts, key: str) -> dict[str, dict[int, float]]:
    """Give the figure of each part by seed, 0 where a seed has nothing of it, and of all of them together.

    ``symbol``, ``window`` and ``hour`` tell the PnL in USDT, ``stage`` what it captured in bps of all notional.
    """
    found: dict[str, dict[int, float]] = {}
    for seed, told in parts.items():
        traded = sum(part.traded_cash for part in told)
        summed = by_key(told, key)
        cash = {name: one["capture_cash" if key == STAGE else "pnl_cash"] for name, one in summed.items()}
        for name, value in {**cash, WHOLE: sum(cash.values())}.items():
            figure = quote_from_cash(value) if key != STAGE else BPS * value / traded if traded else 0.0
            found.setdefault(name, {})[seed] = figure
    whole = found.pop(WHOLE, {})
    return {name: {seed: figures.get(seed, 0.0) for seed in parts} for name, figures in {**found, WHOLE: whole}.items()}


def compare_parts(before: Mapping[str, Recorded], after: Mapping[str, Recorded], key: str) -> dict[str, list[Effect]]:
    """Give what changed in each part of every scenario that both hold, paired by seed; last of all together.

    ``Effect.key`` ends with the part's name. Raises ``NotComparable`` where no scenario of both knows its parts.
    """
    found = {}
    for name in (name for name in before if name in after):
        check_same_world(before[name], after[name])
        sides = [figures_by({seed: parts for seed, parts in run[name].parts.items() if parts}, key)
                 for run in (before, after)]  # fmt: skip
        effects = [_effect(name, key, part, sides) for part in _names(sides)]
        if any(effect is not None for effect in effects):
            found[name] = [effect for effect in effects if effect is not None]
    if not found:
        raise NotComparable("no scenario of both knows the parts of what it earned: run it again, a baseline has none")
    return found


def _names(sides: Sequence[Mapping[str, Mapping[int, float]]]) -> list[str]:
    return [*dict.fromkeys(name for side in sides for name in side if name != WHOLE), WHOLE]


def _effect(scenario: str, key: str, part: str, sides: Sequence[Mapping[str, Mapping[int, float]]]) -> Effect | None:
    metric = "capture_bps" if key == STAGE else "pnl_usdt"
    before, after = (
        {seed: {metric: {_VALUE: side.get(part, {}).get(seed, 0.0)}} for seed in side.get(WHOLE, {})} for side in sides
    )
    return effect_of(f"{scenario}/{key}/{part}", metric, _VALUE, before, after)


def part_of(effect: Effect, scenario: str, key: str) -> str:
    """Say which part an effect is of."""
    return effect.key.removeprefix(f"{scenario}/{key}/").removesuffix(f"/{effect.metric}/{effect.stat}/change")


def means_by(parts: _Parts, key: str) -> dict[str, float]:
    """Give the mean over seeds of each part, all together last."""
    return {name: statistics.fmean(figures.values()) for name, figures in figures_by(parts, key).items() if figures}
