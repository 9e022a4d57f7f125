"""The served venue's sockets, pump and control, in the test's own process: real loopback, no second program."""

import asyncio
import json
import os
import signal
import socket
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from click.testing import CliRunner
from small_world import small_scenario
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidMessage

from sim.plan import expand
from sim.serve.server import Addresses, Server
from sim.serve.wire import Served
from sim.verbs.serve import command

_WAIT_S = 20.0
TIME = b"GET /v5/market/time HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /v5/market/time HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


class Inside:
    """A server that runs on the test's loop."""

    def __init__(self, served: Served, addresses: Addresses) -> None:
        self.served, self.addresses = served, addresses

    async def said(self, raw: bytes, where: str = "") -> bytes:
        """Say bytes and give what comes back until the venue hangs up."""
        host, _, port = (where or self.addresses.http).removeprefix("http://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(raw)
            return await asyncio.wait_for(reader.read(), _WAIT_S)
        finally:
            writer.close()

    async def control(self, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
        head = f"{method} {path} HTTP/1.1\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
        heard = await self.said(head + body, self.addresses.control)
        top, _, told = heard.partition(b"\r\n\r\n")
        return int(top.split()[1]), json.loads(told)


@asynccontextmanager
async def inside(folder: Any, speed: float = 1.0, **kinds: Any) -> AsyncIterator[Inside]:
    scenario = small_scenario(folder, 600, **kinds)
    served = Served(scenario, expand(scenario, 1), scenario.run.start_wall_ns)
    server = Server(served, speed)
    addresses = await server.listen("127.0.0.1", 0, 0)
    running = asyncio.create_task(server.run())
    try:
        yield Inside(served, addresses)
    finally:
        running.cancel()
        await server.close()
        with pytest.raises(asyncio.CancelledError):
            await running


def play(folder: Any, part: Callable[[Inside], Awaitable[None]], speed: float = 1.0, **kinds: Any) -> None:
    async def whole() -> None:
        async with inside(folder, speed, **kinds) as venue:
            await part(venue)

    asyncio.run(asyncio.wait_for(whole(), 3 * _WAIT_S))


# Requests


def test_requests_sent_ahead_are_answered_in_turn_on_one_connection(tmp_path):
    async def part(venue):
        heard = await venue.said(TIME + TIME + LAST)
        assert 3 == heard.count(b"HTTP/1.1 200 OK")

    play(tmp_path, part)


@pytest.mark.parametrize(
    "raw, status",
    [
        (b"\r\n\r\n", 400),
        (b"GET / HTTP/2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 40_000, 431),
        (b"GET /nowhere HTTP/1.0\r\n\r\n", 404),
    ],
)
def test_what_is_no_request_here_is_answered_and_let_go(tmp_path, raw, status):
    async def part(venue):
        assert f"HTTP/1.1 {status} ".encode() == (await venue.said(raw))[:13]

    play(tmp_path, part)


def test_a_client_that_leaves_in_the_middle_takes_nothing_with_it(tmp_path):
    async def part(venue):
        host, _, port = venue.addresses.http.removeprefix("http://").rpartition(":")
        for raw in (TIME, TIME[:20], b"POST /v5/order/create HTTP/1.1\r\nContent-Length: 9\r\n\r\n{"):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(raw)
            await writer.drain()
            await asyncio.sleep(0.01)
            writer.transport.abort()
        assert b"200 OK" in await venue.said(LAST)
        assert {} == venue.served.wire.rest._pending

    play(tmp_path, part)


def test_a_request_that_is_cut_ends_without_an_answer(tmp_path):
    async def part(venue):
        line = venue.served.wire.lines["rest"]
        line.barred["shut"] = None
        line.reset()
        assert b"" == await venue.said(TIME)

    play(tmp_path, part)


# Streams


def test_a_stream_is_opened_spoken_on_and_closed(tmp_path):
    async def part(venue):
        async with connect(venue.addresses.ws + "/v5/public/linear") as stream:
            await stream.send(["", json.dumps({"op": "ping"})[:5], json.dumps({"op": "ping"})[5:]])  # in pieces
            assert "pong" == json.loads(await stream.recv())["ret_msg"]
            await stream.send(json.dumps({"op": "subscribe", "args": ["tickers.BTCUSDT"]}))
            assert "tickers.BTCUSDT" == json.loads(await stream.recv())["topic"]
            assert 1 == len(venue.served.wire.lines["public"].talks)
        await asyncio.sleep(0.05)
        assert {} == venue.served.wire.lines["public"].talks

    play(tmp_path, part)


@pytest.mark.parametrize("frame", [b"\x00", "x" * 300_000])
def test_a_frame_that_is_no_text_or_too_long_ends_its_stream(tmp_path, frame):
    async def part(venue):
        async with connect(venue.addresses.ws + "/v5/trade") as stream:
            await stream.send(frame)
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(stream.recv(), _WAIT_S)

    play(tmp_path, part)


def test_a_reset_and_a_barred_door_are_seen_by_real_clients(tmp_path):
    async def part(venue):
        line = venue.served.wire.lines["private"]
        async with connect(venue.addresses.ws + "/v5/private") as stream:
            line.reset()
            with pytest.raises(ConnectionClosed) as ended:
                await stream.recv()
            assert ended.value.rcvd is None, "nobody said good-bye"
        line.barred["shut"] = None
        with pytest.raises((InvalidMessage, OSError)):
            await connect(venue.addresses.ws + "/v5/private")

    play(tmp_path, part)


def test_a_reader_that_does_not_read_is_cut_off(tmp_path):
    async def part(venue):
        host, _, port = venue.addresses.ws.removeprefix("ws://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        writer.write(
            b"GET /v5/public/linear HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + key
            + b"\r\n"
        )
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        line = venue.served.wire.lines["public"]
        (talk,) = line.talks.values()
        text = "x" * 100_000
        for _ in range(200):
            talk.hear(text)
        await asyncio.sleep(0.1)
        assert {} == line.talks
        writer.close()

    play(tmp_path, part)


# Control


def test_the_control_port_tells_the_truth_the_time_and_the_faults(tmp_path):
    async def part(venue):
        status, truth = await venue.control("GET", "/truth")
        (account,) = truth["accounts"].values()
        assert (200, 0, []) == (status, account["zero_sum"], account["orders"])
        _, now = await venue.control("GET", "/time")
        assert 1.0 == now["speed"]
        _, faults = await venue.control("GET", "/faults")
        assert [("gap", "planned")] == [(one["id"], one["state"]) for one in faults["faults"]]
        assert 404 == (await venue.control("GET", "/nothing"))[0]
        assert 404 == (await venue.control("GET", "//["))[0]

    play(
        tmp_path,
        part,
        faults="{id: gap, at_s: 300, kind: feed_gap, lost_messages: 4}, {at_s: 300, kind: crash, restart_after_s: 1}",
    )


@pytest.mark.parametrize(
    "body, status",
    [
        (b'{"kind": "feed_frozen", "for_s": 5}', 200),
        (b'{"kind": "feed_frozen", "id": "twice"}', 200),
        (b'{"kind": "feed_frozen", "symbols": ["NOPE"]}', 422),
        (b'{"kind": "crash", "restart_after_s": 1}', 422),
        (b'{"kind": "feed_frozen", "colour": "red"}', 400),
        (b"nothing", 400),
    ],
)
def test_a_fault_is_begun_by_hand_if_it_is_one(tmp_path, body, status):
    async def part(venue):
        assert status == (await venue.control("POST", "/faults", body))[0]
        told = (await venue.control("GET", "/faults"))[1]["faults"]
        assert (["active"] if status == 200 else []) == [one["state"] for one in told]
        if b"twice" in body:
            assert 422 == (await venue.control("POST", "/faults", body))[0]

    play(tmp_path, part)


def test_the_control_port_has_no_streams(tmp_path):
    async def part(venue):
        with pytest.raises((InvalidMessage, OSError)):
            await connect(venue.addresses.control.replace("http", "ws") + "/v5/private")

    play(tmp_path, part)


# Time


@pytest.mark.parametrize("speed", [20.0, 0.0])
def test_time_goes_as_fast_as_it_is_told_to(tmp_path, speed):
    async def part(venue):
        loop = asyncio.get_running_loop()
        began_s, began_ns = loop.time(), venue.served.kernel.now_ns
        await asyncio.sleep(0.5)
        pace = (venue.served.kernel.now_ns - began_ns) / 1e9 / (loop.time() - began_s)
        assert pace > 40 if not speed else 0.5 * speed < pace < 1.1 * speed

    play(tmp_path, part, speed)


# The verb


def test_the_verb_serves_until_it_is_told_to_end(tmp_path):
    small_scenario(tmp_path, 600)
    threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGTERM)).start()
    ended = CliRunner().invoke(command, [str(tmp_path / "small.yaml"), "--start", "scenario", "--speed", "max"])
    assert 0 == ended.exit_code, ended.output
    assert {"http", "ws", "key", "secret", "control"} == set(json.loads(ended.stdout))
    assert "ended" in ended.stderr


def test_however_fast_it_is_told_to_go_it_can_be_ended(tmp_path):
    small_scenario(tmp_path, 600)
    began_s = time.monotonic()
    threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGTERM)).start()
    assert 0 == CliRunner().invoke(command, [str(tmp_path / "small.yaml"), "--speed", "1e6"]).exit_code
    assert time.monotonic() - began_s < 30


def test_a_port_that_is_taken_is_told_without_a_traceback(tmp_path):
    small_scenario(tmp_path, 600)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for words in ("--port", "--control-port"):
            ended = CliRunner().invoke(command, [str(tmp_path / "small.yaml"), words, str(taken.getsockname()[1])])
            assert 2 == ended.exit_code
            assert "address already in use" in ended.output


@pytest.mark.parametrize(
    "words", [["--host", "0.0.0.0"], ["--host", "example.org"], ["--speed", "0"], ["--speed", "-1"]]
)
def test_the_verb_refuses_what_is_not_meant(tmp_path, words):
    small_scenario(tmp_path, 600)
    assert 2 == CliRunner().invoke(command, [str(tmp_path / "small.yaml"), *words]).exit_code
