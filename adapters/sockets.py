"""Stream connections: the one module that knows websockets.

The venue's pings are messages of its own, so none is sent by the library. What is received waits in a
short queue; past that the other side waits, and so a slow reader grows nothing. Nor does a venue that
asks for answers and takes none, and one that breaks the rules or says good-bye must hang up, or we do.
"""

import asyncio
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from adapters.venue import Dial, Socket, SocketClosed

# The largest message of ours is a snapshot of a thousand levels, some 60 kB.
FRAME_MAX: Final = 2 * 1024 * 1024
QUEUE_MAX: Final = 16
_DIAL_S_MAX: Final = 5.0
_CLOSE_S_MAX: Final = 1.0
_NO_CODE: Final = 1006
_WRONG_KIND: Final = 1003
# Pongs that the other side does not take; its own pings ask for them.
_UNSENT_MAX: Final = 256 * 1024


class _Wire(ClientConnection):
    """The library's connection, which ends also where the other side will not end it."""

    _is_ending = False

    def data_received(self, data: bytes) -> None:
        """Take in bytes as they come."""
        super().data_received(data)
        if self.transport.get_write_buffer_size() > _UNSENT_MAX:
            self.transport.abort()
        elif self.close_deadline is not None and not self._is_ending:
            self._is_ending = True
            self.loop.call_later(_CLOSE_S_MAX, self.transport.abort)


class _WebSocket:
    """One websocket; text only."""

    def __init__(self, wire: ClientConnection) -> None:
        """Take over a connection that is open."""
        self._wire = wire

    async def send(self, text: str) -> None:
        """Send one frame."""
        try:
            await self._wire.send(text)
        except ConnectionClosed as closed:
            raise _closed(closed) from None

    async def receive(self) -> str:
        """Wait for the next frame; a binary one is not ours, and ends the connection."""
        try:
            frame = await self._wire.recv()
        except ConnectionClosed as closed:
            raise _closed(closed) from None
        if isinstance(frame, bytes):
            await self._wire.close(_WRONG_KIND)
            raise SocketClosed(_WRONG_KIND, "a binary frame")
        return frame

    async def close(self) -> None:
        """Say good-bye, but wait only a moment for the other side's."""
        await self._wire.close()


def dialler(frame_max: int = FRAME_MAX, queue_max: int = QUEUE_MAX, dial_s_max: float = _DIAL_S_MAX) -> Dial:
    """Give a way to open websockets; frames above ``frame_max`` bytes end the connection (1009)."""

    async def dial(url: str) -> Socket:
        try:
            async with asyncio.timeout(dial_s_max):
                wire = await connect(
                    url,
                    compression=None,
                    user_agent_header=None,
                    proxy=None,
                    open_timeout=None,
                    ping_interval=None,
                    close_timeout=_CLOSE_S_MAX,
                    max_size=frame_max,
                    max_queue=queue_max,
                    create_connection=_Wire,
                )
        except (InvalidHandshake, InvalidURI, EOFError) as error:
            raise ConnectionError(f"no websocket at {url}: {error}") from None
        return _WebSocket(wire)

    return dial


def _closed(closed: ConnectionClosed) -> SocketClosed:
    """Say why: the code the other side sent, or the one we had to send it."""
    frame = closed.rcvd or closed.sent
    return SocketClosed(frame.code if frame else _NO_CODE, frame.reason if frame else "")
