"""One stream connection as the venue sees it: frames up, frames down, small talk, and its end.

Down goes a link of the scenario's own kind, so that latency, loss and partitions hit every frame; up a
frame takes the link's usual time. A connection that gets nothing through one way hears nothing the
other way either, so that faults downward are faults of the whole.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec

from sim.connection import HELLO, REFUSED, WELCOME, Bar, why_barred
from sim.serve.site import Site
from sim.serve.spoiling import how_spoilt, spoilt_text
from sim.wire import Link, Message

ABNORMAL: Final = 1006
PONG: Final = "pong"
# A handshake is two round trips: the connection, then the upgrade; it reaches the venue on the third leg.
_LEGS: Final = 3
_FRAME_MAX: Final = 200_000
_TOPICS_CHARS_MAX: Final = 21_000
_AUTH_ARGS: Final = 3
_STAMP_DIGITS_MAX: Final = 16

Fields = dict[str, Any]


class StreamLine:
    """The connections of one stream, as a fault sees them."""

    def __init__(self) -> None:
        """Have none."""
        self.barred: dict[str, Bar] = {}
        self.keyless: dict[str, Bar] = {}
        self.talks: dict[int, Talk] = {}

    def alive(self) -> tuple[int, ...]:
        """Give the numbers of the connections that are up."""
        return tuple(self.talks)

    def carrier(self, message: Message) -> int:
        """Give the number of the connection that a message is on."""
        return message.number

    def reset(self, epoch: int | None = None) -> None:
        """Break one connection, or all of them."""
        for number, talk in tuple(self.talks.items()):
            if epoch in (None, number):
                talk.break_off()


class Talk:
    """One connection; a stream's own kinds say what is done with a frame (``take``)."""

    # Words of the connection itself count below 0 where the link also carries numbered requests.
    sign = 1

    def __init__(
        self,
        site: Site,
        line: Any,
        link: Link,
        opened: Callable[[str], None],
        heard: Callable[[str], None],
        closed: Callable[[int, str], None],
    ) -> None:
        """Be wanted by a client; ``knock`` begins."""
        self.site = site
        self.number = site.next_connection()
        self.conn_id = f"{site.slips.unique('connection', str(self.number))[:18]}-{self.number}"
        self.down = link
        self.is_open = self.is_over = False
        # Broken under whatever was on it, not left by the client: that still arrives.
        self.is_lost = False
        self.is_signed_in = False
        self.heard_ns = site.now_ns()
        self._line = line
        self._tell_opened, self._tell_heard, self._tell_closed = opened, heard, closed

    # Its life

    def knock(self) -> None:
        """Open it: what nobody answers is for the client's own patience."""
        kernel, leg_ns = self.site.kernel, self.down.median_ns
        if why := why_barred(self._line.barred):
            kernel.at(kernel.now_ns + 2 * leg_ns, self._refuse, why)
        else:
            kernel.at(kernel.now_ns + _LEGS * leg_ns, self._at_venue, Message(HELLO, "", "", None, self._own_number))

    @property
    def _own_number(self) -> int:
        return self.sign * self.number

    def _refuse(self, why: str) -> None:
        if not self.is_over:
            self.is_over = True
            self._tell_opened(why)

    def _at_venue(self, _hello: Message) -> None:
        if self.is_over:
            return
        self._line.talks[self.number] = self
        self.heard_ns = self.site.now_ns()
        self.down.send(Message(WELCOME, "", "", None, self._own_number), self._welcomed)

    def _welcomed(self, _welcome: Message) -> None:
        if not self.is_over and not self.is_open:
            self.is_open = True
            self._tell_opened("")

    def close(self) -> None:
        """See the client go."""
        self._end()

    def break_off(self) -> None:
        """Lose it without a good-bye, as both sides see at once."""
        self.is_lost = True
        self.end(ABNORMAL, "")

    def end(self, code: int, reason: str) -> None:
        """End it from this side; a client that was never let in hears that nobody is there."""
        if self.is_over:
            return
        was_open = self.is_open
        self._end()
        if was_open:
            self._tell_closed(code, reason)
        else:
            self._tell_opened(REFUSED)

    def _end(self) -> None:
        self.is_open, self.is_over = False, True
        self._line.talks.pop(self.number, None)

    # Frames

    def receive(self, text: str) -> None:
        """Take a frame that the client puts on the wire now."""
        if self.is_open:
            kernel = self.site.kernel
            kernel.at(kernel.now_ns + self.down.median_ns, self._arrive, text)

    def _arrive(self, text: str) -> None:
        if self.is_over:
            return
        self.heard_ns = self.site.now_ns()
        frame = parsed(text)
        if frame is None:
            self.say({"success": False, "ret_msg": "Invalid request: not JSON", "conn_id": self.conn_id, "op": ""})
        else:
            self.take(frame)

    def take(self, frame: Fields) -> None:
        """Do what a frame says."""
        raise NotImplementedError

    def say(self, frame: Fields) -> None:
        """Say something of the connection itself."""
        self.tell([msgspec.json.encode(frame).decode()], PONG)

    def tell(self, texts: list[str], kind: str, symbol: str = "", client_id: str = "", body: Any = None) -> None:
        """Put frames on the wire as one message: what loses it loses all of them."""
        if not self.is_over:
            number = self.number if body is not None or symbol else self._own_number
            size = sum(map(len, texts))
            self.down.send(Message(kind, symbol, client_id, body, number, size=size), partial(self._hear, texts))

    def _hear(self, texts: list[str], message: Message) -> None:
        if self.is_open:
            for text in texts:
                self.hear(spoilt_text(text, how_spoilt(message)))

    def hear(self, text: str) -> None:
        """Have the client hear a frame, now."""
        self._tell_heard(text)

    # Small talk

    def signed(self, frame: Fields) -> str:
        """Sign a client in by ``[key, expires, signature]``; give why not, empty where it is signed in."""
        args = frame.get("args")
        if not isinstance(args, list) or len(args) != _AUTH_ARGS:
            return "Params Error"
        if why := why_barred(self._line.keyless):
            return why
        key, expires, sign = (str(arg) for arg in args)
        if not (expires.isascii() and expires.isdigit() and len(expires) <= _STAMP_DIGITS_MAX):
            return "Params Error"
        if key != self.site.key.name:
            return "API key is invalid."
        if not self.site.key.has_signed(f"GET/realtime{expires}".encode(), sign):
            return "Error sign, please check your signature generation algorithm."
        if int(expires) <= self.site.now_ms():
            return "Request expired"
        self.is_signed_in = True
        return ""

    def topics(self, frame: Fields) -> list[str] | None:
        """Read the topics of a subscription; None for what is none."""
        args = frame.get("args")
        if not isinstance(args, list) or not args or not all(isinstance(arg, str) for arg in args):
            return None
        return args if sum(map(len, args)) <= _TOPICS_CHARS_MAX else None

    def answer(self, frame: Fields, problem: str = "", usual: str = "") -> None:
        """Answer a subscription or a signing-in of a public or private stream."""
        said: Fields = {"success": not problem, "ret_msg": problem or usual}
        self.say({**said, "conn_id": self.conn_id, **self.echo(frame), "op": str(frame.get("op") or "")})

    def echo(self, frame: Fields) -> Fields:
        """Give the request's id back, empty where it had none."""
        return {"req_id": str(frame.get("req_id") or "")[:100]}


def parsed(text: str) -> Fields | None:
    """Read a frame that is a JSON object; None for anything else."""
    if len(text) > _FRAME_MAX:
        return None
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
