"""The line of requests that go one at a time, the same for every driver.

Where dispatch is ``sequential``, the next request leaves once the outcome of the one before is known,
and no later than its own ``send_by``. Only creates and amends ever stand in line: what takes risk
away, and what asks, overtakes and leaves at once. A quote in line that such a cancel is about never
leaves any more, or it would land after the cancel that was to end it.

The line knows no clock and no wire: whoever owns it is called back, in the order things happen.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, TypeGuard

from strategy import commands
from strategy.batching import SEQUENTIAL, Capability, Group, group

LATE: Final = "send_by passed"
CANCELLED_IN_LINE: Final = "cancelled in line"

Quote = commands.CreateOrder | commands.AmendOrder
# Puts one request on the wire; gives its number, or 0 where its outcome is known already.
Leave = Callable[[Group], int]
# Says that a command certainly never left, and why.
Refuse = Callable[[commands.Command, str], None]


class Line:
    """Requests in the order in which they leave. Instants are the owner's clock."""

    def __init__(
        self,
        capability: Capability,
        dispatch: str,
        leave: Leave,
        refuse: Refuse,
        look_again: Callable[[int], None],
    ) -> None:
        """``look_again`` is asked to call ``give_up_late`` once that instant, a ``send_by_ns``, is past."""
        self._capability = capability
        self._dispatch = dispatch
        self._leave = leave
        self._refuse = refuse
        self._look_again = look_again
        self._waiting: deque[Group] = deque()
        self._number = 0  # the request of creates or amends whose outcome the line waits for

    def send(self, leaving: Sequence[commands.Command]) -> None:
        """Have commands leave, those that may share a request in one; what may wait waits its turn."""
        for one in group(leaving, self._capability, self._dispatch):
            if self._dispatch == SEQUENTIAL and is_quote(one[0]):
                self._waiting.append(one)
                self._look_again(min(getattr(command, "send_by_ns", 0) for command in one))
            else:
                self._overtake(one)
                self._leave(one)
        self._go_on()

    def ended(self, number: int) -> None:
        """Hear that a request has its outcome, whatever it is: it is somebody else's turn."""
        if number == self._number:
            self._number = 0
            self._go_on()

    def give_up_late(self, now_ns: int) -> None:
        """Say of what has waited too long that it will not leave any more."""
        self._thin_out(LATE, lambda quote: now_ns > quote.send_by_ns)

    def forget(self) -> None:
        """Wait for nothing any more: whoever asked is gone."""
        self._waiting.clear()
        self._number = 0

    def _go_on(self) -> None:
        """Let the next leave, once the outcome of the one before is known."""
        while self._waiting and not self._number:
            self._number = self._leave(self._waiting.popleft())

    def _overtake(self, one: Group) -> None:
        """Take out what a cancel that leaves now would miss."""
        cancels = cancels_of(one)
        if self._waiting and cancels:
            self._thin_out(CANCELLED_IN_LINE, lambda quote: any(is_about(cancel, quote) for cancel in cancels))

    def _thin_out(self, reason: str, is_out: Callable[[Quote], bool]) -> None:
        line, self._waiting = self._waiting, deque()
        for one in line:
            for command in one:
                if is_quote(command) and is_out(command):
                    self._refuse(command, reason)
            if staying := tuple(command for command in one if not (is_quote(command) and is_out(command))):
                self._waiting.append(staying)


def is_quote(command: commands.Command) -> TypeGuard[Quote]:
    """Say whether a command adds or moves risk: it waits for the journal, and may wait in line."""
    return isinstance(command, commands.CreateOrder | commands.AmendOrder)


def cancels_of(leaving: Sequence[commands.Command]) -> list[commands.CancelOrder | commands.CancelAll]:
    """Give those commands that take orders off."""
    return [one for one in leaving if isinstance(one, commands.CancelOrder | commands.CancelAll)]


def is_about(cancel: commands.CancelOrder | commands.CancelAll, quote: Quote) -> bool:
    """Say whether a cancel is meant to end an order, so that a quote of it must not land afterwards."""
    if isinstance(cancel, commands.CancelOrder):
        return cancel.client_id == quote.client_id
    return cancel.symbol in ("", quote.symbol)


def on_time(now_ns: int, one: Group) -> tuple[Group, Group]:
    """Part what may still leave from what has waited too long."""
    late = tuple(command for command in one if now_ns > getattr(command, "send_by_ns", now_ns))
    return (tuple(command for command in one if command not in late), late) if late else (one, ())
