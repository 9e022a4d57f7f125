"""The rules of a symbol, when they change while we trade it: another tick, another lot, other sizes.

What we count in never changes while a process lives. A coarser grid is the same ticks and lots, of which only
multiples are taken: no price, size or position is written anew, so none can be misread. What is off the
new grid is cancelled by placement, and nothing new is placed off it.

A refusal that may be for the grid is a doubt: the symbol is not quoted until the venue has said by which
rules it trades. A refusal may lie. An answer that says nothing new lets quoting go on, and the next doubt waits,
longer each time. While the grid is another than the one the process began with, it is read now and then:
of one that became finer again no refusal tells.
"""

from typing import Final

from msgspec.structs import replace

from strategy import alarms, events, reads
from strategy.backoff import pause_ns
from strategy.core_state import CoreState
from strategy.desk import Desk
from strategy.instrument import Instrument
from strategy.knobs import SymbolKnobs
from strategy.units import NS_PER_S

# Why a symbol is not quoted.
GRID_UNSURE: Final = "grid_unsure"
GRID_UNKNOWN: Final = "grid_not_in_our_units"
# What an order is refused or cancelled for that may be off a grid we do not know.
OF_GRIDS: Final = ("off_grid", "bad_size", "bad_request")

_REST_NS: Final = 5 * NS_PER_S
_REST_NS_MAX: Final = 60 * NS_PER_S
_AGAIN_NS: Final = 60 * NS_PER_S


def doubt(state: CoreState, desk: Desk, now_ns: int) -> None:
    """Take in that the venue may have another grid: it is asked, at most so often, and the symbol waits."""
    key = reads.TERMS_OF + desk.symbol
    if now_ns < desk.grid_rest_ns:
        state.reads.want(key, desk.grid_rest_ns)
        return
    if not desk.grid_ns:
        desk.grid_ns = now_ns
        desk.is_urgent = True
    if not state.reads.asked_ns.get(key):
        state.reads.want(key, now_ns)


def take(state: CoreState, desk: Desk, symbol: SymbolKnobs, now_ns: int, event: events.TermsSeen) -> None:
    """Take in by which rules a symbol is traded; what answers the last question ends the doubt."""
    is_news = adopt(desk, symbol.instrument, event)
    is_answer = state.reads.answered(reads.TERMS_OF + desk.symbol, event.asked_ns, None)
    if is_news:
        desk.grid_idle = desk.hold_ns = desk.misfits = 0
        desk.is_urgent = True
        state.alarms.happened(now_ns, alarms.GRID, _words(desk, symbol.instrument))
    if is_answer or not event.asked_ns:
        desk.is_urgent = desk.is_urgent or desk.grid_ns > 0
        desk.grid_ns = 0
        desk.grid_rest_ns = now_ns + pause_ns(_REST_NS, desk.grid_idle, _REST_NS_MAX)
        desk.grid_idle += 1
    if desk.rules is not None:
        state.reads.want(reads.TERMS_OF + desk.symbol, now_ns + _AGAIN_NS)


def adopt(desk: Desk, units: Instrument, event: events.TermsSeen) -> bool:
    """Have a desk trade by these rules from now on; False where it did already."""
    now = replace(
        units,
        tick_times=event.tick_times,
        lot_times=event.lot_times,
        lots_min=event.lots_min,
        lots_max=event.lots_max,
        notional_min_cash=event.notional_min_cash,
    )
    before = units if desk.rules is None else desk.rules
    desk.rules = None if now == units else now
    return now != before


def why_not(desk: Desk) -> str:
    """Say why the grid of a symbol keeps it from being quoted; empty where it does not."""
    if desk.rules is not None and not desk.rules.tick_times:
        return GRID_UNKNOWN
    return GRID_UNSURE if desk.grid_ns else ""


def symbol_now(desk: Desk, symbol: SymbolKnobs) -> SymbolKnobs:
    """Give a symbol with its instrument as it is listed now."""
    rules = desk.rules
    return symbol if rules is None or not rules.tick_times else replace(symbol, instrument=rules)


def _words(desk: Desk, units: Instrument) -> str:
    now = units if desk.rules is None else desk.rules
    if not now.tick_times:
        return f"{desk.symbol}: a grid that cannot be written in ticks of {now.tick} and lots of {now.lot}"
    sizes = f"sizes from {now.lots_min} to {now.lots_max} lots"
    return f"{desk.symbol}: prices by {now.tick_times} ticks of {now.tick}, sizes by {now.lot_times} lots, {sizes}"
