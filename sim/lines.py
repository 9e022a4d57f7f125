"""What a fault may do to the connections of a simulated process: look which are up, break them, bar new ones."""

from collections.abc import Callable
from typing import Any

from sim.connection import Connection
from sim.wire import Message


class OneLine:
    """A kind of which the process has one connection at a time."""

    def __init__(self, connection: Connection, reset: Callable[[int | None], Any]) -> None:
        """``reset`` breaks the connection as the venue's side does: by number, or whichever there is."""
        self._connection = connection
        self._reset = reset
        # Signing in is a part of connecting.
        self.barred = self.keyless = connection.barred

    def alive(self) -> tuple[int, ...]:
        """Give the number of the connection, if it is up."""
        return (self._connection.epoch,) if self._connection.is_up else ()

    def carrier(self, message: Message) -> int:
        """Give the number of the connection that a message of a stream is on."""
        return message.number

    def reset(self, epoch: int | None = None) -> None:
        """Break the connection, if it is the one meant."""
        self._reset(epoch)


class RequestLine(OneLine):
    """The connection of requests: what is on it is on the one there is."""

    def __init__(self, connection: Connection) -> None:
        """Break it with everything under way."""
        super().__init__(connection, self._break_off)
        self.keyless = {}  # each request is signed by itself

    def carrier(self, message: Message) -> int:
        """Give the number of the connection there is now."""
        return self._connection.epoch

    def _break_off(self, epoch: int | None) -> None:
        if epoch is None or self._connection.is_of(epoch):
            self._connection.break_off("reset")
