"""Whatever an account and a market do to each other, in any order: what the venue never breaks.

One random stream of everything drives the whole venue: background orders, aggressors and cancels,
creates of every kind, amends, cancels, reads of the feed. After each step: the book is not
crossed, lots and money are conserved to the unit, a reader of the feed holds the venue's view, an
order trades within its limit and its kind, and nobody trades with himself.
"""

from hypothesis import given
from hypothesis import strategies as st
from pits import HandPit

from sim.clocks import Clock
from sim.venue.engine import Rules, Venue
from sim.venue.matching import LimitBook, Resting
from strategy import commands, events
from strategy.book import Book
from strategy.instrument import make_instrument, move_cash
from strategy.units import BUY, CASH_PER_QUOTE, NS_PER_MS, SELL

DEPTH = 3
SIDES = st.sampled_from((BUY, SELL))
PRICES = st.integers(95, 105)
LOTS = st.integers(1, 9)
KINDS = st.sampled_from(("gtc", "post_only", "taking", "fill_or_kill", "reduce_only", "reduce_only_taking"))
STEP = st.one_of(
    st.tuples(st.sampled_from(("rest", "trade")), SIDES, PRICES, LOTS),
    st.tuples(st.just("create"), SIDES, PRICES, LOTS, KINDS),
    st.tuples(st.just("amend"), st.integers(1, 12), PRICES, LOTS),
    st.tuples(st.just("cancel"), st.integers(1, 12)),
    st.tuples(st.just("drop"), SIDES, PRICES),
    st.tuples(st.just("publish")),
)


def instrument(maker_bps: str):
    return make_instrument(
        symbol="X", kind="linear", tick="0.5", lot="0.001", size_min="0.001", size_max="1", notional_min="0",
        maker_fee_bps=maker_bps, taker_fee_bps="7.5",
    )  # fmt: skip


class Stage:
    """A venue, its market, a reader of its feed, and a ledger of lots."""

    def __init__(self, maker_bps: str, leverage: int) -> None:
        rules = Rules(
            start_cash=10**6 * CASH_PER_QUOTE, maintenance_ppm=5000, orders_per_s=10**6, burst=10**6,
            reads_per_s=10**6, window_ns=10**15, leverage=leverage, book_levels=DEPTH,
        )  # fmt: skip
        self.instrument = instrument(maker_bps)
        self.venue = Venue([self.instrument], rules, Clock())
        self.pit = HandPit(self.venue)
        self.venue.open_market(self.pit)
        self.now_ns = self.number = 0
        self.told: list[events.Event] = []
        self.venue.private = self.told.append
        self.reader = Book(symbol="X")
        self.reader.snapshot(0, self.venue.feeds["X"].snapshot(0, 0, 0)[-1])
        self.venue.public = self._read
        self.entered = self.gone = 0

    def do(self, step) -> None:
        self.now_ns += NS_PER_MS
        getattr(self, "_" + step[0])(*step[1:])

    def _rest(self, side, price, lots) -> None:
        if not self.pit.book.crosses(side, price):
            self.pit.rest(side, price, lots)

    def _trade(self, side, price, lots) -> None:
        self.pit.trade(side, lots, price, self.now_ns)

    def _drop(self, side, price) -> None:
        self.pit.book.drop_background(side, price)

    def _create(self, side, price, lots, kind) -> None:
        self.number += 1
        before = self.venue.position_lots("X")
        self.venue.handle(
            commands.CreateOrder(
                f"s-{self.number}", "X", "bid0", side, price, lots, kind == "post_only", "reduce_only" in kind,
                "taking" in kind, 0, 0, kind == "fill_or_kill",
            ),
            self.now_ns, self.now_ns,
        )  # fmt: skip
        order = self.venue.orders[f"s-{self.number}"]
        if kind == "fill_or_kill":
            assert order.filled_lots in (0, lots)
        if kind == "post_only":
            assert before == self.venue.position_lots("X"), "a post-only order took"
        if kind not in ("gtc", "post_only", "reduce_only"):
            assert order.state != "open"

    def _amend(self, number, price, lots) -> None:
        self.venue.handle(commands.AmendOrder(f"s-{number}", "X", price, lots, 0, 0), self.now_ns, self.now_ns)

    def _cancel(self, number) -> None:
        self.venue.handle(commands.CancelOrder(f"s-{number}", "X", 0), self.now_ns, self.now_ns)

    def _publish(self) -> None:
        book = self.pit.book
        bids, asks = self.pit.levels(DEPTH)
        self.venue.publish("X", self.now_ns)  # tells first; a liquidation it finds is for the next message
        assert (True, dict(bids), dict(asks)) == (self.reader.ok, self.reader.bids, self.reader.asks)
        assert all(0 < lots for side in book.lots for lots in side.values())

    def _read(self, _symbol, told) -> None:
        for event in told:
            if isinstance(event, events.BookDelta):
                assert all(size or price in self.reader.bids for price, size in event.bids)
                assert all(size or price in self.reader.asks for price, size in event.asks)
                self.reader.delta(self.now_ns, event)

    def check(self) -> None:
        venue, book = self.venue, self.pit.book
        assert (0, 0) == (venue.zero_sum_cash(), venue.self_trades)
        assert not (book.best_bid_ticks and book.best_ask_ticks) or book.best_bid_ticks < book.best_ask_ticks
        assert (max(book.lots[0], default=0), min(book.lots[1], default=0)) == (
            book.best_bid_ticks,
            book.best_ask_ticks,
        )
        fills = [fill.event for fill in venue.fills]
        assert venue.position_lots("X") == sum(fill.side * fill.size_lots for fill in fills)
        assert venue.open.keys() == self.pit.ours.keys()
        for client_id, order in venue.orders.items():
            mine = [fill for fill in fills if fill.client_id == client_id]
            assert order.filled_lots == sum(fill.size_lots for fill in mine) <= order.size_lots
            assert order.state != "open" or self.pit.ours[client_id].lots == order.leaves_lots > 0
        holding = venue.account.holdings["X"]
        assert (holding.lots == 0) <= (holding.entry_cash == holding.margin_cash == 0)
        assert holding.lots * holding.entry_cash >= 0 <= holding.margin_cash


@given(st.lists(STEP, max_size=60), st.sampled_from(("-2.5", "0", "2")), st.sampled_from((0, 10)))
def test_the_venue_keeps_its_promises_whatever_comes(steps, maker_bps, leverage):
    stage = Stage(maker_bps, leverage)
    for step in steps:
        stage.do(step)
        stage.check()
    stage.do(("publish",))


@given(st.lists(STEP, max_size=60))
def test_a_reduce_only_order_never_grows_or_turns_a_position(steps):
    stage = Stage("-2.5", 0)
    for step in steps:
        stage.do(step)
    held, reduce_only = 0, {o.client_id: o.reduce_only for o in stage.venue.orders.values()}
    for fill in (fill.event for fill in stage.venue.fills):
        after = held + fill.side * fill.size_lots
        if reduce_only[fill.client_id]:
            assert abs(after) < abs(held)
            assert after * held >= 0
        held = after


@given(st.lists(STEP, max_size=60), st.sampled_from(("-2.5", "2")))
def test_what_the_account_made_is_its_captures_its_fees_and_its_held_moves(steps, maker_bps):
    """The identity of every run, from the venue's own fills; exact."""
    stage = Stage(maker_bps, 0)
    for step in steps:
        stage.do(step)
    one, mid2, moves, held = stage.instrument, None, 0, 0
    captures = fees = 0
    for fill in stage.venue.fills:
        event = fill.event
        if mid2 is not None:
            moves += move_cash(one, held, fill.mid2_ticks - mid2)
        mid2 = fill.mid2_ticks
        captures += move_cash(one, event.side * event.size_lots, mid2 - 2 * event.price_ticks)
        fees += event.fee_cash
        held += event.side * event.size_lots
    last = stage.venue.mids2()["X"]
    if mid2 is not None:
        moves += move_cash(one, held, last - mid2)
    made = stage.venue.account.equity_cash({"X": last}) - stage.venue.account.start_cash
    assert captures + fees + moves == made


@given(st.lists(st.tuples(SIDES, PRICES, LOTS), max_size=40), SIDES, PRICES, LOTS)
def test_what_is_fillable_is_what_a_take_would_find(orders, side, limit, lots):
    book = LimitBook()
    for number, (at_side, price, size) in enumerate(orders):
        if not book.crosses(at_side, price):
            book.rest(Resting(at_side, price, size, "us" if number % 5 == 4 else None))
    for spare in (None, "us"):
        fillable = book.fillable_lots(side, limit, spare)
        assert 0 <= fillable <= sum(size for *_, size in orders)
    found = book.fillable_lots(side, limit, "us")
    matches, left = book.take(side, lots, limit, spare="us")
    assert min(lots, found) == sum(size for *_, size in matches) == lots - left
