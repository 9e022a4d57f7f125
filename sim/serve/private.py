"""The private stream: what became of our orders, our executions, positions and money.

Everything that one word of the venue causes leaves as one message: what loses it loses all of it. Who
is not there hears nothing of it later.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from sim.serve.account_rows import position_row, wallet_row
from sim.serve.order_rows import execution_row, fast_row, is_shown, order_row
from sim.serve.settings import Settings
from sim.serve.site import Site
from sim.serve.slips import Slip
from sim.serve.talks import ABNORMAL, Fields, StreamLine, Talk
from sim.wire import PRIVATE, kind_of
from strategy import commands, events
from strategy.instrument import SPOT
from strategy.units import NS_PER_S

_TOPICS: Final = ("order", "execution", "execution.fast", "position", "wallet", "greeks")
_DCP: Final = ("dcp.future", "dcp.spot", "dcp.option", "dcp")
_CATEGORIES: Final = ("linear", SPOT, "inverse", "option")
# Without a word of the client's for so long, a connection is closed.
_IDLE_NS: Final = 600 * NS_PER_S
_IDLE_S: Final = (30, 600)
_UNITS_S: Final = {"s": 1, "m": 60}
_DCP_PRODUCTS: Final = {"dcp.future": "DERIVATIVES", "dcp.spot": "SPOT", "dcp": "DERIVATIVES"}

Rows = dict[str, list[dict[str, Any]]]


class PrivateTalk(Talk):
    """One private connection."""

    def __init__(self, stream: "PrivateStream", idle_ns: int, *ends: Any) -> None:
        """Be closed after ``idle_ns`` without a word."""
        super().__init__(stream.site, stream.line, stream.site.link(PRIVATE), *ends)
        self.subscribed: dict[str, None] = {}
        self.idle_ns = idle_ns

    def take(self, frame: Fields) -> None:
        """Sign in, subscribe, answer a ping."""
        op = frame.get("op")
        if op == "ping":
            self.say({**self.echo(frame), "op": "pong", "args": [str(self.site.now_ms())], "conn_id": self.conn_id})
        elif op == "auth":
            self.answer(frame, self.signed(frame))
        elif op in ("subscribe", "unsubscribe"):
            self._listen(frame, op)
        else:
            self.answer(frame, f"error:invalid op,op:{str(op)[:50]}")

    def _listen(self, frame: Fields, op: str) -> None:
        topics = self.topics(frame)
        if not self.is_signed_in:
            self.answer(frame, "Request not authorized")
        elif topics is None:
            self.answer(frame, "Params Error")
        elif op == "unsubscribe":
            for topic in topics:
                self.subscribed.pop(topic, None)
            self.answer(frame)
        else:
            problem = next((words for topic in topics if (words := _problem(topic))), "")
            if not problem and len(dict.fromkeys(_is_of_one_category(topic) for topic in topics)) > 1:
                problem = "error:topics of one category and of all cannot be in one request"
            if not problem:
                self.subscribed.update(dict.fromkeys(topics))
            self.answer(frame, problem)

    def listens(self, name: str, category: str) -> str:
        """Give the topic by which this connection hears of something, empty where it does not."""
        return next((topic for topic in (name, f"{name}.{category}") if topic in self.subscribed), "")


def _problem(topic: str) -> str:
    name, _, last = topic.rpartition(".")
    known = topic in _TOPICS or topic in _DCP or (name in _TOPICS and last in _CATEGORIES)
    return "" if known else f"error:handler not found,topic:{topic[:100]}"


def _is_of_one_category(topic: str) -> bool:
    return topic.rpartition(".")[2] in _CATEGORIES


class PrivateStream:
    """All private connections, and what is told on them."""

    def __init__(self, site: Site, settings: Settings) -> None:
        """Have no listener yet."""
        self.site = site
        self.line = StreamLine()
        self._settings = settings
        self._said = 0
        # Since when every connection that arms the disconnection protection is gone, by product.
        self._alone_ns: dict[str, int] = {}

    def talk(self, fields: Mapping[str, str], *ends: Any) -> PrivateTalk:
        """Open a connection; its path may say how long it may be idle."""
        return PrivateTalk(self, _idle_ns(fields.get("max_active_time", "")), *ends)

    def tell(self, event: Any) -> None:
        """Hear the venue speak of our account, and pass it on."""
        self.site.slips.catch_up()
        talks = [talk for talk in self.line.talks.values() if isinstance(talk, PrivateTalk) and talk.subscribed]
        if not talks:
            return
        rows, symbol = self._rows(event)
        category = self.site.venue.instruments[symbol].kind if symbol else ""
        client_id = getattr(event, "client_id", "")
        for talk in talks:
            texts = [
                self._frame(topic, told)
                for name, told in rows.items()
                if told and (topic := talk.listens(name, category))
            ]
            if texts:
                talk.tell(texts, kind_of(event), symbol, client_id, event)

    def tell_cancel_too_late(self, slip: Slip) -> None:
        """Tell once more of an order that was filled as a cancel of it was under way, as the venue does."""
        site, symbol = self.site, slip.order.symbol
        row = order_row(site, slip) | {"cancelType": "CancelByUser", "rejectReason": "EC_OrigClOrdIDDoesNotExist"}
        category = site.venue.instruments[symbol].kind
        for talk in self.line.talks.values():
            topic = talk.listens("order", category) if isinstance(talk, PrivateTalk) else ""
            if topic:
                talk.tell([self._frame(topic, [row])], "order", symbol, slip.order.client_id)

    def _rows(self, event: Any) -> tuple[Rows, str]:
        """Write what an event changed, topic by topic, and say which symbol it is about."""
        site = self.site
        rows: Rows = {}
        symbol = getattr(event, "symbol", "")
        if isinstance(event, events.FundingPaid):
            paid = next(one for one in reversed(site.slips.executions) if one.funding is event)
            rows["execution"] = [execution_row(site, paid)]
        else:
            # Not always the last fill: a word may be late. Nor does it always name its order.
            execution = site.slips.by_fill_id[event.fill_id] if isinstance(event, events.OrderFilled) else None
            slip = execution.slip if execution is not None else site.slips.by_client_id[event.client_id]
            assert slip is not None, "a fill has an order"
            symbol = slip.order.symbol
            if execution is not None:
                named = {} if event.client_id else {"orderLinkId": ""}
                rows["execution"] = [execution_row(site, execution) | named]
                rows["execution.fast"] = [fast_row(site, execution) | named]
            rows["order"] = [order_row(site, slip)] if is_shown(slip) else []
        moves_money = isinstance(event, events.OrderFilled | events.FundingPaid)
        is_contract = site.venue.instruments[symbol].kind != SPOT
        is_told = moves_money or bool(rows.get("order"))
        rows["position"] = [position_row(site, symbol, is_stream=True)] if is_contract and is_told else []
        rows["wallet"] = [wallet_row(site)] if moves_money else []
        return rows, symbol

    def _frame(self, topic: str, rows: list[dict[str, Any]]) -> str:
        self._said += 1
        at_ms = self.site.now_ms()
        frame = {"topic": topic, "id": f"{self.site.slips.unique('message', str(self._said))}", "creationTime": at_ms}
        return msgspec.json.encode({**frame, "data": rows}).decode()

    def tick(self) -> None:
        """Close connections that say nothing, and protect who is disconnected, where he asked for it."""
        now_ns = self.site.now_ns()
        for talk in tuple(self.line.talks.values()):
            if isinstance(talk, PrivateTalk) and now_ns - talk.heard_ns > talk.idle_ns:
                talk.end(ABNORMAL, "")
        self._protect(now_ns)

    def _protect(self, now_ns: int) -> None:
        """Cancel the orders of a product when every connection that armed its protection is long gone."""
        for topic, product in _DCP_PRODUCTS.items():
            window_s = self._settings.dcp_window_s.get(product)
            if window_s is None:
                continue
            if any(isinstance(talk, PrivateTalk) and topic in talk.subscribed for talk in self.line.talks.values()):
                self._alone_ns[topic] = 0
            elif topic in self._alone_ns:
                since_ns = self._alone_ns[topic] = self._alone_ns[topic] or now_ns
                if now_ns - since_ns >= window_s * NS_PER_S:
                    del self._alone_ns[topic]
                    self._cancel_product(product, now_ns)

    def _cancel_product(self, product: str, now_ns: int) -> None:
        category = SPOT if product == "SPOT" else "linear"
        cancel = self.site.venue.handlers[commands.CancelAll]
        for one in self.site.instruments(category):
            cancel(commands.CancelAll(one.symbol), now_ns, self.site.venue_ns())


def _idle_ns(text: str) -> int:
    """Read ``30s`` to ``600s`` or ``1m`` to ``10m``; anything else is the usual ten minutes."""
    amount, unit = text[:-1], text[-1:]
    if not (amount.isascii() and amount.isdigit() and len(amount) <= len(str(_IDLE_S[1])) and unit in _UNITS_S):
        return _IDLE_NS
    least, most = _IDLE_S
    return min(max(int(amount) * _UNITS_S[unit], least), most) * NS_PER_S
