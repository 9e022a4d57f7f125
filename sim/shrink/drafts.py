"""A scenario as plain data, and the ways in which it can be cut: each gives another draft, none changes one.

A cut may give a draft that no scenario can be made of (a fault after the calm, a link list that is
empty). Whoever builds it finds out: such a draft is no candidate.
"""

import copy
import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sim.scenario.load import Ready
from sim.scenario.settings import Setting

Draft = dict[str, Any]
Record = dict[str, Any]

# Whoever breaks an invariant needs no gate; a scenario needs one. This one holds for every sound core.
_ANY_GATE: Final = {"metric": "max_exposure_pct", "max": 100}
# Where the first fault of a shortened timeline begins: by then a bot is connected and quotes.
_FIRST_S: Final = 5.0
_PARTS: Final = (16, 4, 2)
# A fault that comes less often, or leaves more room, is the gentler one.
_MORE_IS_GENTLER: Final = frozenset(
    {"every_s", "orders_per_s", "burst", "reads_per_s", "weight_per_s", "ban_after", "reset_after", "p_good"}
    | {"soft_kib", "hard_kib"}
)
# More or less of these is neither: places, ends, and what belongs to another field.
_NEITHER: Final = frozenset({"at_s", "nth", "deadline_s", "interrupted_after_s", "slew_ppm", "ban_s_max"})
_QUIET: Final = (
    ("the sniper", "sniper.enabled", False),
    ("informed takers", "informed.looks_per_s", 0),
    ("jumps", "latent.jumps_per_hour", 0),
    ("sweeps", "takers.sweep_share", 0),
)


def draft_of(ready: Ready, settings: Sequence[Setting]) -> Draft:
    """Give a scenario as plain data, as far as it was written; settings of the command line become its own."""
    draft: Draft = ready.model_dump(mode="json", exclude_unset=True, exclude={"config", "profile"})
    if settings:
        given = {setting.key: setting.value for setting in settings}
        draft["strategy"]["overrides"] = draft["strategy"].get("overrides", {}) | given
    return {key: value for key, value in draft.items() if value not in ({}, [])}


def faults_of(draft: Draft) -> list[Record]:
    """Give the faults of a draft."""
    faults: list[Record] = draft.get("faults", [])
    return faults


def with_faults(draft: Draft, faults: Sequence[Record]) -> Draft:
    """Give the draft with other faults."""
    return {**draft, "faults": list(faults)}


def with_gate(draft: Draft, metric: str) -> Draft:
    """Keep one gate's metric, or, for what breaks an invariant, a gate that always holds."""
    gates = [gate for gate in draft["gates"] if gate["metric"] == metric] or [_ANY_GATE]
    return {**draft, "gates": gates}


def with_run(draft: Draft, **changes: Any) -> Draft:
    """Change the run; None drops a key."""
    run = {**draft["run"], **changes}
    return {**draft, "run": {key: value for key, value in run.items() if value is not None}}


def calm_s(draft: Draft) -> float | None:
    """Say when the storm ends, if it is said."""
    calm = draft["run"].get("calm")
    return None if calm is None else float(calm["after_s"])


# The horizon


def ended_after(draft: Draft, failed_s: float, grain_s: float) -> Draft:
    """End a run at the next multiple of ``grain_s`` after an instant; what had not begun by then goes."""
    end_s = round((math.floor(failed_s / grain_s) + 1) * grain_s, 6)
    storm_s = calm_s(draft)
    if storm_s is None or failed_s > storm_s:
        return with_run(draft, duration_s=min(end_s, draft["run"]["duration_s"]), warmup_s=None)
    if end_s >= storm_s:
        return with_run(draft, duration_s=min(round(storm_s + grain_s, 6), draft["run"]["duration_s"]), warmup_s=None)
    return with_run(_before(draft, end_s), duration_s=round(end_s + grain_s, 6), warmup_s=None)


def shortened(draft: Draft, duration_s: float) -> Draft:
    """Give a run of another length; a calm that would lie outside comes in its last tenth."""
    storm_s = calm_s(draft)
    if storm_s is not None and storm_s >= duration_s:
        draft = _before(draft, round(duration_s * 0.9, 3))
    return with_run(draft, duration_s=duration_s)


def roomier(draft: Draft, by_s: float) -> Draft:
    """Lengthen storm and run: a failure may come later than it did."""
    storm_s = calm_s(draft)
    longer = with_run(draft, duration_s=round(draft["run"]["duration_s"] + by_s, 6))
    if storm_s is None:
        return longer
    return with_run(longer, calm={**draft["run"]["calm"], "after_s": round(storm_s + by_s, 6)})


def sooner(draft: Draft) -> Iterator[Draft]:
    """Move the whole timeline towards the start: all the way, then less and less."""
    starts = [fault["at_s"] for fault in faults_of(draft)]
    most_s = min(starts, default=0.0) - _FIRST_S
    storm_s = calm_s(draft)
    if most_s <= 0 or storm_s is None:
        return
    for part in (1.0, 0.75, 0.5, 0.25):
        by_s = round(most_s * part, 3)
        faults = [{**fault, "at_s": round(fault["at_s"] - by_s, 6)} for fault in faults_of(draft)]
        calm = {**draft["run"]["calm"], "after_s": round(storm_s - by_s, 6)}
        yield with_run(
            with_faults(draft, faults), duration_s=round(draft["run"]["duration_s"] - by_s, 6), calm=calm, warmup_s=None
        )


def calmer_sooner(draft: Draft) -> Iterator[Draft]:
    """End the storm sooner, and the run by as much."""
    storm_s, last_s = calm_s(draft), max((fault["at_s"] for fault in faults_of(draft)), default=0.0)
    if storm_s is None:
        return
    for part in (0.05, 0.25, 0.5, 0.75):
        after_s = round(last_s + (storm_s - last_s) * part, 1)
        if last_s < after_s < storm_s:
            calm = {**draft["run"]["calm"], "after_s": after_s}
            yield with_run(draft, duration_s=round(draft["run"]["duration_s"] - storm_s + after_s, 6), calm=calm)


def _before(draft: Draft, end_s: float) -> Draft:
    """Have the storm end at ``end_s``, and nothing begin after it."""
    kept = [fault for fault in faults_of(draft) if fault["at_s"] < end_s]
    return with_run(with_faults(draft, kept), calm={**draft["run"]["calm"], "after_s": end_s})


# Faults


def numbers_in(fault: Record) -> Iterator[str]:
    """Name the fields of a fault that are numbers."""
    for key, value in fault.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield key


def with_value(draft: Draft, number: int, key: str, value: Any) -> Draft:
    """Change one field of one fault."""
    faults = copy.deepcopy(faults_of(draft))
    faults[number][key] = value
    return with_faults(draft, faults)


def gentler(key: str, value: float) -> list[float]:
    """Give gentler values of a magnitude or a length, the gentlest first: none, then less; a count is one at least."""
    if key in _NEITHER:
        return []
    tried: list[float]
    if key in _MORE_IS_GENTLER:
        tried = [value * factor for factor in _PARTS]
    elif isinstance(value, int):
        tried = [max(1, abs(value) // part) * (1 if value > 0 else -1) for part in _PARTS]
    else:
        floor = 1.0 if key == "factor" else 0.0
        tried = [floor, *(rounded(floor + (value - floor) / part) for part in _PARTS)]
    return [one for one in dict.fromkeys(tried) if one != value]


def rounded(value: float) -> float:
    """Write a number with three figures: nobody wants to read more in a file."""
    return float(f"{value:.3g}")


def narrower_lists(draft: Draft) -> Iterator[Draft]:
    """Drop one element of one list of one fault: a link, a kind of request, a step."""
    for number, fault in enumerate(faults_of(draft)):
        for key, value in fault.items():
            if isinstance(value, list) and len(value) > 1:
                for place in range(len(value)):
                    yield with_value(draft, number, key, value[:place] + value[place + 1 :])


# The market


def fewer_symbols(draft: Draft) -> Iterator[tuple[str, Draft]]:
    """Drop one symbol; a fault that hit no other goes with it."""
    symbols = draft["market"].get("symbols", [])
    for symbol in symbols if len(symbols) > 1 else ():
        faults = []
        for fault in faults_of(draft):
            hit = fault.get("symbols", [])
            left = [one for one in hit if one != symbol]
            if left or not hit:
                faults.append({**fault, "symbols": left} if hit else fault)
        market = {**draft["market"], "symbols": [one for one in symbols if one != symbol]}
        yield symbol, with_faults({**draft, "market": market}, faults)


def quieter(draft: Draft) -> Iterator[tuple[str, Draft]]:
    """Send one kind of other traders home, in all symbols."""
    if "profile" not in draft["market"]:
        return
    before = draft["market"].get("overrides", {})
    for name, key, value in _QUIET:
        silent = {f"symbols.{symbol}.flow.{key}": value for symbol in draft["market"]["symbols"]}
        if before | silent != before:
            yield name, {**draft, "market": {**draft["market"], "overrides": before | silent}}


def fewer_overrides(draft: Draft) -> Iterator[tuple[str, Draft]]:
    """Drop one override of the market or the strategy that the scenario came with."""
    for group in ("market", "strategy"):
        overrides = draft[group].get("overrides", {})
        for key in overrides:
            left = {one: value for one, value in overrides.items() if one != key}
            yield key, {**draft, group: {**draft[group], "overrides": left}}
