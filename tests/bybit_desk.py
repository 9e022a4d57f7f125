"""A Bybit that says what a test tells it: REST by path, streams by hand, time in virtual seconds."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
from scripted import FarEnd, Switchboard, played
from scripted_venue import HandClock

from adapters.bybit.signing import Signer
from adapters.bybit.venue import WAITS, Account, BybitVenue
from adapters.transport import Http
from strategy import commands, events

S = 10**9
NOW_MS = 1_767_571_200_000
LINEAR_ROW = {
    "symbol": "BTCUSDT",
    "contractType": "LinearPerpetual",
    "status": "Trading",
    "quoteCoin": "USDT",
    "settleCoin": "USDT",
    "priceFilter": {"minPrice": "0.10", "maxPrice": "1999999.80", "tickSize": "0.10"},
    "lotSizeFilter": {"qtyStep": "0.001", "minOrderQty": "0.001", "maxOrderQty": "1190.000", "minNotionalValue": "5"},
}
SPOT_ROW = {
    "symbol": "BTCUSDT",
    "status": "Trading",
    "quoteCoin": "USDT",
    "priceFilter": {"tickSize": "0.1"},
    "lotSizeFilter": {
        "basePrecision": "0.000001",
        "minOrderQty": "0.000001",
        "maxOrderQty": "230",
        "maxLimitOrderQty": "230",
        "minOrderAmt": "5",
    },
}
FEES = {"symbol": "BTCUSDT", "takerFeeRate": "0.00055", "makerFeeRate": "0.0002"}
FLAT = {"symbol": "BTCUSDT", "side": "", "size": "0", "positionIdx": 0, "tradeMode": 0, "leverage": "10"}
KEY = {"readOnly": 0, "ips": ["10.0.0.1"], "permissions": {"ContractTrade": ["Order", "Position"]}}
# What a tidy account answers to every question of a look.
TIDY: dict[str, Any] = {
    "/v5/market/time": {"timeSecond": "1767571200", "timeNano": f"{NOW_MS}000000"},
    "/v5/market/instruments-info": {"category": "linear", "list": [LINEAR_ROW], "nextPageCursor": ""},
    "/v5/account/fee-rate": {"list": [FEES]},
    "/v5/account/info": {"marginMode": "REGULAR_MARGIN", "unifiedMarginStatus": 5},
    "/v5/user/query-api": KEY,
    "/v5/account/user-setting-config": {"lpaSpot": False, "lpaPerp": True},
    "/v5/position/list": {"list": [FLAT]},
    "/v5/system/status": {"list": []},
}

ACK = {"orderId": "v1", "orderLinkId": "s-1"}
OPEN = "/v5/order/realtime"


class Reset(Exception):
    """The connection breaks under the request."""


class NobodyThere(Exception):
    """There is nobody to connect to."""


class Silence(Exception):
    """No answer comes."""


def envelope(result: Any, code: int = 0, msg: str = "OK", ext: Any = None) -> dict[str, Any]:
    return {"retCode": code, "retMsg": msg, "result": result, "retExtInfo": ext or {}, "time": NOW_MS}


def page(status: int, body: str = "<html>", content_type: str = "text/html") -> httpx.Response:
    return httpx.Response(status, headers={"content-type": content_type}, text=body)


class ScriptedRest(httpx.AsyncBaseTransport):
    """Answers by path: a result, a whole response, an error to raise, or a function of the request."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = dict(answers)
        self.asked: list[httpx.Request] = []
        self.delay_s = 0.0
        self.connect_s = 0.0

    def paths(self) -> list[str]:
        return [request.url.path for request in self.asked]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.answers[request.url.path]
        if isinstance(answer, Callable):
            answer = answer(request)
        if isinstance(answer, NobodyThere):
            raise httpx.ConnectError("nobody", request=request)
        await asyncio.sleep(self.connect_s)
        leaving = request.extensions.get("leaving")
        if leaving is not None:
            leaving()
        self.asked.append(request)
        await asyncio.sleep(self.delay_s)
        if isinstance(answer, Reset):
            raise httpx.ReadError("reset", request=request)
        if isinstance(answer, Silence):
            await asyncio.sleep(request.extensions["timeout"]["read"])
            raise httpx.ReadTimeout("silence", request=request)
        if isinstance(answer, httpx.Response):
            return answer
        if isinstance(answer, bytes):
            return httpx.Response(200, headers={"content-type": "application/json"}, content=answer)
        whole = answer if "retCode" in answer else envelope(answer)
        return httpx.Response(200, json=whole)


class LoopClock(HandClock):
    """A clock that goes with the loop's."""

    def now_ns(self) -> int:
        return self.time_ns + int(asyncio.get_running_loop().time() * S)


class Desk:
    """A venue of ours with both of its ends in the test's hands."""

    def __init__(
        self,
        entry: str = "stream",
        category: str = "linear",
        waits: Any = WAITS,
        streams_url: str = "ws://venue",
        dial: Any = None,
        **answers: Any,
    ) -> None:
        self.board = Switchboard()
        self.rest = ScriptedRest(TIDY | answers)
        self.clock = LoopClock(NOW_MS * 1_000_000)
        self.alerts: list[commands.Alert] = []
        account = Account("bybit-custom", streams_url, category, "USDT", "s1", entry, 1000)
        http = Http("http://venue", self.rest)
        signer, dial = Signer("key", "secret"), dial or self.board
        self.venue = BybitVenue(account, signer, http, dial, self.clock, self.alerts.append, waits)
        self.fed: list[events.Event] = []
        self.said: list[tuple[events.Event, ...]] = []

    def answered(self, said: tuple[events.Event, ...]) -> None:
        self.said.append(said)

    def send(self, *one: commands.Command, ahead_ns: int = 0) -> None:
        self.venue.send(one, self.clock.now_ns() + ahead_ns, self.answered)

    async def ask(self, *one: commands.Command) -> tuple[events.Event, ...]:
        """Send a request and wait for its outcome."""
        before = len(self.said)
        self.send(*one)
        while len(self.said) == before:
            await asyncio.sleep(0.01)
        return self.said[-1]

    async def connect(self) -> dict[str, FarEnd]:
        """Look, connect, and have every stream come up; give the venue's ends by name."""
        await self.venue.look(["BTCUSDT"])
        await self.venue.connect(self.fed.append)
        ends: dict[str, FarEnd] = {}
        for number in range(1, 4 if self.venue.is_streaming else 3):
            end = await self.board.end(number)
            ends[name_of(end)] = end
            await greet(end)
        return ends

    def codes(self) -> list[str]:
        return [alert.code for alert in self.alerts]

    def words(self, kind: type) -> list[Any]:
        return [event for event in self.fed if isinstance(event, kind)]


def on_desk(body: Callable[[Desk], Any], **desk: Any) -> Any:
    """Play a body at a desk; the venue is closed at its end."""

    async def main() -> Any:
        one = Desk(**desk)
        try:
            return await body(one)
        finally:
            await one.venue.close()

    return played(main)


def name_of(end: FarEnd) -> str:
    return next(name for name in ("public", "private", "trade") if f"/v5/{name}" in end.url)


async def greet(end: FarEnd) -> None:
    """Take the sign-in and every subscription."""
    name, seen = name_of(end), 0
    if name == "trade":
        await end.heard(1)
        end.say('{"retCode":0,"retMsg":"OK","op":"auth","connId":"c"}')
    elif name == "private":
        await end.heard(1)
        end.say('{"success":true,"ret_msg":"","op":"auth","conn_id":"c"}')
        await end.heard(2)
        end.say('{"success":true,"ret_msg":"","op":"subscribe","conn_id":"c"}')
    else:
        await end.heard(1)
        await asyncio.sleep(0.001)
        for _ in end.sent[seen:]:
            end.say('{"success":true,"ret_msg":"","op":"subscribe","conn_id":"c"}')
    await asyncio.sleep(0.001)


def sent(end: FarEnd) -> list[Any]:
    return [json.loads(text) for text in end.sent]


def answer(end: FarEnd, data: Any = None, code: int = 0, ext: Any = None, **header: Any) -> None:
    """Answer the last frame on the trade stream."""
    asked = json.loads(end.sent[-1])
    end.say(
        json.dumps(
            {
                "reqId": asked["reqId"],
                "retCode": code,
                "retMsg": "OK",
                "op": asked["op"],
                "data": data or {},
                "retExtInfo": ext or {},
                "header": {"Timenow": str(NOW_MS), **header},
                "connId": "c",
            }
        )
    )


def book(u: int, kind: str = "snapshot", seq: int = 0, topic: str = "orderbook.50.BTCUSDT") -> str:
    data = {"s": "BTCUSDT", "b": [["100.0", "1"]], "a": [["100.1", "2"]], "u": u, "seq": seq or u}
    return json.dumps({"topic": topic, "type": kind, "ts": NOW_MS, "data": data, "cts": NOW_MS})


def create(
    client_id: str = "s-1", send_by_ns: int = 2**62, side: int = 1, price_ticks: int = 1000
) -> commands.CreateOrder:
    return commands.CreateOrder(client_id, "BTCUSDT", "bid0", side, price_ticks, 50, True, False, False, send_by_ns, 1)
