"""How a command ends: the contract scripts rely on. The same numbers for every command."""

from collections.abc import Collection
from enum import IntEnum, unique
from typing import Final


@unique
class ExitCode(IntEnum):
    """Kinds of ending, told apart."""

    OK = 0
    """Done; all gates and invariants hold."""
    FAILED = 1
    """A gate or an invariant failed."""
    USAGE = 2
    """Wrong usage (click's own)."""
    BAD_FILE = 3
    """A scenario, config or schema file is invalid."""
    INTERNAL = 4
    """Our bug, or the strategy raised."""
    NOTHING_SELECTED = 5
    """No scenario was selected, or nothing could run."""
    NOT_DETERMINISTIC = 6
    """Two runs of the same thing have different digests."""
    BASELINE = 7
    """The baseline is missing or cannot be compared."""
    WORKER_LOST = 8
    """A worker was lost; results are incomplete."""
    NOT_RUNNING = 9
    """There is nothing to stop or ask."""
    LIMIT_STOPPED = 10
    """A limit or the kill switch stopped trading."""
    PREFLIGHT = 11
    """A check before trading, or reconciliation, failed."""
    NOT_FLAT = 12
    """Flattening is incomplete; a position is left."""
    INTERRUPTED = 130
    """Ctrl-C; what had finished was written."""
    PIPE_CLOSED = 141
    """Nobody reads what is printed any more, as after `| head`."""


# With several reasons the first in this order is the one reported.
_ORDER: Final = (
    ExitCode.INTERNAL,
    ExitCode.NOT_DETERMINISTIC,
    ExitCode.BAD_FILE,
    ExitCode.WORKER_LOST,
    ExitCode.BASELINE,
    ExitCode.FAILED,
)


def first_of(reasons: Collection[ExitCode]) -> ExitCode:
    """Pick the reason to report; none is OK. One outside the order is reported when it is alone."""
    for code in _ORDER:
        if code in reasons:
            return code
    return min(reasons, default=ExitCode.OK)
