"""A stream connection that is kept: dialled, greeted, proven alive, given up, dialled again.

Every attempt has a number, the *epoch*. What belongs to an earlier one is never delivered. A
connection is *up* once its ``Part`` says so: signed in, and every subscription taken. It is given up
when it breaks, when greeting takes too long, when a ping is followed by nothing at all, when a frame
cannot be sent in time, and when its part finds fault with it; then comes another attempt, after a
pause that doubles. How the pauses vary is drawn from the session and the number of the attempt:
connections do not knock in step, and a run can be repeated.

Time is the running loop's. Frames are delivered one at a time, in order, and never while one is taken in.
"""

import asyncio
from collections.abc import Callable
from hashlib import blake2b
from typing import Final, Protocol

import msgspec

from adapters.venue import Dial, Socket, SocketClosed

_JITTER: Final = 0.25
_DRAWS: Final = 2**64
_DOUBLINGS_MAX: Final = 20
# Frames of ours that the other side has not taken yet; past that it takes none.
_SENDING_MAX: Final = 256
_CLOSE_S_MAX: Final = 2.0


class Waits(msgspec.Struct, frozen=True):
    """How long things may take, in seconds."""

    dial_s: float = 5.0
    greet_s: float = 5.0
    send_s: float = 5.0
    ping_every_s: float = 20.0
    pong_s: float = 10.0
    pause_s: float = 0.2
    pause_s_max: float = 4.0
    # A connection that was up for less does not shorten the pause before the next.
    settled_s: float = 10.0


class Part(Protocol):
    """What is said and heard on one kind of connection. Its methods never wait."""

    def opened(self) -> None:
        """Begin to greet: the connection is open."""

    def heard(self, text: str) -> None:
        """Take in a frame."""

    def lost(self, why: str, was_up: bool) -> None:
        """End everything that was under way on the connection."""

    def ping(self) -> str:
        """Give the frame that asks for a sign of life."""


class Connection:
    """One connection at a time to ``url``, for ``part``."""

    def __init__(self, name: str, url: str, dial: Dial, part: Part, session: str, waits: Waits | None = None) -> None:
        """``name`` and ``session`` decide how pauses vary; nothing is dialled yet."""
        self._name, self._url, self._dial, self._part = name, url, dial, part
        self._session = session
        self._waits = waits or Waits()
        self._socket: Socket | None = None
        self._over: asyncio.Future[str] | None = None
        self._life: asyncio.Task[None] | None = None
        self._sending: dict[int, asyncio.Task[None]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._frames = 0
        self._heard_s = 0.0
        self.epoch = 0
        self.is_up = False

    def start(self) -> None:
        """Be connected from now on, and keep trying until ``stop``."""
        if self._life is None:
            self._life = asyncio.get_running_loop().create_task(self._live())

    async def stop(self) -> None:
        """Be connected no more."""
        life, self._life = self._life, None
        if life is not None:
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)

    def welcomed(self) -> None:
        """Be up: said by the part once it is greeted."""
        self.is_up = True

    def break_off(self, why: str) -> None:
        """Give this connection up; another attempt follows. Nothing more of it is delivered."""
        if self._over is not None and not self._over.done():
            self._over.set_result(why)

    def say(self, text: str) -> bool:
        """Put a frame on the wire at once; False where there is no connection, and it never leaves."""
        over, socket = self._over, self._socket
        if over is None or over.done() or socket is None:
            return False
        if len(self._sending) >= _SENDING_MAX:
            self.break_off("cannot send")
            return False
        self._frames += 1
        self._sending[self._frames] = over.get_loop().create_task(self._send(self._frames, socket, text))
        return True

    async def _send(self, number: int, socket: Socket, text: str) -> None:
        try:
            async with asyncio.timeout(self._waits.send_s):
                await socket.send(text)
        except SocketClosed as closed:
            self.break_off(str(closed))
        except TimeoutError:
            self.break_off("cannot send")
        finally:
            self._sending.pop(number, None)

    # Attempts

    async def _live(self) -> None:
        loop, waits, failures = asyncio.get_running_loop(), self._waits, 0
        while True:
            self.epoch += 1
            began_s = loop.time()
            try:
                await self._attempt()
            except Exception as mistake:  # noqa: BLE001 - whatever it is, it must not leave us without a connection
                self._tell("an attempt failed", mistake)
            failures = 0 if loop.time() - began_s >= waits.settled_s else failures + 1
            pause_s = min(waits.pause_s * 2 ** min(max(failures - 1, 0), _DOUBLINGS_MAX), waits.pause_s_max)
            await asyncio.sleep(pause_s * self._shift())

    def _shift(self) -> float:
        """Draw by how much the pause after this attempt differs."""
        drawn = blake2b(f"{self._session}/{self._name}/{self.epoch}".encode(), digest_size=8).digest()
        return 1.0 + _JITTER * (2.0 * int.from_bytes(drawn) / _DRAWS - 1.0)

    async def _attempt(self) -> None:
        """Connect once, and be connected until that ends."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._waits.dial_s):
                socket = await self._dial(self._url)
        except OSError:  # a TimeoutError is one
            return
        over = self._over = loop.create_future()
        self._socket, self._heard_s = socket, loop.time()
        reading = loop.create_task(self._read(socket, over))
        reading.add_done_callback(self._read_ended)
        self._later(self._waits.greet_s, self._expect_welcome)
        self._later(self._waits.ping_every_s, self._ping)
        why = "stopped"
        try:
            self._part.opened()
            why = await over
        except (asyncio.CancelledError, Exception) as mistake:
            # Not where the loop itself is gone with us on it: then there is nobody to wait for.
            why = why if isinstance(mistake, asyncio.CancelledError) else f"a mistake of ours: {mistake!r}"
            await self._leave(why, reading, socket)
            raise
        await self._leave(why, reading, socket)

    async def _leave(self, why: str, reading: asyncio.Task[None], socket: Socket) -> None:
        """End all that was under way on a connection, and close its socket."""
        was_up, self.is_up = self.is_up, False
        self._over = self._socket = None
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        ending = [reading, *self._sending.values()]
        for task in ending:
            task.cancel()
        try:
            self._part.lost(why, was_up)
        finally:
            await asyncio.gather(*ending, _close(socket), return_exceptions=True)

    async def _read(self, socket: Socket, over: asyncio.Future[str]) -> None:
        loop = over.get_loop()
        try:
            while not over.done():
                text = await socket.receive()
                if over.done():
                    return
                self._heard_s = loop.time()
                self._part.heard(text)
        except SocketClosed as closed:
            self.break_off(str(closed))

    def _read_ended(self, reading: asyncio.Task[None]) -> None:
        """Note that nothing is read any more; a frame that we failed to take in must not leave us deaf unseen."""
        mistake = None if reading.cancelled() else reading.exception()
        if mistake is not None:
            self.break_off(f"a mistake of ours: {mistake!r}")
            self._tell("a frame was not taken in", mistake)

    def _tell(self, words: str, mistake: BaseException) -> None:
        told = {"message": f"{self._name}: {words}", "exception": mistake}
        asyncio.get_running_loop().call_exception_handler(told)

    # Signs of life

    def _later(self, after_s: float, call: Callable[[float], None]) -> None:
        """Have something done later on this connection; one timer of a kind at a time."""
        loop = asyncio.get_running_loop()
        self._timers[call.__name__] = loop.call_later(after_s, call, loop.time())

    def _expect_welcome(self, _since_s: float) -> None:
        if not self.is_up:
            self.break_off("not greeted in time")

    def _ping(self, _since_s: float) -> None:
        self.say(self._part.ping())
        self._later(self._waits.pong_s, self._expect_life)
        self._later(self._waits.ping_every_s, self._ping)

    def _expect_life(self, pinged_s: float) -> None:
        if self._heard_s <= pinged_s:
            self.break_off("silence")


async def _close(socket: Socket) -> None:
    """Close a socket whose other side may never say good-bye."""
    async with asyncio.timeout(_CLOSE_S_MAX):
        await socket.close()
