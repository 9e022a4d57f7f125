"""Queues with an account of their bytes: one per link for bandwidth, one per connection for a slow reader.

A queue stands where messages arrive. What comes while it is at work waits its turn and takes as long as
its bytes do. When the fault is over, everything that waits goes on at once, in order.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sim.faults.installing import Install, during
from sim.kernel import Kernel
from sim.plan import PlannedFault
from sim.wire import Fate, Message
from strategy.units import NS_PER_S

if TYPE_CHECKING:
    from sim.exchange import Exchange

_KIB: Final = 1024
# What a message without a record takes: a ping, a greeting.
_BARE_BYTES: Final = 64

Deliver = Callable[[Message], Any]
_Item = tuple[int, Deliver, Message]


def bytes_of(message: Message) -> int:
    """Give how many bytes a message is: its own, or those of its record as JSON.

    A question asked over the wire bears how the venue answers it, which is no word and takes next to nothing.
    """
    record = b"" if message.body is None else msgspec.json.encode(message.body, enc_hook=_no_word)
    return message.size or _BARE_BYTES + len(record)


def _no_word(_carried: Any) -> None:
    """Stand for what a record carries and a wire would not."""


class ByteQueue:
    """Lets messages through one after the other, each for as long as its bytes take at ``bytes_per_s``.

    With ``bytes_max`` no more than that waits, beside what is being let through; ``full`` is called for what
    would be too much, and says whether there is room for it now. ``felt`` is told of each that has to wait.
    """

    def __init__(
        self, kernel: Kernel, bytes_per_s: float, felt: Callable[[], None], bytes_max: int | None = None
    ) -> None:
        """Start empty."""
        self._kernel = kernel
        self._bytes_per_s = bytes_per_s
        self._felt = felt
        self._bytes_max = bytes_max
        self._line: deque[_Item] = deque()
        self._under_way: _Item | None = None
        self._is_open = False
        self.waiting_bytes = 0
        self.full: Callable[[int], bool] = _there_is_room

    def put(self, deliver: Deliver, message: Message) -> None:
        """Take a message that arrived."""
        if self._is_open:
            deliver(message)
            return
        size = bytes_of(message)
        if self._under_way is None:
            self._let_through((size, deliver, message))
            return
        self._felt()
        if self._bytes_max is not None and self.waiting_bytes + size > self._bytes_max and not self.full(size):
            return
        self._line.append((size, deliver, message))
        self.waiting_bytes += size

    def drop_oldest(self, size: int) -> bool:
        """Make room by letting go of what waits longest."""
        assert self._bytes_max is not None
        while self._line and self.waiting_bytes + size > self._bytes_max:
            self.waiting_bytes -= self._line.popleft()[0]
        return self.waiting_bytes + size <= self._bytes_max

    def clear(self) -> None:
        """Let go of everything: the connection it was on is gone."""
        self._line.clear()
        self._under_way, self.waiting_bytes = None, 0

    def open_up(self) -> None:
        """Let everything through at once, and hold nothing up from now on."""
        self._is_open = True
        first, self._under_way = self._under_way, None
        line, self._line, self.waiting_bytes = self._line, deque(), 0
        for _, deliver, message in (*([first] if first is not None else []), *line):
            deliver(message)

    def _let_through(self, item: _Item) -> None:
        self._under_way = item
        self._kernel.at(self._kernel.now_ns + round(item[0] * NS_PER_S / self._bytes_per_s), self._through, item)

    def _through(self, item: _Item) -> None:
        if item is not self._under_way:
            return  # it went with its connection, or when all was let through
        self._under_way = None
        if self._line:
            self.waiting_bytes -= self._line[0][0]
            self._let_through(self._line.popleft())
        item[1](item[2])


class _Queues:
    """A rule that has messages of its links wait in queues, which are made as they are needed."""

    def __init__(self, fault: PlannedFault, world: "Exchange", *, is_per_connection: bool) -> None:
        self._fault, self._world = fault, world
        self._is_per_connection = is_per_connection
        self._queues: dict[tuple[str, int], ByteQueue] = {}

    def fate(self, link: str, message: Message, now_ns: int) -> Fate | None:
        """Have a message wait where it arrives."""
        fault = self._fault
        if link not in fault.params["links"] or not fault.start_ns <= now_ns < fault.end_ns:
            return None
        # What a connection says of itself counts below 0.
        key = link, abs(message.number) if self._is_per_connection else 0
        if key not in self._queues:
            self._queues[key] = self._made(*key)
        return Fate(hold=self._queues[key])

    def end(self) -> None:
        """Let everything through."""
        for queue in self._queues.values():
            queue.open_up()

    def _made(self, link: str, number: int) -> ByteQueue:
        params, world = self._fault.params, self._world
        limit = round(params["buffer_kib"] * _KIB) if "buffer_kib" in params else None
        queue = ByteQueue(world.kernel, params["kib_per_s"] * _KIB, partial(world.bit, self._fault), limit)
        match params.get("when_full"):
            case "drop_oldest":
                queue.full = queue.drop_oldest
            case "drop_newest":
                queue.full = _there_is_none
            case "disconnect":
                queue.full = partial(_disconnect, world, queue, link, number)
            case _:
                pass
        return queue


def _there_is_room(_size: int) -> bool:
    return True


def _there_is_none(_size: int) -> bool:
    return False


def _disconnect(world: "Exchange", queue: ByteQueue, link: str, number: int, _size: int) -> bool:
    queue.clear()
    world.lines[link].reset(number)
    return False


def _queued(fault: PlannedFault, world: "Exchange", *, is_per_connection: bool) -> None:
    queues = _Queues(fault, world, is_per_connection=is_per_connection)
    world.rules.append(queues)
    during(fault, world, lambda: None, queues.end, bites=False)


INSTALL: Final[dict[str, Install]] = {
    "bandwidth": partial(_queued, is_per_connection=False),
    "slow_reader": partial(_queued, is_per_connection=True),
}
