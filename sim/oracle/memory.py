"""S12: every queue and table within its bound, the heap within its budget.

Looked at once a second and at the end. What a core counts of itself is compared with the bounds that
follow from its config; what waits at the host, and what the process takes in all, with the host's own.
"""

from collections.abc import Callable, Iterable
from typing import Final

from sim.oracle.findings import Findings
from strategy.units import NS_PER_S

_EVERY_NS: Final = NS_PER_S
# What a host ends a process for is seen at its own next look: past that mark twice in a row, it did not.
HEAP: Final = "heap bytes"

# Name, how much there is, and how much there may be.
Sizes = Iterable[tuple[str, int, int]]


class Memory:
    """Looks at sizes that others count."""

    def __init__(self, sizes: Callable[[], Sizes], findings: Findings) -> None:
        """``sizes`` gives nothing where nobody counts: then nothing was looked at."""
        self._sizes = sizes
        self._findings = findings
        self._looked_ns = 0
        self._was_full = False

    def look(self, now_ns: int, *, is_last: bool = False) -> None:
        """Compare, unless that was done a moment ago."""
        if now_ns - self._looked_ns < _EVERY_NS and not is_last:
            return
        self._looked_ns = now_ns
        was_full, self._was_full = self._was_full, False
        for name, count, most in self._sizes():
            self._findings.checked("S12")
            if name == HEAP and count > most and not was_full:
                self._was_full = True
            elif count > most:
                self._was_full = name == HEAP
                self._findings.breach("S12", now_ns, name, f"{name} holds {count}", f"its bound is {most}")
