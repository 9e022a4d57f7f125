"""When failing to converge is excusable: every way to read what is true is cut, for ever.

There are two ways to the truth: requests (up and their answers down) and the streams. Orders can be
asked about only by requests, so a request path that is cut for ever takes away every proof; the same
goes for a venue that is away for ever. A lossy or slow path is no excuse: one asks again.

Computed from the plan's faults that have no end before the run's, and from the connection: a path on
which anything was heard well after the calm was not cut, whatever the plan says.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from sim.plan import Plan, PlannedFault
from sim.wire import PRIVATE, PUBLIC, READABLE, REST_DOWN, REST_UP
from strategy.units import NS_PER_S

if TYPE_CHECKING:
    from sim.world import World

REST: Final = (REST_UP, REST_DOWN)
_ALL: Final = (REST_UP, REST_DOWN, PUBLIC, PRIVATE)
_HEARD_AFTER_NS: Final = 10 * NS_PER_S
# Faults of our own host's process: what follows from them is judged, never excused.
_OWN: Final = ("crash", "shutdown")


def _links(params: dict[str, Any]) -> tuple[str, ...]:
    return tuple(params["links"])


def _lost(params: dict[str, Any]) -> tuple[str, ...]:
    return _links(params) if params["prob"] >= 1 and not params["messages"] else ()


def _spoilt(params: dict[str, Any]) -> tuple[str, ...]:
    return _links(params) if params["prob"] >= 1 and params["how"] != READABLE else ()


def _stopped(params: dict[str, Any]) -> tuple[str, ...]:
    return () if params["mode"] == "slow" else _links(params)


def _unconnected(params: dict[str, Any]) -> tuple[str, ...]:
    """Requests have nothing to travel on: what there was is gone, and nothing new comes about."""
    is_certain = params["resets"] and params.get("prob", 1.0) >= 1
    return REST if is_certain and "rest" in params["connections"] else ()


# Which links a fault cuts whole, by kind. A kind that is not here leaves a way through.
_CUTS: Final[dict[str, Callable[[dict[str, Any]], tuple[str, ...]]]] = {
    "message_loss": _lost,
    "corrupt_payload": _spoilt,
    "partition": _stopped,
    "downtime": lambda params: _ALL,
    "dns_outage": _unconnected,
    "tls_failure": _unconnected,
}


def cuts_of(fault: PlannedFault) -> tuple[str, ...]:
    """Name the links that a fault cuts whole while it lasts."""
    cut = _CUTS.get(fault.kind)
    return () if cut is None else cut(fault.params)


class Ways:
    """The ways between the bot and the venue, as the plan leaves them. Instants are true time."""

    def __init__(self, plan: Plan) -> None:
        """Sort the plan's faults out."""
        self._plan = plan
        self._cuts = [(fault, cuts_of(fault)) for fault in plan.faults if cuts_of(fault)]
        self._stormy = [fault for fault in plan.faults if fault.kind not in _OWN]

    def why_cut(self, true_ns: int, links: tuple[str, ...] = REST) -> str:
        """Name the fault that cuts one of these links now; empty where none does."""
        for fault, cut in self._cuts:
            if fault.start_ns <= true_ns < fault.end_ns and any(link in cut for link in links):
                return f"{fault.id} cuts {', '.join(link for link in links if link in cut)}"
        return ""

    def why_stormy(self, true_ns: int) -> str:
        """Name a fault that is at work now, one of our own process aside; empty where none is."""
        for fault in self._stormy:
            if fault.start_ns <= true_ns < fault.end_ns and true_ns < (self._plan.calm_ns or fault.end_ns):
                return fault.id
        return ""

    def why_unrecoverable(self) -> str:
        """Say what cuts every read for ever; empty where truth can be found out in the calm."""
        for fault, cut in self._cuts:
            lost = [link for link in REST if link in cut]
            if fault.end_ns > self._plan.duration_ns and lost:
                return f"{fault.id} cuts {', '.join(lost)} for ever"
        return ""


def why_unrecoverable(world: "World") -> str:
    """Say why a world cannot be expected to converge; empty where it can."""
    why = Ways(world.plan).why_unrecoverable()
    if not why:
        return ""
    begins_ns = max(world.plan.calm_ns or 0, *(fault.start_ns for fault in world.plan.faults))
    heard_ns = world.heard_ns()
    return "" if heard_ns > begins_ns + _HEARD_AFTER_NS else why


def recoverable(world: "World") -> bool:
    """Say whether the bot of this world can find out the truth once the storm is over."""
    return not why_unrecoverable(world)
