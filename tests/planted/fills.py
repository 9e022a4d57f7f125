"""S5, L1: fills counted twice, dropped, or never looked for."""

from msgspec.structs import replace

from strategy import commands, events

from .wrapped import Commands, Wrapped

_EVERY = 5


class CountsFillTwice(Wrapped):
    """Counts a fill as often as it is told: by the stream, by a read, by a stream that repeats itself."""

    def __init__(self, knobs) -> None:
        super().__init__(knobs)
        self.told: dict[str, int] = {}

    def hear(self, now_ns, event):
        if isinstance(event, events.OrderFilled):
            return self._new(event)
        if isinstance(event, events.FillsReport):
            return replace(event, fills=tuple(self._new(fill) for fill in event.fills))
        return event

    def _new(self, fill: events.OrderFilled) -> events.OrderFilled:
        count = self.told[fill.fill_id] = self.told.get(fill.fill_id, 0) + 1
        return fill if count == 1 else replace(fill, fill_id=f"{fill.fill_id}-{count}")


class ForgetsFill(Wrapped):
    """Every fifth fill falls off the table."""

    def __init__(self, knobs) -> None:
        super().__init__(knobs)
        self.count = 0

    def hear(self, now_ns, event):
        if isinstance(event, events.OrderFilled):
            self.count += 1
            if self.count % _EVERY == 0:
                return None
        return event


class NeverReadsFills(Wrapped):
    """Reads its fills once, when it starts; then counts what the stream tells and asks for nothing it may have missed."""

    has_read = False

    def hear(self, now_ns, event):
        self.has_read |= isinstance(event, events.FillsReport)
        return event

    def say(self, now_ns, leaving: Commands) -> Commands:
        if not self.has_read:
            return leaving
        return tuple(command for command in leaving if not isinstance(command, commands.QueryFills))


counts_fill_twice = CountsFillTwice
forgets_fill = ForgetsFill
never_reads_fills = NeverReadsFills
