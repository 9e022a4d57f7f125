"""What words about trading regimes mean to the core: told, announced ahead, or met by a refusal."""

from strategy import events
from strategy.core_state import CoreState
from strategy.knobs import Knobs
from strategy.order import Order
from strategy.regimes import GONE, OPEN, REFUSING


def is_news(state: CoreState, knobs: Knobs, now_ns: int, event: events.RegimeChanged) -> bool:
    """Take in a regime that is told; False where it is the one told before: venues repeat themselves."""
    if event.regime == state.health.regimes.get(event.symbol, OPEN):
        return False
    state.regimes.changed(now_ns, event.symbol, event.regime, knobs.regimes)
    return True


def plan(state: CoreState, knobs: Knobs, now_ns: int, event: events.RegimePlanned) -> None:
    """Take in a closure that is announced, by the latest the venue's clock can show."""
    state.regimes.planned(now_ns, event, state.clock.ahead_ns(now_ns), knobs.regimes)


def meet(state: CoreState, knobs: Knobs, now_ns: int, event: events.Event, order: Order | None) -> None:
    """Learn of a regime from a request that was refused for it."""
    code = getattr(event, "code", "")
    if (code != GONE and code not in REFUSING) or order is None:
        return
    for desk in state.desks:
        if desk.symbol == order.symbol:
            state.regimes.met(now_ns, order.symbol, code, knobs.regimes)
            desk.is_urgent = True
