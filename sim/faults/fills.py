"""What the venue says of our trades, and what becomes of them.

An order that is made to trade trades with the others at its own price, as a maker, past their queue:
what the market itself draws stays as it was. Draws are keyed by the fill's id, or by the order's.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sim.faults.door import Away
from sim.faults.installing import Install, during, is_on, ns_of, rule, symbols_of
from sim.faults.telling import FillFirst, ToldOfFills, Twice
from sim.plan import PlannedFault
from sim.venue import closing, codes
from sim.venue.orders import Fill, VenueOrder
from sim.wire import PRIVATE
from strategy import commands, events
from strategy.units import NS_PER_MS

if TYPE_CHECKING:
    from sim.exchange import Exchange

_LOOK_NS: Final = 100 * NS_PER_MS

Say = Callable[[events.Event], None]


# Orders that trade at a bad moment


def _trade(world: "Exchange", order: VenueOrder, lots: int, now_ns: int, told_after_ns: int = 0) -> None:
    """Have an order on the book trade so many lots, and be told of it now or later."""
    venue = world.venue
    pit = venue.pits[order.symbol]
    if lots < order.leaves_lots:
        pit.shrink(order, lots)
    say = venue.private
    venue.private = partial(_say_fills_later, world, say, told_after_ns)
    venue.made(order, order.price_ticks, lots, pit.book.mid2_ticks, now_ns)
    venue.private = say


def _say_fills_later(world: "Exchange", say: Say, after_ns: int, event: events.Event) -> None:
    if after_ns and isinstance(event, events.OrderFilled):
        world.kernel.at(world.kernel.now_ns + after_ns, say, event)
    else:
        say(event)


def _lots(fault: PlannedFault, world: "Exchange", order: VenueOrder) -> int:
    """Say how much of an order trades: all of it, or half."""
    is_whole = world.dice.unit("fault", fault.id, order.client_id, "whole") < fault.params["whole"]
    return order.leaves_lots if is_whole else max(1, order.leaves_lots // 2)


def _can_trade(world: "Exchange", order: VenueOrder) -> bool:
    return bool(world.venue.pits[order.symbol].trades and order.leaves_lots and order.client_id)


def _race(
    fault: PlannedFault, world: "Exchange", kind: type, lots_of: Callable[[Any, VenueOrder], int], told_after_ns: int
) -> None:
    """Have orders trade as a request of a kind meets them: so many lots, 0 for those that are not hit."""
    venue, before = world.venue, world.venue.racing

    def race(command: commands.Command, order: VenueOrder, now_ns: int) -> None:
        if isinstance(command, kind) and is_on(fault, now_ns) and _can_trade(world, order):
            lots = lots_of(command, order)
            if lots:
                world.bit(fault)
                _trade(world, order, lots, now_ns, told_after_ns)
                return
        before(command, order, now_ns)

    venue.racing = race


def _cancel_races_fill(fault: PlannedFault, world: "Exchange") -> None:
    """Have some orders trade just before their cancel, and be told of it then or later."""

    def lots_of(_command: Any, order: VenueOrder) -> int:
        is_hit = world.dice.unit("fault", fault.id, order.client_id) < fault.params["prob"]
        return _lots(fault, world, order) if is_hit else 0

    _race(fault, world, commands.CancelOrder, lots_of, ns_of(fault.params["told_after_s"]))


def _fill_during_amend(fault: PlannedFault, world: "Exchange") -> None:
    """Have some orders trade just before an amend, and be told of it then or later."""
    turn = _Turns(fault, world)

    def lots_of(_command: Any, order: VenueOrder) -> int:
        return _lots(fault, world, order) if turn.drawn(order) < fault.params["prob"] else 0

    _race(fault, world, commands.AmendOrder, lots_of, ns_of(fault.params["told_after_s"]))


def _amend_races(fault: PlannedFault, world: "Exchange") -> None:
    """Have some orders trade up to their new size; have other amends end without a verdict, and come late."""
    turn, params = _Turns(fault, world), fault.params

    def lots_of(command: commands.AmendOrder, order: VenueOrder) -> int:
        is_hit = turn.drawn(order) < params["below_filled"]
        return min(order.leaves_lots, max(0, command.size_lots - order.filled_lots)) if is_hit else 0

    _race(fault, world, commands.AmendOrder, lots_of, 0)
    away = Away(fault, world, codes.DOWN, (events.AMEND,))
    away.prob, away.later_prob, away.later_ns = params["unknown"], 1.0, ns_of(params["later_s"])
    world.gateway.doormen.append(away)


class _Turns:
    """Draws anew each time an order is met: by its id, and by how often it was."""

    def __init__(self, fault: PlannedFault, world: "Exchange") -> None:
        self._fault, self._dice = fault, world.dice
        self._met: dict[str, int] = {}

    def drawn(self, order: VenueOrder) -> float:
        met = self._met[order.client_id] = self._met.get(order.client_id, 0) + 1
        return self._dice.unit("fault", self._fault.id, order.client_id, met)


def _fill_before_ack(fault: PlannedFault, world: "Exchange") -> None:
    """Have some orders trade the instant they rest, and hold back the words of their acceptance."""
    first = FillFirst(fault, world)
    rule(fault, world, first)
    world.venue.private = partial(first.say, world.venue.private)

    def lots_of(_command: Any, order: VenueOrder) -> int:
        return _lots(fault, world, order) if order.client_id in first.chosen else 0

    _race(fault, world, commands.CreateOrder, lots_of, 0)


def _fills_in_disconnect(fault: PlannedFault, world: "Exchange") -> None:
    """Break the private stream, let orders trade that instant, and let nobody listen until it is over."""
    line = world.lines[PRIVATE]

    def begin() -> None:
        now_ns = world.kernel.now_ns
        line.barred[fault.id] = None
        line.reset()
        for order in list(world.venue.open_orders()):
            is_hit = world.dice.unit("fault", fault.id, order.client_id) < fault.params["prob"]
            if is_hit and _can_trade(world, order):
                world.bit(fault)
                _trade(world, order, _lots(fault, world, order), now_ns)
        world.truth_changed()

    during(fault, world, begin, lambda: line.barred.pop(fault.id, None), bites=False)


# What is said of them


def _fill_duplicate(fault: PlannedFault, world: "Exchange") -> None:
    """Tell fills twice: as the same message, or anew where a copy is another or waits for a connection."""
    if fault.params["again"] == "later" and fault.params["nameless"] == "none":
        rule(fault, world, ToldOfFills(fault, world.dice))
        return
    twice = Twice(fault, world, world.venue.private)
    world.venue.private = twice.say
    if fault.params["again"] == "reconnect":
        during(fault, world, twice.watch, None, bites=False)


def _fill_dropped(fault: PlannedFault, world: "Exchange") -> None:
    rule(fault, world, ToldOfFills(fault, world.dice))


def _hits(fault: PlannedFault, world: "Exchange", fill: events.OrderFilled) -> bool:
    """Say whether a fill of an order of ours is chosen."""
    if not fill.client_id or not is_on(fault, world.kernel.now_ns):
        return False
    return bool(world.dice.unit("fault", fault.id, fill.fill_id) < fault.params["prob"])


def _on_fill(world: "Exchange", hear: Callable[[Fill], None]) -> None:
    """Have every fill heard of as it is booked, after whoever hears of it already."""
    before = world.venue.booked

    def booked(fill: Fill) -> None:
        before(fill)
        hear(fill)

    world.venue.booked = booked


def _inferred_then_real(fault: PlannedFault, world: "Exchange") -> None:
    """Show the totals of orders at once, and their fills later: in the list, and on the stream."""
    venue, kernel = world.venue, world.kernel
    say, held = venue.private, dict[str, None]()
    listed_ns, told_ns = ns_of(fault.params["listed_after_s"]), ns_of(fault.params["told_after_s"])

    def hear(fill: Fill) -> None:
        if _hits(fault, world, fill.event):
            world.bit(fault)
            fill_id = fill.event.fill_id
            held[fill_id] = None
            venue.unlisted[fill_id] = venue.unlisted.get(fill_id, 0) + 1
            kernel.at(kernel.now_ns + listed_ns, show, fill_id)

    def show(fill_id: str) -> None:
        # It is listed once the last of those who keep it back lets go.
        venue.unlisted[fill_id] -= 1
        if not venue.unlisted[fill_id]:
            del venue.unlisted[fill_id]

    def late(event: events.Event) -> None:
        if isinstance(event, events.OrderFilled) and event.fill_id in held:
            del held[event.fill_id]
            kernel.at(kernel.now_ns + told_ns, say, event)
        else:
            say(event)

    _on_fill(world, hear)
    venue.private = late


# Trades that no order of ours made


def _foreign_fill(fault: PlannedFault, world: "Exchange") -> None:
    """Close our position, or a part of it, as soon as there is one."""
    params, kernel = fault.params, world.kernel
    every_ns = ns_of(params["every_s"]) if params["every_s"] is not None else 0

    def look(symbol: str) -> None:
        now_ns = kernel.now_ns
        if not is_on(fault, now_ns):
            return
        next_ns = now_ns + _LOOK_NS
        if world.venue.position_lots(symbol) and world.venue.pits[symbol].trades:
            world.bit(fault)
            _close(world, symbol, params, now_ns)
            world.truth_changed()
            if not every_ns:
                return
            next_ns = now_ns + every_ns
        kernel.at(next_ns, look, symbol)

    for symbol in symbols_of(fault, world):
        kernel.at(fault.start_ns, look, symbol)


def _close(world: "Exchange", symbol: str, params: dict[str, Any], now_ns: int) -> None:
    venue = world.venue
    if params["cause"] == "liquidation":
        closing.liquidate(venue, [symbol], [symbol], now_ns)
        return
    held = venue.position_lots(symbol)
    lots = max(1, int(abs(held) * params["share"]))
    closing.force(venue, symbol, -1 if held > 0 else 1, lots, venue.mids2()[symbol] // 2, now_ns)


def _fill_busted(fault: PlannedFault, world: "Exchange") -> None:
    """Take some trades back, fee and all; where they are corrected, trade again at a worse price."""
    params, venue, kernel = fault.params, world.venue, world.kernel

    def hear(fill: Fill) -> None:
        if _hits(fault, world, fill.event):
            kernel.at(kernel.now_ns + ns_of(params["after_s"]), undo, fill.event)

    def undo(fill: events.OrderFilled) -> None:
        now_ns, symbol = kernel.now_ns, fill.symbol
        world.bit(fault)
        given_back = (fill.liquidity, -fill.fee_cash)
        closing.force(venue, symbol, -fill.side, fill.size_lots, fill.price_ticks, now_ns, *given_back)
        if params["how"] == "correction":
            price = max(1, fill.price_ticks + fill.side * params["off_ticks"])
            closing.force(venue, symbol, fill.side, fill.size_lots, price, now_ns, fill.liquidity)
        world.truth_changed()

    _on_fill(world, hear)


INSTALL: Final[dict[str, Install]] = {
    "fill_duplicate": _fill_duplicate,
    "fill_dropped": _fill_dropped,
    "fills_in_disconnect": _fills_in_disconnect,
    "fill_before_ack": _fill_before_ack,
    "cancel_races_fill": _cancel_races_fill,
    "fill_during_amend": _fill_during_amend,
    "amend_races": _amend_races,
    "inferred_then_real": _inferred_then_real,
    "foreign_fill": _foreign_fill,
    "fill_busted": _fill_busted,
}
