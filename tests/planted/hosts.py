"""S12, S13, L3: our own machine taken on trust: its clock, its disk, its memory."""

from strategy import events

from .wrapped import Wrapped


class SignsWithOwnClock(Wrapped):
    """Takes our clock for the venue's: requests are signed with whatever it shows."""

    def venue_now_ns(self, now_ns: int) -> int:
        return now_ns


class SendsUnwritten(Wrapped):
    """Sends first and writes afterwards: the journal has it with the next commit, if there is one."""

    def waits_for_journal(self, _command) -> bool:
        return False


class ShedsNothing(Wrapped):
    """Hears that memory is short and keeps everything."""

    def hear(self, now_ns, event):
        return events.MemoryPressure(0) if isinstance(event, events.MemoryPressure) else event


class Hoards(Wrapped):
    """Keeps every message it hears, for later; and says so."""

    def __init__(self, knobs) -> None:
        super().__init__(knobs)
        self.kept: list[events.Event] = []

    def hear(self, now_ns, event):
        self.kept.append(event)
        return event

    def footprint(self) -> dict[str, int]:
        return {**self.core.footprint(), "book_buffer": len(self.kept)}


hoards = Hoards
signs_with_own_clock = SignsWithOwnClock
sends_unwritten = SendsUnwritten
sheds_nothing = ShedsNothing
