"""A venue that notes what it is sent and answers when told: for tests of a driver alone."""

from strategy import commands, events
from strategy.batching import of_size


class ScriptedVenue:
    """``sent`` holds what left, in order; ``answer`` ends a request by its place there."""

    name = "scripted"

    def __init__(self, batch: int = 20) -> None:
        self.capability = of_size(batch, per_item=True)
        self.sent, self.signed, self._answered = [], [], []
        self.feed = None
        self.is_closed = False
        # Says at once what becomes of a request; None lets it wait.
        self.at_once = lambda one: None

    def count_in(self, units):
        """Count in its own."""

    async def look(self, symbols):
        raise NotImplementedError

    async def connect(self, feed):
        self.feed = feed

    async def close(self):
        self.is_closed = True

    def send(self, one, signed_venue_ns, answered):
        self.sent.append(one)
        self.signed.append(signed_venue_ns)
        self._answered.append(answered)
        said = self.at_once(one)
        if said is not None:
            answered(tuple(said))

    def answer(self, place, *said):
        self._answered[place](said)

    @property
    def ids(self):
        return [[getattr(command, "client_id", type(command).__name__) for command in one] for one in self.sent]


class ScriptedCore:
    """Answers each event by what a function says; ``heard`` holds what it was given."""

    def __init__(self, answer) -> None:
        self.heard, self._answer, self.wake_at_ns = [], answer, None

    def step(self, now_ns, event):
        self.heard.append(event)
        return tuple(self._answer(event, now_ns) or ())


class HandClock:
    """A clock that shows what it is set to."""

    def __init__(self, now_ns=1_767_571_200_000_000_000) -> None:
        self.time_ns = now_ns

    def now_ns(self):
        return self.time_ns


def create(number, symbol="BTCUSDT", send_by_ns=2**62):
    return commands.CreateOrder(
        f"s-{number}", symbol, f"bid{number}", 1, 100_000, 50, True, False, False, send_by_ns, 1
    )


def cancel(number, symbol="BTCUSDT"):
    return commands.CancelOrder(f"s-{number}", symbol, 1)


def accepted(command, venue_ns=1):
    return events.OrderAccepted(command.client_id, "v", command.price_ticks, command.size_lots, venue_ns, command.side)
