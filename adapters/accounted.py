"""Whether what the venue says we hold is what our fills account for: looked at once, soon after a start.

A position nobody accounts for (bought by hand, older than the fills that the venue still tells, of a
journal that was set aside) would be quoted on as if it were not there. So the bot leaves instead.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from adapters.venue import Seen, VenueUnusable
from strategy import commands, events
from strategy.belief import Belief
from strategy.instrument import size_text
from strategy.knobs import Knobs

# A fill between the two looks is no difference: it is looked at again.
_LOOKS: Final = 5
_PAUSE_S: Final = 1.0


class FirstReads:
    """A watcher that hears when the fills of every symbol have been read since the process began."""

    def __init__(self, symbols: Sequence[str]) -> None:
        """``symbols`` are all that are quoted."""
        self._unread = list(symbols)
        self.are_done = asyncio.Event()

    def delivered(self, now_ns: int, event: events.Event) -> None:
        """Note a read that is about to be taken in."""
        if isinstance(event, events.FillsReport) and event.symbol in self._unread:
            self._unread.remove(event.symbol)

    def sent(self, now_ns: int, command: commands.Command) -> None:
        """Note nothing."""

    def stepped(self, now_ns: int, leaving: tuple[commands.Command, ...], event: events.Event) -> None:
        """Hear that a read has been taken in."""
        if not self._unread:
            self.are_done.set()


async def unaccounted(
    knobs: Knobs, belief: Callable[[], Belief], look: Callable[[], Awaitable[Seen]], pause_s: float = _PAUSE_S
) -> str:
    """Say what is held at the venue and not accounted for; empty where all of it is, or there are no positions."""
    found = ""
    for _ in range(_LOOKS):
        before = _held(belief())
        try:
            seen = await look()
        except VenueUnusable as error:
            found = f"positions cannot be read: {error}"
            await asyncio.sleep(pause_s)
            continue
        if seen.positions is None:
            return ""
        after = _held(belief())
        found = _differences(knobs, after, seen.positions)
        if not found and before == after:
            return ""
        await asyncio.sleep(pause_s)
    return found


def _held(belief: Belief) -> dict[str, int]:
    return {one.symbol: one.position_lots for one in belief.symbols}


def _differences(knobs: Knobs, ours: Mapping[str, int], theirs: Mapping[str, int]) -> str:
    words = []
    for one in knobs.symbols:
        symbol = one.instrument.symbol
        mine, held = ours[symbol], theirs.get(symbol, 0)
        if mine != held:
            accounted = size_text(one.instrument, mine)
            words.append(f"{symbol}: {size_text(one.instrument, held)} is held, fills account for {accounted}")
    return "; ".join(words)
