"""What the oracle may see of a world besides its venue and its bot: clocks, disk, ways, memory."""

from collections.abc import Callable
from typing import Any

import msgspec

from sim.oracle.leaving import IsSafe
from sim.oracle.memory import Sizes
from sim.oracle.purity import Twin
from strategy import commands


def _safe(_command: commands.Command) -> bool:
    return True


def _never() -> bool:
    return False


def _open(_links: tuple[str, ...] = ()) -> str:
    return ""


def _nowhere(_symbol: str) -> str:
    return ""


def _nobody(_symbol: str) -> float | None:
    return None


def _nothing() -> Sizes:
    return ()


def _no_twin(_core: Any) -> None:
    return None


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """``true_ns`` reads the world's own time; None: nobody keeps one, so time is not judged.

    ``is_safe`` says whether a crash now could make us forget a create or an amend. ``why_cut`` names what
    cuts links now, ``why_stormy`` the fault that is at work, ``why_lost`` what cuts every read for ever.
    ``is_dead_man_armed``: the venue clears by itself when it hears nothing. ``sizes`` is the memory in use.
    ``why_mute`` says why nobody is told anything of a symbol's orders now. ``regime_of`` tells the regime that a
    symbol is in at the venue, whatever was told of it, ``shot_ticks`` the price that the sniper knows, while it is
    he who takes in a symbol. ``twin`` makes another core of what one has written down.
    """

    true_ns: Callable[[], int] | None = None
    is_safe: IsSafe = _safe
    why_cut: Callable[[tuple[str, ...]], str] = _open
    why_stormy: Callable[[], str] = _open
    why_lost: Callable[[], str] = _open
    why_mute: Callable[[str], str] = _nowhere
    is_dead_man_armed: Callable[[], bool] = _never
    sizes: Callable[[], Sizes] = _nothing
    regime_of: Callable[[str], str] = _nowhere
    shot_ticks: Callable[[str], float | None] = _nobody
    twin: Twin = _no_twin
