"""S9 and S13: what really leaves, at the instant it does, judged by what was alive and what was safe.

A command that a core gives may wait: for the journal, for its turn. So the driver says separately
when it goes out. From the end of a process until another begins nothing goes out any more, and from
a step that raised nothing but what takes risk away. A create or an amend that goes out is on the disk.
"""

from collections.abc import Callable
from typing import Final

from sim.oracle.findings import Findings
from strategy import commands

_ADDING: Final = (commands.CreateOrder, commands.AmendOrder)
_CANCELS: Final = (commands.CancelOrder, commands.CancelAll)

IsSafe = Callable[[commands.Command], bool]


class Leaving:
    """Knows whether a process lives, and what the disk would give back."""

    def __init__(self, is_safe: IsSafe, findings: Findings) -> None:
        """``is_safe`` says of a create or an amend whether a crash at this instant could make us forget it."""
        self._is_safe = is_safe
        self._findings = findings
        self._died_ns: int | None = None
        self._raised_ns: int | None = None

    def process_died(self, now_ns: int) -> None:
        """Note that nobody is there to send anything."""
        self._died_ns = now_ns
        self._findings.checked("S9")

    def step_raised(self, now_ns: int) -> None:
        """Note that what the core says cannot be trusted from here on."""
        self._raised_ns = now_ns
        self._findings.checked("S9")

    def process_started(self) -> None:
        """Note that another process may speak."""
        self._died_ns = self._raised_ns = None

    def left(self, now_ns: int, command: commands.Command) -> None:
        """Judge one command that goes out."""
        name = f"{type(command).__name__} {getattr(command, 'client_id', '')}".strip()
        if self._died_ns is not None:
            age_ms = (now_ns - self._died_ns) // 1_000_000
            self._findings.breach("S9", now_ns, "dead", f"{name} left a dead process", f"it ended {age_ms} ms before")
        elif self._raised_ns is not None and not isinstance(command, _CANCELS):
            self._findings.breach("S9", now_ns, "raised", f"{name} left after a step that raised", "the step raised")
        if isinstance(command, _ADDING):
            self._findings.checked("S13")
            if not self._is_safe(command):
                detail = f"{name} is on the wire and not on the disk"
                self._findings.breach("S13", now_ns, command.client_id, detail, "no commit of it has come through")
