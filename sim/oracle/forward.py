"""S14: the bot lives in monotonic time: it never falls, and it passes as true time does.

The driver tells the core an instant with every step. Within one process it may not fall, and between
two steps it has to move as far as true time did, give or take what a monotonic clock may drift and a
millisecond. A driver that reads the wall clock is found at the first step of it. So is a core: every
question it asks is stamped with the instant it was told, every deadline lies just ahead of it.
"""

from collections.abc import Callable
from typing import Final

from sim.oracle.findings import Findings
from strategy import commands
from strategy.units import NS_PER_MS, PPM

# The worst drift a monotonic clock of a host may have, twice what the swarm deals out, and what no drift explains.
_DRIFT_PPM: Final = 500
_SLACK_NS: Final = NS_PER_MS


class Forward:
    """Remembers the last step: when it was by the bot's clock, when in truth."""

    def __init__(self, true_ns: Callable[[], int], send_within_ns: int, findings: Findings) -> None:
        """``true_ns`` reads the world's own time."""
        self._true_ns = true_ns
        self._send_within_ns = send_within_ns
        self._findings = findings
        self._last: tuple[int, int] | None = None

    def restarted(self) -> None:
        """Begin anew: a new process may start from another instant."""
        self._last = None

    def stepping(self, now_ns: int) -> None:
        """Compare the instant a core is told with true time."""
        true_ns = self._true_ns()
        if self._last is not None:
            self._findings.checked("S14")
            told_ns, passed_ns = now_ns - self._last[0], true_ns - self._last[1]
            off_ns = told_ns - passed_ns
            if told_ns < 0 or abs(off_ns) > _SLACK_NS + passed_ns * _DRIFT_PPM // PPM:
                detail = f"the core was told that {told_ns / NS_PER_MS:.3f} ms passed since its last step"
                seen = f"{passed_ns / NS_PER_MS:.3f} ms did, by the world's own time"
                self._findings.breach("S14", now_ns, "told", detail, seen)
        self._last = (now_ns, true_ns)

    def sent(self, now_ns: int, command: commands.Command) -> None:
        """See that a command bears the time of its step, however late it is given."""
        now_ns = self._last[0] if self._last is not None else now_ns
        asked_ns, send_by_ns = getattr(command, "asked_ns", now_ns), getattr(command, "send_by_ns", now_ns)
        off_ns = asked_ns - now_ns
        is_late = not -_SLACK_NS <= send_by_ns - now_ns <= self._send_within_ns + _SLACK_NS
        if abs(off_ns) > _SLACK_NS or is_late:
            detail = f"{type(command).__name__} bears another time than its step"
            seen = f"{off_ns / NS_PER_MS:.3f} ms off, to be sent within {(send_by_ns - now_ns) / NS_PER_MS:.3f} ms"
            self._findings.breach("S14", now_ns, "stamp", detail, seen)
