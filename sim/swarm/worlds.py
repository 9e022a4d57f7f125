"""The worlds of a swarm as files: one scenario for each seed, and the config they share.

A folder of worlds stands by itself: it can be copied elsewhere, and each of its files can be run.
"""

import hashlib
import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from sim.scenario.load import Desk, Ready
from sim.scenario.models import MISSING, Scenario
from sim.scenario.profiles import profile_folder
from sim.scenario.writing import yaml_of
from sim.swarm.drawing import world_of
from strategy.errors import OperatorError
from strategy.file_model import Complaint

BASE: Final = Path(str(files("sim") / "data" / "swarm" / "base.yaml"))
FOLDER: Final = "worlds"
CONFIG: Final = "config.yaml"
MARK: Final = "base.json"


class _Of(msgspec.Struct, frozen=True):
    """What a folder of worlds is of: base, the hash of all it says, and core; ours where that is empty."""

    base: str
    digest: str
    core: str

    def __str__(self) -> str:
        return f"base {self.base} with {f'core {self.core}' if self.core else 'our own core'}"


class Base(msgspec.Struct, frozen=True):
    """What all worlds have in common: the scenario, its file as plain data, and the text of its config."""

    scenario: Scenario
    plain: dict[str, Any]
    config: str


def read_base(path: Path) -> Base:
    """Read a base; what is wrong with it raises ``OperatorError``."""
    desk = Desk(profile_folder())
    reading = desk.document(path, Scenario, path.as_posix())
    desk.scenario(path)
    if reading is not None and reading.value is not None and reading.value.run.calm is None:
        words = "missing key 'calm': the base of a swarm says how long the storm is"
        desk.problems.append(reading.problem(Complaint(MISSING, ("run",), words)))
    if desk.problems or reading is None or reading.value is None or reading.tree is None:
        raise OperatorError(desk.sorted_problems())
    config = path.parent / reading.value.strategy.config
    return Base(reading.value, reading.tree.mapping(), config.read_text(encoding="utf-8"))


def claim_base(out: Path, base: Base, core: str, *, is_begun: bool) -> None:
    """Say in a swarm's folder which base and core it is of.

    Raises ``UsageError`` where it ``is_begun`` with another: worlds of two would lie there as if they were one's.
    """
    mark = out / MARK
    text = json.dumps([base.plain, base.config], sort_keys=True)
    mine = _Of(base.scenario.name, hashlib.blake2b(text.encode(), digest_size=8).hexdigest(), core)
    theirs = _of(mark) if is_begun else None
    if theirs is not None and theirs != mine:
        said = str(theirs) if str(theirs) != str(mine) else f"{theirs} as it was before it was edited"
        raise click.UsageError(f"{out} holds worlds of {said}, not of {mine}: name another folder with --out")
    mark.write_bytes(msgspec.json.encode(mine))


def _of(mark: Path) -> "_Of | None":
    """Read a mark; None where there is none, as an older program left it, or where it cannot be read."""
    try:
        return msgspec.json.decode(mark.read_bytes(), type=_Of)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def path_of(out: Path, seed: int) -> Path:
    """Name the file of the world of a seed."""
    return out / FOLDER / f"{seed}.yaml"


def write_worlds(base: Base, seeds: Sequence[int], out: Path) -> list[Ready]:
    """Draw and write the world of each seed, and read it back: what is run is what the file says."""
    (out / FOLDER).mkdir(parents=True, exist_ok=True)
    (out / CONFIG).write_text(base.config, encoding="utf-8")
    desk = Desk(profile_folder())
    worlds = []
    for seed in seeds:
        path = path_of(out, seed)
        drawn = world_of(base.scenario, base.plain, f"../{CONFIG}", seed)
        head = f"# Seed {seed} of `sim swarm`, base {base.scenario.name}. It is run with --seed {seed}.\n"
        path.write_text(head + yaml_of(drawn), encoding="utf-8")
        worlds.append(desk.scenario(path))
    if desk.problems:
        raise OperatorError(desk.sorted_problems())
    return [world for world in worlds if world is not None]
