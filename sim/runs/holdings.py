"""What a folder holds already, before a run or a fork is written into it: nothing is replaced that nobody named.

A run may take the place of an earlier one of the same scenarios, which is what running them again means. What
is of another scenario, or a fork, would lie beside a summary that does not know of it: such a folder is refused.
"""

import json
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Final

import click

from sim.runs.recipe import FILE
from sim.runs.shelf import MANIFEST, PIN

_OPTION: Final = "--out"
# Between the name of a scenario and that of a control it is measured against.
_OF_CONTROL: Final = "--"


def make(out: Path) -> None:
    """Make a folder before anything runs: minutes of work must not end at a locked door. Raises ``UsageError``."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"cannot write to {out}: {error.strerror}") from None


def claim_for_run(out: Path, names: Collection[str]) -> None:
    """Make the folder of a run of these scenarios; raises ``UsageError`` where it holds what is none of theirs."""
    there = held(out)
    others = [name for name in there if not _is_of(name, names)]
    if others:
        raise click.BadParameter(
            f"{out} holds a run of {', '.join(others)} too, which is not run now: name another folder, or delete it",
            param_hint=_OPTION,
        )
    if there and not (out / MANIFEST).exists():
        raise click.BadParameter(
            f"{out} holds a fork of {', '.join(there)}: name another folder, or delete it", param_hint=_OPTION
        )
    if (out / PIN).exists():
        raise click.BadParameter(
            f"{out} is pinned, to be kept for good: name another folder, or `sim runs --unpin` it", param_hint=_OPTION
        )
    make(out)


def claim_for_fork(out: Path) -> None:
    """Make the folder of a fork; raises ``UsageError`` where it holds anything that was run."""
    there = held(out)
    if there:
        what = "run" if (out / MANIFEST).exists() else "fork"
        raise click.BadParameter(
            f"{out} holds a {what} of {', '.join(there)}: name another folder, or delete it", param_hint=_OPTION
        )
    make(out)


def clear(out: Path, names: Collection[str]) -> None:
    """Let go of what an earlier run of these scenarios left: seeds and files that the new one does not have."""
    there = held(out)
    for folder in [one for one in out.glob("*") if one.name in there and _is_of(one.name, names)]:
        (folder / FILE).unlink(missing_ok=True)
        for seed in [one for one in folder.glob("*") if one.name.isdecimal() and not one.is_symlink()]:
            shutil.rmtree(seed)


def held(out: Path) -> tuple[str, ...]:
    """Name the scenarios, in order, of which a folder holds results: of a run, or of a fork, which has no manifest."""
    if not out.is_dir():
        return ()
    return tuple(sorted({*_in_manifest(out / MANIFEST), *(made_of.parent.name for made_of in out.glob(f"*/{FILE}"))}))


def _in_manifest(manifest: Path) -> list[str]:
    """Name what a manifest speaks of; one that cannot be read speaks of nothing."""
    try:
        read = json.loads(manifest.read_bytes())
    except (OSError, ValueError):
        return []
    seeds = read.get("seeds") if isinstance(read, dict) else None
    return list(seeds) if isinstance(seeds, dict) else []


def _is_of(name: str, names: Collection[str]) -> bool:
    """Say whether a name is that of one of these scenarios, or of a control that it has or had."""
    return name in names or name.partition(_OF_CONTROL)[0] in names
