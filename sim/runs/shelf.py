"""The run folders of a place: what is there, which are kept for good, which may go."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from strategy.errors import StormquoteError
from strategy.hints import did_you_mean

MANIFEST: Final = "manifest.json"
_SUMMARY: Final = "summary.json"
PIN: Final = "pinned"


class NoSuchRun(StormquoteError):
    """No run folder is called so, or it must not go."""

    code = "SQ-S040"


class Run(msgspec.Struct, frozen=True):
    """One run folder. ``verdict`` is passed, failed, or what is wrong with the folder; times as it wrote them."""

    name: str
    started_utc: str
    verdict: str
    scenarios: int
    seeds: int
    commit: str
    size_bytes: int
    is_pinned: bool


def runs_in(shelf: Path) -> list[Run]:
    """Give the run folders of a place, the youngest first; whatever else lies there is none."""
    folders = sorted(shelf.iterdir()) if shelf.is_dir() else []
    found = [_read(folder) for folder in folders if _is_run(folder)]
    return sorted(found, key=lambda run: (run.started_utc, run.name), reverse=True)


def pin(shelf: Path, name: str) -> None:
    """Keep a run for good; raises ``NoSuchRun``."""
    (_folder(shelf, name) / PIN).touch()


def unpin(shelf: Path, name: str) -> None:
    """Let a run go with the others; raises ``NoSuchRun``."""
    (_folder(shelf, name) / PIN).unlink(missing_ok=True)


def delete(shelf: Path, names: Sequence[str]) -> None:
    """Delete runs, all or none of them; raises ``NoSuchRun``, also for one that is pinned."""
    folders = [_folder(shelf, name) for name in names]
    for folder in folders:
        if (folder / PIN).exists():
            raise NoSuchRun(f"{folder.name} is pinned: `sim runs --unpin {folder.name}` first")
    for folder in folders:
        shutil.rmtree(folder)


def beyond(shelf: Path, keep: int) -> list[str]:
    """Name the runs that may go where so many of the youngest stay; those pinned stay and are not counted."""
    return [run.name for run in runs_in(shelf) if not run.is_pinned][keep:]


def _is_run(folder: Path) -> bool:
    return folder.is_dir() and not folder.is_symlink() and (folder / MANIFEST).is_file()


def _folder(shelf: Path, name: str) -> Path:
    folder = shelf / name
    if Path(name).name != name or not _is_run(folder):
        there = [run.name for run in runs_in(shelf)]
        near = did_you_mean(name, there)
        raise NoSuchRun(f"{shelf} holds no run {name!r}{near}; there are {', '.join(there) or 'none'}")
    return folder


def _read(folder: Path) -> Run:
    manifest, summary = _json(folder / MANIFEST), _json(folder / _SUMMARY)
    scenarios = _list(summary, "scenarios")
    host, told = manifest.get("host"), summary.get("scenarios")
    is_whole = isinstance(host, dict) and isinstance(told, list) and len(told) == len(scenarios)
    verdict = "failed" if any(one.get("failed") for one in scenarios) else "passed"
    return Run(
        name=folder.name,
        started_utc=str(host.get("started_utc", "")) if isinstance(host, dict) else "",
        verdict=verdict if is_whole else "damaged",
        scenarios=len(scenarios),
        seeds=sum(len(_list(one, "seeds")) for one in scenarios),
        commit=str(manifest.get("commit") or ""),
        size_bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        is_pinned=(folder / PIN).exists(),
    )


def _json(path: Path) -> dict[str, Any]:
    """Read an object; whatever else stands there says nothing."""
    try:
        read = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def _list(plain: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = plain.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
