"""S4: quoting on a book that is not one."""

from msgspec.structs import replace

from strategy import events
from strategy.core import Core
from strategy.knobs import Knobs
from strategy.units import NS_PER_S

from .wrapped import Wrapped

_FOR_EVER = 1e12


class OverlooksGaps(Wrapped):
    """Applies every delta as if it joined the one before."""

    def __init__(self, knobs) -> None:
        super().__init__(knobs)
        self.seqs: dict[str, int] = {}

    def hear(self, now_ns, event):
        if isinstance(event, events.BookDelta):
            event = replace(event, prev_seq=self.seqs.get(event.symbol, event.prev_seq))
        if isinstance(event, events.BookDelta | events.BookSnapshot):
            self.seqs[event.symbol] = event.seq
        return event


def trusts_silence(knobs: Knobs) -> Core:
    """Take a feed that says nothing for a market where nothing happens."""
    never = replace(knobs.guard.feed_silence, soft_enter=_FOR_EVER, hard_enter=_FOR_EVER)
    guard = replace(knobs.guard, feed_silence=never)
    return Core(replace(knobs, guard=guard, feed=replace(knobs.feed, age_ns_max=3600 * NS_PER_S)))


class SleepsOn(Wrapped):
    """Asks for no alarm: what nobody tells it does not happen."""

    @property
    def wake_at_ns(self) -> int | None:
        return None


overlooks_gaps = OverlooksGaps
sleeps_on = SleepsOn


class BelievesLateWords(Wrapped):
    """Looks at no stamp: whatever arrives is news, however long it took."""

    def hear(self, now_ns, event):
        is_of_books = isinstance(event, events.BookDelta | events.BookHeartbeat | events.BookSnapshot)
        return replace(event, venue_ns=0) if is_of_books else event


believes_late_words = BelievesLateWords
