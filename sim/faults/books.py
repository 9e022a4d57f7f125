"""Books that are shown as they are not, told when nobody asked, read late, or counted anew.

There is nothing to draw.
"""

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from sim.exchange import Lingering
from sim.faults.installing import Install, during
from sim.plan import PlannedFault
from sim.venue.feeds import Shows
from strategy import commands, events
from strategy.units import NS_PER_MS, NS_PER_S

if TYPE_CHECKING:
    from sim.exchange import Exchange

_COPY_EVERY_NS: Final = 50 * NS_PER_MS

_Levels = list[tuple[int, int]]


def symbols_of(fault: PlannedFault, world: "Exchange") -> tuple[str, ...]:
    """Give the symbols a fault hits: those it names, or all."""
    named = fault.params["symbols"]
    return tuple(symbol for symbol in world.scenario.market.traded if not named or symbol in named)


def _restart(fault: PlannedFault, world: "Exchange") -> None:
    """Have books counted anew, once."""
    during(
        fault,
        world,
        lambda: world.restart_books(symbols_of(fault, world), is_told=fault.params["is_told"]),
        None,
    )


def _resent(fault: PlannedFault, world: "Exchange") -> None:
    """Tell whole books, again and again."""
    every_ns, symbols = round(fault.params["every_s"] * NS_PER_S), symbols_of(fault, world)

    def again() -> None:
        if world.kernel.now_ns < fault.end_ns:
            world.bit(fault)
            world.tell_books(symbols)
            world.kernel.at(world.kernel.now_ns + every_ns, again)

    world.kernel.at(fault.start_ns, again)


class _Copies:
    """Books as they were told, looked at every now and then, kept for a while."""

    def __init__(self, world: "Exchange", symbols: tuple[str, ...], from_ns: int, until_ns: int, kept_ns: int) -> None:
        self._world, self._symbols = world, symbols
        self._until_ns = until_ns
        self._copies: deque[tuple[int, dict[str, events.BookSnapshot]]] = deque(maxlen=kept_ns // _COPY_EVERY_NS + 2)
        world.kernel.at(max(0, from_ns), self._look)

    def _look(self) -> None:
        world, now_ns = self._world, self._world.kernel.now_ns
        venue_ns = world.venue.venue_ns(now_ns)
        self._copies.append((now_ns, {symbol: world.venue.feeds[symbol].as_told(venue_ns) for symbol in self._symbols}))
        if now_ns + _COPY_EVERY_NS <= self._until_ns:
            world.kernel.at(now_ns + _COPY_EVERY_NS, self._look)

    def of(self, symbol: str, at_ns: int) -> events.BookSnapshot | None:
        """Give the latest copy from then or before, the oldest there is where none is so old."""
        older = [copies for then_ns, copies in self._copies if then_ns <= at_ns]
        found = older[-1] if older else self._copies[0][1] if self._copies else {}
        return found.get(symbol)


def _read_lag(fault: PlannedFault, world: "Exchange") -> None:
    """Answer reads of books with copies."""
    lag_ns, symbols = round(fault.params["lag_s"] * NS_PER_S), symbols_of(fault, world)
    copies = _Copies(world, symbols, fault.start_ns - lag_ns, fault.end_ns, lag_ns)
    before: Any = world.venue.handlers[commands.RequestBook]

    def read(command: commands.RequestBook, now_ns: int, venue_ns: int) -> events.Event | None:
        copy = copies.of(command.symbol, now_ns - lag_ns) if fault.start_ns <= now_ns < fault.end_ns else None
        if copy is None:
            answer: events.Event | None = before(command, now_ns, venue_ns)
            return answer
        world.bit(fault)
        return replace(copy, asked_ns=command.asked_ns)

    world.venue.handlers[commands.RequestBook] = read


def _shown(fault: PlannedFault, world: "Exchange", shows: Shows) -> None:
    """Have books shown otherwise while it lasts."""
    feeds = [world.venue.feeds[symbol] for symbol in symbols_of(fault, world)]

    def show_as(made: Shows | None) -> None:
        for feed in feeds:
            feed.show_as(fault.id, made)

    during(fault, world, lambda: show_as(shows), lambda: show_as(None))


def _crossed(fault: PlannedFault, world: "Exchange") -> None:
    by_ticks: int = fault.params["by_ticks"]

    def shows(bids: _Levels, asks: _Levels) -> tuple[_Levels, _Levels]:
        return ([(asks[0][0] + by_ticks, asks[0][1]), *bids], asks) if asks else (bids, asks)

    _shown(fault, world, shows)


def _one_sided(fault: PlannedFault, world: "Exchange") -> None:
    if fault.params["side"] == "bids":
        _shown(fault, world, lambda _bids, asks: ([], asks))
    else:
        _shown(fault, world, lambda bids, _asks: (bids, []))


def _stale_levels(fault: PlannedFault, world: "Exchange") -> None:
    """Reset the public stream, and have old levels linger in the first books after it."""
    age_ns, symbols = round(fault.params["age_s"] * NS_PER_S), symbols_of(fault, world)
    copies = _Copies(world, symbols, fault.start_ns - age_ns, fault.start_ns, age_ns)
    before = world.lingering

    def lingering(symbol: str) -> Lingering:
        is_on = fault.start_ns <= world.kernel.now_ns < fault.end_ns
        old = copies.of(symbol, fault.start_ns - age_ns) if is_on else None
        if old is None:
            return before(symbol)
        now = world.venue.feeds[symbol].as_told(0)
        bids = [level for level in old.bids if level[0] not in dict(now.bids)]
        asks = [level for level in old.asks if level[0] not in dict(now.asks)]
        if bids or asks:
            world.bit(fault)
        return bids, asks

    world.lingering = lingering
    during(fault, world, lambda: world.lines["public"].reset(), None, bites=False)


def _storm(fault: PlannedFault, world: "Exchange") -> None:
    """Have each publication followed by more."""
    feeds = [world.venue.feeds[symbol] for symbol in symbols_of(fault, world)]

    def echo(more: int) -> None:
        for feed in feeds:
            feed.echoes += more

    more = fault.params["factor"] - 1
    during(fault, world, lambda: echo(more), lambda: echo(-more))


INSTALL: Final[dict[str, Install]] = {
    "feed_restart": _restart,
    "book_resent": _resent,
    "book_read_lag": _read_lag,
    "book_crossed": _crossed,
    "book_one_sided": _one_sided,
    "stale_levels": _stale_levels,
    "message_storm": _storm,
}
