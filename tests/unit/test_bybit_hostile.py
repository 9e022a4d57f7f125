"""A venue gone mad, on real sockets: whatever it sends, we neither crash nor grow, and work again once it is sane."""

import asyncio
import json
import tracemalloc
from collections.abc import Awaitable, Callable

import pytest
from bybit_desk import NOW_MS, Desk, book, create, page
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from adapters.connection import Waits
from adapters.sockets import dialler
from strategy import commands, events

QUICK = Waits(greet_s=0.3, send_s=0.3, ping_every_s=0.2, pong_s=0.2, pause_s=0.01, pause_s_max=0.05)
MAD_S = 0.5
GROWTH_MAX = 24 * 1024 * 1024

Mad = Callable[[ServerConnection], Awaitable[None]]


class Mind:
    """Whether the server is mad, and how often it was visited while it was."""

    def __init__(self, mad: Mad) -> None:
        self.mad, self.is_mad, self.visits = mad, True, 0

    async def serve(self, wire: ServerConnection) -> None:
        try:
            if self.is_mad:
                self.visits += 1
                await self.mad(wire)
                return
            async for text in wire:
                frame = json.loads(text)
                trade = wire.request.path.endswith("trade")
                answer = {"op": frame["op"], "conn_id": "c"}
                answer |= {"retCode": 0, "retMsg": "OK"} if trade else {"success": True, "ret_msg": ""}
                if "order." in frame["op"]:
                    ids = {"orderId": "v", "orderLinkId": frame["args"][0]["orderLinkId"]}
                    answer |= {"reqId": frame["reqId"], "data": ids, "header": {"Timenow": str(NOW_MS)}}
                await wire.send(json.dumps(answer))
        except ConnectionClosed:
            pass


def forever(*frames: str | bytes) -> Mad:
    """Say the same again and again, as fast as it is taken."""

    async def mad(wire: ServerConnection) -> None:
        while True:
            for frame in frames:
                await wire.send(frame)
            await asyncio.sleep(0)

    return mad


def once(*frames: str | bytes) -> Mad:
    """Say something, then listen."""

    async def mad(wire: ServerConnection) -> None:
        for frame in frames:
            await wire.send(frame)
        await wire.wait_closed()

    return mad


async def mute(wire: ServerConnection) -> None:
    await wire.wait_closed()


async def deaf(wire: ServerConnection) -> None:
    wire.transport.pause_reading()
    await asyncio.sleep(2 * MAD_S)


async def rude(wire: ServerConnection) -> None:
    wire.transport.abort()


DELTA = {"topic": "orderbook.50.BTCUSDT", "type": "delta", "ts": 1, "data": {"s": "BTCUSDT", "b": [], "a": []}}
WRONG = [
    {"topic": ["orderbook"], "data": {}},
    {"topic": "orderbook.50.BTCUSDT", "type": 7, "ts": "x", "data": []},
    {"topic": "orderbook.50.BTCUSDT", "type": "delta", "ts": 1, "data": {**DELTA["data"], "u": -1, "seq": 2**80}},
    {"topic": "publicTrade.BTCUSDT", "data": [{"T": "x"}, None, 7, {"p": "NaN", "v": "1e999"}]},
    {"topic": "order", "data": [{"symbol": "BTCUSDT", "orderId": 1, "qty": None}]},
    {"topic": "execution", "data": {"execId": []}},
    {"op": "order.create", "retCode": "0", "reqId": {}},
    {"op": "order.create", "retCode": 0, "reqId": "q999"},
    {"op": {"op": "auth"}, "success": "yes"},
    {"op": "auth", "success": None, "ret_msg": 7},
]

MADNESS = {
    "a frame of four megabytes": forever("x" * 4_000_000),
    "a binary frame": forever(b"\x00\xff" * 100),
    "frames that are no JSON": forever("{", "", "null", "[]", '"', "\u0000"),
    "frames of the wrong types": forever(*(json.dumps(frame) for frame in WRONG)),
    "deep nesting": forever("[" * 100_000, '{"a":' * 100_000),
    "a megabyte of a topic's name": forever(json.dumps({"topic": "x" * 1_000_000})),
    "a flood before we are greeted": forever(book(7), book(8, "delta"), book(9)),
    "refusals": forever(
        '{"success":false,"op":"auth"}', '{"retCode":10003,"op":"auth"}', '{"success":false,"op":"subscribe"}'
    ),
    "a greeting for nothing": once(*['{"success":true,"op":"subscribe"}'] * 50),
    "no word": mute,
    "no ear": deaf,
    "no manners": rude,
}


@pytest.mark.parametrize("madness", MADNESS)
def test_a_mad_venue_neither_breaks_nor_grows_us_and_a_sane_one_is_worked_with(madness):
    mind = Mind(MADNESS[madness])
    mistakes = []

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, told: mistakes.append(told))
        async with serve(mind.serve, "127.0.0.1", 0, ping_interval=None, close_timeout=0.2) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            desk = Desk(waits=QUICK, streams_url=f"ws://127.0.0.1:{port}", dial=dialler())
            desk.rest.answers |= {"/v5/order/create": page(502), "/v5/market/orderbook": page(502)}
            await desk.venue.look(["BTCUSDT"])
            tracemalloc.start()
            before, _ = tracemalloc.get_traced_memory()
            await desk.venue.connect(desk.fed.append)
            for number in range(10):
                desk.send(create(f"s-{number}"))
                desk.send(commands.RequestBook("BTCUSDT", number))
                await asyncio.sleep(MAD_S / 10)
            grown = tracemalloc.get_traced_memory()[0] - before
            tracemalloc.stop()
            mind.is_mad = False
            for wire in tuple(server.connections):
                wire.transport.abort()
            desk.fed.clear()
            async with asyncio.timeout(5):
                while {events.PUBLIC, events.PRIVATE} - {one.stream for one in desk.words(events.StreamUp)}:
                    await asyncio.sleep(0.01)
                while not isinstance(desk.said[-1][-1], events.OrderAccepted) or len(desk.said) < 21:
                    desk.send(create("s-last"))
                    await asyncio.sleep(0.05)
            await desk.venue.close()
        return grown, len(desk.alerts)

    grown, alerts = asyncio.run(main())
    assert [] == mistakes
    assert mind.visits
    assert grown < GROWTH_MAX
    assert alerts <= 3
