"""The exchange as an account meets it: what it accepts, refuses, fills, charges and tells."""

import pytest
from pits import HandPit as Pit

from sim.clocks import Clock
from sim.venue import codes
from sim.venue.engine import Rules, Venue
from sim.venue.regimes import REGIMES
from strategy import commands, events
from strategy.instrument import make_instrument
from strategy.requests import request_of
from strategy.units import BUY, CASH_PER_QUOTE, NS_PER_MS, NS_PER_S, SELL

MS = NS_PER_MS
INSTRUMENT = make_instrument(
    symbol="X", kind="linear", tick="0.5", lot="0.001", size_min="0.001", size_max="1", notional_min="0.01",
    maker_fee_bps="-2.5", taker_fee_bps="7.5",
)  # fmt: skip


@pytest.fixture
def venue() -> Venue:
    rules = Rules(
        start_cash=1000 * CASH_PER_QUOTE, maintenance_ppm=5000, orders_per_s=1000, burst=1000, reads_per_s=1000,
        window_ns=5000 * MS,
    )  # fmt: skip
    venue = Venue([INSTRUMENT], rules, Clock())
    pit = Pit(venue)
    venue.open_market(pit)
    venue.told = []
    venue.private = venue.told.append
    for price in (99, 98):
        pit.rest(BUY, price, 10)
    for price in (101, 102):
        pit.rest(SELL, price, 10)
    return venue


def create(number=1, side=BUY, price=98, lots=5, **kinds) -> commands.CreateOrder:
    fields = {"post_only": True, "reduce_only": False, "taking": False, "slot": "bid0"} | kinds
    return commands.CreateOrder(
        client_id=f"s-{number}",
        symbol="X",
        side=side,
        price_ticks=price,
        size_lots=lots,
        send_by_ns=0,
        cycle_id=0,
        **fields,
    )


def send(venue, command, now_ns=0, signed_ns=None):
    return venue.handle(command, now_ns, now_ns if signed_ns is None else signed_ns)


def test_a_create_is_accepted_by_answer_and_by_stream_and_rests_last(venue):
    answer = send(venue, create())
    assert [events.OrderAccepted("s-1", "v1", 98, 5, 0, BUY)] == [answer] == venue.told
    assert (15, 10) == (venue.pits["X"].book.lots[0][98], venue.pits["X"].book.ahead_lots(venue.pits["X"].ours["s-1"]))


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (create(price=101), codes.WOULD_CROSS),
        (create(price=0), codes.BAD_SIZE),
        (create(lots=0), codes.BAD_SIZE),
        (create(lots=1001), codes.BAD_SIZE),
        (create(price=1, lots=1), codes.BAD_SIZE),
        (create(side=SELL, price=101, reduce_only=True), codes.REDUCE_ONLY),
    ],
)
def test_a_create_that_breaks_a_rule_is_rejected_by_name(venue, command, code):
    answer = send(venue, command)
    assert events.OrderRejected("s-1", code, 0) == answer
    assert (answer, False) == (venue.told[-1], venue.is_open("s-1"))


def test_a_client_id_is_used_once(venue):
    send(venue, create())
    assert codes.DUPLICATE_ID == send(venue, create(price=97)).code
    assert 98 == venue.orders["s-1"].price_ticks


def test_a_maker_fill_pays_the_rebate_at_the_mid_before_the_aggressor(venue):
    send(venue, create(price=100, lots=5))
    venue.told.clear()
    venue.pits["X"].trade(SELL, 3, 100, 7 * MS)
    (fill,) = venue.told
    rebate = 100 * 3 * INSTRUMENT.cash_per_ticklot * 250 // 10**6
    assert ("s-1", 100, 3, 3, "maker", rebate, 7 * MS) == (
        fill.client_id, fill.price_ticks, fill.size_lots, fill.filled_lots_total, fill.liquidity, fill.fee_cash, fill.venue_ns,
    )  # fmt: skip
    assert (201, 3, 0) == (venue.fills[0].mid2_ticks, venue.position_lots("X"), venue.zero_sum_cash())
    assert -100 * 3 * INSTRUMENT.cash_per_ticklot + rebate == venue.cash("X")


def test_a_take_pays_the_fee_and_what_finds_nobody_is_dropped(venue):
    answer = send(venue, create(price=101, lots=15, taking=True, post_only=False))
    assert isinstance(answer, events.OrderAccepted)
    fill, ended = venue.told[1:]
    assert ("taker", 10, True) == (fill.liquidity, fill.size_lots, fill.fee_cash < 0)
    assert (10, codes.NOT_FILLED, False) == (ended.filled_lots_total, ended.code, venue.is_open("s-1"))
    assert 0 == venue.zero_sum_cash()


def test_an_order_of_ours_never_trades_with_another_of_ours(venue):
    send(venue, create(1, SELL, 100, 5))
    send(venue, create(2, BUY, 101, 20, post_only=False, taking=True))
    assert ([], 0, codes.NOT_FILLED) == (list(venue.fills), venue.self_trades, venue.orders["s-2"].code)


def test_a_limit_that_would_meet_our_own_is_cancelled_as_the_newest(venue):
    send(venue, create(1, SELL, 100, 5))
    send(venue, create(2, BUY, 100, 5, post_only=False))
    assert (codes.SELF_TRADE, True) == (venue.orders["s-2"].code, venue.is_open("s-1"))


def test_an_amend_keeps_its_place_only_when_it_shrinks(venue):
    send(venue, create(price=98, lots=5))
    pit = venue.pits["X"]
    pit.rest(BUY, 98, 7)
    amend = commands.AmendOrder("s-1", "X", 98, 3, 0, 0)
    assert events.OrderAmended("s-1", 98, 3, 0) == send(venue, amend)
    assert (10, 20) == (pit.book.ahead_lots(pit.ours["s-1"]), pit.book.lots[0][98])
    send(venue, commands.AmendOrder("s-1", "X", 98, 4, 0, 0))
    assert (17, 21) == (pit.book.ahead_lots(pit.ours["s-1"]), pit.book.lots[0][98])
    send(venue, commands.AmendOrder("s-1", "X", 97, 4, 0, 0))
    assert (17, 4) == (pit.book.lots[0][98], pit.book.lots[0][97])


@pytest.mark.parametrize(
    ("price", "lots", "code"), [(101, 5, codes.WOULD_CROSS), (98, 2, codes.BELOW_FILLED), (98, 1001, codes.BAD_SIZE)]
)
def test_an_amend_that_breaks_a_rule_leaves_the_order_as_it_was(venue, price, lots, code):
    send(venue, create(price=100, lots=5))
    venue.pits["X"].trade(SELL, 2, 100)
    assert events.AmendRefused("s-1", code, 0) == send(venue, commands.AmendOrder("s-1", "X", price, lots, 0, 0))
    order = venue.orders["s-1"]
    assert (100, 5, 3, True) == (order.price_ticks, order.size_lots, order.leaves_lots, venue.is_open("s-1"))


def test_amending_or_cancelling_what_is_gone_is_refused(venue):
    assert codes.GONE == send(venue, commands.AmendOrder("s-9", "X", 98, 5, 0, 0)).code
    assert events.CancelRefused("s-9", codes.GONE, 0) == send(venue, commands.CancelOrder("s-9", "X", 0))


def test_a_cancel_says_what_had_traded(venue):
    send(venue, create(price=100, lots=5))
    venue.pits["X"].trade(SELL, 2, 100)
    answer = send(venue, commands.CancelOrder("s-1", "X", 0))
    assert (2, codes.BY_CLIENT, 0) == (answer.filled_lots_total, answer.code, venue.pits["X"].book.lots[0].get(100, 0))


@pytest.mark.parametrize(("scope", "left"), [("", 0), ("X", 0)])
def test_cancel_all_empties_its_scope(venue, scope, left):
    send(venue, create(1))
    send(venue, create(2, SELL, 102, slot="ask0"))
    assert events.CancelAllAnswered(scope, 0) == send(venue, commands.CancelAll(scope))
    assert left == len(list(venue.open_orders()))


def test_a_reduce_only_order_never_turns_the_position(venue):
    send(venue, create(1, BUY, 101, 5, taking=True, post_only=False))
    send(venue, create(2, SELL, 103, 5, reduce_only=True, slot="ask0"))
    assert codes.REDUCE_ONLY == send(venue, create(3, SELL, 104, 6, reduce_only=True)).code
    refused = send(venue, commands.AmendOrder("s-2", "X", 103, 6, 0, 0))
    assert codes.REDUCE_ONLY == refused.code
    send(venue, create(4, SELL, 99, 3, taking=True, post_only=False, slot="take0"))
    assert (False, codes.REDUCE_ONLY, 2) == (venue.is_open("s-2"), venue.orders["s-2"].code, venue.position_lots("X"))


def test_reads_tell_the_truth_with_their_question(venue):
    send(venue, create(price=100, lots=5))
    venue.pits["X"].trade(SELL, 2, 100, 3 * MS)
    report = send(venue, commands.QueryOrder("s-1", "X", 11))
    assert ("open", 11, 100, 5, 2, BUY) == (
        report.status, report.asked_ns, report.price_ticks, report.size_lots, report.filled_lots_total, report.side,
    )  # fmt: skip
    assert "missing" == send(venue, commands.QueryOrder("s-7", "X", 12)).status
    assert ("s-1",) == send(venue, commands.QueryOpenOrders("X", 13)).client_ids
    assert 1 == len(send(venue, commands.QueryFills("X", 3 * MS, 14)).fills)
    assert () == send(venue, commands.QueryFills("X", 4 * MS, 15)).fills
    send(venue, commands.CancelOrder("s-1", "X", 0))
    assert "done" == send(venue, commands.QueryOrder("s-1", "X", 16)).status
    assert 17 == send(venue, commands.SampleClock(17)).asked_ns


def test_the_wire_tells_whole_milliseconds(venue):
    assert 1234 * MS == send(venue, commands.SampleClock(0), 1234 * MS + 999_999).venue_ns


@pytest.mark.parametrize(
    ("signed_ms", "is_timely"), [(0, True), (-5000, True), (-5001, False), (999, True), (1000, False)]
)
def test_a_request_signed_outside_the_window_is_refused(venue, signed_ms, is_timely):
    now_ns = 100 * NS_PER_S
    answer = send(venue, create(), now_ns, now_ns + signed_ms * MS)
    assert is_timely is isinstance(answer, events.OrderAccepted)
    assert is_timely or codes.TIMESTAMP == answer.code


def test_unsigned_reads_have_no_window(venue):
    assert isinstance(send(venue, commands.SampleClock(1), 100 * NS_PER_S, 0), events.ClockSampled)
    assert isinstance(send(venue, commands.RequestBook("X", 1), 100 * NS_PER_S, 0), events.BookSnapshot)
    answer = send(venue, commands.QueryOrder("s-1", "X", 1), 100 * NS_PER_S, 0)
    assert ("query", codes.TIMESTAMP) == (answer.request, answer.code)


def test_a_request_beyond_the_rate_has_no_verdict_and_no_effect():
    rules = Rules(start_cash=1, maintenance_ppm=1, orders_per_s=2, burst=1, reads_per_s=1, window_ns=MS)
    venue = Venue([INSTRUMENT], rules, Clock())
    venue.open_market(Pit(venue))
    send(venue, create(1))
    answer = send(venue, create(2))
    assert ("create", "s-2", codes.RATE_LIMIT) == (answer.request, answer.client_id, answer.code)
    assert not venue.is_open("s-2")
    assert isinstance(send(venue, create(3), NS_PER_S // 2), events.OrderAccepted)
    assert isinstance(send(venue, commands.SampleClock(1)), events.ClockSampled), "reads have a bucket of their own"


@pytest.mark.parametrize(
    ("regime", "command", "is_refused"),
    [
        ("cancel_only", create(9), True),
        ("cancel_only", commands.CancelOrder("s-1", "X", 0), False),
        ("halted", commands.CancelOrder("s-1", "X", 0), True),
        ("halted", commands.QueryOrder("s-1", "X", 0), False),
        ("post_only", create(9), False),
        ("post_only", create(9, post_only=False, taking=True), True),
        ("halted", commands.AmendOrder("s-1", "X", 97, 5, 0, 0), True),
        ("halted", commands.CancelAll("X"), True),
    ],
)
def test_a_regime_refuses_what_it_does_not_allow(venue, regime, command, is_refused):
    send(venue, create(1))
    venue.regime["X"] = regime
    assert is_refused is (getattr(send(venue, command), "code", "") == regime)


def test_funding_is_paid_by_longs_to_the_pool_and_told(venue):
    send(venue, create(price=100, lots=5))
    venue.pits["X"].trade(SELL, 5, 100)
    before = venue.cash("X")
    venue.fund("X", 100, 9 * MS)
    paid = venue.told[-1]
    assert paid.cash == venue.cash("X") - before < 0
    assert (0, "X-funding-1") == (venue.zero_sum_cash(), paid.funding_id)


def test_an_account_below_its_maintenance_margin_is_closed(venue):
    venue.account.start_cash = CASH_PER_QUOTE // 10**6
    send(venue, create(1, BUY, 98))
    send(venue, create(2, BUY, 101, 10, taking=True, post_only=False, slot="take0"))
    venue.publish("X", MS)
    assert (1, 0, []) == (venue.liquidations, venue.position_lots("X"), list(venue.open_orders()))
    foreign = [fill.event for fill in venue.fills if not fill.event.client_id]
    assert ([10], 0) == ([fill.size_lots for fill in foreign], venue.zero_sum_cash())


def test_everything_can_be_cancelled_whatever_the_regime(venue):
    send(venue, create(1))
    venue.regime["X"] = "halted"
    assert (1, codes.BY_VENUE) == (venue.cancel_everything(0), venue.orders["s-1"].code)


def test_margin_is_equity_and_maintenance_at_the_mid(venue):
    seen = send(venue, commands.QueryMargin(4))
    assert (4, 1000 * CASH_PER_QUOTE, 0) == (seen.asked_ns, seen.equity_cash, seen.maintenance_cash)
    send(venue, create(1, BUY, 101, 10, taking=True, post_only=False))
    seen = send(venue, commands.QueryMargin(5))
    assert seen.equity_cash < 1000 * CASH_PER_QUOTE
    mid2 = venue.mids2()["X"]
    assert 10 * mid2 * (INSTRUMENT.cash_per_ticklot // 2) * 5000 // 10**6 == seen.maintenance_cash


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (create(), "create"),
        (commands.AmendOrder("a", "X", 1, 1, 0, 0), "amend"),
        (commands.CancelOrder("a", "X", 0), "cancel"),
        (commands.CancelAll("X"), "cancel_all"),
        (commands.RequestBook("X", 0), "book"),
        (commands.SampleClock(0), "query"),
    ],
)
def test_every_request_has_a_name(command, name):
    assert name == request_of(command)


def test_the_codes_all_have_a_meaning():
    words = [value for name, value in vars(codes).items() if name.isupper() and isinstance(value, str)]
    assert sorted((*words, *REGIMES)) == sorted(codes.MEANINGS)


def test_a_reader_of_the_feed_has_the_venues_book_after_every_message(tmp_path):
    """Snapshot, then messages with joined numbers: the reader's levels are the book's."""
    from small_world import small_world

    from strategy.book import Book

    world = small_world(tmp_path)
    market, reader = world.markets[0], Book(symbol="BTCUSDT")
    feed = world.venue.feeds["BTCUSDT"]
    reader.snapshot(0, feed.snapshot(0, 0, 0)[-1])
    trades = 0
    for step in range(1, 600):
        while market.advance(step * 50 * MS) < step * 50 * MS:
            pass
        for event in feed.publish(step * 50 * MS, step * 50 * MS):
            if isinstance(event, events.BookDelta):
                reader.delta(step, event)
            elif isinstance(event, events.BookHeartbeat):
                reader.heartbeat(step, event)
            else:
                trades += 1
        assert (True, reader.bids, reader.asks) == (reader.ok, *market.book.lots)
    assert trades > 50


def test_a_quiet_feed_says_that_it_lives(venue):
    feed = venue.feeds["X"]
    feed.publish(0, 0)
    assert [] == feed.publish(499 * MS, 0)
    assert [events.BookHeartbeat("X", feed.seq, 7)] == feed.publish(500 * MS, 7)


def test_two_settlements_of_funding_at_one_instant_are_two(venue):
    """Named by the instant they had one id while the venue's clock stood still, and one of them was lost."""
    for _ in range(2):
        venue.fund("X", 100, 9 * MS)
    ids = [one.funding_id for one in venue.told if isinstance(one, events.FundingPaid)]
    assert 2 == len(dict.fromkeys(ids)) == len(ids)
