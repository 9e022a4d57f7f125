"""Books by REST: looked up by every scheduled decision, kept for a moment, asked for again as they come."""

import pytest
from msgspec.structs import replace
from small_world import small_scenario, small_world

from strategy import commands, events, health
from strategy.config_knobs import knobs as make_knobs
from strategy.core import Core
from strategy.units import CASH_PER_QUOTE, NS_PER_MS, NS_PER_S
from strategy.waking import next_wake_ns

MS = NS_PER_MS
BOOT = 1_767_571_200 * NS_PER_S
SYMBOLS = ("BTCUSDT", "ETHUSDT")
MIDS = {"BTCUSDT": 120_000, "ETHUSDT": 60_000}


class Seat:
    """A core without a public stream, everything else in order. Times are ms since it first asked for a book."""

    def __init__(self, knobs) -> None:
        self.core, self.now_ms, self.seq, self.zero = Core(knobs), 0, 0, BOOT
        self.knobs = knobs
        self.symbols = [one.instrument.symbol for one in knobs.symbols]
        self.waiting = {}  # by symbol, what was asked for and not answered
        self.asked = []
        self._step(BOOT, events.Started("s", BOOT))
        self._step(BOOT, events.ClockSampled(BOOT, BOOT + 5 * MS))
        self._step(BOOT, events.MarginSeen(BOOT, 1000 * CASH_PER_QUOTE, 0, BOOT))
        for symbol in self.symbols:
            self._step(BOOT, events.FillsReport(symbol, BOOT, (), BOOT))
        self._step(BOOT, events.StreamUp(events.PRIVATE))
        self.zero = BOOT + 1200 * MS
        self._step(self.zero, events.Woke())
        for symbol in self.symbols:
            self.first = self._step(self.zero, events.OpenOrdersReport(symbol, self.zero, (), BOOT))

    def hear(self, event, at_ms: float | None = None):
        """Wake as often as was asked for until then, and feed an event."""
        at_ms = self.now_ms if at_ms is None else at_ms
        seen = []
        while self.core.wake_at_ns is not None and self.core.wake_at_ns < self.zero + at_ms * MS:
            seen += self._step(self.core.wake_at_ns, events.Woke())
        seen += self._step(int(self.zero + at_ms * MS), event)
        self.now_ms = at_ms
        return tuple(seen)

    def wake_until(self, end_ns):
        """Wake as often as is asked for until then, whatever leaves; give how often, or 1000 if it is more."""
        for wakes in range(1000):
            if self.core.wake_at_ns is None or self.core.wake_at_ns >= end_ns:
                return wakes
            self.core.step(self.core.wake_at_ns, events.Woke())
        return 1000

    def _step(self, now_ns, event):
        leaving = self.core.step(now_ns, event)
        for one in leaving:
            if isinstance(one, commands.RequestBook):
                assert one.symbol not in self.waiting, "one request of a symbol is in flight"
                self.waiting[one.symbol] = one
                self.asked.append(((now_ns - self.zero) / MS, one.symbol))
        return leaving

    def book(self, at_ms, symbol="BTCUSDT", moved=0):
        """Answer a symbol's request."""
        self.seq += 1
        mid = MIDS[symbol] + moved
        levels = ((mid - 10, 5000),), ((mid + 10, 5000),)
        now_ns = int(self.zero + at_ms * MS)
        # The question is answered the moment the core hears of it, and it may ask the next one at once.
        if symbol not in self.waiting:
            self.hear(events.Woke(), at_ms - 1)
        asked = self.waiting.pop(symbol)
        return self.hear(events.BookSnapshot(symbol, self.seq, *levels, now_ns, asked.asked_ns), at_ms)


def creates(leaving):
    return [one for one in leaving if isinstance(one, commands.CreateOrder)]


@pytest.fixture(scope="module")
def knobs(tmp_path_factory):
    ready = small_scenario(
        tmp_path_factory.mktemp("cache"), symbols="[BTCUSDT, ETHUSDT]", overrides="pacing.queries_per_s: 40"
    )
    return make_knobs(ready.config, ready.instruments)


def with_ttl(knobs, ttl_ms: int):
    return replace(knobs, feed=replace(knobs.feed, rest_ttl_ns=ttl_ms * MS))


def one_symbol(knobs, ttl_ms: int = 100):
    return with_ttl(replace(knobs, symbols=knobs.symbols[:1]), ttl_ms)


def test_without_a_stream_books_are_asked_for_and_quoted_on(knobs):
    seat = Seat(one_symbol(knobs))
    assert ["RequestBook"] == [type(one).__name__ for one in seat.first]
    seat.hear(events.OperatorSaid("resume"), 10)
    assert health.PUBLIC_DOWN == seat.core.last_context("BTCUSDT").blocked
    assert 2 == len(creates(seat.book(66)))
    assert "" == seat.core.last_context("BTCUSDT").blocked


def test_an_answer_is_followed_by_the_next_question_in_the_same_step(knobs):
    seat = Seat(one_symbol(knobs))
    for at_ms in (60, 130, 190):
        seat.book(at_ms)
    assert [0, 60, 130, 190] == [at_ms for at_ms, _ in seat.asked]


def test_a_decision_that_finds_a_fresh_book_is_a_hit_and_waits_for_nothing(knobs):
    seat = Seat(one_symbol(knobs))
    seat.book(66)
    reads, hits = seat.core.cache_figures
    decisions = seat.core.decisions
    seat.hear(events.Woke(), 101)
    assert (reads + 1, hits + 1) == seat.core.cache_figures
    assert (decisions + 1, 0) == (seat.core.decisions, seat.core.wanted_ns)


def test_one_that_does_not_waits_for_its_book_and_says_since_when(knobs):
    seat = Seat(one_symbol(knobs))
    seat.book(66)
    seat.hear(events.Woke(), 199)
    reads, hits = seat.core.cache_figures
    decisions = seat.core.decisions
    seat.hear(events.Woke(), 230)  # the schedule comes round at 200; the book is 134 ms old
    assert ((reads + 1, hits), decisions) == (seat.core.cache_figures, seat.core.decisions)
    seat.book(260)
    assert (decisions + 1, seat.zero + 200 * MS) == (seat.core.decisions, seat.core.wanted_ns)
    seat.hear(events.Woke(), 261)
    assert 0 == seat.core.wanted_ns


def test_no_quote_leaves_on_a_book_that_is_not_fresh_and_every_cancel_does(knobs):
    seat = Seat(one_symbol(knobs))
    bid, ask = creates(seat.book(66))
    for order in (bid, ask):
        seat.hear(events.OrderAccepted(order.client_id, "v", order.price_ticks, order.size_lots, 0, order.side), 100)
    gone = events.OrderCancelled(bid.client_id, 0, "by_venue", 0)
    assert [] == creates(seat.hear(gone, 250)), "the book is 184 ms old"
    assert 1 == len(creates(seat.book(290))), "and this one is fresh"
    leaving = seat.hear(events.OperatorSaid("halt"), 450)
    assert ask.client_id in [one.client_id for one in leaving if isinstance(one, commands.CancelOrder)]


def test_a_jump_between_two_books_is_danger_and_answered_at_once(knobs):
    seat = Seat(one_symbol(knobs))
    bid, ask = creates(seat.book(66))
    for order in (bid, ask):
        seat.hear(events.OrderAccepted(order.client_id, "v", order.price_ticks, order.size_lots, 0, order.side), 80)
    seat.hear(events.Woke(), 101)
    leaving = seat.book(120, moved=-200)
    assert bid.client_id in [getattr(one, "client_id", "") for one in leaving]


def test_without_a_cache_every_decision_asks_and_none_is_a_hit(knobs):
    seat = Seat(one_symbol(knobs, ttl_ms=0))
    for at_ms in (60, 160, 260):
        seat.book(at_ms)
        seat.hear(events.Woke(), at_ms + 39)
    assert [0, 100, 200] == [at_ms for at_ms, _ in seat.asked][:3], "as the schedule comes round, never ahead"
    assert 0 == seat.core.cache_figures[1] < seat.core.cache_figures[0]


def test_the_stream_takes_over_when_it_is_back(knobs):
    seat = Seat(one_symbol(knobs))
    seat.book(66)
    seat.hear(events.StreamUp(events.PUBLIC), 80)
    seat.hear(events.BookSnapshot("BTCUSDT", 9, ((119_990, 5),), ((120_010, 5),), 0), 90)
    before, figures = len(seat.asked), seat.core.cache_figures
    for at_ms in range(100, 1500, 50):
        seat.hear(events.BookHeartbeat("BTCUSDT", 9, 0), at_ms)
    assert (before, figures) == (len(seat.asked), seat.core.cache_figures)


def told(seat, at_ms, symbol="BTCUSDT"):
    seat.hear(events.BookHeartbeat(symbol, seat.core._state.desks[SYMBOLS.index(symbol)].book.seq, 0), at_ms)


def with_a_stream(knobs):
    """A seat whose stream has told both books, and goes on speaking of one of them."""
    seat = Seat(knobs)
    seat.hear(events.StreamUp(events.PUBLIC), 50)
    for symbol in SYMBOLS:
        mid = MIDS[symbol]
        seat.hear(events.BookSnapshot(symbol, 9, ((mid - 10, 5000),), ((mid + 10, 5000),), 0, 0), 60)
    seat.waiting.clear()
    return seat


def test_a_symbol_that_the_stream_says_nothing_of_is_fetched_and_the_other_is_not(knobs):
    seat = with_a_stream(knobs)
    before = len(seat.asked)
    for at_ms in range(100, 5_000, 100):
        told(seat, at_ms, "ETHUSDT")
    assert len(seat.asked) == before, "a silence of five seconds is a pulled quote, no more"
    for at_ms in range(5_100, 8_000, 100):
        told(seat, at_ms, "ETHUSDT")
        if "BTCUSDT" in seat.waiting:
            seat.book(at_ms + 20)
    assert {"BTCUSDT"} == {symbol for _, symbol in seat.asked[before:]}
    assert len(seat.asked) > before + 10
    assert "" == seat.core.last_context("BTCUSDT").blocked


def test_the_first_word_of_a_stream_that_was_silent_takes_over_again(knobs):
    seat = with_a_stream(knobs)
    for at_ms in range(100, 7_000, 100):
        told(seat, at_ms, "ETHUSDT")
        if "BTCUSDT" in seat.waiting:
            seat.book(at_ms + 20)
    seat.hear(events.BookHeartbeat("BTCUSDT", seat.seq, 0), 7_010)
    before, figures = len(seat.asked), seat.core.cache_figures
    for at_ms in range(7_100, 9_000, 100):
        told(seat, at_ms, "ETHUSDT")
        told(seat, at_ms)
        seat.waiting.clear()
    assert len(seat.asked) <= before + 1, "what was on its way may be asked once more"
    assert figures == seat.core.cache_figures


def test_a_market_that_is_closed_is_silent_and_nobody_fetches_its_book(knobs):
    seat = with_a_stream(knobs)
    seat.hear(events.RegimeChanged("BTCUSDT", "closed", 0), 100)
    before = len(seat.asked)
    for at_ms in range(200, 9_000, 100):
        told(seat, at_ms, "ETHUSDT")
    seat.hear(events.RegimeChanged("BTCUSDT", "open", 0), 9_010)
    told(seat, 9_100, "ETHUSDT")
    assert [] == [symbol for _, symbol in seat.asked[before:]]


def test_a_short_budget_is_shared_by_the_symbols_and_leaves_some_for_other_questions(knobs):
    seat = Seat(replace(knobs, pacing=replace(knobs.pacing, queries_per_s=8)))
    seat.hear(events.OperatorSaid("halt"))  # no orders, no questions about them
    at_ms = 0
    while at_ms < 4000:
        at_ms += 20
        for symbol in SYMBOLS:
            if symbol in seat.waiting:
                seat.book(at_ms, symbol)
        seat.hear(events.Woke(), at_ms)
    counts = {symbol: sum(one == symbol for _, one in seat.asked) for symbol in SYMBOLS}
    assert abs(counts["BTCUSDT"] - counts["ETHUSDT"]) <= 2
    assert 20 < sum(counts.values()) <= 8 * 4 + 8
    assert seat.core._state.pacing.queries_left(int(seat.zero + at_ms * MS)) >= 8 // 4


def test_a_bot_without_a_token_for_its_next_question_sleeps_until_there_is_one(knobs):
    """An alarm in the past is never set, and one a nanosecond ahead neither, again and again."""
    seat = Seat(one_symbol(knobs))
    quotes = creates(seat.book(66))
    for order in quotes:
        seat.hear(events.OrderAccepted(order.client_id, "v", order.price_ticks, order.size_lots, 0, order.side), 80)
    seat.book(140)
    seat.core._state.pacing.queries.level = 0
    steps = 0
    seat.book(210)  # asks for the next at once, and has no token for that
    seat.hear(events.Woke(), 315)
    seat.hear(events.OrderCancelled(quotes[0].client_id, 0, "by_venue", 0), 330)
    while seat.core.wake_at_ns < seat.zero + 500 * MS and steps < 1000:
        seat._step(seat.core.wake_at_ns, events.Woke())
        steps += 1
    assert steps < 20


def test_a_venue_without_a_public_stream_is_quoted_at_all_the_same(tmp_path):
    world = small_world(tmp_path, seconds=10, market="venue.public_stream: false", overrides="pacing.queries_per_s: 20")
    heard = []
    world.driver.watchers = (*world.driver.watchers, Notes(heard))
    assert ("", []) == (world.run().error, world.oracle.breaches)
    assert not any(isinstance(event, events.BookDelta | events.PublicTrade) for event in heard)
    assert world.standing["BTCUSDT"].two_sided > 50
    reads, hits = world.core.cache_figures
    assert 0.7 * reads < hits <= reads


class Notes:
    def __init__(self, heard) -> None:
        self.heard = heard

    def delivered(self, now_ns, event):
        self.heard.append(event)

    def sent(self, now_ns, command):
        pass

    def stepped(self, now_ns, leaving, event):
        pass


def test_a_closed_market_is_not_asked_for_by_rest_when_the_private_stream_is_away(knobs):
    seat = closed_and_cut(knobs)
    assert not seat.core._state.desks[0].is_frozen


def test_a_stream_that_says_all_of_it_too_late_is_none(knobs):
    seat = Seat(one_symbol(knobs))
    seat.book(66)
    (desk,), age_ns_max = seat.core._state.desks, knobs.feed.age_ns_max
    desk.hear_stream(60 * NS_PER_S, 60 * NS_PER_S - age_ns_max, knobs.feed)
    desk.is_frozen, desk.awaits_ns = True, 1
    desk.hear_stream(70 * NS_PER_S, 70 * NS_PER_S - age_ns_max - 1, knobs.feed)
    assert (True, 1, 60 * NS_PER_S - age_ns_max) == (desk.is_frozen, desk.awaits_ns, desk.told_ns), (
        "as if it had been silent"
    )
    desk.hear_stream(71 * NS_PER_S, 71 * NS_PER_S - age_ns_max, knobs.feed)
    assert (False, 0) == (desk.is_frozen, desk.awaits_ns)


def test_what_awaits_a_book_asks_for_no_alarm_of_its_own(knobs):
    seat = closed_and_cut(knobs)
    state, now_ns = seat.core._state, seat.zero + 3600 * NS_PER_S
    (desk,) = state.desks
    desk.is_dirty, desk.awaits_ns = True, 0
    assert next_wake_ns(state, seat.knobs, now_ns) == now_ns + 1
    state.orders.due_ns, state.reads.due_ns, state.watch.due_ns = None, {}, now_ns + NS_PER_S
    desk.awaits_ns = now_ns - NS_PER_S
    assert next_wake_ns(state, seat.knobs, now_ns) in (None, now_ns + NS_PER_S)


def closed_and_cut(knobs):
    """A seat whose market is closed, whose public stream is up and whose private one has been away for a while."""
    seat = Seat(one_symbol(knobs))
    seat.book(66)
    seat.core.step(seat.zero + 70 * MS, events.StreamUp(events.PUBLIC))
    seat.core.step(seat.zero + 71 * MS, events.RegimeChanged("BTCUSDT", "closed", 0))
    seat.core.step(seat.zero + 72 * MS, events.StreamDown(events.PRIVATE))
    seat.wake_until(seat.zero + 72 * MS + knobs.feed.retreat_after_ns + 5 * NS_PER_S)
    return seat
