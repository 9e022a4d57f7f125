"""How fast the quote loop is: cycles, quotes and round trips, as they are defined once, in sim and live alike.

A *cycle* runs from its trigger to the last known outcome of its commands: from the instant the
event arrived at the host that made the core decide, until of every command bearing its number it
is known what became of it, or known that it is not known (a doubt), or that it never left. All
symbols placed in one step share a cycle. A *quote* is one acknowledged create or amend, whenever
the acknowledgement comes.

Times are the bot's own clock. What is measured is kept until somebody drains it; who never does, as a
run that is judged at its end, has all of it.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from strategy import commands, events
from strategy.units import NS_PER_MS

Placing = commands.CreateOrder | commands.AmendOrder | commands.CancelOrder

_REQUEST_OF: Final[dict[type, str]] = {
    commands.CreateOrder: events.CREATE,
    commands.AmendOrder: events.AMEND,
    commands.CancelOrder: events.CANCEL,
}
_VERDICT_ON: Final[dict[type, str]] = {
    events.OrderAccepted: events.CREATE,
    events.OrderRejected: events.CREATE,
    events.OrderAmended: events.AMEND,
    events.AmendRefused: events.AMEND,
    events.OrderCancelled: events.CANCEL,
    events.CancelRefused: events.CANCEL,
}
_QUOTED: Final = (events.OrderAccepted, events.OrderAmended)


class Item(msgspec.Struct):
    """One command that was asked for. ``is_over``: it is known, or known not to be known, what became of it."""

    asked_ns: int
    cycle_id: int
    is_over: bool = False


class Cycle(msgspec.Struct):
    """One cycle: ``items`` commands in ``calls`` requests.

    ``left_ns`` is when the first of them left (0: none did), ``quoted_ns`` when the first create or amend
    did, where that was seen; ``slowest_ns`` is what the slowest request took.
    """

    number: int
    started_ns: int
    open_items: int = 0
    ended_ns: int = 0
    items: int = 0
    calls: int = 0
    slowest_ns: int = 0
    left_ns: int = 0
    quoted_ns: int = 0

    @property
    def length_ms(self) -> float:
        """Give how long it took; 0 while it lasts."""
        return (self.ended_ns - self.started_ns) / NS_PER_MS if not self.open_items else 0.0


class Cycles:
    """Follows every command from the step that asked for it to its outcome."""

    def __init__(self) -> None:
        """Start with nothing under way."""
        self.cycles: dict[int, Cycle] = {}
        self.round_trips_ms: list[float] = []
        self.quotes = 0
        self.ended: list[int] = []  # numbers of cycles that ended and were not drained yet
        self._items: dict[str, dict[str, Item]] = {}  # by client id, then by request

    def asked(self, now_ns: int, trigger_ns: int, command: commands.Command) -> None:
        """See a command; a question about an order makes what is still out about it a doubt."""
        if isinstance(command, commands.QueryOrder):
            self._all_over(now_ns, command.client_id)
        elif isinstance(command, Placing):
            request = _REQUEST_OF[type(command)]
            self._items.setdefault(command.client_id, {})[request] = Item(now_ns, command.cycle_id)
            if command.cycle_id:
                cycle = self.cycles.setdefault(command.cycle_id, Cycle(command.cycle_id, trigger_ns))
                cycle.open_items += 1
                cycle.items += 1

    def heard(self, now_ns: int, event: events.Event) -> str:
        """See what the core is told: a verdict, the lack of one, or that a command never left.

        Gives the request on which this was the first verdict; empty for every other word.
        """
        request = _VERDICT_ON.get(type(event))
        if request is not None:
            return request if self._verdict(now_ns, request, event) else ""
        match event:
            case events.Unanswered():
                self._over(now_ns, event.client_id, event.request)
            case events.NotSent():
                self._over(now_ns, event.client_id, event.request)
                self._items.get(event.client_id, {}).pop(event.request, None)
            case events.OrderFilled():
                self._over(now_ns, event.client_id, events.CREATE)  # what trades was taken in
            case _:
                pass
        return ""

    def called(self, carried: Sequence[commands.Command], sent_ns: int, now_ns: int) -> None:
        """See that a request of some cycle is over, with an answer or without."""
        cycle = self.cycles.get(getattr(carried[0], "cycle_id", 0))
        if cycle is not None:
            cycle.calls += 1
            cycle.left_ns = min(sent_ns, cycle.left_ns or sent_ns)
            cycle.slowest_ns = max(cycle.slowest_ns, now_ns - sent_ns)

    def left(self, now_ns: int, command: commands.Command) -> None:
        """See a command of some cycle leave, where that is known before its outcome."""
        cycle = self.cycles.get(getattr(command, "cycle_id", 0))
        if cycle is not None:
            cycle.left_ns = cycle.left_ns or now_ns
            if not isinstance(command, commands.CancelOrder):
                cycle.quoted_ns = cycle.quoted_ns or now_ns

    def drain(self, waiting_max: int) -> tuple[list[Cycle], list[float]]:
        """Give the cycles that ended and the round trips since the last time, and forget them.

        Of cycles without an end, and of orders about which a verdict never came, only the latest are kept.
        """
        ended = [self.cycles.pop(number) for number in self.ended if number in self.cycles]
        self.ended.clear()
        round_trips_ms, self.round_trips_ms = self.round_trips_ms, []
        _keep_latest(self._items, waiting_max)
        _keep_latest(self.cycles, waiting_max)
        return ended, round_trips_ms

    def lengths_ms(self) -> list[float]:
        """Give the length of every cycle whose commands all have an outcome."""
        return [cycle.length_ms for cycle in self.cycles.values() if not cycle.open_items]

    def without_outcome(self) -> list[str]:
        """Name the orders about which something is out whose fate is neither known nor in question."""
        return [
            client_id for client_id, items in self._items.items() if not all(item.is_over for item in items.values())
        ]

    def _verdict(self, now_ns: int, request: str, event: events.Event) -> bool:
        client_id: str = getattr(event, "client_id", "")
        item = self._items.get(client_id, {}).get(request)
        if item is not None:
            self.round_trips_ms.append((now_ns - item.asked_ns) / NS_PER_MS)
            self.quotes += isinstance(event, _QUOTED)
            self._over(now_ns, client_id, request)
            del self._items[client_id][request]
        if isinstance(event, events.OrderCancelled):
            self._all_over(now_ns, client_id)  # it is gone, and with it all that was to become of it
        if not self._items.get(client_id, True):
            del self._items[client_id]
        return item is not None

    def _all_over(self, now_ns: int, client_id: str) -> None:
        for request in self._items.get(client_id, {}):
            self._over(now_ns, client_id, request)

    def _over(self, now_ns: int, client_id: str, request: str) -> None:
        item = self._items.get(client_id, {}).get(request)
        if item is None or item.is_over:
            return
        item.is_over = True
        cycle = self.cycles.get(item.cycle_id)
        if cycle is not None:
            cycle.open_items -= 1
            cycle.ended_ns = now_ns
            if not cycle.open_items:
                self.ended.append(cycle.number)


def _keep_latest(waiting: dict[Any, Any], most: int) -> None:
    while len(waiting) > most:
        del waiting[next(iter(waiting))]
