"""The quote loop on real sockets: tick to wire, and cycles by every road and every way to send.

A venue on loopback answers each request after the reference latency; between it and a scripted core stand
the real driver, the real adapter and the real transports. Run with ``-s`` to see the table. What the core
itself costs is measured elsewhere: here it asks for eight amends in four symbols at every tick.
"""

import asyncio
import json
import random
import time
from collections.abc import Sequence

import pytest
from bybit_desk import FEES, FLAT, KEY, LINEAR_ROW, TIDY, envelope
from loopback import Visit, serving
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from adapters.bybit.signing import Signer
from adapters.bybit.venue import REST, STREAM, Account, BybitVenue
from adapters.clock import HostClock
from adapters.driver import Ending, LiveDriver
from adapters.journal import NoJournal
from adapters.sockets import dialler
from adapters.transport import Http
from sim.runs.metrics import stats_of
from strategy import commands, events
from strategy.batching import BATCHED, CONCURRENT, SEQUENTIAL
from strategy.cycles import Cycle, Cycles

MEDIAN_S, SIGMA = 0.066, 0.3
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT")
TICK_S = 0.02
BASE_TICKS = 1_000_000
CYCLES = 40
MODES = {
    "sequential, REST": (SEQUENTIAL, REST),
    "concurrent, REST": (CONCURRENT, REST),
    "batched, REST": (BATCHED, REST),
    "batched, stream": (BATCHED, STREAM),
}


class SlowVenue:
    """Answers after the reference latency; notes when the first request of each cycle arrived."""

    def __init__(self) -> None:
        self._dice = random.Random(1)
        self._said_ns: dict[int, int] = {}
        self.tick_to_wire_us: list[float] = []
        self.answers = dict(TIDY)
        self.answers["/v5/market/instruments-info"] = {"list": [{**LINEAR_ROW, "symbol": one} for one in SYMBOLS]}
        self.answers["/v5/account/fee-rate"] = {"list": [{**FEES, "symbol": one} for one in SYMBOLS]}
        self.answers["/v5/position/list"] = {"list": [FLAT]}
        self.answers["/v5/user/query-api"] = KEY

    async def carried_out(self, asked: dict) -> tuple[object, object]:
        """Take an order request; give its result and the codes of its items."""
        items = asked.get("request", [asked])
        tick = round(float(items[0]["price"]) * 10) - BASE_TICKS
        said_ns = self._said_ns.pop(tick, None)
        if said_ns is not None:
            self.tick_to_wire_us.append((time.perf_counter_ns() - said_ns) / 1000)
        await asyncio.sleep(MEDIAN_S * self._dice.lognormvariate(0, SIGMA))
        acks = [{"orderId": "v", "orderLinkId": one["orderLinkId"]} for one in items]
        if "request" not in asked:
            return acks[0], {}
        return {"list": acks}, {"list": [{"code": 0, "msg": "OK"}] * len(items)}

    async def visited(self, visit: Visit) -> None:
        """Serve REST."""
        while True:
            raw = await visit.request()
            head, _, body = raw.partition(b"\r\n\r\n")
            method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            if method == "POST":
                result, ext = await self.carried_out(json.loads(body))
                told = envelope(result, ext=ext)
            else:
                told = envelope(self.answers[target.partition("?")[0]])
            text = json.dumps(told).encode()
            await visit.say(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(text), text)
            )

    async def spoken(self, wire: ServerConnection) -> None:
        """Serve the streams."""
        tasks = []
        try:
            async for text in wire:
                frame = json.loads(text)
                if frame["op"].startswith("order."):
                    tasks.append(asyncio.create_task(self._answer(wire, frame)))
                    continue
                done = {"retCode": 0} if wire.request.path.endswith("trade") else {"success": True}
                await wire.send(json.dumps({"op": frame["op"], "ret_msg": "", **done}))
                if wire.request.path.endswith("linear") and not tasks:
                    tasks.append(asyncio.create_task(self._tick(wire)))
        except ConnectionClosed:
            pass
        for task in tasks:
            task.cancel()

    async def _answer(self, wire: ServerConnection, frame: dict) -> None:
        data, ext = await self.carried_out(frame["args"][0])
        told = {"reqId": frame["reqId"], "retCode": 0, "op": frame["op"], "data": data, "retExtInfo": ext}
        await wire.send(json.dumps({**told, "retMsg": "OK", "header": {"Timenow": str(time.time_ns() // 1_000_000)}}))

    async def _tick(self, wire: ServerConnection) -> None:
        levels = [[f"{100 - number / 10:.1f}", "1"] for number in range(50)]
        data = {"s": "BTCUSDT", "b": levels, "a": [[f"{101 + number / 10:.1f}", "1"] for number in range(50)]}
        u = 1
        while True:
            await asyncio.sleep(TICK_S)
            u += 1
            told = {"topic": "orderbook.50.BTCUSDT", "type": "snapshot" if u == 2 else "delta", "ts": 1, "cts": 1}
            self._said_ns[u] = time.perf_counter_ns()
            await wire.send(json.dumps({**told, "data": {**data, "u": u, "seq": u}}))


class Mover:
    """A core that moves eight orders at a tick, once those of the tick before are done; it is its own watcher."""

    def __init__(self) -> None:
        self.wake_at_ns = None
        self.cycles = Cycles()
        self.driver: LiveDriver
        self.is_done = False
        self._number = 0
        self._open = 0

    def step(self, now_ns: int, event: events.Event) -> tuple[commands.Command, ...]:
        self._open -= isinstance(event, events.OrderAmended)
        assert not isinstance(event, events.Unanswered | events.NotSent), event
        self.is_done = self._number >= CYCLES and not self._open
        if not isinstance(event, events.BookDelta) or self._open or self._number >= CYCLES:
            return ()
        self._number += 1
        moves = tuple(
            commands.AmendOrder(f"s-{symbol}-{slot}", symbol, BASE_TICKS + event.seq, 50, 2**62, self._number)
            for symbol in SYMBOLS
            for slot in range(2)
        )
        self._open = len(moves)
        return moves

    def delivered(self, now_ns: int, event: events.Event) -> None:
        self.cycles.heard(now_ns, event)

    def sent(self, now_ns: int, command: commands.Command) -> None:
        self.cycles.asked(now_ns, self.driver.arrived_ns, command)

    def stepped(self, now_ns: int, leaving: Sequence[commands.Command], event: events.Event) -> None:
        if self.is_done:
            self.driver.end(Ending.FORCED)


class Loop:
    """What one way to send took."""

    def __init__(self, venue: SlowVenue, cycles: Sequence[Cycle]) -> None:
        self.tick_us = venue.tick_to_wire_us
        self.lengths_ms = [cycle.length_ms for cycle in cycles]
        self.slowest_ms = [cycle.slowest_ns / 1e6 for cycle in cycles]
        self.calls = sum(cycle.calls for cycle in cycles) / len(cycles)

    def row(self, name: str) -> str:
        tick, cycle = stats_of(self.tick_us), stats_of(self.lengths_ms)
        figures = [*(tick[one] / 1000 for one in STATS), *(cycle[one] for one in STATS), self.calls]
        return f"| {name} | " + " | ".join(f"{one:.1f}" for one in figures) + " |"


STATS = ("p50", "p95", "p99")
HEAD = "| loop | tick to wire ms p50 | p95 | p99 | cycle ms p50 | p95 | p99 | requests |\n|---|---|---|---|---|---|---|---|"


async def measured(dispatch: str, entry: str) -> Loop:
    venue_end, core, clock = SlowVenue(), Mover(), HostClock()
    streams = serve(venue_end.spoken, "127.0.0.1", 0, ping_interval=None, close_timeout=0.2)
    async with serving(venue_end.visited) as rest, streams as server:
        port = next(iter(server.sockets)).getsockname()[1]
        account = Account("loopback", f"ws://127.0.0.1:{port}", "linear", "USDT", "s", entry)
        venue = BybitVenue(account, Signer("key", "secret"), Http(rest.url), dialler(), clock, lambda _alert: None)
        driver = core.driver = LiveDriver(venue, NoJournal(), clock)
        driver.watchers = (core,)
        driver.over = core.cycles.called
        await venue.look(SYMBOLS)
        driver.start(core, "s", dispatch)
        await venue.connect(driver.feed)
        async with asyncio.timeout(60):
            await driver.until_end()
        await venue.close()
    cycles, _ = core.cycles.drain(0)
    assert len(cycles) == CYCLES
    return Loop(venue_end, cycles)


@pytest.fixture(scope="module")
def loops() -> dict[str, Loop]:
    made = {name: asyncio.run(measured(*mode)) for name, mode in MODES.items()}
    print("\n" + "\n".join([HEAD, *(loop.row(name) for name, loop in made.items())]))
    return made


def test_the_batch_halves_the_time_of_many_orders_on_sockets_too(loops):
    one_by_one = loops["sequential, REST"]
    for name in ("batched, REST", "batched, stream"):
        for stat in ("p50", "p95"):
            assert stats_of(loops[name].lengths_ms)[stat] <= 0.5 * stats_of(one_by_one.lengths_ms)[stat]


def test_requests_are_as_many_as_each_way_to_send_says(loops):
    assert [4, 8, 1, 1] == [loop.calls for loop in loops.values()]


@pytest.mark.parametrize("name", [name for name in MODES if "sequential" not in name])
def test_the_adapter_adds_next_to_nothing_to_the_slowest_of_its_own_requests(loops, name):
    loop = loops[name]
    assert stats_of(loop.lengths_ms)["p95"] <= 1.1 * stats_of(loop.slowest_ms)["p95"]


def test_a_tick_becomes_a_request_within_a_small_part_of_a_round_trip(loops):
    """What is sent, parsed, decided, signed and received on one machine: loose, since machines differ."""
    for loop in loops.values():
        assert CYCLES == len(loop.tick_us)
        assert stats_of(loop.tick_us)["p50"] < MEDIAN_S * 1e6 / 4
