"""A seed becomes a scenario: which symbols and settings, how the storm ends, and which faults there are.

The scenario is complete, with an id for every fault and a number for every field, so that whoever runs,
forks or shrinks it needs neither the seed's dice nor this room. Every choice is keyed by what it is for
(a kind, its ordinal, a field): a kind that is added moves nothing of another.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sim.dice import Dice
from sim.scenario.faults import KINDS
from sim.scenario.faults.overlaps import overlaps, placed
from sim.scenario.faults.ranges import Choice, Draw, Maybe, Roll, Where, drawn
from sim.scenario.models import Scenario

# Some storms have few kinds of fault, which seldom meet, some have many: a coin for each kind, of this weight.
_SHARES: Final = Choice((0.06, 0.12, 0.25))
_KINDS_MIN: Final = 3
_MANY: Final = Choice((1, 1, 1, 2, 3))
_SYMBOLS_MAX: Final = 2
# How a storm ends. Where only the core heals, part of what else there is has no end at all.
_CORE_HEALS: Final = 0.25
_FOR_EVER: Final = 1 / 3
# With a venue that never comes back nothing can converge: it would only be excused.
_ENDS: Final = ("downtime",)
# A fault that begins later than this part of the storm would be over before anything came of it.
_LATEST: Final = 0.97
_MS: Final = 3
# How often all delays are equal, so that words meet at one instant, and what meets comes in a drawn order.
_KEYED_TIES: Final = 0.2
_LOCKSTEP: Final = {
    f"links.{link}.{key}": value
    for link in ("rest_up", "rest_down", "public", "private")
    for key, value in (("median_ms", 25), ("sigma", 0))
}

# Settings that change which code is run, drawn where the base does not say. The marks of a guard are one setting.
_MARKS: Final = "guard.inventory_pct"
_SOFT: Final = f"{_MARKS}.soft_enter"
SETTINGS: Final[Mapping[str, Draw]] = {
    "loop.dispatch": Maybe(0.5, Choice(("sequential", "concurrent", "batched"))),
    # A quote and a half reaches these, where a quote is a tenth of the limit: with the usual marks storms seldom make
    # a bot heavy, and nothing asks it to unwind.
    _SOFT: Maybe(0.25, Choice((15.0,))),
    f"{_MARKS}.soft_exit": Where((_SOFT,), Choice((10.0,))),
    f"{_MARKS}.hard_enter": Where((_SOFT,), Choice((30.0,))),
    f"{_MARKS}.hard_exit": Where((_SOFT,), Choice((20.0,))),
    "queue.enabled": Maybe(0.1, Choice((False,))),
}


def world_of(base: Scenario, plain: Mapping[str, Any], config: str, seed: int) -> dict[str, Any]:
    """Draw a scenario as plain data.

    ``plain`` is what the file of ``base`` says, ``config`` the path of its config as seen from the new file.
    """
    dice = Dice(seed)
    traded = _symbols(base, dice)
    is_core = dice.unit("swarm", "calm") < _CORE_HEALS
    calm = {**plain["run"]["calm"], **({"mode": "core_heal"} if is_core else {})}
    is_keyed = dice.unit("swarm", "ties") < _KEYED_TIES
    ties = {"ties": "keyed"} if is_keyed else {}
    own = list(_own(base, traded))
    overrides = _settings(plain["strategy"].get("overrides", {}), dice, traded)
    market = plain["market"] if "tape" in plain["market"] else {**plain["market"], "symbols": list(traded)}
    if is_keyed:
        market = {**market, "overrides": _LOCKSTEP | market.get("overrides", {})}
    return {
        **{key: value for key, value in plain.items() if key != "gates"},
        "name": f"{base.name}_{seed}",
        "run": {**plain["run"], "seeds": 1, **ties, "calm": calm},
        "market": market,
        "strategy": {"config": config, **({"overrides": overrides} if overrides else {})},
        "faults": [*own, *_together(own, _faults(base, dice, traded, is_core=is_core), traded)],
        "gates": plain["gates"],
    }


def _settings(said: Mapping[str, Any], dice: Dice, traded: Sequence[str]) -> dict[str, Any]:
    """Draw the settings and put what the base has ``said`` over them."""
    settings = drawn(SETTINGS, lambda *name: dice.unit("swarm", "setting", *name), tuple(traded))
    if any(key.startswith(_MARKS) for key in said):
        settings = {key: value for key, value in settings.items() if not key.startswith(_MARKS)}
    return settings | dict(said)


def _symbols(base: Scenario, dice: Dice) -> tuple[str, ...]:
    """Take one or two of the base's symbols, in its order."""
    traded = base.market.traded
    many = 1 + int(dice.unit("swarm", "symbols") * min(_SYMBOLS_MAX, len(traded)))
    chosen = sorted(traded, key=lambda symbol: dice.unit("swarm", "symbol", symbol))[:many]
    return tuple(symbol for symbol in traded if symbol in chosen)


def _own(base: Scenario, traded: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Give the faults of the base itself, but for those that only hit what is not traded here."""
    for fault in base.faults:
        plain = fault.model_dump(mode="json", exclude_unset=True)
        if named := plain.get("symbols"):
            plain["symbols"] = [symbol for symbol in named if symbol in traded]
        if not named or plain["symbols"]:
            yield {"id": fault.id, **plain}


def _faults(base: Scenario, dice: Dice, traded: tuple[str, ...], *, is_core: bool) -> Iterator[dict[str, Any]]:
    """Toss a coin for each kind, then draw how many of it, when, how long, and everything else."""
    calm = base.run.calm
    assert calm is not None, "a base has a calm"
    first_s = min(base.run.warmup_s, calm.after_s / 2)
    share = _SHARES.value(Roll(lambda *_: dice.unit("swarm", "share"), {}, traded))
    coins = {kind: dice.unit("swarm", "fault", kind, "coin") for kind in KINDS}
    least = sorted(coins.values())[min(_KINDS_MIN, len(coins)) - 1]
    tossed = [kind for kind, coin in coins.items() if coin < share or coin <= least]
    needed = [KINDS[kind].NEEDS for kind in tossed]
    for kind in KINDS:
        if kind not in tossed and kind not in needed:
            continue
        many: int = _MANY.value(Roll(lambda *_, kind=kind: dice.unit("swarm", "fault", kind, "many"), {}, traded))
        for ordinal in range(many):

            def luck(*name: int | str, kind: str = kind, ordinal: int = ordinal) -> float:
                return dice.unit("swarm", "fault", kind, ordinal, *name)

            fields = drawn(KINDS[kind].SWARM, luck, traded)
            if is_core and kind not in _ENDS and luck("for ever") < _FOR_EVER:
                fields.pop("for_s", None)
            at_s = round(first_s + luck("at") * (_LATEST * calm.after_s - first_s), _MS)
            yield {"id": f"{kind}.{ordinal}", "at_s": at_s, "kind": kind, **fields}


def _together(
    own: Sequence[dict[str, Any]], plain: Iterator[dict[str, Any]], traded: Sequence[str]
) -> list[dict[str, Any]]:
    """Leave out what begins while something lasts that excludes it, and what is in the way of the base's ``own``."""
    taken = [fault["id"] for fault in own]
    kept = [fault for fault in plain if fault["id"] not in taken]
    while True:
        faults = [placed(KINDS[fault["kind"]].model_validate(fault)) for fault in [*own, *kept]]
        # Two of the base's own are for whoever wrote it to see.
        clashes = (each for each in overlaps(faults, traded) if max(each.first, each.second) >= len(own))
        clash = next(clashes, None)
        if clash is None:
            return sorted(kept, key=lambda fault: fault["at_s"])
        later = clash.second if clash.second >= len(own) else clash.first
        del kept[later - len(own)]
