"""A served venue as a process: its first line, its sockets, its control port, and clients that mean harm."""

import hashlib
import hmac
import json
import socket
import subprocess
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from processes import environment
from serving import SIM, Serving, serving
from small_world import small_scenario
from websockets.exceptions import ConnectionClosed, InvalidMessage
from websockets.sync.client import connect

_WAIT_S = 20.0


def scenario_file(folder: Path, **kinds: Any) -> Path:
    small_scenario(folder, 600, **kinds)
    return folder / "small.yaml"


@pytest.fixture(scope="module")
def venue(tmp_path_factory) -> Iterator[Serving]:
    with serving(scenario_file(tmp_path_factory.mktemp("served"))) as running:
        yield running


def signature(venue: Serving, message: str) -> str:
    return hmac.new(venue.secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def post(venue: Serving, path: str, **fields: Any) -> dict[str, Any]:
    body, stamp = json.dumps(fields), str(time.time_ns() // 1_000_000)
    headers = {
        "X-BAPI-API-KEY": venue.key,
        "X-BAPI-TIMESTAMP": stamp,
        "X-BAPI-RECV-WINDOW": "5000",
        "X-BAPI-SIGN": signature(venue, f"{stamp}{venue.key}5000{body}"),
    }
    return httpx.post(venue.http + path, content=body, headers=headers, timeout=_WAIT_S).json()


def is_well(venue: Serving) -> bool:
    return httpx.get(venue.http + "/v5/market/time", timeout=_WAIT_S).json()["retCode"] == 0


def address(venue: Serving) -> tuple[str, int]:
    host, _, port = venue.http.removeprefix("http://").rpartition(":")
    return host, int(port)


def said(venue: Serving, raw: bytes) -> bytes:
    """Say bytes, and give all that comes back until the venue has hung up."""
    with socket.create_connection(address(venue), timeout=_WAIT_S) as line:
        try:
            line.sendall(raw)
            heard = b""
            while data := line.recv(65536):
                heard += data
        except (ConnectionResetError, BrokenPipeError):
            pass
    return heard


def heard_to_the_end(stream) -> None:
    while True:
        stream.recv(timeout=_WAIT_S)


def say_without_end(stream, text: str) -> None:
    began_s = time.monotonic()
    while time.monotonic() - began_s < 60:
        stream.send(text)


# What it is for


def test_rest_and_streams_are_one_venue(venue):
    with connect(venue.ws + "/v5/private") as stream:
        expires = time.time_ns() // 1_000_000 + 10_000
        auth = {"op": "auth", "args": [venue.key, expires, signature(venue, f"GET/realtime{expires}")]}
        stream.send(json.dumps(auth))
        assert json.loads(stream.recv(timeout=_WAIT_S))["success"]
        stream.send(json.dumps({"op": "subscribe", "args": ["order"]}))
        assert json.loads(stream.recv(timeout=_WAIT_S))["success"]
        bid = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "price": "50000"}
        answer = post(venue, "/v5/order/create", **bid, qty="0.010", orderLinkId="sockets-1")
        told = json.loads(stream.recv(timeout=_WAIT_S))
    (row,) = told["data"]
    assert (0, "sockets-1", "New") == (answer["retCode"], row["orderLinkId"], row["orderStatus"])
    assert "sockets-1" in [order["orderLinkId"] for order in venue.truth()["orders"]]


def test_the_public_stream_speaks_by_itself(venue):
    with connect(venue.ws + "/v5/public/linear") as stream:
        stream.send(json.dumps({"op": "subscribe", "args": ["orderbook.50.BTCUSDT"]}))
        told = [json.loads(stream.recv(timeout=_WAIT_S)) for _ in range(5)]
    assert "snapshot" == told[0]["type"]
    assert "delta" == told[-1]["type"]


def test_a_connection_is_kept_for_many_requests(venue):
    with httpx.Client(base_url=venue.http, timeout=_WAIT_S) as client:
        codes = [client.get("/v5/market/tickers?category=linear").json()["retCode"] for _ in range(3)]
    assert [0, 0, 0] == codes


def test_requests_sent_ahead_are_answered_in_turn(venue):
    one = b"GET /v5/market/time HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /v5/market/time HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert 3 == said(venue, one + one + last).count(b"HTTP/1.1 200 OK")


def test_no_such_stream_is_no_connection(venue):
    with pytest.raises((ConnectionError, EOFError, InvalidMessage)):
        connect(venue.ws + "/v5/nothing", open_timeout=_WAIT_S)


# The control port


def test_truth_and_time_are_told_behind_the_scenes(venue):
    truth, now = venue.truth(), venue.get("/time")
    assert 0 == truth["zero_sum"]
    assert {"orders", "positions", "fills", "wallet"} <= set(truth)
    assert abs(now["venue_ns"] - time.time_ns()) < 5_000_000_000


def test_a_fault_can_be_begun_and_is_on_the_wire(tmp_path):
    with serving(scenario_file(tmp_path)) as venue:
        assert is_well(venue)
        begun = venue.begin(kind="downtime", for_s=60, answers="busy", streams="reset")
        page = httpx.get(venue.http + "/v5/market/time", timeout=_WAIT_S)
        assert (503, "active") == (page.status_code, begun["state"])
        assert [begun["id"]] == [fault["id"] for fault in venue.get("/faults")["faults"]]


@pytest.mark.parametrize("fault", [{"kind": "nothing"}, {"kind": "crash"}, {"kind": "read_lag", "symbols": ["XYZ"]}])
def test_a_fault_that_cannot_be_is_refused(venue, fault):
    with pytest.raises(urllib.error.HTTPError) as refused:
        venue.begin(**fault)
    refused.value.close()
    assert refused.value.code in (400, 422)


# Beginning and ending


def test_it_ends_when_it_is_told_to(tmp_path):
    with serving(scenario_file(tmp_path)) as venue, connect(venue.ws + "/v5/public/linear") as stream:
        assert 0 == venue.end()
        with pytest.raises(ConnectionClosed):
            stream.recv(timeout=_WAIT_S)


@pytest.mark.parametrize("words, code", [(["--host", "0.0.0.0"], 2), (["--speed", "slow"], 2)])
def test_what_is_not_meant_is_refused(tmp_path, words, code):
    command = [*SIM, "serve", str(scenario_file(tmp_path)), *words]
    ended = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60)
    assert (code, "") == (ended.returncode, ended.stdout)


def test_time_goes_as_fast_as_it_is_asked_to(tmp_path):
    with serving(scenario_file(tmp_path), "--speed", "20") as venue:
        first, began_s = venue.get("/time")["true_ns"], time.monotonic()
        while time.monotonic() - began_s < 0.5:
            is_well(venue)
        second, took_s = venue.get("/time")["true_ns"], time.monotonic() - began_s
    assert 10 < (second - first) / 1e9 / took_s < 25


def test_the_faults_of_a_bots_host_are_left_out_and_named(tmp_path):
    path = scenario_file(tmp_path, faults="{at_s: 2, id: bang, kind: crash, restart_after_s: 1}")
    with serving(path) as venue:
        assert [] == venue.get("/faults")["faults"]
        venue.end()
        assert "bang" in venue.process.stderr.read()


# Who means harm


@pytest.mark.parametrize(
    "raw, status",
    [
        (b"\r\n\r\n", b" 400 "),
        (b"GET\r\n\r\n", b" 400 "),
        (b"GET /v5/market/time HTTP/9\r\n\r\n", b" 400 "),
        (b"GET http://x HTTP/1.1\r\n\r\n", b" 400 "),
        (b"POST / HTTP/1.1\r\nContent-Length: minus\r\n\r\n", b" 400 "),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b" 413 "),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b" 501 "),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 100_000, b" 431 "),
        (b"\x16\x03\x01\x02\x00" + bytes(range(256)) + b"\r\n\r\n", b" 400 "),
    ],
)
def test_bytes_that_are_no_request_are_turned_away(venue, raw, status):
    assert status in said(venue, raw)[:40]
    assert is_well(venue)


def test_half_a_request_harms_nobody(venue):
    with socket.create_connection(address(venue), timeout=_WAIT_S) as line:
        line.sendall(b"POST /v5/order/create HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
        assert is_well(venue)


@pytest.mark.parametrize("path", ["/v5/public/linear", "/v5/private", "/v5/trade"])
@pytest.mark.parametrize("frame", [b"\x00\xff" * 100, "x" * 300_000])
def test_a_frame_that_is_none_ends_its_own_stream_at_most(venue, path, frame):
    with connect(venue.ws + path) as stream:
        stream.send(frame)
        with pytest.raises(ConnectionClosed):
            heard_to_the_end(stream)
    assert is_well(venue)


def test_a_reader_that_does_not_read_is_cut_off(venue):
    before_kib = venue.rss_kib()
    ping = json.dumps({"op": "ping", "req_id": "q" * 90})
    with connect(venue.ws + "/v5/public/linear", max_queue=1) as stream, pytest.raises(ConnectionClosed):
        say_without_end(stream, ping)
    assert is_well(venue)
    assert venue.rss_kib() - before_kib < 30_000
