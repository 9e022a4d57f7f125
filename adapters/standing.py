"""How the bot stands at one instant, as its core says when it is asked: what a scrape shows of it.

Nothing is asked twice, nothing is changed. Before the first decision about a symbol its worst is
shown where not knowing would look like good news: no book, nothing quoted.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import msgspec

from adapters.metrics import Metrics, Watched
from strategy.belief import Belief, OrderBelief, SymbolBelief
from strategy.context import ASK_SLOT, BID_SLOT, GuardVerdict, QuoteContext, Readings
from strategy.instrument import move_cash, size_text
from strategy.knobs import SymbolKnobs
from strategy.limits import Holding, gross_cash, net_cash
from strategy.order_states import State
from strategy.units import NS_PER_MS, NS_PER_S, PCT, quote_from_cash

NOT_DECIDED: Final = "not_decided"
_RESTING: Final = frozenset({State.WORKING.value, State.AMENDING.value})


class SymbolStanding(msgspec.Struct, frozen=True, kw_only=True):
    """One symbol. ``readings`` is None and prices are 0 before the first decision."""

    symbol: str
    verdict: GuardVerdict
    readings: Readings | None
    no_quote_reason: str
    has_bid: bool
    has_ask: bool
    width_bps: float
    mid: float
    position_size: float
    position_quote: float
    worst_pct: float
    worst_quote: float
    is_book_ok: bool
    book_age_s: float
    holding: Holding


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The account. Percentages are of the day's budgets and of equity, NaN before the first decision."""

    now_ns: int
    symbols: tuple[SymbolStanding, ...] = ()
    is_halted: bool = False
    orders: Mapping[str, int] = {}
    doubts: int = 0
    doubt_age_s: float = 0.0
    gross_quote: float = 0.0
    net_quote: float = 0.0
    loss_pct: float = float("nan")
    drawdown_pct: float = float("nan")
    margin_pct: float = float("nan")
    clock_offset_ms: float = 0.0
    clock_uncertainty_ms: float = float("inf")
    decisions: int = 0
    refusals: Mapping[str, int] = {}
    cache_figures: tuple[int, int] = (0, 0)
    footprint: Mapping[str, int] = {}


def standing_of(metrics: Metrics, now_ns: int) -> Standing:
    """Ask the core how it stands; without a core nothing is known."""
    core = metrics.core
    if core is None:
        return Standing(now_ns=now_ns)
    belief = core.belief()
    contexts = {one.symbol: core.last_context(one.symbol) for one in belief.symbols}
    latest = max((one for one in contexts.values() if one is not None), key=lambda one: one.now_ns, default=None)
    symbols = tuple(
        _symbol_standing(metrics, belief, one, knobs, contexts[one.symbol], now_ns)
        for one, knobs in zip(belief.symbols, metrics.knobs.symbols, strict=True)
    )
    holdings = tuple(one.holding for one in symbols)
    made = Standing(
        now_ns=now_ns,
        symbols=symbols,
        is_halted=belief.halted,
        orders=Counter(order.state for order in belief.orders),
        doubts=belief.doubts,
        doubt_age_s=_doubt_age_s(metrics, belief.orders, now_ns),
        gross_quote=quote_from_cash(gross_cash(holdings)),
        net_quote=quote_from_cash(round(net_cash(holdings))),
        decisions=core.decisions,
        refusals=core.refusals,
        cache_figures=core.cache_figures,
        footprint=core.footprint(),
    )
    return made if latest is None else _with_account(made, core, latest.readings)


def _with_account(made: Standing, core: Watched, readings: Readings) -> Standing:
    """Add what the latest decision read of the account."""
    return msgspec.structs.replace(
        made,
        loss_pct=readings.loss,
        drawdown_pct=readings.drawdown,
        margin_pct=readings.margin,
        clock_offset_ms=(core.venue_now_ns(made.now_ns) - made.now_ns) / NS_PER_MS,
        clock_uncertainty_ms=readings.clock_uncertainty,
    )


def _symbol_standing(
    metrics: Metrics,
    belief: Belief,
    one: SymbolBelief,
    knobs: SymbolKnobs,
    context: QuoteContext | None,
    now_ns: int,
) -> SymbolStanding:
    instrument = knobs.instrument
    resting = {order.slot for order in belief.orders if order.symbol == one.symbol and order.state in _RESTING}
    mid2 = context.mid2_ticks if context is not None else 0
    proof_ns = metrics.proof_ns[one.symbol] or metrics.began_ns
    holding = Holding(
        symbol=one.symbol,
        position_lots=one.position_lots,
        buy_lots=context.worst_buy_lots if context is not None else 0,
        sell_lots=context.worst_sell_lots if context is not None else 0,
        lot_cash=mid2 * instrument.cash_per_ticklot // 2,
        lots_max=knobs.position_lots_max,
        beta=knobs.beta,
    )
    return SymbolStanding(
        symbol=one.symbol,
        verdict=context.verdict if context is not None else GuardVerdict(),
        readings=context.readings if context is not None else None,
        no_quote_reason=context.no_quote_reason if context is not None else NOT_DECIDED,
        has_bid=BID_SLOT in resting,
        has_ask=ASK_SLOT in resting,
        width_bps=one.width_bps,
        mid=mid2 / 2 * float(instrument.tick),
        position_size=float(size_text(instrument, one.position_lots)),
        position_quote=quote_from_cash(move_cash(instrument, one.position_lots, mid2)),
        worst_pct=PCT * one.worst_lots / knobs.position_lots_max,
        worst_quote=quote_from_cash(one.worst_lots * holding.lot_cash),
        is_book_ok=one.book_ok,
        book_age_s=max(0, now_ns - proof_ns) / NS_PER_S,
        holding=holding,
    )


def _doubt_age_s(metrics: Metrics, orders: tuple[OrderBelief, ...], now_ns: int) -> float:
    """Give for how long scrapes have found the oldest doubt; those that are over are forgotten."""
    since = metrics.doubted_ns
    doubted = [order.client_id for order in orders if order.state == State.IN_DOUBT.value]
    metrics.doubted_ns = {client_id: since.get(client_id, now_ns) for client_id in doubted}
    return (now_ns - min(metrics.doubted_ns.values(), default=now_ns)) / NS_PER_S
