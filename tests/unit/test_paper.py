"""Paper: a real market, and orders of ours that are filled by a queue model or by nobody."""

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quoting import INSTRUMENT
from scripted_venue import HandClock
from small_market import SYMBOL, SmallMarket

from adapters.paper import PaperVenue, reference_latency
from adapters.paper_desk import PaperDesk
from strategy import commands, events
from strategy.units import BUY, SELL

AT = 7


def book(bids, asks, seq=1, prev_seq=None):
    if prev_seq is None:
        return events.BookSnapshot(SYMBOL, seq, tuple(bids), tuple(asks), AT)
    return events.BookDelta(SYMBOL, prev_seq, seq, tuple(bids), tuple(asks), AT)


def desk(bids=((99, 50),), asks=((101, 50),), **kinds):
    made = PaperDesk(INSTRUMENT, "p", **kinds)
    made.hear(0, book(bids, asks))
    return made


def order(number, side, price, lots=10, *, post_only=True, taking=False, fill_or_kill=False):
    return commands.CreateOrder(
        f"s-{number}", SYMBOL, "bid0", side, price, lots, post_only, False, taking, 2**62, 1, fill_or_kill
    )


def trade(price, lots, side):
    return events.PublicTrade(SYMBOL, price, lots, side, AT)


def fills(said):
    return [(one.price_ticks, one.size_lots, one.liquidity) for one in said if isinstance(one, events.OrderFilled)]


def kinds(said):
    return [type(one).__name__ for one in said]


def test_a_trade_at_its_price_fills_it_once_what_stood_before_it_is_gone():
    made = desk()
    made.create(order(1, BUY, 99), AT)
    assert [] == made.hear(1, trade(99, 45, SELL))
    assert [(99, 5, "maker")] == fills(made.hear(2, trade(99, 10, SELL)))
    assert [] == made.hear(3, trade(99, 50, BUY))  # a buyer does not meet our bid
    assert [(99, 5, "maker")] == fills(made.hear(4, trade(99, 50, SELL)))
    assert ((), False) == (made.open_ids(), made.find("s-1").is_open)


def test_a_trade_through_its_price_fills_it_whatever_stood_before_it():
    made = desk()
    made.create(order(1, BUY, 99), AT)
    assert [(99, 10, "maker")] == fills(made.hear(1, trade(98, 10, SELL)))


def test_one_print_is_not_filled_twice():
    made = desk()
    made.create(order(1, BUY, 100), AT)
    made.create(order(2, BUY, 99), AT)
    assert [(100, 10, "maker"), (99, 2, "maker")] == fills(made.hear(1, trade(98, 12, SELL)))


def test_what_leaves_the_level_without_trading_moves_it_up_by_its_share():
    made = desk()
    made.create(order(1, BUY, 99), AT)
    made.hear(1, book(((99, 80),), (), 2, 1))  # thirty came behind us
    made.hear(2, book(((99, 40),), (), 3, 2))  # forty left, most of them from the larger part before us
    ahead = made.find("s-1").place.ahead_lots
    assert 40 * 0.5 < 50 - ahead <= 40
    made.hear(3, book(((99, 0),), (), 4, 3))
    assert 0.0 == made.find("s-1").place.ahead_lots


def test_what_the_other_side_rests_through_its_price_fills_it_once():
    made = desk()
    made.create(order(1, BUY, 99, lots=100), AT)
    crossed = book(((99, 0), (97, 5)), ((98, 30),), 2, 1)
    assert [(99, 30, "maker")] == fills(made.hear(1, crossed))
    assert [] == fills(made.hear(2, book(((97, 6),), (), 3, 2)))
    assert [(99, 10, "maker")] == fills(made.hear(3, book((), ((98, 40),), 4, 3)))


def test_after_a_gap_nothing_fills_until_a_book_joins_and_nobody_is_ahead_who_left():
    made = desk()
    made.create(order(1, BUY, 99), AT)
    assert [] == made.hear(1, book((), ((98, 30),), 9, 7))
    made.hear(2, book(((99, 20),), ((101, 5),), 10))
    assert 20.0 == made.find("s-1").place.ahead_lots
    made.lose_book()
    assert [] == made.hear(3, book((), ((90, 1),), 11, 10))
    assert [] == made.hear(4, events.BookHeartbeat(SYMBOL, 11, AT))


def test_a_post_only_order_that_would_trade_is_refused_and_an_amend_too():
    made = desk()
    assert [events.OrderRejected("s-1", "would_cross", AT)] == made.create(order(1, BUY, 101), AT)
    made.create(order(2, BUY, 99), AT)
    amend = commands.AmendOrder("s-2", SYMBOL, 101, 10, 2**62, 1)
    assert [events.AmendRefused("s-2", "would_cross", AT)] == made.amend(amend, AT)


def test_a_taker_walks_the_book_and_what_finds_nobody_is_cancelled():
    made = desk(asks=((101, 4), (102, 3), (110, 9)))
    said = made.create(order(1, BUY, 105, post_only=False, taking=True), AT)
    assert ["OrderAccepted", "OrderFilled", "OrderFilled", "OrderCancelled"] == kinds(said)
    assert [(101, 4, "taker"), (102, 3, "taker")] == fills(said)
    assert 7 == said[-1].filled_lots_total
    whole = made.create(order(2, SELL, 99, post_only=False, taking=True), AT)
    assert ["OrderAccepted", "OrderFilled"] == kinds(whole)


def test_all_or_nothing_is_nothing_where_there_is_not_enough():
    made = desk(asks=((101, 4),))
    said = made.create(order(1, BUY, 105, post_only=False, taking=True, fill_or_kill=True), AT)
    assert [events.OrderRejected("s-1", "not_filled", AT)] == said


def test_an_amend_keeps_its_place_only_where_its_size_shrinks():
    made = desk()
    made.create(order(1, BUY, 99), AT)
    made.hear(1, trade(99, 50, SELL))
    made.amend(commands.AmendOrder("s-1", SYMBOL, 99, 6, 2**62, 1), AT)
    assert (0.0, 6) == (made.find("s-1").place.ahead_lots, made.find("s-1").left_lots)
    made.amend(commands.AmendOrder("s-1", SYMBOL, 99, 9, 2**62, 1), AT)
    assert 50.0 == made.find("s-1").place.ahead_lots
    made.hear(2, trade(98, 3, SELL))
    refused = made.amend(commands.AmendOrder("s-1", SYMBOL, 99, 3, 2**62, 1), AT)
    assert [events.AmendRefused("s-1", "below_filled", AT)] == refused


def test_what_is_not_there_and_what_is_there_already_is_refused():
    made = desk()
    made.create(order(1, BUY, 99), AT)
    assert [events.OrderRejected("s-1", "duplicate_id", AT)] == made.create(order(1, BUY, 98), AT)
    assert [events.CancelRefused("s-9", "gone", AT)] == made.cancel("s-9", AT)
    assert [events.AmendRefused("s-9", "gone", AT)] == made.amend(commands.AmendOrder("s-9", SYMBOL, 1, 1, 9, 1), AT)
    assert [events.OrderCancelled("s-1", 0, "by_client", AT)] == made.cancel("s-1", AT)
    assert [events.OrderRejected("s-1", "duplicate_id", AT)] == made.create(order(1, BUY, 98), AT)


def test_in_the_shadow_nothing_ever_trades():
    made = desk(is_trading=False)
    made.create(order(1, BUY, 99), AT)
    assert [] == made.hear(1, trade(90, 10**6, SELL))
    assert [] == made.hear(2, book(((99, 0),), ((98, 30),), 2, 1))
    taken = made.create(order(2, BUY, 98, post_only=False, taking=True), AT)
    assert ["OrderAccepted", "OrderCancelled"] == kinds(taken)


words = st.one_of(
    st.tuples(st.just("trade"), st.integers(95, 105), st.integers(1, 80), st.sampled_from((BUY, SELL))),
    st.tuples(st.just("book"), st.integers(95, 105), st.integers(0, 80), st.sampled_from((BUY, SELL))),
    st.tuples(st.just("order"), st.integers(95, 105), st.integers(1, 40), st.sampled_from((BUY, SELL))),
    st.tuples(st.just("cancel"), st.integers(0, 9), st.just(0), st.just(BUY)),
)


@given(st.lists(words, max_size=60))
def test_whatever_comes_no_order_trades_more_than_its_size_and_every_fill_is_told_once(story):
    made, seq, numbers, seen = desk(), 1, 0, []
    for what, where, lots, side in story:
        if what == "trade":
            seen += made.hear(seq, trade(where, lots, side))
        elif what == "book":
            seq += 1
            level = ((where, lots),)
            seen += made.hear(seq, book(level if side == BUY else (), level if side == SELL else (), seq, seq - 1))
        elif what == "order":
            numbers += 1
            seen += made.create(order(numbers, side, where, lots, post_only=numbers % 2 == 0), AT)
        else:
            seen += made.cancel(f"s-{where}", AT)
    told = [one for one in seen if isinstance(one, events.OrderFilled)]
    assert len({one.fill_id for one in told}) == len(told)
    assert tuple(told) == made.fills_since(0)
    for number in range(1, numbers + 1):
        one = made.find(f"s-{number}")
        if one is not None:
            mine = sum(fill.size_lots for fill in told if fill.client_id == one.client_id)
            assert mine == one.filled_lots <= one.size_lots
            assert one.is_open == (one.client_id in made.open_ids())
            assert 0.0 <= one.place.ahead_lots


def test_the_latency_is_half_of_a_round_trip_of_66_ms():
    one_way_ns = reference_latency(random.Random(1))
    drawn = sorted(one_way_ns() for _ in range(2001))
    assert 31 < drawn[1000] / 1e6 < 35
    assert 48 < drawn[1900] / 1e6 < 60


class Account:
    """A paper venue on a market that stands still; what was heard and what was answered."""

    def __init__(self, **kinds) -> None:
        self.market = SmallMarket(every_s=3600)
        self.venue = PaperVenue(self.market, HandClock(), lambda: 1_000_000, **kinds)
        self.heard = []

    async def open(self):
        await self.venue.look([SYMBOL])
        await self.venue.connect(self.heard.append)
        self.heard.clear()
        return self

    async def ask(self, *one):
        answer = asyncio.get_running_loop().create_future()
        self.venue.send(one, AT, answer.set_result)
        return await asyncio.wait_for(answer, 5)


def run(story):
    asyncio.run(asyncio.wait_for(story(), 20))


def test_verdicts_are_answered_and_fills_come_by_the_private_stream():
    async def story():
        account = await Account().open()
        mid = account.market.mid
        create = order(1, BUY, mid + 5, post_only=False, taking=True)
        (said,) = await account.ask(create)
        assert ("market", "OrderAccepted") == (account.venue.name, type(said).__name__)
        await asyncio.sleep(0.02)
        assert ["OrderFilled"] == kinds(account.heard)
        (report,) = await account.ask(commands.QueryOrder("s-1", SYMBOL, 3))
        assert ("done", 10) == (report.status, report.filled_lots_total)
        (read,) = await account.ask(commands.QueryFills(SYMBOL, 0, 4))
        assert (account.heard[0],) == read.fills
        (none,) = await account.ask(commands.QueryFills(SYMBOL, 2**62, 4))
        assert () == none.fills
        (missing,) = await account.ask(commands.QueryOrder("s-9", SYMBOL, 3))
        assert "missing" == missing.status
        await account.venue.close()

    run(story)


def test_a_cancel_all_ends_every_order_and_a_read_shows_none():
    async def story():
        account = await Account().open()
        two = await account.ask(order(1, BUY, account.market.mid - 9), order(2, SELL, account.market.mid + 9))
        assert ["OrderAccepted", "OrderAccepted"] == kinds(two)
        (before,) = await account.ask(commands.QueryOpenOrders(SYMBOL, 3))
        assert ("s-1", "s-2") == before.client_ids
        (amended,) = await account.ask(commands.AmendOrder("s-1", SYMBOL, account.market.mid - 8, 10, 2**62, 1))
        assert "OrderAmended" == type(amended).__name__
        (cancelled,) = await account.ask(commands.CancelOrder("s-2", SYMBOL, 1))
        assert "OrderCancelled" == type(cancelled).__name__
        assert [events.CancelAllAnswered("", AT + 1_000_000)] == [*await account.ask(commands.CancelAll(""))]
        (after,) = await account.ask(commands.QueryOpenOrders(SYMBOL, 3))
        await asyncio.sleep(0.02)
        assert ((), ["OrderCancelled"]) == (after.client_ids, kinds(account.heard))
        await account.venue.close()

    run(story)


def test_questions_about_the_market_go_to_the_venue_and_those_about_the_account_do_not():
    async def story():
        account = await Account().open()
        (read,) = await account.ask(commands.RequestBook(SYMBOL, 3))
        assert (3, account.market.seq) == (read.asked_ns, read.seq)
        (sample,) = await account.ask(commands.SampleClock(4))
        assert 4 == sample.asked_ns
        (margin,) = await account.ask(commands.QueryMargin(5))
        assert (5, 0) == (margin.asked_ns, margin.maintenance_cash)
        await account.venue.close()

    run(story)


def test_nothing_that_touches_an_account_ever_reaches_the_venue():
    async def story():
        account = await Account().open()
        sent, send = [], account.market.send
        account.market.send = lambda one, *more: (sent.append(type(one[0]).__name__), send(one, *more))
        asked = [
            *(order(1, BUY, 1), commands.AmendOrder("s-1", SYMBOL, 2, 10, 2**62, 1)),
            *(commands.CancelOrder("s-1", SYMBOL, 1), commands.CancelAll("")),
            *(commands.QueryOrder("s-1", SYMBOL, 1), commands.QueryOpenOrders(SYMBOL, 1)),
            *(commands.QueryFills(SYMBOL, 0, 1), commands.QueryMargin(1)),
            *(commands.RequestBook(SYMBOL, 1), commands.SampleClock(1)),
        ]
        for command in asked:
            await account.ask(command)
        assert ["RequestBook", "SampleClock"] == sent
        await account.venue.close()

    run(story)


def test_words_about_the_real_account_are_kept_away():
    async def story():
        account = await Account().open()
        fill = events.OrderFilled("x", SYMBOL, BUY, "f", 1, 1, 1, "maker", 0, AT)
        for event in (fill, events.FundingPaid(SYMBOL, "f", 5, AT), events.StreamDown(events.PUBLIC)):
            account.market._feed(event)
        assert [events.StreamDown(events.PUBLIC)] == account.heard
        await account.venue.close()

    run(story)


@pytest.mark.parametrize("command", [order(1, BUY, 1), commands.CancelAll("")])
def test_once_it_is_closed_nothing_leaves_and_what_was_on_its_way_has_no_verdict(command):
    async def story():
        account = await Account().open()
        waiting = asyncio.get_running_loop().create_task(account.ask(command))
        await asyncio.sleep(0)
        await account.venue.close()
        assert ["Unanswered"] == kinds(await waiting)
        assert ["NotSent"] == kinds(await account.ask(command))

    run(story)


def test_what_it_cannot_do_is_never_answered_as_if_it_had():
    async def story():
        account = await Account().open()
        (said,) = await account.ask(order(1, BUY, 1).__class__("s-1", "XYZ", "b", 1, 1, 1, True, False, False, 9, 1))
        assert "unknown_symbol" == said.code
        (other,) = await account.ask(commands.Alert("SQ-O001", "x"))
        assert "Unanswered" == type(other).__name__
        await account.venue.close()

    run(story)
