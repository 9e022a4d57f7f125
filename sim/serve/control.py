"""Behind the scenes of a served venue: its truth, its time, its faults; on a port of its own.

``GET /truth``: orders, positions, fills and wallet as they are. ``GET /time``: true time and the
venue's clock. ``GET /faults``: what is planned, and when. ``POST /faults``: begin a fault now, written
as in a scenario but without ``at_s``.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from sim.faults import INSTALL, host
from sim.faults.clocks import VENUE_WALL
from sim.plan import PlannedFault
from sim.serve import texts
from sim.serve.account_rows import position_row, wallet_row
from sim.serve.order_rows import execution_row, order_row
from sim.serve.wire import Served
from sim.through.exchanged import Answer, Answered, Request, Speaker
from strategy.units import NS_PER_S

_JSON: Final = (("Content-Type", "application/json; charset=utf-8"),)
_NEVER_NS: Final = 2**62
_FILLS_SHOWN: Final = 1000


def is_of_the_bots_host(fault: PlannedFault) -> bool:
    """Say whether a fault happens on the host of a bot: a served venue has none."""
    return fault.kind in host.INSTALL or fault.params.get("clock", VENUE_WALL) != VENUE_WALL


class Control:
    """Answers whoever runs the venue; nobody signs anything here."""

    def __init__(self, served: Served, speed: float) -> None:
        """Look at a served venue, and into it."""
        self._served = served
        self._speed = speed
        self._faults = [fault for fault in served.plan.faults if not is_of_the_bots_host(fault)]
        self._paths: dict[tuple[str, str], Callable[[bytes], tuple[int, Any]]] = {
            ("GET", "/truth"): self._truth,
            ("GET", "/time"): self._time,
            ("GET", "/faults"): self._list,
            ("POST", "/faults"): self._begin,
        }

    def install(self) -> list[str]:
        """Install the faults of the plan; give the ids of those that need a bot's host and are left out."""
        for fault in self._faults:
            INSTALL[fault.kind](fault, self._served)
        return [fault.id for fault in self._served.plan.faults if is_of_the_bots_host(fault)]

    # The door

    def http(self, request: Request, answered: Answered) -> Callable[[], None]:
        """Answer at once."""
        path = self._paths.get((request.method, request.target.partition("?")[0]))
        paths = sorted(f"{method} {name}" for method, name in self._paths)
        status, body = (404, {"error": "no such path", "paths": paths}) if path is None else path(request.body)
        answered(Answer(status, _JSON, msgspec.json.encode(body)))
        return _nothing

    def open(
        self, path: str, opened: Callable[[str], None], heard: Callable[[str], None], closed: Callable[[int, str], None]
    ) -> Speaker:
        """Have no streams."""
        opened("no streams here")
        return _Nobody()

    # Answers

    def _truth(self, _body: bytes) -> tuple[int, Any]:
        site, venue = self._served.wire.site, self._served.venue
        slips = site.slips
        slips.catch_up()
        account = {
            "orders": [order_row(site, slips.by_client_id[one.client_id]) for one in venue.open_orders()],
            "positions": [position_row(site, symbol, is_stream=False) for symbol in venue.instruments],
            "fills": [execution_row(site, one) for one in slips.executions[-_FILLS_SHOWN:]],
            "fills_count": len(slips.executions),
            "orders_count": len(slips.by_number),
            "cash": {symbol: texts.amount(venue.cash(symbol)) for symbol in venue.instruments},
            "wallet": wallet_row(site),
            "zero_sum": venue.zero_sum_cash(),
        }
        return 200, {"accounts": {site.key.name: account}, "true_ns": site.now_ns()}

    def _time(self, _body: bytes) -> tuple[int, Any]:
        site = self._served.wire.site
        speed = self._speed or "max"
        return 200, {"true_ns": site.now_ns(), "venue_ns": site.venue_ns(), "speed": speed}

    def _list(self, _body: bytes) -> tuple[int, Any]:
        now_ns = self._served.kernel.now_ns
        return 200, {"faults": [_shown(fault, now_ns) for fault in self._faults]}

    def _begin(self, body: bytes) -> tuple[int, Any]:
        from pydantic import TypeAdapter, ValidationError

        from sim.scenario.faults import OneFault

        try:
            written = msgspec.json.decode(body, type=dict[str, Any])
            model = TypeAdapter(OneFault).validate_python({**written, "at_s": 0})
        except (msgspec.MsgspecError, RecursionError, UnicodeError) as problem:
            return 400, {"error": str(problem)}
        except ValidationError as problem:
            wrong = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in problem.errors()]
            return 400, {"error": "; ".join(wrong)}
        fault = _planned(model, f"{model.kind}{len(self._faults)}", self._served.kernel.now_ns)
        if is_of_the_bots_host(fault):
            return 422, {"error": f"{fault.kind} is of a bot's host, and there is none here"}
        traded = self._served.scenario.market.traded
        strange = [symbol for symbol in fault.params.get("symbols", ()) if symbol not in traded]
        if strange or fault.id in [one.id for one in self._faults]:
            return 422, {"error": f"not traded here: {strange}" if strange else f"id {fault.id!r} is taken"}
        self._faults.append(fault)
        INSTALL[fault.kind](fault, self._served)
        return 200, _shown(fault, fault.start_ns)


class _Nobody:
    def receive(self, text: str) -> None:
        """Hear nothing."""

    def close(self) -> None:
        """See nobody go."""


def _planned(model: Any, name: str, now_ns: int) -> PlannedFault:
    """Place a fault that begins now."""
    params = model.model_dump(mode="json", exclude={"id", "kind", "at_s", "for_s"})
    for_s = getattr(model, "for_s", None)
    whole = PlannedFault(model.id or name, model.kind, now_ns, _NEVER_NS, params)
    return whole if for_s is None else replace(whole, end_ns=now_ns + round(for_s * NS_PER_S))


def _shown(fault: PlannedFault, now_ns: int) -> dict[str, Any]:
    state = "planned" if now_ns < fault.start_ns else "over" if now_ns >= fault.end_ns else "active"
    end_s = None if fault.end_ns >= _NEVER_NS else fault.end_ns / NS_PER_S
    return {
        "id": fault.id,
        "kind": fault.kind,
        "start_s": fault.start_ns / NS_PER_S,
        "end_s": end_s,
        "state": state,
        "params": fault.params,
    }


def _nothing() -> None:
    """Have nothing to give up."""
