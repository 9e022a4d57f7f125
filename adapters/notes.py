"""What a person is told of a running bot: the log's lines, and the heartbeat that ``status`` shows.

A watcher of the driver that only writes down. Nothing here is read by the core.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any, Final, Protocol

from msgspec.structs import replace

from adapters.heartbeat import HALTED, QUOTING, STARTING, STOPPED, Beat, SymbolState, Told
from adapters.log import Log
from strategy import commands, events
from strategy.belief import Belief, OrderBelief
from strategy.context import QuoteContext
from strategy.instrument import price_text, size_text
from strategy.knobs import Knobs, SymbolKnobs
from strategy.order_states import State
from strategy.units import BUY, CASH_PER_QUOTE, SELL

_TOLD_MAX: Final = 64
_RESTING: Final = frozenset({State.WORKING.value, State.AMENDING.value})
_OVER: Final = frozenset({State.CLOSED.value, State.ABSENT.value})
_CENTS: Final = CASH_PER_QUOTE // 100


class Spoken(Protocol):
    """What is asked of a core."""

    def belief(self) -> Belief:
        """Say what it believes."""

    def last_context(self, symbol: str) -> QuoteContext | None:
        """Give the last decision about a symbol."""


class Notes:
    """Keeps what was told, and says how the bot stands."""

    def __init__(self, log: Log, knobs: Knobs, core: Spoken, told: deque[Told]) -> None:
        """``told`` outlives a core: it is what the next one goes on with."""
        self._log = log
        self._knobs = knobs
        self._core = core
        self._told = told
        self._guards: dict[str, tuple[Any, ...]] = {}

    def alert(self, now_ns: int, alert: commands.Alert) -> None:
        """Write down what the core wants a person to know."""
        write_alert(self._log, self._told, now_ns, alert)

    # As a watcher

    def delivered(self, now_ns: int, event: events.Event) -> None:
        """Write down what is seldom or is money."""
        match event:
            case events.StreamUp() | events.StreamDown():
                self._log.tell("stream", name=event.stream, up=isinstance(event, events.StreamUp))
            case events.OrderFilled():
                self._fill(event)
            case events.RegimeChanged():
                self._log.tell("regime", symbol=event.symbol, regime=event.regime)
            case events.FundingPaid():
                self._log.tell("funding", symbol=event.symbol, cash=_money(event.cash))
            case events.MemoryPressure() | events.OperatorSaid() | events.Stopping() | events.Started():
                self._log.tell(type(event).__name__, detail=str(event))
            case _:
                pass

    def sent(self, now_ns: int, command: commands.Command) -> None:
        """Write nothing: the journal holds every command."""

    def stepped(self, now_ns: int, leaving: tuple[commands.Command, ...], event: events.Event) -> None:
        """Write down where a guard changed its word."""
        for one in self._knobs.symbols:
            symbol = one.instrument.symbol
            context = self._core.last_context(symbol)
            if context is None:
                continue
            verdict = context.verdict
            word = (verdict.level, verdict.action, tuple(reason.code for reason in verdict.reasons))
            if word != self._guards.get(symbol):
                self._guards[symbol] = word
                readings = {reason.code: [reason.value, reason.threshold] for reason in verdict.reasons}
                self._log.tell("guard", symbol=symbol, level=verdict.level, action=verdict.action, reasons=readings)

    def _fill(self, fill: events.OrderFilled) -> None:
        knobs = next((one for one in self._knobs.symbols if one.instrument.symbol == fill.symbol), None)
        if knobs is not None:
            self._log.tell(
                "fill",
                id=fill.fill_id,
                order=fill.client_id,
                symbol=fill.symbol,
                side="buy" if fill.side == BUY else "sell",
                price=price_text(knobs.instrument, fill.price_ticks),
                size=size_text(knobs.instrument, fill.size_lots),
                liquidity=fill.liquidity,
            )

    # The heartbeat

    def beat(self, state: str, mode: str, session: str, venue: str, started_ns: int, silence_s: float) -> Beat:
        """Say how the bot stands; ``state`` empty: whatever its core shows."""
        belief = self._core.belief()
        if state == STOPPED:
            # A read has shown that no order is left; a core that was cut short has not heard of it.
            belief = replace(belief, orders=())
        symbols = tuple(
            self._symbol(knobs, belief, one.position_lots)
            for knobs, one in zip(self._knobs.symbols, belief.symbols, strict=True)
        )
        return Beat(
            state=state or _state_of(belief, symbols),
            mode=mode,
            session=session,
            venue=venue,
            started_wall_ns=started_ns,
            silence_s=silence_s,
            pnl_today=_money(belief.pnl_today_cash),
            loss_budget=_money(self._knobs.account.loss_budget_cash),
            symbols=symbols,
            told=tuple(self._told),
        )

    def _symbol(self, knobs: SymbolKnobs, belief: Belief, position_lots: int) -> SymbolState:
        instrument = knobs.instrument
        context = self._core.last_context(instrument.symbol)
        verdict = context.verdict if context is not None else None
        reasons = [reason.code for reason in verdict.reasons] if verdict is not None else []
        if context is not None and context.no_quote_reason and context.no_quote_reason not in reasons:
            reasons.append(context.no_quote_reason)
        orders = [one for one in belief.orders if one.symbol == instrument.symbol and one.state not in _OVER]

        def best(side: int) -> str:
            prices = _resting(orders, side)
            return price_text(instrument, max(prices) if side == BUY else min(prices)) if prices else ""

        return SymbolState(
            symbol=instrument.symbol,
            position=size_text(instrument, position_lots),
            bid=best(BUY),
            ask=best(SELL),
            open_orders=len(orders),
            in_doubt=sum(one.state == State.IN_DOUBT.value for one in orders),
            guard=verdict.level if verdict is not None else "NONE",
            reasons=tuple(reasons),
        )


def write_alert(log: Log, told: deque[Told], now_ns: int, alert: commands.Alert) -> None:
    """Write down what a person should know, for the log and for ``status``."""
    log.tell("alert", code=alert.code, words=alert.detail)
    told.append(Told(now_ns, alert.code, alert.detail))


def new_told() -> deque[Told]:
    """Make the list of what was told; the oldest goes first."""
    return deque(maxlen=_TOLD_MAX)


def _resting(orders: Sequence[OrderBelief], side: int) -> list[int]:
    return [one.price_ticks for one in orders if one.side == side and one.state in _RESTING]


def _state_of(belief: Belief, symbols: tuple[SymbolState, ...]) -> str:
    if belief.halted:
        return HALTED
    return QUOTING if any(one.bid or one.ask for one in symbols) else STARTING


def _money(cash: int) -> str:
    """Write cash in quote currency, to the cent."""
    cents = round(cash / _CENTS)
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"
