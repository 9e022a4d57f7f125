"""What may change while the bot runs, looked at again and again: rules and fees of symbols, and closures.

The core counts in the ticks and lots it began with. A symbol that is not trading any more is told as a regime.
Another grid or other sizes are told as terms, in those units; a grid that they cannot write is a regime as
well, since nothing of ours fits it. Every change is told to a person. Maintenance that the venue announces is
told ahead, so that quotes are gone in time.
A round without answers is left out: the next one comes, and sooner where something off our grids was heard.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from adapters.bybit import words
from adapters.bybit.alerts import Alerts
from adapters.bybit.listing import TRADING, instrument_of, terms_of
from adapters.bybit.look import ClosureRow, Look
from adapters.bybit.market import Unreadable, ns_of
from adapters.venue import Feed, VenueUnusable
from strategy import events
from strategy.instrument import LINEAR, Instrument, in_units_of
from strategy.regimes import OPEN

CHANGED: Final = "SQ-V044"
EVERY_S: Final = 300.0
# After a word that a grid of ours cannot write; never more often, whatever is heard.
_EARLY_S: Final = 5.0

_CANCEL_ONLY: Final = "cancel_only"
_LINEAR_PRODUCT: Final = 1
_SPOT_PRODUCT: Final = 2
_COMING: Final = frozenset({"scheduled", "ongoing"})
_TOLD_MAX: Final = 1000


class Rules:
    """Looks at every symbol once in a while."""

    def __init__(
        self, look: Look, category: str, instruments: Sequence[Instrument], feed: Feed, alerts: Alerts, every_s: float
    ) -> None:
        """``instruments`` is what the core was built on."""
        self._look, self._category, self._feed, self._alerts = look, category, feed, alerts
        self._instruments = {one.symbol: one for one in instruments}
        self._latest = dict(self._instruments)
        self._regimes = dict.fromkeys(self._instruments, OPEN)
        self._told: dict[str, events.TermsSeen] = {}
        self._planned: dict[ClosureRow, None] = {}
        self._every_s = every_s
        self._is_early = asyncio.Event()
        self._life: asyncio.Task[None] | None = None

    def start(self, after_s: float = 0.0) -> None:
        """Look from now on, or after so long."""
        self._life = asyncio.get_running_loop().create_task(self._live(after_s))
        self._life.add_done_callback(_ended)

    async def stop(self) -> None:
        """Look no more."""
        life, self._life = self._life, None
        if life is not None:
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)

    async def _live(self, after_s: float) -> None:
        if after_s:
            await asyncio.sleep(after_s)
        while True:
            await self._closures()
            await self._pause()
            for symbol in self._instruments:
                await self._symbol(symbol)

    def look_soon(self) -> None:
        """Look before the next round is due: something was heard that our grids cannot write."""
        self._is_early.set()

    async def _pause(self) -> None:
        """Wait for the next round, or until it is asked for; rounds are never closer than a few seconds."""
        self._is_early.clear()
        try:
            async with asyncio.timeout(self._every_s):
                await self._is_early.wait()
                await asyncio.sleep(_EARLY_S)
        except TimeoutError:
            pass

    async def _symbol(self, symbol: str) -> None:
        try:
            row, fee, venue_ns = await self._look.again(symbol)
        except VenueUnusable:
            return
        if row is None:
            self._tell(symbol, _CANCEL_ONLY, "is not listed any more", venue_ns)
            return
        if row.status != TRADING:
            self._tell(symbol, words.CLOSED, f"is not trading: {row.status[:40]}", venue_ns)
            return
        units = self._instruments[symbol]
        self._terms(terms_of(units, row, 0, venue_ns))
        try:
            now = instrument_of(self._category, row, fee)
        except Unreadable as problem:
            self._tell(symbol, _CANCEL_ONLY, f"cannot be traded any more: {problem}", venue_ns)
            return
        ours = in_units_of(units, now)
        if ours is None:
            grid = f"{now.tick} by {now.lot}, what we count in is {units.tick} by {units.lot}"
            self._tell(symbol, _CANCEL_ONLY, f"has another grid: {grid}", venue_ns)
            return
        self._tell(symbol, OPEN, "trades again", venue_ns)
        before, self._latest[symbol] = self._latest[symbol], ours
        if ours != before:
            self._alerts.say(CHANGED, f"{symbol} has another grid, limits or fees: {_differences(before, ours)}")

    def _terms(self, now: events.TermsSeen) -> None:
        """Tell the core of rules that are not those it was told last."""
        told = replace(now, venue_ns=0)
        if self._told.get(now.symbol, told if _is_as(self._instruments[now.symbol], now) else None) != told:
            self._feed(now)
        self._told[now.symbol] = told

    def _tell(self, symbol: str, regime: str, why: str, venue_ns: int) -> None:
        if self._regimes[symbol] == regime:
            return
        self._regimes[symbol] = regime
        self._alerts.say(CHANGED, f"{symbol} {why}")
        self._feed(events.RegimeChanged(symbol, regime, venue_ns))

    async def _closures(self) -> None:
        rows, venue_ns = await self._look.closures()
        product = _LINEAR_PRODUCT if self._category == LINEAR else _SPOT_PRODUCT
        for row in rows:
            if row.state not in _COMING or product not in row.product or row in self._planned:
                continue
            try:
                begin_ns, end_ns = ns_of("begin", row.begin), ns_of("end", row.end)
            except Unreadable:
                continue
            self._planned[row] = None
            while len(self._planned) > _TOLD_MAX:
                del self._planned[next(iter(self._planned))]
            for symbol in self._instruments:
                self._feed(events.RegimePlanned(symbol, words.CLOSED, begin_ns, venue_ns))
                self._feed(events.RegimePlanned(symbol, OPEN, end_ns, venue_ns))


def _ended(life: "asyncio.Task[None]") -> None:
    """Have a mistake seen that ended the looking."""
    mistake = None if life.cancelled() else life.exception()
    if mistake is not None:
        told = {"message": "rules are not looked at any more", "exception": mistake}
        life.get_loop().call_exception_handler(told)


def _is_as(began: Instrument, now: events.TermsSeen) -> bool:
    """Say whether a symbol is traded by the rules it was built on."""
    names = ("tick_times", "lot_times", "lots_min", "lots_max", "notional_min_cash")
    return all(getattr(began, name) == getattr(now, name) for name in names)


def _differences(before: Instrument, now: Instrument) -> str:
    names = [name for name in before.__struct_fields__ if getattr(before, name) != getattr(now, name)]
    return ", ".join(f"{name} {getattr(before, name)} -> {getattr(now, name)}" for name in names)
