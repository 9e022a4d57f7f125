"""The bot's clock for those who look on: without the jumps that a restart may give it.

A new process takes its time from the wall clock, which may show less than the old process had come
to. The bot must live with that; an oracle that compares instants of two processes must not. So it
is told the time of the first process's clock, in everything it sees.
"""

from typing import Any, Final

from msgspec.structs import replace

from sim.host.host import Host
from sim.oracle.oracle import Oracle
from strategy import commands, events

# Fields of events and commands that are instants of the bot's own clock; 0 is never.
_OURS: Final = ("asked_ns", "sent_ns", "send_by_ns", "resets_ns")


class Steady:
    """Stands between the driver and the oracle."""

    def __init__(self, oracle: Oracle, host: Host) -> None:
        """``host`` knows by how much its clock has jumped so far."""
        self._oracle = oracle
        self._host = host

    def delivered(self, now_ns: int, event: events.Event) -> None:
        """Pass on an event just before the core sees it."""
        moved_ns = self._host.moved_ns
        self._oracle.delivered(now_ns - moved_ns, _moved(event, moved_ns))

    def sent(self, now_ns: int, command: commands.Command) -> None:
        """Pass on a command that the core gave."""
        moved_ns = self._host.moved_ns
        self._oracle.sent(now_ns - moved_ns, _moved(command, moved_ns))

    def stepped(self, now_ns: int, leaving: tuple[commands.Command, ...], event: events.Event) -> None:
        """Pass on that the step is over."""
        moved_ns = self._host.moved_ns
        if moved_ns:
            leaving, event = tuple(_moved(command, moved_ns) for command in leaving), _moved(event, moved_ns)
        self._oracle.stepped(now_ns - moved_ns, leaving, event)


def _moved(what: Any, moved_ns: int) -> Any:
    if not moved_ns:
        return what
    instants = {name: value - moved_ns for name in _OURS if (value := getattr(what, name, 0))}
    return replace(what, **instants) if instants else what
