"""S4, S16: quoting on a book that is not one, or is not one any more."""

from msgspec.structs import replace

from strategy import commands, events
from strategy.core import Core
from strategy.knobs import Knobs
from strategy.units import NS_PER_MS, NS_PER_S

from .wrapped import Commands, Wrapped

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


class LivesInThePast(Wrapped):
    """Takes in what it is told of books five seconds later, and takes it for news."""

    late_ns = 5 * NS_PER_S
    kinds = (events.BookDelta, events.BookHeartbeat, events.BookSnapshot, events.PublicTrade)

    def __init__(self, knobs) -> None:
        super().__init__(knobs)
        self.waiting: list[tuple[int, events.Event]] = []

    def step(self, now_ns, event) -> Commands:
        leaving: Commands = ()
        while self.waiting and self.waiting[0][0] + self.late_ns <= now_ns:
            _, old = self.waiting.pop(0)
            leaving += super().step(now_ns, replace(old, venue_ns=old.venue_ns + self.late_ns))
        if isinstance(event, self.kinds) and not getattr(event, "asked_ns", 0):
            self.waiting.append((now_ns, event))
            return leaving
        return leaving + super().step(now_ns, event)


class LeavesQuotes(Wrapped):
    """Sees that a book is stale, quotes no more on it, and leaves what rests."""

    def say(self, now_ns, leaving: Commands) -> Commands:
        blind = {desk.symbol for desk in self.core._state.desks if desk.why_blind(now_ns, self.core._knobs)}
        return tuple(one for one in leaving if not (isinstance(one, commands.CancelOrder) and one.symbol in blind))


class SlowToPull(Wrapped):
    """Has its cancels wait a second and a half."""

    slow_ns = 1500 * NS_PER_MS

    def __init__(self, knobs) -> None:
        super().__init__(knobs)
        self.waiting: list[tuple[int, commands.Command]] = []

    @property
    def wake_at_ns(self) -> int | None:
        due = [at_ns for at_ns, _ in self.waiting[:1]]
        return min([*due, *filter(None, (self.core.wake_at_ns,))], default=None)

    def say(self, now_ns, leaving: Commands) -> Commands:
        late = [one for at_ns, one in self.waiting if at_ns <= now_ns]
        self.waiting = self.waiting[len(late) :]
        self.waiting += [(now_ns + self.slow_ns, one) for one in leaving if isinstance(one, commands.CancelOrder)]
        return (*late, *(one for one in leaving if not isinstance(one, commands.CancelOrder)))


class PullsOnce(Wrapped):
    """Asks for each cancel once, whatever becomes of it, and never for all of them."""

    def __init__(self, knobs) -> None:
        super().__init__(knobs)
        self.pulled: set[str] = set()

    def say(self, now_ns, leaving: Commands) -> Commands:
        asked = {one.client_id for one in leaving if isinstance(one, commands.CancelOrder)}
        again, self.pulled = asked & self.pulled, asked | self.pulled
        kept = [one for one in leaving if not isinstance(one, commands.CancelAll)]
        return tuple(one for one in kept if not (isinstance(one, commands.CancelOrder) and one.client_id in again))


lives_in_the_past = LivesInThePast
leaves_quotes = LeavesQuotes
slow_to_pull = SlowToPull
pulls_once = PullsOnce
