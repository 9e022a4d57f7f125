"""Words about the account as a whole: the venue's time, the margin that is left, the budget that is left.

None belongs to a symbol, so whatever one of them changes concerns every desk.
"""

from strategy import events, reads
from strategy.asking import heard
from strategy.clock import RESAMPLE_NS
from strategy.core_state import CoreState
from strategy.knobs import Knobs
from strategy.order_times import UNSEEN_STEP_NS, sampled
from strategy.units import PCT


def take_account_word(state: CoreState, knobs: Knobs, now_ns: int, event: events.Event) -> None:
    """Take in the venue's time, the margin, or what is left of a budget; any other word changes nothing."""
    match event:
        case events.ClockSampled():
            _clock(state, knobs, now_ns, event)
        case events.MarginSeen():
            _margin(state, knobs, now_ns, event)
        case events.BudgetSeen():
            _budget(state, now_ns, event)
        case _:
            pass


def _clock(state: CoreState, knobs: Knobs, now_ns: int, event: events.ClockSampled) -> None:
    heard(state, now_ns)
    was_doubted = state.clock.is_doubted(now_ns)
    since_ns = now_ns - state.clock.sampled_ns if state.clock.samples else UNSEEN_STEP_NS
    state.clock.absorb(now_ns, event)
    symbols = tuple(desk.symbol for desk in state.desks)
    earliest_ns, ahead_ns = state.clock.venue_ns(now_ns) - since_ns, state.clock.ahead_ns(now_ns)
    sampled(state.orders, now_ns, earliest_ns, ahead_ns, symbols)
    if was_doubted:
        for desk in state.desks:
            desk.must_place = True
    again_ns = RESAMPLE_NS if state.clock.gap_ns else knobs.feed.clock_every_ns
    state.reads.answered(reads.CLOCK, event.asked_ns, now_ns + again_ns)
    state.all_dirty()


def _margin(state: CoreState, knobs: Knobs, now_ns: int, event: events.MarginSeen) -> None:
    heard(state, now_ns)
    equity = event.equity_cash
    state.margin_pct = PCT * event.maintenance_cash / equity if equity > 0 else PCT
    state.reads.answered(reads.MARGIN, event.asked_ns, now_ns + knobs.feed.margin_every_ns)
    state.all_dirty()


def _budget(state: CoreState, now_ns: int, event: events.BudgetSeen) -> None:
    pacing = state.pacing
    was_quiet = pacing.is_quiet(now_ns)
    pacing.seen(now_ns, event.bucket, event.remaining, event.resets_ns)
    if pacing.is_quiet(now_ns) and not was_quiet:
        state.watch.due_ns = 0
        state.all_urgent()
