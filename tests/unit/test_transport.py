"""Requests on a real wire: what works, what certainly never left, and whom we trust."""

import asyncio
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from loopback import Server, Visit, ok, serving
from requesting import QUICK, against, answering, get

from adapters.transport import Http, NeverLeft, NoAnswer, Reply, StreamTransport

# What works


def test_the_bytes_given_are_the_bytes_that_leave() -> None:
    heard: list[bytes] = []

    async def script(visit: Visit) -> None:
        heard.append(await visit.request())
        await visit.say(ok(b'{"retCode":0}', more=b"X-Bapi-Limit: 10\r\n"))
        await visit.until_gone()

    async def body(http: Http, _server: Server) -> Reply:
        return await http.call("POST", "/v5/order/create?a=b,c%20", {"X-BAPI-SIGN": "abc"}, b'{"a": 1}')

    reply = against(script, body)
    head, _, sent = heard[0].partition(b"\r\n\r\n")
    assert b'{"a": 1}' == sent
    assert b"POST /v5/order/create?a=b,c%20 HTTP/1.1" == head.split(b"\r\n")[0]
    assert b"X-BAPI-SIGN: abc" in head
    assert (200, b'{"retCode":0}', "10") == (reply.status, reply.body, reply.headers["x-bapi-limit"])


def test_a_connection_is_kept_for_the_next_request() -> None:
    async def body(http: Http, server: Server) -> int:
        for _ in range(3):
            assert 200 == (await get(http)).status
        return server.visits

    assert 1 == against(answering(ok(), ok(), ok()), body)


def test_requests_at_once_have_a_connection_each() -> None:
    async def body(http: Http, server: Server) -> int:
        await asyncio.gather(*(get(http) for _ in range(5)))
        return server.visits

    assert 5 == against(answering(ok(), ok()), body)


@pytest.mark.parametrize(
    "raw, status, body",
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n" + ok(b"x"), 200, b"x"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n",
            200,
            b"abcde",
        ),
        (b"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", 200, b"x"),
        (ok(b"<html>502</html>", "502 Bad Gateway", b"Content-Type: text/html\r\n"), 502, b"<html>502</html>"),
    ],
)
def test_any_answer_of_http_is_read(raw: bytes, status: int, body: bytes) -> None:
    async def twice(http: Http, server: Server) -> list[Reply]:
        replies = [await get(http), await get(http)]
        assert 1 == server.visits
        return replies

    for reply in against(answering(raw, raw), twice):
        assert (status, body) == (reply.status, reply.body)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        ok(b"{}") + b"more than was stated",
    ],
)
def test_a_connection_that_must_not_be_used_again_is_not(raw: bytes) -> None:
    async def body(http: Http, server: Server) -> int:
        for _ in range(2):
            assert b"{}" == (await get(http)).body
        return server.visits

    assert 2 == against(answering(raw, ok(b"wrong")), body)


def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.say(b"HTTP/1.1 200 OK\r\n\r\nto the end")
        visit.writer.close()

    assert b"to the end" == against(script, get).body


# What never left


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_where_nobody_listens_nothing_has_left() -> None:
    async def main() -> None:
        http = Http(f"http://127.0.0.1:{free_port()}")
        with pytest.raises(NeverLeft):
            await get(http)
        await http.close()

    asyncio.run(main())


def test_without_a_free_connection_nothing_has_left() -> None:
    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.until_gone()

    async def body(http: Http, server: Server) -> None:
        first = asyncio.create_task(get(http))
        await asyncio.sleep(0)
        with pytest.raises(NeverLeft):
            await get(http)
        assert 1 == server.visits
        with pytest.raises(NoAnswer):
            await first

    against(script, body, QUICK, connections_max=1)


def test_a_request_that_waited_has_its_turn() -> None:
    async def body(http: Http, server: Server) -> int:
        await asyncio.gather(*(get(http) for _ in range(4)))
        return server.visits

    assert 1 == against(answering(*[ok()] * 4), body, connections_max=1)


def test_a_sender_may_think_again_until_the_first_byte_leaves() -> None:
    def too_late() -> None:
        raise NeverLeft("send_by passed")

    async def body(http: Http, server: Server) -> None:
        with pytest.raises(NeverLeft, match="send_by passed"):
            await http.call("POST", "/v5/order/create", {}, b"{}", too_late)
        assert 200 == (await get(http)).status  # the first thing that this server hears at all

    heard: list[bytes] = []

    async def script(visit: Visit) -> None:
        heard.append(await visit.request())
        await visit.say(ok())
        await visit.until_gone()

    against(script, body)
    assert [b"GET"] == [request[:3] for request in heard]


@pytest.mark.parametrize("name, value", [("X-KEY", "a\r\nX-Other: b"), ("X-KEY\n", "a")])
def test_a_header_with_a_line_break_never_leaves(name: str, value: str) -> None:
    async def body(http: Http, server: Server) -> None:
        with pytest.raises(NeverLeft):
            await http.call("GET", "/", {name: value})
        assert 0 == server.visits

    against(answering(ok()), body)


def test_a_target_that_would_leave_otherwise_than_signed_stays() -> None:
    async def body(http: Http, server: Server) -> None:
        with pytest.raises(NeverLeft, match="not what was signed"):
            await http.call("GET", "/v5/order?a=b#c", {})
        assert 0 == server.visits

    against(answering(ok()), body)


def test_an_idle_connection_that_was_closed_is_not_used() -> None:
    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.say(ok())
        visit.writer.close()
        await visit.writer.wait_closed()

    async def body(http: Http, server: Server) -> int:
        for _ in range(3):
            assert 200 == (await get(http)).status
            while any(not line.reader.at_eof() for line in http._client._transport._idle):
                await asyncio.sleep(0)
        return server.visits

    assert 3 == against(script, body)


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for loopback, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=loopback"]
    made += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / "key"), "-out", str(folder / "cert")]
    subprocess.run(made, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text((folder / "key").read_text() + (folder / "cert").read_text())
    return both


def test_tls_is_spoken_with_whom_we_trust_and_nobody_else(certificate: Path) -> None:
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate)

    async def main() -> None:
        async with serving(answering(ok(), ok()), server_side) as server:
            trusting = Http(server.url, StreamTransport(trust=ssl.create_default_context(cafile=certificate)))
            assert [200, 200] == [(await get(trusting)).status for _ in range(2)]
            assert 1 == server.visits
            await trusting.close()
            careful = Http(server.url)
            with pytest.raises(NeverLeft):
                await get(careful)
            await careful.close()

    asyncio.run(main())
