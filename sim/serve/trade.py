"""The trade stream: order requests as frames, each answered under its own request id, in any order."""

from functools import partial
from typing import Any, Final

import msgspec

from sim.serve.asked import Plan, Refused, refused
from sim.serve.codes import (
    BAD_SIGNATURE,
    DOUBLE_REQUEST_ID,
    NOT_AUTHORISED,
    OK,
    PARAMETERS,
    SIGNED_IN_TWICE,
    UNKNOWN_OP,
    Verdict,
)
from sim.serve.envelopes import trade_frame
from sim.serve.orders import Desk
from sim.serve.roads import RESET, RestLine, Roads, Told
from sim.serve.routes import stamp_and_window
from sim.serve.site import Site
from sim.serve.spoiling import spoilt_text
from sim.serve.talks import Fields, Talk, parsed
from sim.through.exchanged import Cut
from sim.wire import REST_DOWN, REST_UP, TRADE_DOWN, TRADE_UP, Message

_OPS: Final = {
    f"order.{name}{batch}": f"{name}{batch}" for name in ("create", "amend", "cancel") for batch in ("", "-batch")
}
_REQ_ID_MAX: Final = 36
_REQ_IDS_KEPT: Final = 1000
_WINDOW_MS: Final = 5000
_SMALL_TALK: Final = "small_talk"
_NO_ARGS: Final = Verdict(PARAMETERS, "params error: args must hold one object")
_NO_HEADER: Final = Verdict(PARAMETERS, "params error: header X-BAPI-TIMESTAMP is needed")


class TradeTalk(Talk):
    """One connection for order entry. Its requests share the links of REST, each connection in order."""

    sign = -1

    def __init__(self, site: Site, line: RestLine, roads: Roads, desk: Desk, *ends: Any) -> None:
        """Have nothing under way."""
        super().__init__(site, line, site.link(REST_DOWN, is_stream=True, also=TRADE_DOWN), *ends)
        self._up = site.link(REST_UP, is_stream=True, also=TRADE_UP)
        self._roads = roads
        self._desk = desk
        self._req_ids: dict[str, None] = {}

    def receive(self, text: str) -> None:
        """Take a frame: small talk at the link's usual pace, requests with their own luck; in order both."""
        if not self.is_open:
            return
        frame = parsed(text)
        if frame is not None and str(frame.get("op")) in _OPS:
            self._request(frame)
        else:
            self._up.send(Message(_SMALL_TALK, "", "", None, self._own_number), partial(self._deliver, text))

    def _deliver(self, text: str, _message: Message) -> None:
        self._arrive(text)

    def take(self, frame: Fields) -> None:
        """Sign in, answer a ping; anything else is no op of this stream."""
        op = frame.get("op")
        if op == "ping":
            pong = {"retCode": 0, "retMsg": "OK", "op": "pong", "data": [str(self.site.now_ms())]}
            self.say({**self._named(frame), **pong, "connId": self.conn_id})
        elif op == "auth":
            self._sign_in(frame)
        else:
            self._say_briefly(frame, UNKNOWN_OP)

    def _sign_in(self, frame: Fields) -> None:
        if self.is_signed_in:
            self._say_briefly(frame, SIGNED_IN_TWICE)
            return
        problem = self.signed(frame)
        self._say_briefly(frame, Verdict(BAD_SIGNATURE.code, problem) if problem else OK)

    def _say_briefly(self, frame: Fields, why: Verdict) -> None:
        """Answer without an order's data: yes to signing in, no to anything else."""
        said = {"retCode": why.code, "retMsg": why.text, "op": str(frame.get("op") or "")[:50]}
        self.say({**self._named(frame), **said, "connId": self.conn_id})

    def _named(self, frame: Fields) -> Fields:
        req_id = str(frame.get("reqId") or "")[:_REQ_ID_MAX]
        return {"reqId": req_id} if req_id else {}

    # Requests

    def _request(self, frame: Fields) -> None:
        req_id = str(frame.get("reqId") or "")[:_REQ_ID_MAX]
        plan = self._plan(frame, req_id)
        finish = partial(self._finish, str(frame["op"]), req_id)
        self._roads.send(plan, self, self._up, finish)

    def _plan(self, frame: Fields, req_id: str) -> Plan:
        if req_id in self._req_ids:
            return refused(DOUBLE_REQUEST_ID)
        if req_id:
            self._req_ids[req_id] = None
            if len(self._req_ids) > _REQ_IDS_KEPT:
                del self._req_ids[next(iter(self._req_ids))]
        if not self.is_signed_in:
            return refused(NOT_AUTHORISED)
        args, header = frame.get("args"), frame.get("header")
        if not isinstance(args, list) or len(args) != 1 or not isinstance(args[0], dict):
            return refused(_NO_ARGS)
        if not isinstance(header, dict):
            return refused(_NO_HEADER)
        named = {str(name).lower(): value for name, value in header.items()}
        try:
            stamp, window = named.get("x-bapi-timestamp"), named.get("x-bapi-recv-window") or _WINDOW_MS
            signed_ns, window_ns = stamp_and_window(stamp, window)
            plan = self._desk.plan(_OPS[frame["op"]], args[0])
        except Refused as why:
            return refused(why.verdict)
        return Plan(
            commands=plan.commands,
            show=plan.show,
            category=plan.category,
            signed_ns=signed_ns,
            window_ns=window_ns,
        )

    def _finish(self, op: str, req_id: str, told: Told | Cut) -> None:
        """Tell the client what came of a request: it has been on the wire already. One that is cut takes all along."""
        if isinstance(told, Cut):
            self.break_off()
        elif self.is_open:
            text = msgspec.json.encode(trade_frame(told, op, req_id, self.conn_id)).decode()
            self.hear(spoilt_text(text, told.spoilt))

    def break_off(self) -> None:
        """Lose it, with all that is on it."""
        super().break_off()
        self._roads.lose(self, RESET)
