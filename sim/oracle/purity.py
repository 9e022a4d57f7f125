"""S15: a step is a function of what the core remembers, the instant and the event, and of nothing else.

Now and then a twin is made of what the core has written down, just before a step; then it takes the
same step. Whatever the two differ in was not in the core's memory: a global, a clock, the order of a
set, a field that the snapshot forgets and a restart would lose.
"""

from collections.abc import Callable
from typing import Any, Final

from sim.oracle.findings import Findings
from strategy import commands, events

# A snapshot and its twin take as long as some hundred steps.
_EVERY: Final = 1999


# Makes a twin of a core from what it has written down; None where it writes nothing down.
Twin = Callable[[Any], Any]


class Purity:
    """Takes every step of the core, and one in so many twice, the first one included."""

    def __init__(self, twin: Twin, findings: Findings, every: int = _EVERY) -> None:
        """Take how twins are made."""
        self._twin = twin
        self._findings = findings
        self._every = every
        self._left = 1

    def step(self, core: Any, now_ns: int, event: events.Event) -> tuple[commands.Command, ...]:
        """Have a core take in an event; a step that raises is compared with nothing."""
        self._left -= 1
        twin = None
        if not self._left:
            self._left = self._every
            twin = self._twin(core)
        leaving: tuple[commands.Command, ...] = core.step(now_ns, event)
        if twin is not None:
            self._findings.checked("S15")
            what = _difference(core, leaving, twin, twin.step(now_ns, event))
            if what:
                kind = type(event).__name__
                detail = f"the step of {kind} taken twice differs: {what}"
                self._findings.breach("S15", now_ns, kind, detail, "both had the same memory")
        return leaving


def _difference(core: Any, leaving: Any, twin: Any, its: Any) -> str:
    if leaving != its:
        mine, other = next(pair for pair in zip((*leaving, None), (*its, None), strict=False) if pair[0] != pair[1])
        return f"{mine!r:.120} and then {other!r:.120}"
    if core.wake_at_ns != twin.wake_at_ns:
        return f"an alarm at {core.wake_at_ns} and then at {twin.wake_at_ns}"
    return "" if core.snapshot() == twin.snapshot() else "what is remembered afterwards"
