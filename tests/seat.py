"""A seat at the core: short words to it, plain answers for it, the same in every test of its behaviour."""

from strategy import commands, events
from strategy.core import Core
from strategy.units import CASH_PER_QUOTE, NS_PER_MS, NS_PER_S

MS = NS_PER_MS
START = 1_767_571_200 * NS_PER_S


class Seat:
    """A core and short words to it; every answer it needs is given at once unless told otherwise."""

    def __init__(self, knobs) -> None:
        self.core, self.now, self.log = Core(knobs), START, []
        self.seq = {one.instrument.symbol: 1 for one in knobs.symbols}

    def hear(self, event, after_ms: float = 0) -> tuple[commands.Command, ...]:
        self.now += int(after_ms * MS)
        leaving = self.core.step(self.now, event)
        assert self.core.wake_at_ns is None or self.core.wake_at_ns > self.now
        self.log += leaving
        return leaving

    def boot(self) -> None:
        self.hear(events.Started("s", START))
        self.hear(events.ClockSampled(START, START + 5 * MS), 10)
        self.hear(events.MarginSeen(START, 1000 * CASH_PER_QUOTE, 0, self.now))
        for symbol in self.seq:
            self.hear(events.FillsReport(symbol, START, (), self.now))
        self.shown_none_open()
        self.hear(events.StreamUp(events.PRIVATE))
        self.hear(events.StreamUp(events.PUBLIC))

    def shown_none_open(self) -> None:
        """Let the time pass in which a stray create could arrive, and answer the read that follows."""
        asked = [one for one in self.hear(events.Woke(), 1200) if isinstance(one, commands.QueryOpenOrders)]
        assert asked
        for question in asked:
            self.hear(events.OpenOrdersReport(question.symbol, question.asked_ns, (), self.now))

    def book(self, bid=119_990, ask=120_010, symbol="BTCUSDT", after_ms=0):
        self.seq[symbol] += 1
        levels = (((bid, 500),), ((ask, 500),))
        return self.hear(events.BookSnapshot(symbol, self.seq[symbol], *levels, self.now), after_ms)

    def beat(self, after_ms=50, symbol="BTCUSDT"):
        return self.hear(events.BookHeartbeat(symbol, self.seq[symbol], self.now), after_ms)

    def accept(self, command, after_ms=0):
        return self.hear(
            events.OrderAccepted(
                command.client_id, "v", command.price_ticks, command.size_lots, self.now, command.side
            ),
            after_ms,
        )

    def settle(self, leaving) -> None:
        """Give the venue's plain answer to every request, a moment later, and to what follows from it."""
        waiting = list(leaving)
        while waiting:
            waiting += self.answer(waiting.pop(0))

    def answer(self, command) -> tuple[commands.Command, ...]:
        match command:
            case commands.CreateOrder():
                return self.accept(command, 1)
            case commands.AmendOrder():
                return self.hear(
                    events.OrderAmended(command.client_id, command.price_ticks, command.size_lots, self.now), 1
                )
            case commands.CancelOrder():
                return self.hear(events.OrderCancelled(command.client_id, 0, "by_client", self.now), 1)
            case commands.SampleClock():
                return self.hear(events.ClockSampled(command.asked_ns, self.now + MS), 1)
            case commands.QueryMargin():
                return self.hear(events.MarginSeen(command.asked_ns, 1000 * CASH_PER_QUOTE, 0, self.now), 1)
            case _:
                return ()

    def kinds(self, leaving) -> list[str]:
        return [type(one).__name__ for one in leaving]


def quoting(seat: Seat) -> tuple[commands.CreateOrder, commands.CreateOrder]:
    bid, ask = seat.book()
    seat.accept(bid)
    seat.accept(ask)
    return bid, ask
