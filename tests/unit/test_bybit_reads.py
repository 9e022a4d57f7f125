"""Questions and their answers: page by page, in two places, all of it or none."""

import pytest
from bybit_wire import NOW_NS, PERPS, VENUE_MS, VENUE_NS, execution_row, order_row, reply
from msgspec import Raw

from adapters.bybit import words
from adapters.bybit.answers import outcome_of
from adapters.bybit.market import Unreadable
from adapters.bybit.memory import Memory
from adapters.bybit.reads import FIRST, PAGES_MAX, TOO_MANY
from adapters.bybit.reads import outcome_of as outcome_of_question
from adapters.bybit.requests import call_of
from strategy import commands, events
from strategy.units import BUY, CASH_PER_QUOTE

ORDER = commands.QueryOrder("s-1", "BTCUSDT", 7)
OPEN_ORDERS = commands.QueryOpenOrders("BTCUSDT", 7)
FILLS = commands.QueryFills("BTCUSDT", 0, 7)
MARGIN = commands.QueryMargin(7)


def page(*rows, cursor=""):
    return reply({"category": "linear", "list": list(rows), "nextPageCursor": cursor})


def asked(command, *answers):
    """Ask, and follow every call that an answer leads to; give the last outcome and the calls made."""
    call, pages, calls = call_of(PERPS, (command,), NOW_NS), FIRST, []
    for answer in answers:
        assert call is not None
        calls.append(call.target)
        outcome = outcome_of(PERPS, Memory(), (command,), call, answer, NOW_NS, pages)
        call, pages = outcome.more, outcome.pages
    return outcome, calls


def answer(command, *answers):
    outcome, _ = asked(command, *answers)
    assert outcome.more is None
    (event,) = outcome.events
    return event


def unreadable(command, symbol="BTCUSDT", client_id=""):
    request = events.BOOK if isinstance(command, commands.RequestBook) else events.QUERY
    return events.Unanswered(request, client_id, symbol, words.UNREADABLE)


# One order


@pytest.mark.parametrize(
    "status,told",
    [("New", events.OPEN), ("PartiallyFilled", events.OPEN), ("Untriggered", events.OPEN), ("Triggered", events.OPEN)]
    + [(over, events.DONE) for over in ("Filled", "Cancelled", "Rejected", "PartiallyFilledCanceled", "Deactivated")],
)
def test_an_order_is_open_or_done_with_what_it_filled(status, told):
    row = order_row(orderStatus=status, cumExecQty="0.004")
    assert answer(ORDER, page(row)) == events.OrderReport("s-1", 7, told, 650_000, 10, 4, VENUE_NS, BUY)


def test_an_order_that_is_not_among_the_latest_is_looked_for_in_the_history():
    outcome, calls = asked(ORDER, page(order_row(orderLinkId="s-2")), page(order_row(orderStatus="Cancelled")))
    assert [call.split("?")[0] for call in calls] == ["/v5/order/realtime", "/v5/order/history"]
    assert outcome.events[0].status == events.DONE


def test_only_what_neither_place_holds_is_missing():
    missing = events.OrderReport("s-1", 7, events.MISSING, 0, 0, 0, VENUE_NS)
    assert asked(ORDER, page())[0].events == ()
    assert answer(ORDER, page(), page()) == missing


def test_an_order_of_a_state_nobody_knows_is_no_answer():
    assert answer(ORDER, page(order_row(orderStatus="Unheard"))) == unreadable(ORDER, client_id="s-1")
    assert answer(ORDER, page(order_row(symbol="DOGEUSDT"))) == unreadable(ORDER, client_id="s-1")


def test_what_is_no_question_has_no_answer():
    with pytest.raises(Unreadable, match="no question"):
        outcome_of_question(PERPS, commands.CancelAll(""), call_of(PERPS, (ORDER,), NOW_NS), Raw(b"{}"), 0, FIRST)


def test_a_market_order_has_no_price():
    assert answer(ORDER, page(order_row(price="", cumExecQty=""))).price_ticks == 0


# Open orders


def test_open_orders_are_read_to_the_last_page():
    rows = [order_row(orderLinkId=f"s-{number}") for number in range(3)]
    outcome, calls = asked(OPEN_ORDERS, page(rows[0], cursor="a%3D"), page(rows[1], rows[0], cursor="b"), page(rows[2]))
    assert outcome.events == (events.OpenOrdersReport("BTCUSDT", 7, ("s-0", "s-1", "s-2"), VENUE_NS),)
    assert [call.rpartition("&")[2] for call in calls] == ["limit=50", "cursor=a%3D", "cursor=b"]


def test_an_empty_page_is_the_last_whatever_its_cursor():
    assert answer(OPEN_ORDERS, page(cursor="a")) == events.OpenOrdersReport("BTCUSDT", 7, (), VENUE_NS)


def test_what_is_over_or_of_another_symbol_is_not_open_and_a_strangers_order_is():
    rows = [
        order_row(orderStatus="Cancelled"),
        order_row(symbol="ETHUSDT"),
        order_row(orderLinkId="", orderId="77", orderStatus="Untriggered"),
        order_row(orderLinkId="s-9", orderStatus="Unheard"),
    ]
    assert answer(OPEN_ORDERS, page(*rows)).client_ids == ("venue:77", "s-9")


def test_one_row_that_cannot_be_read_makes_the_whole_worth_nothing():
    assert answer(OPEN_ORDERS, page(order_row(), {"symbol": 7})) == unreadable(OPEN_ORDERS)


def test_pages_without_an_end_are_no_answer():
    answers = [page(order_row(), cursor="more")] * PAGES_MAX
    too_many = events.Unanswered(events.QUERY, "", "BTCUSDT", TOO_MANY)
    assert answer(OPEN_ORDERS, *answers) == too_many
    fills = [page(execution_row(execId=f"e-{number}"), cursor="more") for number in range(PAGES_MAX)]
    assert answer(FILLS, *fills) == too_many


def test_a_spot_list_has_no_cursor():
    told = reply({"category": "spot", "list": [order_row()]})
    assert answer(OPEN_ORDERS, told).client_ids == ("s-1",)
    assert answer(OPEN_ORDERS, reply({"list": [order_row()], "nextPageCursor": None})).client_ids == ("s-1",)


# Fills


def test_fills_come_in_the_order_they_happened_and_once():
    late, early = execution_row(execId="e-2", execTime=str(VENUE_MS + 5)), execution_row(execId="e-1")
    outcome, _ = asked(FILLS, page(late, early, cursor="a"), page(early))
    (report,) = outcome.events
    assert [fill.fill_id for fill in report.fills] == ["e-1", "e-2"]
    assert (report.asked_ns, report.venue_ns) == (7, VENUE_NS)


def test_fills_of_one_instant_are_sorted_by_what_the_order_had_filled():
    first = execution_row(execId="z", execQty="0.002", leavesQty="0.008")
    second = execution_row(execId="a", execQty="0.002", leavesQty="0.006")
    assert [fill.fill_id for fill in answer(FILLS, page(second, first)).fills] == ["z", "a"]


def test_funding_found_by_a_read_is_told_before_the_fills():
    funding = execution_row(execType="Funding", execId="f-1", execFee="1")
    outcome, _ = asked(FILLS, page(execution_row(), funding, cursor="a"), page(funding))
    assert outcome.aside == (events.FundingPaid("BTCUSDT", "f-1", -CASH_PER_QUOTE, VENUE_NS),)
    assert len(outcome.events[0].fills) == 1


def test_executions_of_another_symbol_are_not_ours_to_tell():
    other = execution_row(symbol="DOGEUSDT", execType="Unheard")
    assert answer(FILLS, page(other)).fills == ()


@pytest.mark.parametrize(
    "changes",
    [{"execType": "Unheard"}, {"execType": "CorporateAction"}, {"execPrice": "x"}, {"execTime": ""}, {"execQty": "-1"}],
)
def test_one_fill_that_cannot_be_read_makes_the_whole_worth_nothing(changes):
    assert answer(FILLS, page(execution_row(), execution_row(execId="e-2", **changes))) == unreadable(FILLS)


# Book, time, margin


BOOK = {"s": "BTCUSDT", "b": [["65000.0", "1"]], "a": [["65000.1", "2"]], "u": 9, "seq": 1, "ts": VENUE_MS}


def test_a_book_answers_the_question():
    request = commands.RequestBook("BTCUSDT", 7)
    snapshot = events.BookSnapshot("BTCUSDT", 9, ((650_000, 1000),), ((650_001, 2000),), VENUE_NS, 7)
    assert answer(request, reply(BOOK)) == snapshot
    assert answer(request, reply(BOOK | {"cts": VENUE_MS - 60_000})).venue_ns == VENUE_NS, "a quiet book is not old"
    assert answer(request, reply(BOOK | {"ts": VENUE_MS - 1})).venue_ns == VENUE_NS - 1_000_000
    assert answer(request, reply(BOOK | {"s": "ETHUSDT"})) == unreadable(request)


def test_time_is_read_to_the_nanosecond_else_from_the_envelope():
    sample = commands.SampleClock(7)
    assert answer(sample, reply({"timeNano": "1700000000500123456"})).venue_ns == 1700000000500123456
    assert answer(sample, reply({})) == events.ClockSampled(7, VENUE_NS)
    assert answer(sample, reply({"timeNano": "soon"})) == unreadable(sample, "")


def wallet(equity="9.5", maintenance="0.5", coins=()):
    return reply({"list": [{"totalEquity": equity, "totalMaintenanceMargin": maintenance, "coin": list(coins)}]})


def test_margin_is_the_accounts_else_the_settle_coins():
    coins = [{"coin": "BTC", "equity": "1"}, {"coin": "USDT", "equity": "5", "totalPositionMM": "0.25"}]
    half = CASH_PER_QUOTE // 2
    assert answer(MARGIN, wallet(coins=coins)) == events.MarginSeen(7, 19 * half, half, VENUE_NS)
    assert answer(MARGIN, wallet("9.5", "", coins)) == events.MarginSeen(7, 10 * half, half // 2, VENUE_NS)
    assert answer(MARGIN, wallet("", "", coins)) == events.MarginSeen(7, 10 * half, half // 2, VENUE_NS)
    no_margin = [{"coin": "USDT", "equity": "5"}]
    assert answer(MARGIN, wallet("", "", no_margin)) == events.MarginSeen(7, 10 * half, 0, VENUE_NS)


TERMS = commands.QueryTerms("BTCUSDT", 7)


def listing(tick="0.10", lot="0.001", **more):
    sizes = {"qtyStep": lot, "minOrderQty": lot, "maxOrderQty": "100", "minNotionalValue": "5"}
    return page(
        {"symbol": "BTCUSDT", "status": "Trading", "priceFilter": {"tickSize": tick}, "lotSizeFilter": sizes | more}
    )


def test_rules_are_told_in_the_units_we_count_in():
    assert answer(TERMS, listing()) == events.TermsSeen("BTCUSDT", 7, 1, 1, 1, 100_000, 5 * CASH_PER_QUOTE, VENUE_NS)
    coarser = answer(TERMS, listing("1.0", "0.01", minOrderQty="0.015"))
    assert coarser == events.TermsSeen("BTCUSDT", 7, 10, 10, 20, 100_000, 5 * CASH_PER_QUOTE, VENUE_NS)


@pytest.mark.parametrize("grid", [("0.05", "0.001"), ("0.25", "0.001"), ("0.10", "0.0001"), ("0.10", "0")])
def test_a_grid_that_our_units_cannot_write_is_told_as_such(grid):
    assert answer(TERMS, listing(*grid)) == events.TermsSeen("BTCUSDT", 7, 0, 0, 0, 0, 0, VENUE_NS)


def test_a_symbol_that_is_not_listed_has_no_rules():
    assert answer(TERMS, page()) == events.Unanswered(events.QUERY, "", "BTCUSDT", words.UNKNOWN_SYMBOL)


def test_a_wallet_without_an_account_or_an_amount_is_no_answer():
    assert answer(MARGIN, page()) == unreadable(MARGIN, "")
    assert answer(MARGIN, wallet("", "")) == unreadable(MARGIN, "")
    assert answer(MARGIN, wallet("1e9")) == unreadable(MARGIN, "")
