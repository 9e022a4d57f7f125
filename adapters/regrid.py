"""A grid that the units of a life cannot write: that life ends in order, and the next one counts in finer units."""

from collections.abc import Callable

from strategy import commands, events


class Regrid:
    """A watcher that hears of such a grid; ``is_needed`` from then on."""

    def __init__(self, end: Callable[[], None]) -> None:
        """``end`` is called once, as the word comes."""
        self.is_needed = False
        self._end = end

    def delivered(self, now_ns: int, event: events.Event) -> None:
        """Look at a word about rules."""
        if isinstance(event, events.TermsSeen) and not event.tick_times and not self.is_needed:
            self.is_needed = True
            self._end()

    def sent(self, now_ns: int, command: commands.Command) -> None:
        """Note nothing."""

    def stepped(self, now_ns: int, leaving: tuple[commands.Command, ...], event: events.Event) -> None:
        """Note nothing."""
