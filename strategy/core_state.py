"""All that the core remembers, as one value that can be written down and read back.

Next state and commands depend on nothing but this and the event. JSON, because cash outgrows the
64-bit integers of denser formats; floats are written so that they read back to the same bits.
"""

import msgspec

from strategy.account_signals import AccountSignals, make_account_signals
from strategy.alarms import Alarms
from strategy.clock import VenueClock
from strategy.desk import Desk, make_desk
from strategy.health import Health
from strategy.knobs import Knobs
from strategy.limits import Holding, Totals, make_totals
from strategy.orders import Orders
from strategy.pacing import Pacing, make_pacing
from strategy.reads import Reads
from strategy.regimes import Regimes
from strategy.watch import Watch


class CoreState(msgspec.Struct):
    """The account and its desks. ``refusals`` counts by code what our own limits said no to.

    ``cache_reads`` counts look-ups of books by REST, ``cache_hits`` those that a fresh one served;
    ``wanted_ns`` is since when what this step decided had waited for its book (0: it had not).
    ``scheduled_ns`` is when the schedule last came round; decisions made at once for danger do not move it.
    """

    desks: list[Desk]
    signals: AccountSignals
    pacing: Pacing
    orders: Orders
    health: Health
    clock: VenueClock
    reads: Reads
    regimes: Regimes
    totals: Totals
    watch: Watch
    alarms: Alarms
    now_ns: int = 0
    cycle_id: int = 0
    scheduled_ns: int = 0
    wanted_ns: int = 0
    cache_reads: int = 0
    cache_hits: int = 0
    decisions: int = 0
    margin_pct: float = 0.0
    refusals: dict[str, int] = {}
    wake_at_ns: int | None = None

    def all_urgent(self) -> None:
        """Have every symbol decided at once."""
        for desk in self.desks:
            desk.is_urgent = True

    def all_dirty(self) -> None:
        """Have every symbol decided when it is next due."""
        for desk in self.desks:
            desk.is_dirty = True


def fresh_state(knobs: Knobs) -> CoreState:
    """Start knowing nothing."""
    return CoreState(
        desks=[make_desk(knobs, symbol) for symbol in knobs.symbols],
        signals=make_account_signals(knobs.signals, knobs.account),
        pacing=make_pacing(knobs.pacing),
        orders=Orders(),
        health=Health(),
        clock=VenueClock(),
        reads=Reads(),
        regimes=Regimes(),
        totals=make_totals(len(knobs.symbols)),
        watch=Watch(),
        alarms=Alarms(),
    )


def holding_of(state: CoreState, index: int, knobs: Knobs) -> Holding:
    """Give one symbol's worst case, valued at the worse side of its book."""
    desk, symbol = state.desks[index], knobs.symbols[index]
    buys, sells = state.orders.worst_of(desk.symbol)
    # Before there is any book: what the last fill said. A position is never worth nothing.
    mark_ticks = max(desk.book.best_ask_ticks, desk.decided_mid2 // 2) or desk.position.mid2_ticks // 2
    return Holding(
        symbol=desk.symbol,
        position_lots=desk.position.lots,
        buy_lots=buys,
        sell_lots=sells,
        lot_cash=mark_ticks * symbol.instrument.cash_per_ticklot,
        lots_max=symbol.position_lots_max,
        beta=symbol.beta,
    )


def holdings_of(state: CoreState, knobs: Knobs) -> tuple[Holding, ...]:
    """Give every symbol's worst case, counted anew."""
    return tuple(holding_of(state, index, knobs) for index in range(len(state.desks)))
