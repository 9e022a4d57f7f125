"""A stop always ends, whatever was lost on the way; and when it says that it is done, nothing is left."""

from hypothesis import given, settings
from hypothesis import strategies as st
from model_venue import SYMBOL, ModelVenue
from msgspec.structs import replace
from quoting import INSTRUMENT, KNOBS

from strategy import commands, events
from strategy.core import Core
from strategy.units import NS_PER_MS

MS = NS_PER_MS
START_MS = 1_700_000_000_000
ONE = replace(KNOBS, symbols=(replace(KNOBS.symbols[0], instrument=replace(INSTRUMENT, symbol=SYMBOL)),))
KINDS = {
    commands.CreateOrder: events.CREATE,
    commands.AmendOrder: events.AMEND,
    commands.CancelOrder: events.CANCEL,
    commands.CancelAll: events.CANCEL_ALL,
    commands.RequestBook: events.BOOK,
}


class Voyage:
    """A core and a model venue; of each request and each answer the dice say whether it arrives."""

    def __init__(self, fates: list[int]) -> None:
        self.core, self.venue, self.now_ms = Core(ONE), ModelVenue(1000), START_MS
        self.fates, self.number, self.seq, self.is_calm = fates, 0, 1, True
        self.words: list[events.Event] = []
        self.sent: list[commands.Command] = []
        self.hear(events.Started("s", START_MS * MS))
        for stream in ("private", "public"):
            self.hear(events.StreamUp(stream))
        self.hear(events.BookSnapshot(SYMBOL, 1, ((9_999, 500),), ((10_001, 500),), self.now_ms * MS))

    def hear(self, event: events.Event) -> None:
        for command in self.core.step(self.now_ms * MS, event):
            self.sent.append(command)
            self.carry(command)

    def fate(self) -> int:
        """0: all well; 1: lost on the way; 2: done, and nobody says so; 3: done, and `timeout` is said."""
        self.number += 1
        return 0 if self.is_calm else self.fates[self.number % len(self.fates)]

    def carry(self, command: commands.Command) -> None:
        if isinstance(command, commands.Alert):
            return
        fate = self.fate()
        words = [] if fate == 1 else self.answers(command)
        if fate == 0:
            self.words += words
        elif fate == 3:
            kind = KINDS.get(type(command), events.QUERY)
            client_id = getattr(command, "client_id", "")
            self.words.append(events.Unanswered(kind, client_id, SYMBOL, "timeout", self.now_ms * MS))

    def answers(self, command: commands.Command) -> list[events.Event]:
        match command:
            case commands.SampleClock():
                return [events.ClockSampled(command.asked_ns, self.now_ms * MS)]
            case commands.QueryMargin():
                return [events.MarginSeen(command.asked_ns, 10**15, 0, self.now_ms * MS)]
            case commands.RequestBook():
                return []
        return self.venue.take(self.now_ms, command, 0, False)

    def pass_time(self, for_ms: int, *, has_book: bool = True) -> None:
        for _ in range(for_ms // 20):
            self.now_ms += 20
            words, self.words = self.words, []
            for word in words:
                self.hear(word)
            if has_book:
                self.hear(events.BookHeartbeat(SYMBOL, 1, self.now_ms * MS))
            else:
                self.hear(events.Woke())

    @property
    def open_ids(self) -> list[str]:
        return [client_id for client_id, order in self.venue.orders.items() if order.is_open]


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from([0, 1, 2, 3]), min_size=5, max_size=40),
    st.booleans(),
    st.integers(0, 3000),
    st.integers(0, 20_000),
)
def test_a_stop_ends_and_leaves_nothing_however_much_is_lost(fates, streams_are_down, storm_ms, after_ms):
    voyage = Voyage(fates)
    voyage.pass_time(4000)
    assert 2 == len(voyage.open_ids), "it quotes"
    voyage.is_calm = False
    voyage.pass_time(storm_ms // 20 * 20)
    if streams_are_down:
        for stream in ("private", "public"):
            voyage.hear(events.StreamDown(stream))
    voyage.hear(events.Stopping())
    first = len(voyage.sent)
    for _ in range(after_ms // 1000):
        voyage.pass_time(1000, has_book=not streams_are_down)
        if voyage.core.is_done:
            assert [] == voyage.open_ids
    voyage.is_calm = True
    voyage.pass_time(30_000, has_book=not streams_are_down)
    assert voyage.core.is_done
    assert [] == voyage.open_ids
    after = voyage.sent[first:]
    assert [] == [one for one in after if isinstance(one, commands.CreateOrder | commands.AmendOrder)]
    assert len(after) < 12 * (30_000 + after_ms) / 1000, "no storm of our own"
