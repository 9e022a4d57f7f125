"""From what a desk knows to a decision: gather the inputs, run the pipeline, keep its answer."""

from typing import Any, Final

from msgspec.structs import replace

from strategy import pipeline
from strategy.backoff import pause_ns
from strategy.context import ASK_SLOT, BID_SLOT, TAKE_SLOT, QuoteContext, Readings, Working
from strategy.core_state import CoreState, holding_of
from strategy.desk import Desk
from strategy.knobs import FairKnobs, Knobs, SymbolKnobs
from strategy.limits import Holding, room_lots
from strategy.order import Order
from strategy.order_states import State
from strategy.retreat import why_blocked
from strategy.signals import imbalance
from strategy.terms import symbol_now
from strategy.units import BPS, BUY, NS_PER_MS, PCT, SELL

# Uncertainty before any sample of the venue's clock: worse than every threshold, yet a number.
_UNSURE_MS: Final = 1e12
_CANCELLABLE: Final = frozenset({State.CREATING, State.AMENDING, State.IN_DOUBT})


def decide(
    state: CoreState,
    index: int,
    knobs: Knobs,
    model: pipeline.QuotePipeline,
    now_ns: int,
    stopwatch: pipeline.Stopwatch = pipeline.no_stopwatch,
) -> None:
    """Decide about one symbol; the answer stays on its desk."""
    desk, symbol = state.desks[index], knobs.symbols[index]
    mid2 = desk.book.mid2_ticks
    blocked = why_blocked(state, index, knobs, now_ns)
    if mid2 and desk.book.ok:
        near = desk.book.ticklots_near(knobs.signals.liquidity_bps)
        desk.signals.on_mid(now_ns, mid2, near)
        desk.position.mark(symbol.instrument, mid2)
        desk.decided_mid2 = mid2
    pnl_cash = desk.position.value_cash(symbol.instrument, desk.exit2_ticks())
    desk.signals.on_pnl(now_ns, pnl_cash)
    state.signals.equity(now_ns, _account_pnl_cash(state, knobs))
    context = _context(state, index, knobs, now_ns, blocked)
    stopwatch(pipeline.TAKEN_IN)
    context = pipeline.run(model, context, knobs, stopwatch)
    desk.context, desk.memory = context, context.memory
    desk.decided_ns = now_ns
    desk.is_dirty = desk.is_urgent = False
    state.decisions += 1


def refresh(state: CoreState, index: int, knobs: Knobs, now_ns: int) -> QuoteContext | None:
    """Give the last decision with its moves worked out anew for the orders as they are now."""
    desk = state.desks[index]
    if desk.context is None:
        return None
    blocked = why_blocked(state, index, knobs, now_ns)
    context = replace(desk.context, now_ns=now_ns, blocked=blocked, **_orders_part(state, index, knobs))
    context = pipeline.place(context, knobs)
    desk.context, desk.memory = context, context.memory
    return context


def _account_pnl_cash(state: CoreState, knobs: Knobs) -> int:
    return sum(
        desk.position.value_cash(symbol.instrument, desk.exit2_ticks())
        for desk, symbol in zip(state.desks, knobs.symbols, strict=True)
    )


def _context(state: CoreState, index: int, knobs: Knobs, now_ns: int, blocked: str) -> QuoteContext:
    desk, symbol = state.desks[index], knobs.symbols[index]
    book, signals = desk.book, desk.signals
    return QuoteContext(
        now_ns=now_ns,
        symbol=symbol_now(desk, symbol),
        best_bid_ticks=book.best_bid_ticks,
        best_bid_lots=book.bids.get(book.best_bid_ticks, 0),
        best_ask_ticks=book.best_ask_ticks,
        best_ask_lots=book.asks.get(book.best_ask_ticks, 0),
        mid2_ticks=book.mid2_ticks,
        fair_ticks=_fair_ticks(desk, knobs.fair, now_ns),
        readings=_readings(state, desk, symbol, knobs, now_ns),
        thinness=signals.thinness(),
        adverse_bps=signals.adverse_bps(now_ns),
        bid_drain_lots_per_s=signals.bid_drain.value(now_ns),
        ask_drain_lots_per_s=signals.ask_drain.value(now_ns),
        is_flattening=state.health.flattening,
        pressure=state.health.memory_level,
        blocked=blocked,
        memory=desk.memory,
        **_orders_part(state, index, knobs),
    )


def _fair_ticks(desk: Desk, fair: FairKnobs, now_ns: int) -> float:
    """Give where the mid is thought to go: on the takers' way, and away from the fuller side of the touch."""
    book = desk.book
    shift_bps = fair.taker_bps * desk.signals.takers.value(now_ns)
    shift_bps += fair.imbalance_bps * imbalance(
        book.lots_at(BUY, book.best_bid_ticks), book.lots_at(SELL, book.best_ask_ticks)
    )
    shift_bps = max(-fair.shift_bps_max, min(fair.shift_bps_max, shift_bps))
    return book.mid2_ticks / 2 * (1.0 + shift_bps / BPS)


def _readings(state: CoreState, desk: Desk, symbol: SymbolKnobs, knobs: Knobs, now_ns: int) -> Readings:
    """Read every guard trigger's number."""
    account = state.signals
    # Before the first proof of life there is no feed to fall silent; a book that is missing blocks by itself.
    proof_ns = desk.book.proof_ns or now_ns
    silence_ns = now_ns - proof_ns - knobs.feed.expected_interval_ns
    return Readings(
        volatility=desk.signals.volatility(now_ns),
        round_trip=account.round_trip_ms(now_ns),
        pnl_deviation=desk.signals.pnl_deviation(),
        inventory=PCT * abs(desk.position.lots) / symbol.position_lots_max,
        taker_fills=float(account.takes_count(now_ns)),
        feed_silence=max(0.0, silence_ns / NS_PER_MS),
        rejects=account.rejects_pct(now_ns),
        doubts=float(state.orders.doubts()),
        clock_uncertainty=min(state.clock.uncertainty_ms(now_ns), _UNSURE_MS),
        margin=state.margin_pct,
        loss=account.loss_pct(),
        drawdown=account.drawdown_pct(),
    )


def _orders_part(state: CoreState, index: int, knobs: Knobs) -> dict[str, Any]:
    """Give the inputs that depend on our orders: the only ones that placement reads anew."""
    desk = state.desks[index]
    one = holding_of(state, index, knobs)
    state.totals.note(index, one)
    bid = _working(state, desk, BID_SLOT, knobs)
    ask = _working(state, desk, ASK_SLOT, knobs)
    return {
        "position_lots": desk.position.lots,
        "worst_buy_lots": one.buy_lots,
        "worst_sell_lots": one.sell_lots,
        "buy_room_lots": _room(state, index, one, BUY, bid, knobs),
        "sell_room_lots": _room(state, index, one, SELL, ask, knobs),
        "working_bid": bid,
        "working_ask": ask,
        "working_take": _working(state, desk, TAKE_SLOT, knobs),
    }


def _room(state: CoreState, index: int, one: Holding, side: int, working: Working | None, knobs: Knobs) -> int:
    """Give the account's room for a quote, the one it would replace not counted against it."""
    replaced = working.leaves_lots if working is not None else 0
    return room_lots(state.totals, index, one, side, knobs.account) + replaced


def _working(state: CoreState, desk: Desk, slot: str, knobs: Knobs) -> Working | None:
    order = state.orders.holder(desk.symbol, slot)
    return None if order is None else view_of(order, desk, state.now_ns, knobs)


def view_of(order: Order, desk: Desk, now_ns: int, knobs: Knobs) -> Working:
    """Show an order as placement needs to know it.

    One in doubt is cancelled at most once per pause between questions, which grows while nobody answers,
    and with every cancel that did not end the doubt: a cancel of what is not there is refused at once,
    and repeating it at every answer would eat the budget of all other cancels.
    """
    tries = max(0, order.asks - 1, order.cancels - 1)
    rest_ns = pause_ns(knobs.orders.query_every_ns, tries, knobs.orders.query_ns_max)
    is_rested = order.state is not State.IN_DOUBT or now_ns - order.cancel_ns >= rest_ns
    # It rests where nobody knows since its amend was refused. One cancel of it is enough, as of any other.
    is_unread = order.state is State.WORKING and order.must_read
    place = desk.places.get(order.client_id)
    return Working(
        client_id=order.client_id,
        price_ticks=order.price_ticks,
        leaves_lots=order.worst_lots,
        size_lots=order.size_worst_lots,
        filled_lots=order.filled_lots,
        placed_ns=order.placed_ns,
        ahead_lots=place.ahead_lots if place is not None else 0.0,
        is_settled=order.state is State.WORKING and not order.must_read,
        is_cancellable=is_rested and (order.state in _CANCELLABLE or is_unread),
        reduce_only=order.reduce_only,
        cancelled_ns=order.cancel_ns,
        reach_ticks=order.reach_ticks,
    )
