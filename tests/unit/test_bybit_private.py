"""The private stream: rows of orders as words, executions as fills and funding, the rest as checks."""

import pytest
from bybit_wire import PAIRS, PERPS, VENUE_MS, VENUE_NS, amend, create, execution_row, frame, order_row

from adapters.bybit import words
from adapters.bybit.executions import TRADES
from adapters.bybit.heard import Heard
from adapters.bybit.memory import Memory
from adapters.bybit.private import PrivateStream
from strategy.events import FundingPaid, OrderAccepted, OrderAmended, OrderCancelled, OrderFilled, OrderRejected
from strategy.instrument import MAKER, TAKER
from strategy.units import BUY, CASH_PER_QUOTE, SELL

ACCEPTED = OrderAccepted("s-1", "v-1", 650_000, 10, VENUE_NS, BUY)


class Account:
    """One account's stream and what it knows of its orders."""

    def __init__(self, market=PERPS):
        self.memory = Memory()
        self.stream = PrivateStream(market, self.memory)

    def heard(self, topic, *rows):
        return self.stream.heard(frame(topic=topic, id="1", creationTime=VENUE_MS, data=list(rows)))

    def order(self, after_ms=0, **changes):
        return self.heard("order", order_row(updatedTime=str(VENUE_MS + after_ms), **changes)).events

    def execution(self, **changes):
        (event,) = self.heard("execution", execution_row(**changes)).events
        return event


def test_the_first_open_row_of_an_order_is_its_acceptance():
    assert Account().order() == (ACCEPTED,)


def test_a_row_that_says_nothing_new_is_no_word():
    account = Account()
    account.order()
    assert account.order(5) == ()
    assert account.order(6, orderStatus="PartiallyFilled", cumExecQty="0.004") == ()


def test_a_row_with_another_price_is_an_amend():
    account = Account()
    account.order()
    assert account.order(5, price="65000.1", qty="0.020") == (OrderAmended("s-1", 650_001, 20, VENUE_NS + 5_000_000),)


def test_an_older_row_that_comes_late_changes_nothing():
    account = Account()
    account.order()
    account.order(5, price="65000.1")
    assert account.order(2) == ()
    assert account.order(6, price="65000.1") == ()
    assert account.order(5, price="65000.9") == ()


def test_an_order_moved_by_the_venue_says_where_it_stands():
    account = Account()
    account.memory.leaving((create(),))
    accepted = OrderAccepted("s-1", "v-1", 649_900, 10, VENUE_NS, BUY)
    assert account.order(price="64990.0") == (accepted, OrderAmended("s-1", 649_900, 10, VENUE_NS))


def test_a_moved_orders_word_is_no_older_than_the_acknowledgement():
    account = Account()
    account.memory.leaving((create(),))
    account.memory.acked(create(), VENUE_NS + 3)
    assert account.order(price="64990.0")[1].venue_ns == VENUE_NS + 3


def test_an_amend_that_was_asked_for_is_told_as_it_stands():
    account = Account()
    account.order()
    account.memory.leaving((amend(),))
    assert account.order(5, price="65000.1", qty="0.020") == (OrderAmended("s-1", 650_001, 20, VENUE_NS + 5_000_000),)


@pytest.mark.parametrize(
    "reject_reason,cancel_type,code",
    [
        ("EC_PerCancelRequest", "CancelByUser", "by_client"),
        ("EC_PostOnlyWillTakeLiquidity", "", words.WOULD_CROSS),
        ("EC_NoError", "CancelBySmp", "self_trade"),
        ("EC_NoError", "CancelByReduceOnly", words.REDUCE_ONLY),
        ("EC_NoError", "CancelByDCP", "by_dcp"),
        ("EC_NoImmediateQtyToFill", "", "not_filled"),
        ("EC_ReachRiskPriceLimit", "", words.PRICE_BAND),
        ("EC_NoError", "CancelByAdmin", "by_venue"),
        ("", "", "by_venue"),
    ],
)
def test_an_order_that_ended_says_why(reject_reason, cancel_type, code):
    told = Account().order(orderStatus="Cancelled", rejectReason=reject_reason, cancelType=cancel_type)
    assert told == (OrderCancelled("s-1", 0, code, VENUE_NS),)


@pytest.mark.parametrize("status", ["Cancelled", "PartiallyFilledCanceled", "Deactivated", "Rejected"])
def test_what_traded_counts_whatever_the_venue_calls_the_order(status):
    told = Account().order(orderStatus=status, cumExecQty="0.004", leavesQty="0")
    assert told == (OrderCancelled("s-1", 4, "by_venue", VENUE_NS),)


def test_a_rejection_is_one_if_nothing_traded():
    told = Account().order(orderStatus="Rejected", rejectReason="EC_DuplicatedClOrdID")
    assert told == (OrderRejected("s-1", words.DUPLICATE_ID, VENUE_NS),)


def test_a_post_only_order_that_would_have_taken_was_cancelled_whatever_it_is_called():
    told = Account().order(orderStatus="Rejected", rejectReason="EC_PostOnlyWillTakeLiquidity")
    assert told == (OrderCancelled("s-1", 0, words.WOULD_CROSS, VENUE_NS),)


def test_filled_is_no_word_of_its_own_not_even_twice():
    account = Account()
    account.order()
    assert account.order(5, orderStatus="Filled", cumExecQty="0.010") == ()
    lost_cancel = {"cancelType": "CancelByUser", "rejectReason": "EC_OrigClOrdIDDoesNotExist"}
    assert account.order(6, orderStatus="Filled", cumExecQty="0.010", **lost_cancel) == ()


def test_an_order_placed_by_hand_has_the_venues_name():
    (told,) = Account().order(orderLinkId="", orderId="77")
    assert told.client_id == "venue:77"


def test_an_execution_is_a_fill_with_its_fee_as_a_cost():
    cost = -52 * CASH_PER_QUOTE // 1000
    fill = OrderFilled("s-1", "BTCUSDT", BUY, "e-1", 650_000, 4, 4, MAKER, cost, VENUE_NS)
    assert Account().execution() == fill


def test_the_smallest_fill_is_one():
    assert Account().execution(execQty="0.001").size_lots == 1


def test_a_rebate_is_income_and_a_taker_a_taker():
    fill = Account().execution(execFee="-0.01", isMaker=False, side="Sell")
    assert (fill.fee_cash, fill.liquidity, fill.side) == (CASH_PER_QUOTE // 100, TAKER, SELL)


@pytest.mark.parametrize(
    "changes,total",
    [
        ({"execQty": "0.002", "leavesQty": "0.003"}, 7),
        ({"execQty": "0.004", "leavesQty": "0.001"}, 9),
        ({"execQty": "0.004", "leavesQty": "0"}, 4),
        ({"execQty": "0.004", "leavesQty": ""}, 4),
        ({"execQty": "0.004", "orderQty": "0"}, 4),
    ],
    ids=["something is left", "the least is left", "nothing is left, or it was cancelled", "not said", "no size"],
)
def test_what_an_order_filled_in_all_is_at_least_this_much(changes, total):
    assert Account().execution(**changes).filled_lots_total == total


@pytest.mark.parametrize("exec_type", sorted(TRADES - {"Trade"}))
def test_a_trade_nobody_asked_for_moves_the_position_all_the_same(exec_type):
    fill = Account().execution(execType=exec_type, orderLinkId="", orderId="77")
    assert (fill.client_id, fill.size_lots) == ("venue:77", 4)


def test_funding_is_paid_or_earned():
    paid = Account().execution(execType="Funding", execFee="0.5", execId="f-1")
    assert paid == FundingPaid("BTCUSDT", "f-1", -CASH_PER_QUOTE // 2, VENUE_NS)
    assert Account().execution(execType="Funding", execFee="-0.5").cash == CASH_PER_QUOTE // 2


def test_a_fee_in_the_base_coin_is_valued_at_the_price_of_the_fill():
    """Spot: who buys pays in what was bought."""
    bought = {"category": "spot", "execQty": "0.5", "feeCurrency": "BTC", "leavesQty": "", "orderQty": ""}
    assert Account(PAIRS).execution(**bought, execFee="0.0005", feeRate="").fee_cash == -int(32.5 * CASH_PER_QUOTE)
    assert Account(PAIRS).execution(**bought, execFee="-0.0001", feeRate="x").fee_cash == int(6.5 * CASH_PER_QUOTE)


def test_a_fee_in_a_third_coin_is_valued_by_its_rate():
    fill = Account(PAIRS).execution(category="spot", execQty="0.5", execFee="20", feeCurrency="MNT", feeRate="0.001")
    assert fill.fee_cash == -int(32.5 * CASH_PER_QUOTE)


def test_rows_are_told_one_by_one_and_a_bad_one_takes_no_other():
    rows = [
        execution_row(),
        execution_row(execType="Unheard"),
        execution_row(execQty="0"),
        execution_row(execPrice="x"),
        execution_row(symbol="DOGEUSDT"),
        execution_row(category="inverse"),
        execution_row(execId="e" * 65),
        7,
        execution_row(execId="e-2"),
    ]
    heard = Account().heard("execution", *rows)
    assert [fill.fill_id for fill in heard.events] == ["e-1", "e-2"]
    assert len(heard.strange) == 7


@pytest.mark.parametrize(
    "changes",
    [
        {"orderStatus": "Unheard"},
        {"symbol": "DOGEUSDT"},
        {"category": "spot"},
        {"price": "65000.05"},
        {"price": "-1"},
        {"qty": "0.0001"},
        {"cumExecQty": "many"},
        {"side": "Both"},
        {"updatedTime": "soon"},
        {"updatedTime": "9" * 19},
        {"orderLinkId": "x" * 65},
        {"orderId": None},
    ],
    ids=str,
)
def test_a_row_that_cannot_be_told_is_strange(changes):
    heard = Account().heard("order", order_row(**changes))
    assert heard.events == ()
    assert len(heard.strange) == 1


def test_topics_may_name_their_category():
    assert len(Account().heard("order.linear", order_row()).events) == 1
    assert Account().heard("order.spot", order_row(category="spot")) == Heard("order.spot")


def test_positions_and_wallets_are_checks_not_events():
    position = {"symbol": "BTCUSDT", "side": "", "size": "0", "positionIdx": 0, "seq": 3, "leverage": "10"}
    wallet = {"totalEquity": "10", "coin": [{"coin": "USDT", "equity": "10"}]}
    heard = Account().heard("position", position, position | {"size": 7})
    assert ([row.size for row in heard.positions], heard.events, len(heard.strange)) == (["0"], (), 1)
    (spare,) = Account().heard("position", {"symbol": "BTCUSDT", "side": "Buy", "size": "1"}).positions
    assert (spare.position_idx, spare.trade_mode, spare.seq, spare.leverage) == (0, 0, 0, "")
    assert [row.coin[0].coin for row in Account().heard("wallet", wallet).wallets] == ["USDT"]


def test_frames_that_are_no_rows_are_strange_or_small_talk():
    stream = Account().stream
    assert stream.heard("{").strange
    assert stream.heard(frame(topic="order", data={})).strange
    assert stream.heard(frame(topic="greeks", data=[])) == Heard("greeks")
    control = stream.heard('{"success":true,"ret_msg":"","op":"auth","conn_id":"c"}').control
    assert control is not None
    assert (control.kind, control.ok) == ("auth", True)


def test_a_row_that_lags_behind_an_amends_answer_does_not_undo_it():
    """The stream was late by a round trip: the create's row comes after the amend was answered."""
    account = Account()
    account.memory.leaving((create(),))
    account.memory.acked(create(), VENUE_NS + 1)
    account.memory.leaving((amend(),))
    account.memory.acked(amend(), VENUE_NS + 9)
    assert account.order() == (ACCEPTED,)
    assert account.order(5, price="65000.1", qty="0.020") == (OrderAmended("s-1", 650_001, 20, VENUE_NS + 5_000_000),)


def test_an_amend_that_was_refused_waits_for_no_row():
    account = Account()
    account.order()
    account.memory.leaving((amend(),))
    account.memory.refused(amend())
    account.memory.leaving((amend(price_ticks=650_002),))
    account.memory.acked(amend(price_ticks=650_002), VENUE_NS + 9_000_000)
    # Moved by the venue: it must win against the acknowledgement of what it moved.
    assert account.order(5, price="65000.3", qty="0.020") == (OrderAmended("s-1", 650_003, 20, VENUE_NS + 9_000_000),)


def test_a_row_the_venue_moved_is_the_oldest_requests_and_no_later_ones():
    account = Account()
    account.order()
    first, second = amend(), amend(price_ticks=650_002)
    for after_ms, asked in ((2, first), (9, second)):
        account.memory.leaving((asked,))
        account.memory.acked(asked, VENUE_NS + after_ms * 1_000_000)
    assert account.order(1, price="65000.9", qty="0.020") == (OrderAmended("s-1", 650_009, 20, VENUE_NS + 2_000_000),)
    assert account.order(8, price="65000.2", qty="0.020") == (OrderAmended("s-1", 650_002, 20, VENUE_NS + 8_000_000),)


def test_an_amend_that_the_venue_put_back_is_told():
    account = Account()
    account.order()
    account.memory.leaving((amend(),))
    account.memory.acked(amend(), VENUE_NS + 9_000_000)
    assert account.order(4, orderStatus="PartiallyFilled", cumExecQty="0.001") == ()
    back = OrderAmended("s-1", 650_000, 10, VENUE_NS + 9_000_000)
    assert account.order(5, orderStatus="PartiallyFilled", cumExecQty="0.001") == (back,)


def test_requests_without_a_row_are_bounded():
    account = Account()
    for price_ticks in range(650_000, 650_500):
        account.memory.leaving((amend(price_ticks=price_ticks),))
    assert len(account.memory.of("s-1").asks) == 64


def test_an_order_that_was_taken_and_never_shown_is_found():
    account = Account()
    account.memory.leaving((create(), create("s-2")))
    account.memory.acked(create(), VENUE_NS)
    account.memory.acked(create(), VENUE_NS - 5)
    account.memory.acked(create("s-2"), VENUE_NS + 9)
    assert account.memory.unshown(VENUE_NS - 1, VENUE_NS + 1) == "s-1"
    assert account.memory.unshown(VENUE_NS, VENUE_NS + 9) == ""
    account.order()
    assert account.memory.unshown(VENUE_NS - 1, VENUE_NS + 1) == ""
    assert account.memory.unshown(VENUE_NS - 1, VENUE_NS + 10) == "s-2"


def test_a_late_answer_does_not_shorten_how_long_a_word_holds():
    """Both requests have their rows; what the venue then moves by itself must win against both answers."""
    account = Account()
    account.memory.leaving((create(),))
    account.order()
    account.memory.acked(create(), VENUE_NS + 30_000_000)
    account.memory.leaving((amend(),))
    account.order(5, price="65000.1", qty="0.020")
    account.memory.acked(amend(), VENUE_NS + 20_000_000)
    moved = OrderAmended("s-1", 650_009, 20, VENUE_NS + 30_000_000)
    assert account.order(6, price="65000.9", qty="0.020") == (moved,)


def test_two_changes_within_a_millisecond_are_both_told():
    account = Account()
    account.order()
    assert account.order(price="65000.1") == (OrderAmended("s-1", 650_001, 10, VENUE_NS),)


def test_the_same_row_twice_puts_nothing_back():
    account = Account()
    account.order()
    account.memory.leaving((amend(),))
    assert account.order() == ()
