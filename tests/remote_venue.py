"""A venue that outlives the bot: it lives in the test's process, and is reached over loopback.

The account is a paper desk on a small market, so the truth can be read off it. A line of JSON is a
request (its number, its commands) or an outcome (that number, its events); number 0 is a stream.
"""

import asyncio
import threading

import msgspec
from small_market import SYMBOL, SmallMarket

from adapters.clock import HostClock
from adapters.paper import PaperVenue
from adapters.venue import Seen
from strategy import events
from strategy.batching import of_size
from strategy.commands import Command
from strategy.instrument import Instrument
from strategy.requests import not_sent, unanswered

_requests = msgspec.json.Decoder(tuple[int, int, tuple[Command, ...]])
_said = msgspec.json.Decoder(tuple[int, tuple[events.Event, ...]])
_seen = msgspec.json.Decoder(tuple[Instrument, ...])


class Account:
    """The venue's side, on a thread of its own between ``with`` and its end."""

    def __init__(self, seed=1, one_way_ns=lambda: 10_000_000) -> None:
        self.market = SmallMarket(seed)
        self.paper = PaperVenue(self.market, HostClock(), one_way_ns)
        self.port, self.visits, self._writer = 0, 0, None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        self.call(self._open())
        return self

    def __exit__(self, *_):
        self.call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    async def _open(self):
        self.seen = await self.paper.look([SYMBOL])
        await self.paper.connect(self._push)
        self._server = await asyncio.start_server(self._visit, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self):
        await self.paper.close()
        if self._writer is not None:
            self._writer.close()
        self._server.close()
        await asyncio.sleep(0.05)

    def _push(self, event):
        if self._writer is not None:
            self._write(self._writer, (0, (event,)))

    async def _visit(self, reader, writer):
        self.visits += 1
        writer.write(msgspec.json.encode(self.seen.instruments) + b"\n")
        try:
            await reader.readline()  # it wants to be connected
            self._writer = writer
            for event in (events.StreamUp(events.PUBLIC), events.StreamUp(events.PRIVATE), self.market.book(0)):
                self._push(event)
            while line := await reader.readline():
                number, signed_ns, one = _requests.decode(line)
                self.paper.send(one, signed_ns, lambda said, number=number: self._write(writer, (number, said)))
        except ConnectionError:
            pass
        finally:
            if self._writer is writer:
                self._writer = None
            writer.close()

    def _write(self, writer, what):
        if not writer.is_closing():
            writer.write(msgspec.json.encode(what) + b"\n")

    async def _desk(self):
        return self.paper._desks[SYMBOL]

    @property
    def desk(self):
        return self.call(self._desk())

    @property
    def fills(self):
        return tuple(self.desk._fills)


class RemoteVenue:
    """The bot's side; ``told`` and everything else a venue may be given is nothing to it."""

    name = "remote"
    capability = of_size(10, per_item=True)

    def __init__(self, port) -> None:
        self._port, self._waiting, self._number = port, {}, 0
        self._writer = self._task = None

    def count_in(self, units):
        """Count in its own."""

    async def look(self, symbols):
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**24)
        return Seen(_seen.decode(await self._reader.readline()), HostClock().now_ns())

    async def connect(self, feed):
        self._writer.write(b"connect\n")
        self._task = asyncio.get_running_loop().create_task(self._listen(feed))

    async def _listen(self, feed):
        while line := await self._reader.readline():
            number, said = _said.decode(line)
            if number:
                self._waiting.pop(number)[1](said)
            else:
                feed(said[0])
        for stream in (events.PUBLIC, events.PRIVATE):
            feed(events.StreamDown(stream))

    def send(self, one, signed_venue_ns, answered):
        if self._writer is None or self._writer.is_closing():
            answered(tuple(not_sent(command, events.NO_CONNECTION) for command in one))
            return
        self._number += 1
        self._waiting[self._number] = (one, answered)
        self._writer.write(msgspec.json.encode((self._number, signed_venue_ns, one)) + b"\n")

    async def close(self):
        if self._task is not None:
            self._task.cancel()
        waiting, self._waiting = self._waiting, {}
        for one, answered in waiting.values():
            answered(tuple(unanswered(command, "closed") for command in one))
        if self._writer is not None:
            self._writer.close()
