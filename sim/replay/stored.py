"""One seed of a run folder, read back: its plan, what it was made of, and what its trace came to."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from pydantic import ValidationError

from sim import plan
from sim.dice import SEED_MAX
from sim.plan import Plan, PlannedFault
from sim.runs import recipe
from sim.runs.recipe import Recipe, Unreadable
from sim.runs.shelf import MANIFEST
from sim.scenario.faults import KINDS
from sim.scenario.faults.overlaps import Placed, named_by, overlaps
from sim.scenario.load import Ready
from strategy.errors import StormquoteError
from strategy.hints import did_you_mean
from strategy.units import NS_PER_S

NOT_THERE: Final = "SQ-S040"
_DIGEST: Final = re.compile(r"[0-9a-f]{32}")
_LISTED_MAX: Final = 12
_RELATION: Final = "complaint"
_OWN_FIELDS: Final = ("id", "kind", "at_s", "for_s")


class NotThere(StormquoteError):
    """There is no such run, scenario or seed, or it was written before runs could be run again."""

    code = NOT_THERE


class Stored(msgspec.Struct, frozen=True):
    """One seed as it was kept. ``is_edited``: its plan is not what the scenario and the seed expand into.

    ``has_manifest``: its run says what it holds; a fork, whose plan is edited, never does.
    """

    folder: Path
    recipe: Recipe
    plan: Plan
    digest: str
    checkpoints: tuple[str, ...]
    is_edited: bool
    has_manifest: bool

    @property
    def scenario(self) -> Ready:
        """The scenario with everything it names."""
        return self.recipe.scenario


class _Counts(msgspec.Struct, frozen=True):
    """What a manifest says of checkpoints: how many there were, by scenario and seed."""

    checkpoints: dict[str, dict[str, int]] = {}


def is_run(place: str) -> bool:
    """Say whether a place is meant as one in a run folder, which ends in a seed, rather than as a file of its own."""
    path = _found(place)
    return path.is_dir() or (not path.exists() and (path.name.isdecimal() or _is_of_run(path)))


def stored(place: str) -> Stored:
    """Read RUN/SCENARIO/SEED; raises ``NotThere`` or ``Unreadable``. A run may be named without its ``runs/``."""
    folder = _found(place)
    if not (folder / "plan.json").is_file():
        raise NotThere(_why_not_there(place, folder))
    made_of = folder.parent / recipe.FILE
    if not made_of.is_file():
        raise NotThere(f"{folder.parent} keeps no {recipe.FILE}: it was written by a program that kept none")
    made = recipe.recipe_in(_bytes(made_of), made_of.as_posix())
    planned = _plan(folder / "plan.json", made.scenario)
    _check_name(folder, planned)
    digest, *more = _digests(folder / "digest.txt")
    if more:
        raise Unreadable(f"{folder / 'digest.txt'} holds more than one digest")
    checkpoints = tuple(_digests(folder / "checkpoints.txt", is_empty_fine=True))
    manifest = folder.parent.parent / MANIFEST
    _check_count(folder / "checkpoints.txt", len(checkpoints), manifest, planned)
    expanded = plan.expand(made.scenario, planned.seed, planned.duration_ns / NS_PER_S)
    return Stored(
        folder=folder,
        recipe=made,
        plan=planned,
        digest=digest,
        checkpoints=checkpoints,
        is_edited=plan.to_bytes(expanded) != plan.to_bytes(planned),
        has_manifest=manifest.exists(),
    )


def _found(place: str) -> Path:
    """Give a place as it stands, or as it stands below ``runs/``, where as much as its run is there."""
    path, shelved = Path(place), Path("runs") / place
    if path.exists() or path.is_absolute() or not path.parts:
        return path
    is_shelved = shelved.exists() or (_is_of_run(shelved) and not _is_of_run(path))
    return shelved if is_shelved else path


def _is_of_run(path: Path) -> bool:
    """Say whether a folder above a place is a run or a scenario of one."""
    return any((folder / name).is_file() for folder in path.parents for name in (MANIFEST, recipe.FILE))


def _check_name(folder: Path, planned: Plan) -> None:
    """Refuse the plan of one seed in the folder of another: what is proven of it would be told of the wrong seed."""
    name = folder.resolve().name
    if name.isdecimal() and int(name) != planned.seed:
        raise Unreadable(
            f"{folder / 'plan.json'} is the plan of seed {planned.seed}, its folder is that of seed {name}"
        )


def _why_not_there(place: str, folder: Path) -> str:
    """Say what is missing of a place, and what there is instead."""
    existing = folder
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    if existing == Path() or not existing.is_dir():
        return f"{place}: no such run; write RUN/SCENARIO/SEED, such as runs/20260105-0912-7c1e/calm/1"
    wanted = folder.relative_to(existing).parts
    names = sorted((one.name for one in existing.iterdir() if one.is_dir()), key=_in_order)
    there = ", ".join(names[:_LISTED_MAX]) + (
        f" and {len(names) - _LISTED_MAX} more" if len(names) > _LISTED_MAX else ""
    )
    if not wanted:
        return f"{place} is no seed of a run; below it there are {there or 'none'}"
    is_seed = (existing / recipe.FILE).is_file()
    words = f"seed {wanted[0]!r}: a seed is a number" if is_seed and not wanted[0].isdecimal() else wanted[0]
    return f"{existing} has no {words}{did_you_mean(wanted[0], names)}; there are {there or 'none'}"


def _in_order(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdecimal() else (-1, name)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}") from None


def _digests(path: Path, *, is_empty_fine: bool = False) -> list[str]:
    """Read digests, one a line; a torn line is no digest."""
    text = _bytes(path).decode("ascii", "replace")
    lines = text.splitlines()
    if not (lines or is_empty_fine):
        raise Unreadable(f"{path} is empty")
    for number, line in enumerate(lines, 1):
        if not _DIGEST.fullmatch(line):
            raise Unreadable(f"{path}:{number}: not a digest: {line[:40]!r}")
    if lines and not text.endswith("\n"):
        raise Unreadable(f"{path} is cut short in line {len(lines)}")
    return lines


def _check_count(path: Path, count: int, manifest: Path, planned: Plan) -> None:
    """Hold a file of checkpoints against what its run says there were: one that is cut at a line's end looks whole.

    A run of an older program says nothing of them, and of a fork there is no manifest.
    """
    if not manifest.exists():
        return
    try:
        said = msgspec.json.decode(_bytes(manifest), type=_Counts).checkpoints
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"{manifest} does not say what the run holds: {error}") from None
    kept = said.get(planned.scenario, {}).get(str(planned.seed))
    if kept is not None and kept != count:
        why = "it was cut short" if count < kept else "it is of another run"
        raise Unreadable(f"{path} holds {count} checkpoints, of {kept} that {manifest.name} speaks of: {why}")


def _plan(path: Path, scenario: Ready) -> Plan:
    """Read a plan and hold it against its scenario: nonsense must not become a run."""
    try:
        planned = plan.from_bytes(_bytes(path))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path} holds no plan: {error}") from None
    problems = _nonsense(planned, scenario)
    if problems:
        raise Unreadable(f"{path} holds nonsense: {'; '.join(problems)}")
    return planned


def _nonsense(planned: Plan, scenario: Ready) -> list[str]:
    problems = []
    if planned.scenario != scenario.name:
        problems.append(f"it is a plan of {planned.scenario!r}, the scenario is {scenario.name!r}")
    if not 0 <= planned.seed <= SEED_MAX:
        problems.append(f"seed {planned.seed} is not within 0 and {SEED_MAX}")
    end_ns = round(scenario.run.duration_s * NS_PER_S)
    if not 0 < planned.duration_ns <= end_ns:
        problems.append(f"duration_ns {planned.duration_ns} is not within the run's {scenario.run.duration_s:g} s")
    if planned.calm_ns is not None and not 0 <= planned.calm_ns < end_ns:
        problems.append(f"calm_ns {planned.calm_ns} is not within the run's {scenario.run.duration_s:g} s")
    ids: dict[str, None] = {}
    for number, fault in enumerate(planned.faults):
        words = f"id {fault.id!r} is there twice" if fault.id in ids else why_no_fault(fault, scenario)
        ids[fault.id] = None
        if words:
            problems.append(f"faults.{number}: {words}")
    return problems or why_not_together(planned.faults, scenario.market.traded)


def why_no_fault(fault: PlannedFault, scenario: Ready) -> str:
    """Say what is wrong with a planned fault, as its model sees it; empty where nothing is."""
    model = KINDS.get(fault.kind)
    if model is None:
        return f"unknown kind {fault.kind!r}{did_you_mean(fault.kind, KINDS)}"
    if fault.start_ns < 0:
        return f"it begins {_seconds(-fault.start_ns)} before the run does"
    if fault.end_ns <= fault.start_ns:
        return f"it ends at {_seconds(fault.end_ns)} and begins at {_seconds(fault.start_ns)}"
    if fault.start_ns >= round(scenario.run.duration_s * NS_PER_S):
        return f"start_ns {fault.start_ns} is not within the run's {scenario.run.duration_s:g} s"
    fields, is_rest = model.model_fields, fault.id.endswith(plan.STAYS)
    missing = next((key for key in fields if key not in fault.params and key not in _OWN_FIELDS), None)
    if missing is not None:
        return f"params has no {missing!r}"
    # A plan holds every field; of some it would mean something that a person had written them.
    written = msgspec.json.encode({key: field.default for key, field in fields.items() if not field.is_required()})
    defaults = msgspec.json.decode(written)
    said = {key: value for key, value in fault.params.items() if key not in defaults or value != defaults[key]}
    try:
        model.model_validate_json(
            msgspec.json.encode({"id": fault.id, "kind": fault.kind, "at_s": fault.start_ns / NS_PER_S, **said})
        )
    except ValidationError as error:
        # What stays of a fault after the calm has lost the part that some of its words belong to.
        wrong = [each for each in error.errors(include_url=False) if not (each["type"] == _RELATION and is_rest)]
        if wrong:
            return f"{'.'.join(map(str, wrong[0]['loc']))}: {wrong[0]['msg']}"
    symbols = [symbol for symbol in fault.params.get("symbols") or () if symbol not in scenario.market.traded]
    return f"{symbols[0]} is not traded here" if symbols else ""


def _seconds(ns: int) -> str:
    """Write nanoseconds as seconds, to the last of them: two instants that differ are written differently."""
    return f"{ns / NS_PER_S:.9f}".rstrip("0").removesuffix(".") + " s"


def why_not_together(faults: Sequence[PlannedFault], traded: Sequence[str]) -> list[str]:
    """Name every two faults of a plan, each of which is one, that exclude each other; ``traded`` as for a scenario."""
    found = []
    for each in overlaps([_placed(fault) for fault in faults], traded):
        first, second = faults[each.first], faults[each.second]
        if plan.own_id(first) != plan.own_id(second):
            where = f" on {each.where}" if each.where else ""
            words = f"{second.id!r} begins at {second.start_ns / NS_PER_S:g} s while {first.id!r} lasts"
            found.append(f"{words}: two of {second.kind} at once{where} cannot be")
    return found


def _placed(fault: PlannedFault) -> Placed:
    """Give a planned fault's place in nanoseconds: sums of seconds would overlap by a rounding."""
    alone_by = KINDS[fault.kind].ALONE_BY
    return Placed(fault.kind, fault.start_ns, fault.end_ns, alone_by, named_by(alone_by, fault.params))
