"""The network in memory: how a request or a stream ends is told as httpx and sockets tell it."""

import asyncio

import httpx
import pytest

from sim.kernel import Kernel
from sim.through.loop import VirtualLoop
from sim.through.network import Answer, Cut, Network, StreamClosed

MS = 10**6
S = 10**9


class Line:
    """The venue's end of a stream."""

    def __init__(self, wire, opened, heard, closed):
        self.wire, self.opened, self.heard, self.closed = wire, opened, heard, closed
        self.is_closed = False

    def receive(self, text):
        self.wire.log.append(("frame", text, self.wire.kernel.now_ns // MS))

    def close(self):
        self.is_closed = True


class ToyWire:
    """Answers every request after 30 ms, opens every stream after 20, unless told otherwise."""

    def __init__(self, kernel):
        self.kernel, self.log = kernel, []
        self.connects, self.answers, self.opens = {}, {}, {}
        self.lines = []

    def connect(self, connected):
        why = self.connects.get(len(self.log), "")
        if why is not None:
            self.kernel.at(self.kernel.now_ns, connected, why)

    def http(self, request, answered):
        number = len(self.log)
        self.log.append((request.method, request.target, request.body, self.kernel.now_ns // MS))
        answer = self.answers.get(number, Answer(200, (("x-n", str(number)),), b"ok"))
        if answer is not None:
            self.kernel.at(self.kernel.now_ns + 30 * MS, answered, answer)
        return lambda: self.log.append(("given up", number))

    def open(self, path, opened, heard, closed):
        line = Line(self, opened, heard, closed)
        why = self.opens.get(path, "")
        if why is not None:
            self.kernel.at(self.kernel.now_ns + 20 * MS, opened, why)
        self.lines.append(line)
        return line


class Place:
    """A kernel, a process on it, and a toy wire."""

    def __init__(self, **kinds):
        self.kernel = Kernel()
        self.free_ns = 0
        self.loop = VirtualLoop(self.kernel, free_ns=lambda: self.free_ns)
        self.wire = ToyWire(self.kernel)
        self.network = Network(self.loop, self.wire, **kinds)
        self.client = httpx.AsyncClient(
            transport=self.network.transport(), base_url="http://venue", timeout=httpx.Timeout(1.0, pool=0.01)
        )
        self.told = []

    def play(self, main, until_s=60):
        self.loop.create_task(main())
        self.kernel.run(until_s * S)
        self.loop.check()
        return self.told

    async def ask(self, target="/", **kinds):
        try:
            answer = await self.client.post(target, **kinds)
            self.told.append((answer.status_code, answer.text))
        except httpx.HTTPError as error:
            self.told.append((type(error).__name__, round(self.loop.time() * 1000)))


def test_a_request_goes_out_byte_for_byte_and_its_answer_comes_back():
    place = Place()
    place.play(lambda: place.ask("/v5/order?a=1&b=%2F", content=b'{"x": 1}'))
    assert [(200, "ok")] == place.told
    assert [("POST", "/v5/order?a=1&b=%2F", b'{"x": 1}', 0)] == place.wire.log


@pytest.mark.parametrize(
    "part, how, expected",
    [
        ("connects", {0: "refused"}, ("ConnectError", 0)),
        ("connects", {0: None}, ("ConnectTimeout", 1000)),
        ("answers", {0: None}, ("ReadTimeout", 1000)),
        ("answers", {0: Cut("reset")}, ("ReadError", 30)),
    ],
)
def test_every_way_to_end_has_its_own_error(part, how, expected):
    place = Place()
    setattr(place.wire, part, how)
    assert [expected] == place.play(place.ask)


def test_a_request_that_is_given_up_is_taken_back_from_the_wire():
    place = Place()
    place.wire.answers[0] = None
    place.play(place.ask)
    assert [("POST", "/", b"", 0), ("given up", 0)] == place.wire.log


def test_nothing_reached_the_wire_of_a_request_without_a_connection():
    place = Place()
    place.wire.connects[0] = "refused"
    place.play(place.ask)
    assert [] == place.wire.log


def test_with_every_connection_in_use_a_request_waits_no_longer_than_its_pool_timeout():
    place = Place(connections_max=1)

    async def main():
        await asyncio.gather(place.ask(), place.ask())
        await place.ask()

    assert [("PoolTimeout", 10), (200, "ok"), (200, "ok")] == place.play(main)


def test_what_thinks_again_at_the_last_moment_never_leaves():
    place = Place()

    def leaving():
        raise httpx.LocalProtocolError("too late")

    place.play(lambda: place.ask(extensions={"leaving": leaving}))
    assert [("LocalProtocolError", 0)] == place.told
    assert [] == place.wire.log


def test_what_a_busy_processor_sends_leaves_when_it_is_done():
    place = Place()

    async def main():
        asking = asyncio.ensure_future(place.ask())
        await asyncio.sleep(0)
        place.free_ns = place.kernel.now_ns + 7 * MS
        await asking

    place.play(main)
    assert [7] == [entry[-1] for entry in place.wire.log]


def test_a_task_that_is_cancelled_gives_its_request_up():
    place = Place()

    async def main():
        asking = asyncio.ensure_future(place.ask())
        await asyncio.sleep(0.01)
        asking.cancel()

    place.play(main)
    assert ("given up", 0) == place.wire.log[-1]


async def _hear(place, stream):
    while True:
        try:
            place.told.append((await stream.receive(), round(place.loop.time() * 1000)))
        except StreamClosed as closed:
            place.told.append((closed.code, round(place.loop.time() * 1000)))
            return


def test_frames_go_both_ways_in_order_and_what_came_before_the_end_is_read():
    place = Place()

    async def main():
        stream = await place.network.dial("/v5/public")
        await stream.send("subscribe")
        line = place.wire.lines[0]
        place.kernel.at(50 * MS, line.heard, "one")
        place.kernel.at(50 * MS, line.heard, "two")
        place.kernel.at(50 * MS, line.closed, 1001, "going away")
        place.kernel.at(60 * MS, line.heard, "after the end")
        await _hear(place, stream)
        with pytest.raises(StreamClosed):
            await stream.send("more")

    place.play(main)
    assert [("one", 50), ("two", 50), (1001, 50)] == place.told
    assert [("frame", "subscribe", 20)] == place.wire.log


def test_a_stream_nobody_answers_is_an_error_of_its_own():
    place = Place()
    place.wire.opens = {"/refused": "502", "/silent": None}

    async def main():
        for path in ("/refused", "/silent"):
            try:
                await place.network.dial(path, 3.0)
            except OSError as error:
                place.told.append((type(error).__name__, round(place.loop.time() * 1000)))

    assert [("ConnectionError", 20), ("TimeoutError", 3020)] == place.play(main)
    assert [True, True] == [line.is_closed for line in place.wire.lines]


def test_a_stream_we_leave_is_seen_to_end_by_the_other_side_and_by_who_waits():
    place = Place()

    async def main():
        stream = await place.network.dial("/v5/public")
        hearing = asyncio.ensure_future(_hear(place, stream))
        await asyncio.sleep(1)
        await stream.close()
        await stream.close()
        await hearing

    assert [(1000, 1020)] == place.play(main)
    assert place.wire.lines[0].is_closed


def test_a_cut_network_carries_nothing_and_its_streams_end_for_the_other_side():
    place = Place()

    async def main():
        stream = await place.network.dial("/v5/public")
        place.kernel.at(60 * MS, place.network.cut)
        place.kernel.at(80 * MS, place.wire.lines[0].heard, "too late")
        await asyncio.sleep(0.1)
        await stream.close()
        await place.ask()
        with pytest.raises(ConnectionError):
            await place.network.dial("/v5/public")

    assert [("ConnectError", 120)] == place.play(main)
    assert place.wire.lines[0].is_closed
    assert [] == place.wire.log
