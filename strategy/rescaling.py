"""What an earlier process counted in coarser ticks and lots, counted in finer ones: exact, or not at all."""

from decimal import Decimal

from strategy.core_state import CoreState
from strategy.errors import OurMistake
from strategy.instrument import Instrument


def rescale(state: CoreState, before: Instrument, now: Instrument) -> None:
    """Count what is kept of a symbol in other units; money is the same in all of them.

    Raises ``OurMistake`` where the old units are no whole multiples of the new ones.
    """
    tick, lot = _by(before.tick, now.tick), _by(before.lot, now.lot)
    if tick == lot == 1:
        return
    for desk in state.desks:
        if desk.symbol == now.symbol:
            desk.position.lots *= lot
            desk.position.mid2_ticks *= tick
            desk.decided_mid2 *= tick
    for order in (*state.orders.live.values(), *state.orders.ended.values()):
        if order.symbol == now.symbol:
            order.price_ticks *= tick
            order.amend_price_ticks *= tick
            order.size_lots *= lot
            order.amend_size_lots *= lot
            order.filled_lots *= lot
            order.told_lots *= lot


def _by(before: str, now: str) -> int:
    times = Decimal(before) / Decimal(now)
    if times != int(times) or int(times) * Decimal(now) != Decimal(before):
        raise OurMistake(f"what was counted by {before} cannot be counted by {now}")
    return int(times)
