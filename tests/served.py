"""A served venue in memory, and a client of it that knows nothing of ours: bytes, keys, the kernel's time."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from small_world import small_scenario

from sim.faults import install_all
from sim.plan import expand
from sim.serve.wire import Served
from sim.through.exchanged import Answer, Cut, Request
from strategy.units import NS_PER_MS, NS_PER_S

BOOK = "orderbook.50.BTCUSDT"
SPOT = "symbols.BTCUSDT.instrument.kind: spot"


class Spoken:
    """A stream of the client's: what it heard, and how it ended."""

    def __init__(self, client: "Client", path: str) -> None:
        self.client = client
        self.opened: str | None = None
        self.frames: list[dict[str, Any]] = []
        self.ended: int | None = None
        self.speaker = client.venue.wire.open(path, self._open, self._hear, self._end)

    def _open(self, why: str) -> None:
        self.opened = why

    def _hear(self, text: str) -> None:
        try:
            self.frames.append(json.loads(text))
        except ValueError:
            self.frames.append({"unreadable": text})

    def _end(self, code: int, _reason: str) -> None:
        self.ended = code

    def say(self, frame: Any, seconds: float = 0.5) -> list[dict[str, Any]]:
        """Say something, wait, and give what was heard meanwhile."""
        heard = len(self.frames)
        self.speaker.receive(frame if isinstance(frame, str) else json.dumps(frame))
        self.client.wait(seconds)
        return self.frames[heard:]

    def of(self, topic: str) -> list[dict[str, Any]]:
        """Give what was heard of a topic."""
        return [frame for frame in self.frames if frame.get("topic") == topic]

    def sign_in(self) -> list[dict[str, Any]]:
        expires = self.client.now_ms() + 10_000
        return self.say({"op": "auth", "args": [self.client.key, expires, self.client.sign(f"GET/realtime{expires}")]})


class Client:
    """Asks and waits, in the venue's own time."""

    def __init__(self, folder: Path, *, seconds: float = 600, **kinds: Any) -> None:
        scenario = small_scenario(folder, seconds, **kinds)
        self.venue = Served(scenario, expand(scenario, 1), scenario.run.start_wall_ns)
        install_all(self.venue)
        self.venue.begin()
        self.key, self.secret = self.venue.wire.site.key.name, self.venue.wire.site.key.secret
        self.wait(1)

    def wait(self, seconds: float) -> None:
        kernel = self.venue.kernel
        kernel.run(kernel.now_ns + round(seconds * NS_PER_S))

    def now_ms(self) -> int:
        return self.venue.venue.clock.read(self.venue.kernel.now_ns) // NS_PER_MS

    def sign(self, message: str | bytes) -> str:
        raw = message if isinstance(message, bytes) else message.encode()
        return hmac.new(self.secret.encode(), raw, hashlib.sha256).hexdigest()

    def request(self, method: str, target: str, body: bytes = b"", **headers: str) -> list[Answer | Cut]:
        """Put a request on the wire; what comes of it is in the list, once it is there."""
        came: list[Answer | Cut] = []
        self.venue.wire.http(Request(method, target, tuple(headers.items()), body), came.append)
        return came

    def signed(self, method: str, target: str, body: bytes = b"", *, late_ms: int = 0) -> list[Answer | Cut]:
        stamp = str(self.now_ms() - late_ms)
        payload = body if method == "POST" else target.partition("?")[2].encode()
        headers = {
            "X-BAPI-API-KEY": self.key,
            "X-BAPI-TIMESTAMP": stamp,
            "X-BAPI-RECV-WINDOW": "5000",
            "X-BAPI-SIGN": self.sign(f"{stamp}{self.key}5000".encode() + payload),
        }
        return self.request(method, target, body, **headers)

    def get(self, target: str, *, signed: bool = True) -> dict[str, Any]:
        came = self.signed("GET", target) if signed else self.request("GET", target)
        return self.one(came)

    def post(self, path: str, **fields: Any) -> dict[str, Any]:
        return self.one(self.signed("POST", path, json.dumps(fields).encode()))

    def one(self, came: list[Answer | Cut], seconds: float = 1) -> dict[str, Any]:
        self.wait(seconds)
        (answer,) = came
        assert isinstance(answer, Answer), answer
        return json.loads(answer.body)

    def create(self, **fields: Any) -> dict[str, Any]:
        """Create a bid that rests, unless told otherwise."""
        usual = {
            "category": "linear",
            "symbol": "BTCUSDT",
            "side": "Buy",
            "orderType": "Limit",
            "qty": "0.010",
            "price": self.price(-2000),
            "timeInForce": "PostOnly",
        }
        return self.post("/v5/order/create", **(usual | fields))

    def price(self, ticks: int, symbol: str = "BTCUSDT") -> str:
        """Give a price so many ticks from the best bid."""
        from sim.serve import texts

        venue = self.venue.venue
        return texts.price(venue.instruments[symbol], venue.pits[symbol].book.best_bid_ticks + ticks)

    def stream(self, path: str) -> Spoken:
        stream = Spoken(self, path)
        self.wait(1)
        return stream

    def public(self, *topics: str) -> Spoken:
        """Listen to public topics."""
        stream = self.stream("/v5/public/linear")
        stream.say({"op": "subscribe", "args": list(topics)})
        return stream

    def private(self, *topics: str) -> Spoken:
        """Sign in and listen to private topics, all that are used here unless told otherwise."""
        stream = self.stream("/v5/private")
        stream.sign_in()
        stream.say({"op": "subscribe", "args": list(topics or ("order", "execution", "position", "wallet"))})
        return stream

    def trading(self) -> Spoken:
        """Sign in to the stream that takes orders."""
        stream = self.stream("/v5/trade")
        stream.sign_in()
        return stream

    def market(self, path: str, **fields: Any) -> dict[str, Any]:
        """Ask what everybody may know."""
        query = "&".join(f"{name}={value}" for name, value in fields.items())
        return self.get(f"/v5/market/{path}?{query}", signed=False)


def rebuilt(messages: list[dict[str, Any]]) -> tuple[dict[float, str], dict[float, str]]:
    """Give bids and asks as messages of a book topic leave them; a level that goes was there."""
    sides: tuple[dict[float, str], dict[float, str]] = ({}, {})
    for message in messages:
        for side, levels in zip(sides, (message["data"]["b"], message["data"]["a"]), strict=True):
            for price, size in levels:
                if float(size):
                    side[float(price)] = size
                else:
                    del side[float(price)]
    return sides
