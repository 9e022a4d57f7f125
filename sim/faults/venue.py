"""What the venue itself does: goes away, forgets, closes, slows down, refuses.

A change of the venue's own state has a beginning and an end; what hits single requests is a
doorman or a hook whose draws are keyed by the request's number or by the order's id.
"""

from typing import TYPE_CHECKING, Final

from sim.faults.door import Away
from sim.faults.installing import Install, during, is_on, ns_of, symbols_of
from sim.plan import PlannedFault
from sim.venue import codes, restart
from sim.venue.limits import Policy
from sim.venue.orders import VenueOrder
from sim.venue.regimes import OPEN
from sim.wire import PRIVATE, REST, STREAMS, Message
from strategy import commands, events
from strategy.units import NS_PER_MS

if TYPE_CHECKING:
    from sim.exchange import Exchange

# What each status of an endpoint comes to, in the venue's words.
_OF_STATUS: Final = {425: codes.TOO_EARLY, 429: codes.RATE_LIMIT, 500: codes.SERVER_ERROR, 503: codes.DOWN}
_LOOK_NS: Final = 100 * NS_PER_MS
# Questions a replica answers; the time, margins and books are told by others.
_REPLICATED: Final = (commands.QueryOrder, commands.QueryOpenOrders, commands.QueryFills)


def _downtime(fault: PlannedFault, world: "Exchange") -> None:
    """Turn everything away, silence the streams, and come back with what the engine remembers."""
    venue, params = world.venue, fault.params
    barred = [*([world.lines[REST]] if params["answers"] == "refused" else [])]
    barred += [world.lines[name] for name in STREAMS] if params["streams"] == "reset" else []
    away = Away(fault, world, codes.DOWN if params["answers"] == "busy" else "")
    away.later_prob, away.later_ns = params["applied_later"], ns_of(params["applied_later_s"])
    world.gateway.doormen.append(away)
    if params["memory"] == "rolled_back":
        venue.history.is_kept = True

    def begin() -> None:
        venue.is_silent = True
        if not params["matching"]:
            venue.freeze(is_frozen=True)
        for line in barred:
            line.barred[fault.id] = None
        for line in barred:
            line.reset()

    def end() -> None:
        now_ns = world.kernel.now_ns
        venue.is_silent = False
        venue.freeze(is_frozen=False)
        if params["memory"] == "purged":
            restart.forget_all(venue, now_ns)
        elif params["memory"] == "rolled_back":
            restart.roll_back(venue, max(0, fault.start_ns - ns_of(params["rolled_back_s"])), now_ns)
        for line in barred:
            line.barred.pop(fault.id, None)
        world.truth_changed()

    during(fault, world, begin, end)


def _maintenance(fault: PlannedFault, world: "Exchange") -> None:
    """Announce the steps, take them one after the other, and be open again at the end."""
    venue, params, symbols = world.venue, fault.params, symbols_of(fault, world)
    planned_ns = fault.start_ns + ns_of(params["announced_s"])
    late_ns = int(world.dice.unit("fault", fault.id, "jitter") * ns_of(params["jitter_s"]))
    steps, at_ns = [], planned_ns
    for step in params["steps"]:
        steps.append((step["regime"], at_ns))
        at_ns += ns_of(step["for_s"])
    steps.append((OPEN, at_ns))

    def announce() -> None:
        told_ns = venue.venue_ns(world.kernel.now_ns)
        for symbol in symbols:
            plan = [events.RegimePlanned(symbol, regime, venue.venue_ns(at_ns), told_ns) for regime, at_ns in steps]
            venue.say(symbol, plan)

    def take(regime: str, *, is_first: bool) -> None:
        now_ns = world.kernel.now_ns
        if now_ns > fault.end_ns:
            return
        world.bit(fault)
        for symbol in symbols:
            venue.set_regime(symbol, regime, now_ns)
            if is_first and params["cancels_orders"]:
                venue.cancel_everything(now_ns, symbol)

    if params["announced_s"]:
        world.kernel.at(fault.start_ns, announce)
    for place, (regime, at_ns) in enumerate(steps):
        end_ns = min(at_ns + late_ns, max(fault.end_ns, fault.start_ns))
        if end_ns < world.plan.duration_ns:
            world.kernel.at(end_ns, lambda regime=regime, place=place: take(regime, is_first=place == 0))


def _gray_engine(fault: PlannedFault, world: "Exchange") -> None:
    """Make the engine slow for what is ordered, and its replicas old if so asked."""
    slowness = world.gateway.slowness
    symbols = [*symbols_of(fault, world), *([] if fault.params["symbols"] else [""])]

    def scale(factor: float) -> None:
        for symbol in symbols:
            slowness[symbol] = slowness.get(symbol, 1.0) * factor

    factor = fault.params["factor"]
    during(fault, world, lambda: scale(factor), lambda: scale(1.0 / factor))
    if fault.params["read_lag_s"]:
        _lag(fault, world, fault.params["read_lag_s"], 1.0)


def _read_lag(fault: PlannedFault, world: "Exchange") -> None:
    """Answer questions about orders and fills from the past."""
    _lag(fault, world, fault.params["lag_s"], fault.params["prob"])


def _lag(fault: PlannedFault, world: "Exchange", lag_s: float, prob: float) -> None:
    venue, dice = world.venue, world.dice
    venue.history.is_kept = True
    before, asked = venue.read_lag_ns, [0]

    def lag_ns(command: commands.Command, now_ns: int) -> int:
        older_ns = before(command, now_ns)
        if not is_on(fault, now_ns) or not isinstance(command, _REPLICATED):
            return older_ns
        asked[0] += 1
        if prob < 1.0 and dice.unit("fault", fault.id, "whether", asked[0]) >= prob:
            return older_ns
        world.bit(fault)
        return max(older_ns, int(dice.unit("fault", fault.id, asked[0]) * ns_of(lag_s)))

    venue.read_lag_ns = lag_ns


def _rate_limit(fault: PlannedFault, world: "Exchange") -> None:
    """Let a stricter policy hold while the fault lasts."""
    limits, params = world.venue.limits, fault.params
    policy = Policy(
        orders_per_s=params["orders_per_s"],
        burst=params["burst"],
        reads_per_s=params["reads_per_s"],
        weight_per_s=params["weight_per_s"] or 0,
        says_when=params["says_when"],
        cancels_share=params["cancels"] == "share",
        ban_after=params["ban_after"] or 0,
        ban_ns=ns_of(params["ban_s"]),
        ban_ns_max=ns_of(params["ban_s_max"]),
    )

    def begin() -> None:
        limits.obey(policy, world.kernel.now_ns)
        limits.felt = lambda: world.bit(fault)
        if params["banned"]:
            limits.ban(world.kernel.now_ns)

    during(fault, world, begin, lambda: limits.relent(world.kernel.now_ns), bites=False)


def _applied_later(fault: PlannedFault, world: "Exchange") -> None:
    """Turn some requests away as if overloaded, and carry them out later."""
    away = Away(fault, world, codes.DOWN, tuple(fault.params["requests"]))
    away.prob, away.later_prob, away.later_ns = fault.params["prob"], 1.0, ns_of(fault.params["later_s"])
    world.gateway.doormen.append(away)


def _batch_partial(fault: PlannedFault, world: "Exchange") -> None:
    """Refuse some items of requests that carry several."""
    before = world.gateway.item_refusal

    def refusal(message: Message, number: int) -> str:
        is_hit = is_on(fault, world.kernel.now_ns) and len(message.body.commands) > 1
        if is_hit and world.dice.unit("fault", fault.id, message.number, number) < fault.params["prob"]:
            world.bit(fault)
            return codes.BUSY
        return before(message, number)

    world.gateway.item_refusal = refusal


def _post_only_refused_late(fault: PlannedFault, world: "Exchange") -> None:
    """Accept some post-only creates, and cancel them at once as if they had crossed."""
    before = world.venue.late_refusal

    def refusal(command: commands.CreateOrder) -> str:
        is_hit = is_on(fault, world.kernel.now_ns) and command.post_only
        if is_hit and world.dice.unit("fault", fault.id, command.client_id) < fault.params["prob"]:
            world.bit(fault)
            return codes.WOULD_CROSS
        return before(command)

    world.venue.late_refusal = refusal


def _endpoint_status(fault: PlannedFault, world: "Exchange") -> None:
    """Answer some endpoints with a status that leaves the fate of what was asked open."""
    away = Away(fault, world, _OF_STATUS[fault.params["status"]], tuple(fault.params["requests"]))
    away.prob, away.later_prob = fault.params["prob"], fault.params["applied"]
    world.gateway.doormen.append(away)


def _mapping_lost(fault: PlannedFault, world: "Exchange") -> None:
    """Have open orders go by names of the venue's own from now on."""

    def is_hit(order: VenueOrder) -> bool:
        return bool(world.dice.unit("fault", fault.id, order.client_id) < fault.params["prob"])

    def lose() -> None:
        world.bit(fault, restart.lose_names(world.venue, is_hit, world.kernel.now_ns))
        world.truth_changed()

    world.kernel.at(fault.start_ns, lose)


class _DeadMan:
    """Listens at the door and to the private stream, and cancels everything when it has heard nothing for long."""

    def __init__(self, fault: PlannedFault, world: "Exchange") -> None:
        self._fault, self._world, self._params = fault, world, fault.params
        late_ns = ns_of(fault.params["late_s"]) if fault.params["fires"] == "late" else 0
        self._after_ns = ns_of(fault.params["window_s"]) + late_ns
        self._heard_ns = fault.start_ns
        self._has_fired = False

    def at_the_door(self, _message: Message, now_ns: int) -> None:
        """Note a sign of life; whoever knocks is let in."""
        if self._params["scope"] == "account":
            self._hear(now_ns)

    def arm(self) -> None:
        """Begin to listen."""
        self._hear(self._world.kernel.now_ns)
        self._world.venue.is_dead_man_armed = self._params["fires"] == "in_time"
        self._look()

    def disarm(self) -> None:
        """Listen no more."""
        self._world.venue.is_dead_man_armed = False

    def _hear(self, now_ns: int) -> None:
        self._heard_ns, self._has_fired = now_ns, False

    def _look(self) -> None:
        now_ns = self._world.kernel.now_ns
        if not is_on(self._fault, now_ns):
            return
        if self._world.lines[PRIVATE].alive():
            self._hear(now_ns)
        elif now_ns - self._heard_ns >= self._after_ns and not self._has_fired:
            self._fire(now_ns)
        self._world.kernel.at(now_ns + _LOOK_NS, self._look)

    def _fire(self, now_ns: int) -> None:
        self._has_fired = True
        venue = self._world.venue
        if self._params["fires"] == "never":
            self._world.bit(self._fault, len(list(venue.open_orders())))
        elif not venue.is_frozen:
            gone = venue.cancel_everything(now_ns)
            self._world.bit(self._fault, gone)
            if gone:
                self._world.noted("dead_man_fired")
            self._world.truth_changed()


def _dead_man_switch(fault: PlannedFault, world: "Exchange") -> None:
    """Arm a switch that hears everybody who comes to the door, those turned away as well."""
    switch = _DeadMan(fault, world)
    world.gateway.doormen.insert(0, switch)
    during(fault, world, switch.arm, switch.disarm, bites=False)


INSTALL: Final[dict[str, Install]] = {
    "downtime": _downtime,
    "maintenance": _maintenance,
    "gray_engine": _gray_engine,
    "read_lag": _read_lag,
    "rate_limit": _rate_limit,
    "applied_later": _applied_later,
    "batch_partial": _batch_partial,
    "endpoint_status": _endpoint_status,
    "mapping_lost": _mapping_lost,
    "dead_man_switch": _dead_man_switch,
    "post_only_refused_late": _post_only_refused_late,
}
