"""How the bot is, for somebody outside its process: lock, heartbeat and bar put together."""

import time
from pathlib import Path
from typing import Final

import msgspec

from adapters import lockfile
from adapters.bar import Bar
from adapters.heartbeat import Beat, SymbolState, Told, age_s, last_beat
from strategy.units import NS_PER_S

TOLD_S: Final = 600
# The folder in the state folder whose lock the guard holds.
GUARD: Final = "guard"


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """One look. What is not known is None; ``told`` is what a person was told in the last ten minutes.

    ``pid`` is 0 for a process that cannot be seen from here. ``age_s`` is the age of the last heartbeat:
    what stands below it was so then, also while nothing runs.
    """

    running: bool
    pid: int | None = None
    guard_pid: int | None = None
    barred: str | None = None
    age_s: float | None = None
    state: str = ""
    mode: str = ""
    venue: str = ""
    session: str = ""
    up_s: float | None = None
    pnl_today: str = ""
    loss_budget: str = ""
    gates: dict[str, float] = {}
    symbols: tuple[SymbolState, ...] = ()
    told: tuple[Told, ...] = ()


def status_of(folder: Path) -> Status:
    """Look at a state folder; one that cannot be read is one in which nothing runs."""
    pid, guard_pid = _holder(folder), _holder(folder / GUARD)
    barred = _barred(folder)
    beat = last_beat(folder)
    if beat is None:
        return Status(running=pid is not None, pid=pid, guard_pid=guard_pid, barred=barred)
    age = age_s(beat)
    since_ns = time.time_ns() - TOLD_S * NS_PER_S
    return Status(
        running=pid is not None,
        pid=pid,
        guard_pid=guard_pid,
        barred=barred,
        age_s=round(age, 1) if age != float("inf") else None,
        state=beat.state,
        mode=beat.mode,
        venue=beat.venue,
        session=beat.session,
        up_s=_up_s(beat) if pid is not None else None,
        pnl_today=beat.pnl_today,
        loss_budget=beat.loss_budget,
        gates=beat.gates,
        symbols=beat.symbols,
        told=tuple(one for one in beat.told if one.wall_ns >= since_ns),
    )


def is_held(folder: Path) -> bool:
    """Say whether a process holds the lock of a folder, as far as can be seen."""
    return _holder(folder) is not None


def _up_s(beat: Beat) -> float | None:
    return round((beat.wall_ns - beat.started_wall_ns) / NS_PER_S, 1) if beat.started_wall_ns else None


def _holder(folder: Path) -> int | None:
    try:
        return lockfile.holder(folder)
    except OSError:
        return None


def _barred(folder: Path) -> str | None:
    bar = Bar(folder)
    if not folder.is_dir() or not bar.is_barred():
        return None
    reason = bar.reason()
    return "no reason given" if reason is None else f"{reason.who}: {reason.words}"
