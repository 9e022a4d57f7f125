"""What is written down while a world runs, so that figures can be made of it afterwards.

Nothing here decides anything. Times are the bot's own clock, except in ``Fill`` records of the
venue. Every list grows with what happened in the run, not with the market.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from strategy import commands, events
from strategy.context import QuoteContext, Share
from strategy.cycles import Cycles
from strategy.units import BUY, NS_PER_MS, PCT

SAMPLE_NS: Final = 100 * NS_PER_MS
_PROOFS: Final = (events.BookSnapshot, events.BookDelta, events.BookHeartbeat)


class Chosen(msgspec.Struct, frozen=True, gc=False):
    """Why an order stands at its price: the mid when that was last chosen or kept, the stages' shares."""

    mid2_ticks: int
    shares: tuple[Share, ...]


class Measures:
    """Looks on at the driver, and samples the truth."""

    def __init__(
        self,
        last_context: Callable[[str], QuoteContext | None] | None,
        triggered_ns: Callable[[], int],
        true_ns: Callable[[], int],
    ) -> None:
        """``last_context`` gives a symbol's last decision; a core without one is measured less.

        ``triggered_ns`` says when the cycle that the step going on begins was triggered.
        """
        self._last_context = last_context
        self._triggered_ns = triggered_ns
        self._true_ns = true_ns
        # When the bot last took in anything of a symbol's book, true time.
        self.proved_ns: dict[str, int] = {}
        self.loop = Cycles()
        self.chosen: dict[str, Chosen] = {}
        self.chosen_at_fill: dict[str, Chosen] = {}
        self.requests = 0
        self.doubts = 0
        self.ages_ms: list[float] = []
        self._in_doubt = 0
        self._doubt_since_ns = 0
        self._proofs: dict[str, int] = {}
        self.doubts_ms: list[float] = []
        self.halts = 0
        self.exposure_pct_max: float | None = None
        self._is_halted: dict[str, bool] = {}

    def delivered(self, now_ns: int, event: events.Event) -> None:
        """Close what an event answers; note why a filled order stood where it stood."""
        self.loop.heard(now_ns, event)
        if isinstance(event, _PROOFS):
            self._proofs[event.symbol] = now_ns
            self.proved_ns[event.symbol] = self._true_ns()
        elif isinstance(event, events.OrderFilled) and event.client_id in self.chosen:
            self.chosen_at_fill.setdefault(event.fill_id, self.chosen[event.client_id])

    def sent(self, now_ns: int, command: commands.Command) -> None:
        """Count a command, and note how old what it was decided on is."""
        self.requests += 1
        self.loop.asked(now_ns, self._triggered_ns(), command)
        if isinstance(command, commands.CreateOrder | commands.AmendOrder):
            self.ages_ms.append((now_ns - self._proofs.get(command.symbol, 0)) / NS_PER_MS)

    def stepped(self, now_ns: int, leaving: tuple[commands.Command, ...], event: events.Event) -> None:
        """Keep every live order's reason to stand there up to date with the last decision."""
        if self._last_context is None:
            return
        for command in leaving:
            if isinstance(command, commands.CreateOrder | commands.AmendOrder):
                self._choose(command.client_id, command.symbol)
        symbol = getattr(event, "symbol", "")
        if symbol:
            self._keep(symbol, now_ns)

    def _keep(self, symbol: str, now_ns: int) -> None:
        assert self._last_context is not None
        context = self._last_context(symbol)
        if context is None or context.now_ns != now_ns:
            return
        for working in (context.working_bid, context.working_ask):
            if working is not None and working.is_settled and context.mid2_ticks:
                self.chosen[working.client_id] = Chosen(context.mid2_ticks, context.shares)
        self._doubt(now_ns, int(context.readings.doubts))
        position = context.position_lots
        worst = max(abs(position + context.worst_buy_lots), abs(position - context.worst_sell_lots))
        self.exposure_pct_max = max(self.exposure_pct_max or 0.0, PCT * worst / context.symbol.position_lots_max)
        is_halted = context.verdict.is_halted
        if is_halted and not self._is_halted.get(symbol, False):
            self.halts += 1
        self._is_halted[symbol] = is_halted

    def _doubt(self, now_ns: int, in_doubt: int) -> None:
        """Count orders falling into doubt, and how long the account had any."""
        self.doubts += max(0, in_doubt - self._in_doubt)
        if in_doubt and not self._in_doubt:
            self._doubt_since_ns = now_ns
        elif self._in_doubt and not in_doubt:
            self.doubts_ms.append((now_ns - self._doubt_since_ns) / NS_PER_MS)
        self._in_doubt = in_doubt

    def _choose(self, client_id: str, symbol: str) -> None:
        assert self._last_context is not None
        context = self._last_context(symbol)
        if context is not None and context.mid2_ticks:
            self.chosen[client_id] = Chosen(context.mid2_ticks, context.shares)


def is_stale(quotes: Mapping[int, list[int]], fair_ticks: float | None, *, is_blind: bool) -> bool:
    """Say whether a quote stands that should not: by prices in ticks, by side.

    Its owner is blind, having heard nothing of its book for longer than it may; or somebody knows a fair
    price, and the quote is better than that by a tick or more, which is what the sniper waits for.
    """
    if is_blind:
        return any(quotes.values())
    if fair_ticks is None:
        return False
    return any(side * (price - fair_ticks) >= 1 for side, prices in quotes.items() for price in prices)


class Standing(msgspec.Struct):
    """What stood in the book, sampled every ``SAMPLE_NS``: how long both quotes did, how long one was stale."""

    samples: int = 0
    two_sided: int = 0
    stale: int = 0
    one_sided_since_ns: int | None = None
    gaps: list[tuple[int, int]] = []

    def sample(
        self, true_ns: int, quotes: Mapping[int, list[int]], mid2_ticks: int, ceiling_bps: float, *, is_stale: bool
    ) -> None:
        """Take in our prices by side: both there, and no wider apart than the ceiling, counts as quoting."""
        self.stale += is_stale
        bids, asks = quotes.get(BUY, []), quotes.get(-BUY, [])
        is_up = bool(bids and asks) and 2 * 10_000 * (min(asks) - max(bids)) <= ceiling_bps * mid2_ticks
        self.samples += 1
        self.two_sided += is_up
        if is_up and self.one_sided_since_ns is not None:
            self.gaps.append((self.one_sided_since_ns, true_ns))
            self.one_sided_since_ns = None
        elif not is_up and self.one_sided_since_ns is None:
            self.one_sided_since_ns = true_ns
