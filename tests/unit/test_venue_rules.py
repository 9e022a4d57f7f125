"""What the venue demands before an order may rest, and what it does when the margin is gone."""

import pytest
from pits import HandPit as Pit

from sim.clocks import Clock
from sim.venue import codes
from sim.venue.accounts import Account, Holding
from sim.venue.engine import Rules, Venue
from strategy import commands, events
from strategy.instrument import TAKER, make_instrument
from strategy.units import BUY, CASH_PER_QUOTE, NS_PER_MS, SELL

MS = NS_PER_MS
INSTRUMENT = make_instrument(
    symbol="X", kind="linear", tick="0.5", lot="0.001", size_min="0.001", size_max="1", notional_min="0.01",
    maker_fee_bps="-2.5", taker_fee_bps="7.5",
)  # fmt: skip
OTHER = make_instrument(
    symbol="Y", kind="linear", tick="0.5", lot="0.001", size_min="0.001", size_max="1", notional_min="0.01",
    maker_fee_bps="0", taker_fee_bps="0",
)  # fmt: skip
TICKLOT = INSTRUMENT.cash_per_ticklot


def venue_of(*instruments, **kinds) -> Venue:
    numbers = {"start_cash": 1000 * CASH_PER_QUOTE, "maintenance_ppm": 5000} | kinds
    rules = Rules(orders_per_s=1000, burst=1000, reads_per_s=1000, window_ns=5000 * MS, **numbers)
    venue = Venue(instruments or [INSTRUMENT], rules, Clock())
    venue.told = []
    venue.private = venue.told.append
    for one in instruments or [INSTRUMENT]:
        pit = Pit(venue, one.symbol)
        venue.open_market(pit)
        for price in (99, 98):
            pit.rest(BUY, price, 10)
        for price in (101, 102):
            pit.rest(SELL, price, 10)
    return venue


def create(number=1, side=BUY, price=98, lots=5, symbol="X", **kinds) -> commands.CreateOrder:
    fields = {"post_only": False, "reduce_only": False, "taking": False, "slot": "bid0"} | kinds
    return commands.CreateOrder(
        client_id=f"s-{number}", symbol=symbol, side=side, price_ticks=price, size_lots=lots, send_by_ns=0, cycle_id=0,
        **fields,
    )  # fmt: skip


def send(venue, command, now_ns=0):
    return venue.handle(command, now_ns, now_ns)


# Reduce-only, in the middle of a sweep


def test_one_sweep_through_two_reduce_only_orders_ends_where_the_position_does():
    venue = venue_of()
    send(venue, create(1, BUY, 101, 5, taking=True))
    send(venue, create(2, SELL, 103, 5, reduce_only=True))
    send(venue, create(3, SELL, 103, 5, reduce_only=True))
    venue.pits["X"].trade(BUY, 100, 104)
    assert (0, 0) == (venue.position_lots("X"), venue.zero_sum_cash())
    assert ("filled", "cancelled", codes.REDUCE_ONLY, 0) == (
        venue.orders["s-2"].state, venue.orders["s-3"].state, venue.orders["s-3"].code, venue.orders["s-3"].filled_lots,
    )  # fmt: skip
    assert [] == list(venue.open_orders())


def test_a_plain_order_hit_first_leaves_a_reduce_only_order_only_the_rest():
    venue = venue_of()
    send(venue, create(1, BUY, 101, 5, taking=True))
    send(venue, create(2, SELL, 103, 3))
    send(venue, create(3, SELL, 104, 5, reduce_only=True))
    venue.pits["X"].rest(SELL, 104, 7)
    venue.pits["X"].trade(BUY, 23, 104)
    assert (0, 2, False) == (venue.position_lots("X"), venue.orders["s-3"].filled_lots, venue.is_open("s-3"))
    assert 4 == venue.pits["X"].book.lots[1][104], "5 + 10 + 3 + 2, and 3 of those behind: what was barred is gone"


def test_a_market_that_prints_its_own_trades_cannot_fill_what_an_earlier_fill_ended():
    venue = venue_of()
    send(venue, create(1, BUY, 101, 5, taking=True))
    for number in (2, 3):
        send(venue, create(number, SELL, 103, 5, reduce_only=True))
    two, three = venue.orders["s-2"], venue.orders["s-3"]
    venue.made(two, 103, 5, 200, 0)
    venue.made(three, 103, 5, 200, 0)
    assert (0, 0, "cancelled") == (venue.position_lots("X"), three.filled_lots, three.state)


# Rules by name


@pytest.mark.parametrize(
    "command",
    [
        create(symbol="NOPE"),
        commands.AmendOrder("s-1", "NOPE", 98, 5, 0, 0),
        commands.CancelOrder("s-1", "NOPE", 0),
        commands.CancelAll("NOPE"),
        commands.QueryOrder("s-1", "NOPE", 1),
        commands.RequestBook("NOPE", 1),
    ],
)
def test_a_symbol_that_is_not_traded_is_refused_by_name(command):
    assert codes.UNKNOWN_SYMBOL == send(venue_of(), command).code


def test_an_amend_under_another_symbol_finds_nothing():
    venue = venue_of(INSTRUMENT, OTHER)
    send(venue, create())
    assert codes.GONE == send(venue, commands.AmendOrder("s-1", "Y", 97, 5, 0, 0)).code
    assert 98 == venue.orders["s-1"].price_ticks


@pytest.mark.parametrize(
    ("side", "price", "code"),
    [(BUY, 110, ""), (BUY, 111, codes.PRICE_BAND), (SELL, 90, ""), (SELL, 89, codes.PRICE_BAND), (BUY, 40, ""), (SELL, 300, "")],
)  # fmt: skip
def test_the_band_stops_a_buy_far_above_the_mid_and_a_sell_far_below_it(side, price, code):
    venue = venue_of(band_ppm=100_000)
    assert code == getattr(send(venue, create(1, side, price, 1, taking=True)), "code", "")
    venue = venue_of(band_ppm=100_000)
    send(venue, create(1, side, 99 if side == BUY else 101, 1))
    assert code == getattr(send(venue, commands.AmendOrder("s-1", "X", price, 1, 0, 0)), "code", "")


def test_a_venue_without_a_band_takes_any_price():
    assert isinstance(send(venue_of(), create(price=100_000, taking=True)), events.OrderAccepted)


# Fill or kill


@pytest.mark.parametrize(("lots", "limit", "filled"), [(10, 101, 10), (11, 101, 0), (20, 102, 20), (21, 102, 0)])
def test_fill_or_kill_trades_all_of_it_or_nothing(lots, limit, filled):
    venue = venue_of()
    before = dict(venue.pits["X"].book.lots[1])
    answer = send(venue, create(1, BUY, limit, lots, fill_or_kill=True))
    order = venue.orders["s-1"]
    assert (True, filled, filled) == (
        isinstance(answer, events.OrderAccepted),
        order.filled_lots,
        venue.position_lots("X"),
    )
    assert filled or (
        ("cancelled", codes.NOT_FILLED, before) == (order.state, order.code, venue.pits["X"].book.lots[1])
    )


def test_fill_or_kill_does_not_count_what_stands_behind_our_own_order():
    venue = venue_of()
    send(venue, create(1, SELL, 101, 5))
    venue.pits["X"].rest(SELL, 101, 50)
    send(venue, create(2, BUY, 101, 11, fill_or_kill=True))
    assert (0, True) == (venue.orders["s-2"].filled_lots, venue.is_open("s-1"))


# Margin


def test_an_order_the_equity_cannot_post_is_rejected_and_one_it_can_is_not():
    worth = 50 * 10 * TICKLOT * 2  # ten lots at the mid
    venue = venue_of(leverage=10, start_cash=worth // 10)
    assert codes.MARGIN == send(venue, create(1, lots=11)).code
    assert isinstance(send(venue, create(2, lots=10)), events.OrderAccepted)
    assert codes.MARGIN == send(venue, create(3, lots=1)).code, "the first one has what there is"
    assert isinstance(send(venue, create(4, SELL, 102, lots=10)), events.OrderAccepted), "only one side can trade away"
    assert codes.MARGIN == send(venue, commands.AmendOrder("s-2", "X", 98, 11, 0, 0)).code
    assert isinstance(send(venue, commands.AmendOrder("s-2", "X", 97, 9, 0, 0)), events.OrderAmended)


def test_an_account_in_need_may_still_reduce():
    venue = venue_of(leverage=10, start_cash=100 * 10 * TICKLOT // 10)
    send(venue, create(1, BUY, 99, 10))
    venue.pits["X"].trade(SELL, 20, 99)
    venue.account.start_cash = 0
    assert codes.MARGIN == send(venue, create(2, BUY, 90, 1)).code
    assert isinstance(send(venue, create(3, SELL, 101, 10)), events.OrderAccepted)
    assert isinstance(send(venue, create(4, SELL, 101, 5, reduce_only=True)), events.OrderAccepted)


def test_margin_follows_the_position_through_growth_reduction_and_reversal():
    account = Account({"X": Holding(INSTRUMENT)}, 0, 5000, leverage=10)
    one = account.holdings["X"]
    seen = []
    for side, price, lots in ((BUY, 100, 10), (BUY, 200, 10), (SELL, 300, 5), (SELL, 300, 25), (BUY, 300, 10)):
        account.trade("X", side, price, lots, TAKER)
        seen.append((one.lots, one.entry_cash // TICKLOT, 10 * one.margin_cash // TICKLOT))
    assert [(10, 1000, 1000), (20, 3000, 3000), (15, 2250, 2250), (-10, -3000, 3000), (0, 0, 0)] == seen
    assert 0 == account.zero_sum_cash()


@pytest.mark.parametrize(("side", "survives2", "dies2"), [(BUY, 182, 180), (SELL, 218, 220)])
def test_a_position_alone_is_closed_when_its_own_margin_is_gone(side, survives2, dies2):
    """Ten lots at 100 with a tenth of it posted: some nine and a half ticks away it is over."""
    account = Account({"X": Holding(INSTRUMENT), "Y": Holding(OTHER)}, 10**30, 5000, leverage=10)
    account.trade("X", side, 100, 10, TAKER)
    account.trade("Y", BUY, 100, 10, TAKER)
    assert [[], ["X"]] == [account.spent({"X": mid2, "Y": 200}) for mid2 in (survives2, dies2)]
    equity, maintenance = account.margin_cash({"X": dies2, "Y": 200})
    assert equity <= maintenance, "a read shows the weakest position, however rich the account is"


def test_a_flat_account_shows_its_equity_and_owes_no_maintenance():
    account = Account({"X": Holding(INSTRUMENT)}, 77, 5000, leverage=10)
    assert ((77, 0), []) == (account.margin_cash({"X": 200}), account.spent({"X": 200}))


def test_a_liquidation_takes_one_symbol_and_leaves_the_other():
    venue = venue_of(INSTRUMENT, OTHER, leverage=10)
    for symbol, number in (("X", 1), ("Y", 2)):
        send(venue, create(number, BUY, 101, 10, symbol, taking=True))
        send(venue, create(number + 2, BUY, 90, 1, symbol))
    pit = venue.pits["X"]
    pit.trade(SELL, 21, 90)
    pit.rest(BUY, 85, 20)
    pit.rest(SELL, 87, 20)
    venue.publish("X", MS)
    assert (1, 0, 10) == (venue.liquidations, venue.position_lots("X"), venue.position_lots("Y"))
    assert (["s-4"], 0) == ([order.client_id for order in venue.open_orders()], venue.zero_sum_cash())
    forced = venue.fills[-1].event
    assert ("", TAKER, SELL) == (forced.client_id, forced.liquidity, forced.side)


def test_nobody_is_liquidated_at_a_price_that_does_not_exist():
    venue = venue_of(leverage=10)
    pit = Pit(venue)
    pit.rest(SELL, 100, 10)
    venue.open_market(pit)
    send(venue, create(1, BUY, 100, 5, taking=True))
    venue.publish("X", MS)
    assert (0, 5) == (venue.liquidations, venue.position_lots("X"))
