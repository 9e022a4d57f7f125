"""What a client and the simulated venue exchange on the wire, and who carries it: bytes and frames, no socket."""

from collections.abc import Callable
from typing import Protocol

import msgspec


class Request(msgspec.Struct, frozen=True, gc=False):
    """A request as bytes left the client: its target is path and query as they stand."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Answer(msgspec.Struct, frozen=True, gc=False):
    """An answer as bytes."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Cut(msgspec.Struct, frozen=True, gc=False):
    """The connection broke under a request; the request may be carried out all the same."""

    why: str


Answered = Callable[[Answer | Cut], None]


class Speaker(Protocol):
    """The venue's end of one stream."""

    def receive(self, text: str) -> None:
        """Take a frame of the client's."""

    def close(self) -> None:
        """See the client go."""


class Wire(Protocol):
    """The simulated venue as a network shows it. Whatever it calls back, it calls at the instant of arrival."""

    def connect(self, connected: Callable[[str], None]) -> None:
        """Want a connection for requests: ``connected("")`` as there is one, else with why there is none."""

    def http(self, request: Request, answered: Answered) -> Callable[[], None]:
        """Carry a request; what it gives is called if the client gives the request up."""

    def open(
        self, path: str, opened: Callable[[str], None], heard: Callable[[str], None], closed: Callable[[int, str], None]
    ) -> Speaker:
        """Open a stream: ``opened("")`` or why not, then frames, then perhaps its end."""
