"""What the venue takes and charges, when it changes."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from sim.faults.installing import Install, during, is_on, ns_of, symbols_of
from sim.plan import PlannedFault
from sim.venue import closing, codes
from sim.venue.orders import CANCELLED, Fill
from sim.venue.regimes import CANCEL_ONLY, CLOSED, OPEN
from strategy import commands, events
from strategy.units import BPS, NS_PER_MS, NS_PER_S

if TYPE_CHECKING:
    from sim.exchange import Exchange

_LOOK_NS: Final = 500 * NS_PER_MS
_WINDOW_NS: Final = 2 * NS_PER_S
_PPM_PER_BPS: Final = 100


def _silent_reprice(fault: PlannedFault, world: "Exchange") -> None:
    """Put some orders further from the market than asked, and tell of the one price or the other."""
    venue, params, before = world.venue, fault.params, world.venue.slides
    met: dict[str, int] = {}

    def slides(client_id: str, request: str, side: int, price_ticks: int) -> tuple[int, int]:
        stands, told = before(client_id, request, side, price_ticks)
        if not is_on(fault, world.kernel.now_ns) or request not in params["requests"]:
            return stands, told
        met[client_id] = met.get(client_id, 0) + 1
        moved = stands - side * params["ticks"]
        if moved <= 0 or world.dice.unit("fault", fault.id, client_id, met[client_id]) >= params["prob"]:
            return stands, told
        world.bit(fault)
        return moved, moved if params["told"] == "real" else told

    venue.slides = slides


def _self_trade(fault: PlannedFault, world: "Exchange") -> None:
    """Cancel some orders for the sake of somebody else's: at once, or when he comes."""
    venue, kernel, dice = world.venue, world.kernel, world.dice
    before = venue.late_refusal
    within_ns = ns_of(fault.params["within_s"])

    def refusal(command: commands.CreateOrder) -> str:
        client_id = command.client_id
        if not is_on(fault, kernel.now_ns) or dice.unit("fault", fault.id, client_id) >= fault.params["prob"]:
            return before(command)
        if fault.params["cancels"] == "newest":
            world.bit(fault)
            return codes.SELF_TRADE
        kernel.at(kernel.now_ns + int(dice.unit("fault", fault.id, client_id, "when") * within_ns), meet, client_id)
        return before(command)

    def meet(client_id: str) -> None:
        order = venue.open.get(client_id)
        if order is not None and not venue.is_frozen:
            world.bit(fault)
            venue.end(order, CANCELLED, codes.SELF_TRADE, kernel.now_ns)

    venue.late_refusal = refusal


def _refuse(fault: PlannedFault, world: "Exchange", code: str, is_refused: Callable[[str, int, int], bool]) -> None:
    """Have creates and amends refused by one more rule, asked with symbol, price and size, while the fault lasts."""
    venue, before, symbols = world.venue, world.venue.also_refuses, symbols_of(fault, world)

    def refuses(symbol: str, price_ticks: int, size_lots: int) -> str:
        if is_on(fault, world.kernel.now_ns) and symbol in symbols and is_refused(symbol, price_ticks, size_lots):
            world.bit(fault)
            return code
        return before(symbol, price_ticks, size_lots)

    venue.also_refuses = refuses


def _cancel_what(fault: PlannedFault, world: "Exchange", code: str, goes: Callable[[str, int, int], bool]) -> None:
    """Take orders off the book that a new rule does not allow."""
    venue, symbols = world.venue, symbols_of(fault, world)
    for order in [one for one in venue.open_orders() if one.symbol in symbols]:
        if goes(order.symbol, order.price_ticks, order.size_lots):
            world.bit(fault)
            venue.end(order, CANCELLED, code, world.kernel.now_ns)


def _price_band(fault: PlannedFault, world: "Exchange") -> None:
    """Refuse prices too far from the mid, or from the mid that was."""
    params, kernel = fault.params, world.kernel
    frozen: dict[str, int] = {}

    def is_outside(symbol: str, price_ticks: int, _size_lots: int) -> bool:
        mid2 = frozen.get(symbol) or world.venue.mids2()[symbol]
        return bool(abs(2 * price_ticks - mid2) * BPS > params["band_bps"] * mid2)

    def begin() -> None:
        if params["reference"] == "frozen":
            frozen.update(world.venue.mids2())
        if params["cancels_orders"]:
            sweep()

    def sweep() -> None:
        if is_on(fault, kernel.now_ns):
            _cancel_what(fault, world, codes.PRICE_BAND, is_outside)
            kernel.at(kernel.now_ns + _LOOK_NS, sweep)

    _refuse(fault, world, codes.PRICE_BAND, is_outside)
    during(fault, world, begin, frozen.clear, bites=False)


def _tick_lot_change(fault: PlannedFault, world: "Exchange") -> None:
    """Refuse what is off a coarser grid, and cancel it; after notice, in a window in which only cancels are taken."""
    venue, params, kernel = world.venue, fault.params, world.kernel
    symbols, notice_ns = symbols_of(fault, world), ns_of(params["notice_s"])
    opens_ns = fault.start_ns + notice_ns + (_WINDOW_NS if notice_ns else 0)

    def is_off(_symbol: str, price_ticks: int, size_lots: int) -> bool:
        if kernel.now_ns < opens_ns:
            return False
        return bool(price_ticks % params["tick_times"] or size_lots % params["lot_times"])

    def window() -> None:
        for symbol in symbols:
            venue.set_regime(symbol, CANCEL_ONLY, kernel.now_ns)

    def list_as(tick_times: int, lot_times: int) -> None:
        for symbol in symbols:
            one = venue.account.holdings[symbol]
            now = replace(one.instrument, tick_times=tick_times, lot_times=lot_times)
            one.instrument = venue.instruments[symbol] = now

    def change() -> None:
        list_as(params["tick_times"], params["lot_times"])
        _cancel_what(fault, world, codes.OFF_GRID, is_off)
        if notice_ns:
            for symbol in symbols:
                venue.set_regime(symbol, OPEN, kernel.now_ns)

    _refuse(fault, world, codes.OFF_GRID, is_off)
    if notice_ns:
        steps = [(CANCEL_ONLY, fault.start_ns + notice_ns), (OPEN, opens_ns)]
        kernel.at(fault.start_ns, _announce, world, symbols, steps)
        kernel.at(fault.start_ns + notice_ns, window)
    kernel.at(opens_ns, change)
    if opens_ns <= fault.end_ns < world.plan.duration_ns:
        kernel.at(fault.end_ns, list_as, 1, 1)


def _announce(world: "Exchange", symbols: list[str], steps: list[tuple[str, int]]) -> None:
    """Tell of regimes to come."""
    venue = world.venue
    told_ns = venue.venue_ns(world.kernel.now_ns)
    for symbol in symbols:
        plan = [events.RegimePlanned(symbol, regime, venue.venue_ns(at_ns), told_ns) for regime, at_ns in steps]
        venue.say(symbol, plan)


def _symbol_delist(fault: PlannedFault, world: "Exchange") -> None:
    """Cancel, settle and forget a symbol; list it again as the fault ends."""
    venue, kernel = world.venue, world.kernel
    symbols, notice_ns = symbols_of(fault, world), ns_of(fault.params["notice_s"])
    gone_ns = fault.start_ns + notice_ns

    def go() -> None:
        now_ns = kernel.now_ns
        world.bit(fault)
        for symbol in symbols:
            venue.cancel_everything(now_ns, symbol)
            held = venue.position_lots(symbol)
            if held:
                closing.force(venue, symbol, -1 if held > 0 else 1, abs(held), venue.mids2()[symbol] // 2, now_ns)
            venue.set_regime(symbol, CLOSED, now_ns, is_told=bool(notice_ns))
            venue.delisted[symbol] = None
        world.truth_changed()

    def come_back() -> None:
        for symbol in symbols:
            venue.delisted.pop(symbol, None)
            venue.set_regime(symbol, OPEN, kernel.now_ns)

    if gone_ns >= fault.end_ns:
        return
    if notice_ns:
        kernel.at(fault.start_ns, _announce, world, symbols, [(CLOSED, gone_ns)])
    kernel.at(gone_ns, go)
    if fault.end_ns < world.plan.duration_ns:
        kernel.at(fault.end_ns, come_back)


def _fee_change(fault: PlannedFault, world: "Exchange") -> None:
    """Charge other fees; a fill that is charged them has been bitten."""
    symbols, params = symbols_of(fault, world), fault.params
    before = world.venue.booked

    def charge(sign: int) -> None:
        for symbol in symbols:
            one = world.venue.account.holdings[symbol]
            more = {
                f"{role}_fee_ppm": getattr(one.instrument, f"{role}_fee_ppm")
                + sign * round(params[f"{role}_more_bps"] * _PPM_PER_BPS)
                for role in ("maker", "taker")
            }
            one.instrument = world.venue.instruments[symbol] = replace(one.instrument, **more)

    def booked(fill: Fill) -> None:
        before(fill)
        if is_on(fault, world.kernel.now_ns) and fill.event.symbol in symbols:
            world.bit(fault)

    world.venue.booked = booked
    during(fault, world, partial(charge, 1), partial(charge, -1), bites=False)


INSTALL: Final[dict[str, Install]] = {
    "silent_reprice": _silent_reprice,
    "self_trade": _self_trade,
    "price_band": _price_band,
    "tick_lot_change": _tick_lot_change,
    "symbol_delist": _symbol_delist,
    "fee_change": _fee_change,
}
