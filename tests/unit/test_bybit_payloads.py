"""Another project's collection of payloads: each is read, or it is said by name why not."""

import json

import pytest
from bybit_wire import NOW_NS, market_of
from wire_data import wire_file, wire_json

from adapters.bybit.answers import Reply, outcome_of, outcome_of_frame
from adapters.bybit.control import AUTH, SUBSCRIBE, Control
from adapters.bybit.listing import FeeRow, fees_of, instrument_of, listed, names_of, wrongs
from adapters.bybit.memory import Memory
from adapters.bybit.private import PrivateStream
from adapters.bybit.public import PublicStream
from adapters.bybit.requests import call_of
from adapters.bybit.rows import Answer, Page, PositionRow, read
from adapters.bybit.trade import heard as trade_heard
from strategy import commands, events
from strategy.instrument import LINEAR, MAKER, SPOT, TAKER
from strategy.units import BUY, CASH_PER_QUOTE, SELL

PERPS = market_of(
    {"BTCUSDT": ("0.1", "0.001"), "ETHUSDT": ("0.01", "0.01"), "ICPUSDT": ("0.001", "1")}, LINEAR, book_depth=1
)
# These payloads have prices on a finer grid, or sizes on a finer one, than the venue's.
FINE = market_of({"BTCUSDT": ("0.01", "0.001"), "ETHUSDT": ("0.01", "0.001")})
APEX = market_of({"APEXUSDT": ("0.001", "0.1")}, SPOT)

NOT_ASKED_FOR = {
    "http_get_account_info.json": "the account's settings: a look warns of them",
    "http_get_funding_history.json": "the market's funding rates; ours arrive as executions",
    "http_get_instruments_option.json": "options are not traded",
    "http_get_instruments_option_symbol_id.json": "options",
    "http_get_klines_linear.json": "candles decide nothing here",
    "http_get_trades_recent.json": "trades come by the stream",
    "http_get_user_escrow_sub_members.json": "sub-accounts are a person's business",
    "http_get_user_query_api.json": "permissions of the key: a look warns of them",
    "http_get_user_sub_apikeys.json": "sub-accounts",
    "http_get_user_sub_members.json": "sub-accounts",
    "http_get_user_sub_members_paged.json": "sub-accounts",
    "http_post_user_update_master_api.json": "keys are never changed by a program",
    "http_post_user_update_sub_api.json": "keys are never changed by a program",
}
# What is listed: with its grid, or why it is none of ours.
LISTED = {
    "http_get_instruments_linear.json": {"BTCUSDT": ("0.5", "0.001"), "ETHUSDT": ("0.05", "0.01")},
    "http_get_instruments_linear_symbol_type.json": {"TSLAUSDT": ("0.01", "0.001")},
    "http_get_instruments_spot.json": {"BTCUSDT": ("0.1", "0.0001"), "ETHUSDT": ("0.01", "0.00001")},
    "http_get_instruments_spot_xstocks.json": {"AAPLUSDT": ("0.01", "0.0001")},
    "http_get_instruments_inverse.json": {"BTCUSD": "its profits are not counted in its quote currency"},
    "http_get_instruments_inverse_symbol_type.json": {"BRENTUSD": "its profits are not counted in its quote currency"},
}
FEES = "http_get_fee_rate.json"
HELD = {
    "http_get_positions.json": [("BTCUSDT", "Buy", "0.5"), ("ETHUSDT", "Sell", "5.0"), ("SOLUSDT", "", "0")],
    "http_get_positions_with_open_time.json": [("LTCUSDT", "Buy", "1")],
}
# Topics that nobody here subscribes to: let pass, without a word and without a complaint.
LET_PASS = {
    "ws_account_execution_fast.json": "execution.fast: no fee, and no client id for makers",
    "ws_account_execution_fast_envelope_id.json": "execution.fast",
    "ws_kline.json": "candles",
    "ws_public_trade.json": "its topic is of an older version of the venue: v5 says publicTrade",
    "ws_ticker_linear.json": "tickers",
    "ws_ticker_option.json": "options",
}
# Stop orders of other programs on our account: they are open orders like any other.
STOPS = {
    "ws_account_order_buy_stop_market.json": ("test-client-buy-stop-market-001", 0, 100, BUY),
    "ws_account_order_limit_if_touched.json": ("test-client-lit-001", 555_000, 100, BUY),
    "ws_account_order_market_if_touched.json": ("test-client-mit-001", 0, 100, BUY),
    "ws_account_order_sell_market_if_touched.json": ("test-client-sell-mit-001", 0, 100, SELL),
    "ws_account_order_stop_limit.json": ("test-client-stop-limit-001", 445_000, 100, SELL),
    "ws_account_order_stop_loss.json": ("test-client-sl-001", 0, 500, SELL),
    "ws_account_order_stop_market.json": ("test-client-stop-market-001", 0, 100, SELL),
    "ws_account_order_take_profit.json": ("test-client-tp-001", 0, 500, SELL),
}
ORDERS = {
    "ws_account_order.json": (
        PERPS,
        (events.OrderCancelled("client-1", 0, "by_client", 1700000005000_000_000),),
    ),
    "ws_account_order_filled.json": (FINE, ()),
    # Rejected, and half of it traded: what traded counts, whatever the venue calls the order.
    "ws_account_order_partially_filled_rejected.json": (
        APEX,
        (events.OrderCancelled("O-20251001-164609-APEX-000-49", 500, "by_venue", 1672364262457_000_000),),
    ),
}
EXECUTIONS = {
    "ws_account_execution.json": events.OrderFilled(
        "test-order-link-001",
        "BTCUSDT",
        SELL,
        "0ab1bdf7-4219-438b-b30a-32ec863018f7",
        959_001,
        500,
        500,
        TAKER,
        -263725275 * CASH_PER_QUOTE // 10**7,
        1746270400353_000_000,
    ),
    # An auto-deleveraging: nobody's order of ours, and our position all the same.
    "ws_account_execution_adl.json": events.OrderFilled(
        "venue:9aac161b-8ed6-450d-9cab-c5cc67c21785",
        "BTCUSDT",
        SELL,
        "0ab1bdf7-4219-438b-b30a-32ec863018f8",
        958_500,
        500,
        500,
        TAKER,
        0,
        1746270400398_000_000,
    ),
}
WALLETS = {
    "ws_account_wallet.json": "10262.91335023",
    "ws_account_wallet_locked_exceeds_total.json": "100.0",
    "ws_account_wallet_small_order.json": "51333.82543837",
}
POSITIONS = {
    "ws_account_position.json": ("ETHUSDT", "Sell", "0.01"),
    "ws_account_position_short.json": ("ETHUSDT", "Sell", "0.01"),
}
BARE_POSITION = "ws_account_position_with_open_time.json"
SMALL_TALK = {
    "ws_auth_success.json": Control(AUTH, True),
    "ws_auth_failure.json": Control(AUTH, False, "Invalid apikey", code=10003),
    "ws_subscription_ack.json": Control(SUBSCRIBE, True, req_id="sub-orderbook-1"),
    "ws_subscription_failure.json": Control(SUBSCRIBE, False, "Invalid topic: invalid.topic.BTCUSDT"),
}
BOOKS = {
    "ws_orderbook_snapshot.json": events.BookSnapshot(
        "BTCUSDT", 123456789, ((274500, 500), (274495, 1000)), ((274510, 750), (274515, 900)), 1709891679000_000_000
    ),
    # The venue's depth of one has no deltas any more; read all the same.
    "ws_orderbook_delta.json": events.BookDelta(
        "BTCUSDT", 123456789, 123456790, ((274500, 400),), ((274510, 0),), 1709891679500_000_000
    ),
}
ORDER_ANSWER = "ws_order_response.json"
READS = {
    "http_get_executions.json",
    "http_get_orderbook.json",
    "http_get_order_partially_filled_rejected.json",
    "http_get_orders_history.json",
    "http_get_orders_history_with_duplicate.json",
    "http_get_orders_realtime.json",
    "http_get_orders_realtime_tp_sl.json",
    "http_get_wallet_balance.json",
    "http_get_wallet_balance_spot_short.json",
    "http_get_wallet_balance_with_spot_borrow.json",
}


def text_of(name):
    return wire_file(f"nautilus_bybit/{name}").read_text()


def private(market=PERPS):
    return PrivateStream(market, Memory())


def read_answer(name, command, market=PERPS):
    call = call_of(market, (command,), NOW_NS)
    reply = Reply(200, "application/json", {}, text_of(name).encode())
    return outcome_of(market, Memory(), (command,), call, reply, NOW_NS)


def test_every_payload_of_the_collection_has_its_place():
    folder = wire_file("nautilus_bybit/ws_kline.json").parent
    placed = [*NOT_ASKED_FOR, *LET_PASS, *STOPS, *ORDERS, *EXECUTIONS, *WALLETS, *POSITIONS, BARE_POSITION]
    placed += [*SMALL_TALK, *BOOKS, ORDER_ANSWER, *READS, *LISTED, FEES, *HELD]
    assert sorted(path.name for path in folder.glob("*.json")) == sorted(placed)


@pytest.mark.parametrize("name", LET_PASS)
def test_a_topic_nobody_asked_for_is_let_pass(name):
    stream = PublicStream(PERPS) if "account" not in name else private()
    heard = stream.heard(text_of(name))
    assert heard.topic == json.loads(text_of(name))["topic"]
    assert (heard.events, heard.strange) == ((), ())


@pytest.mark.parametrize("name", STOPS)
def test_a_strangers_stop_order_is_an_open_order(name):
    (heard,) = private().heard(text_of(name)).events
    assert (heard.client_id, heard.price_ticks, heard.size_lots, heard.side) == STOPS[name]
    assert isinstance(heard, events.OrderAccepted)


@pytest.mark.parametrize("name", ORDERS)
def test_the_ends_of_orders(name):
    market, told = ORDERS[name]
    assert private(market).heard(text_of(name)).events == told


@pytest.mark.parametrize("name", EXECUTIONS)
def test_executions_are_fills(name):
    assert private().heard(text_of(name)).events == (EXECUTIONS[name],)


@pytest.mark.parametrize("name", WALLETS)
def test_wallets_are_checks(name):
    heard = private().heard(text_of(name))
    assert [row.equity for row in heard.wallets] == [WALLETS[name]]
    assert (heard.events, heard.strange) == ((), ())


@pytest.mark.parametrize("name", POSITIONS)
def test_positions_are_checks(name):
    heard = private().heard(text_of(name))
    assert [(row.symbol, row.side, row.size) for row in heard.positions] == [POSITIONS[name]]


def test_a_position_without_its_envelope():
    row = read(text_of(BARE_POSITION), PositionRow)
    assert (row.symbol, row.side, row.size, row.leverage) == ("BTCUSDT", "Buy", "0.1", "10")


@pytest.mark.parametrize("name", SMALL_TALK)
def test_small_talk(name):
    assert private().heard(text_of(name)).control == SMALL_TALK[name]


def test_books_of_the_best_price():
    stream = PublicStream(PERPS)
    assert tuple(stream.heard(text_of(name)).events[0] for name in BOOKS) == tuple(BOOKS.values())


def test_an_answer_of_the_trade_stream():
    heard = trade_heard(text_of(ORDER_ANSWER))
    assert heard.req_id == "order-req-001"
    asked = commands.CreateOrder(
        "client-order-1", "BTCUSDT", "bid0", BUY, 650_000, 10, True, False, False, send_by_ns=0, cycle_id=0
    )
    (told,) = outcome_of_frame(PERPS, Memory(), (asked,), heard.answer, NOW_NS).events
    assert told == events.OrderAccepted("client-order-1", "1726025498520715008", 650_000, 10, 0, BUY)


def test_a_page_of_executions_holds_another_symbol_and_another_page():
    first = read_answer("http_get_executions.json", commands.QueryFills("BTCUSDT", 0, 7))
    cursor = "cursor=132766%3A2%2C132766%3A2"
    assert first.events == ()
    assert first.more is not None
    assert first.more.query.endswith(cursor)
    (fill,) = first.pages.fills
    assert (fill.client_id, fill.price_ticks, fill.size_lots, fill.liquidity) == ("test-order-001", 500_000, 100, MAKER)
    assert fill.fee_cash == -15 * CASH_PER_QUOTE // 1000


def test_a_book_that_was_read():
    (book,) = read_answer("http_get_orderbook.json", commands.RequestBook("BTCUSDT", 7)).events
    assert book == events.BookSnapshot(
        "BTCUSDT",
        1234567,
        ((274505, 1500), (274500, 2000), (274495, 750)),
        ((274510, 1200), (274515, 3000), (274520, 500)),
        1709891679000_000_000,
        7,
    )


@pytest.mark.parametrize(
    "name,client_id,market,told",
    [
        (
            "http_get_order_partially_filled_rejected.json",
            "O-20251001-164609-APEX-000-49",
            PERPS,
            (events.DONE, 300_000, 10, 5, BUY),
        ),
        ("http_get_orders_history.json", "client-1", PERPS, (events.DONE, 300_000, 10, 0, BUY)),
        ("http_get_orders_history_with_duplicate.json", "client-open-1", FINE, (events.OPEN, 393_041, 10, 0, BUY)),
        ("http_get_orders_history_with_duplicate.json", "client-closed-1", PERPS, (events.DONE, 300_000, 10, 0, BUY)),
        ("http_get_orders_realtime.json", "client-open-2", FINE, (events.OPEN, 394_042, 10, 0, SELL)),
        ("http_get_orders_realtime_tp_sl.json", "client-sl-001", PERPS, (events.OPEN, 475_000, 500, 0, SELL)),
    ],
)
def test_orders_that_were_read(name, client_id, market, told):
    (report,) = read_answer(name, commands.QueryOrder(client_id, "BTCUSDT", 7), market).events
    found = (report.status, report.price_ticks, report.size_lots, report.filled_lots_total, report.side)
    assert found == told


@pytest.mark.parametrize(
    "name,equity",
    [
        ("http_get_wallet_balance.json", 331216591 * CASH_PER_QUOTE // 10**8),
        ("http_get_wallet_balance_spot_short.json", 3000 * CASH_PER_QUOTE),
        ("http_get_wallet_balance_with_spot_borrow.json", 3000 * CASH_PER_QUOTE),
    ],
)
def test_wallets_that_were_read(name, equity):
    (seen,) = read_answer(name, commands.QueryMargin(7)).events
    assert seen == events.MarginSeen(7, equity, 0, seen.venue_ns)


def rows_of(name):
    return read(read(text_of(name), Answer).result, Page).items


@pytest.mark.parametrize("name", LISTED)
def test_what_is_listed_has_its_grid_or_is_none_of_ours(name):
    kind = SPOT if "spot" in name else LINEAR
    rows = listed(rows_of(name), names_of(rows_of(name)))
    assert list(rows) == list(LISTED[name])
    for symbol, told in LISTED[name].items():
        if isinstance(told, str):
            assert told in wrongs(kind, "USDT", rows[symbol])
            continue
        assert wrongs(kind, "USDT", rows[symbol]) == ""
        made = instrument_of(kind, rows[symbol], FeeRow(symbol, "0.0006", "0.0001"))
        assert (made.tick, made.lot, made.maker_fee_ppm, made.taker_fee_ppm) == (*told, 100, 600)


def test_the_accounts_fees():
    fees = fees_of(rows_of(FEES), ["BTCUSDT", "SOLUSDT"])
    assert {name: (row.maker_fee_rate, row.taker_fee_rate) for name, row in fees.items()} == {
        "BTCUSDT": ("0.0001", "0.0006"),
        "SOLUSDT": ("0.00025", "0.00075"),
    }


@pytest.mark.parametrize("name", HELD)
def test_positions_that_were_read(name):
    rows = [read(raw, PositionRow) for raw in rows_of(name)]
    assert [(row.symbol, row.side, row.size) for row in rows] == HELD[name]


def test_what_is_not_read_here_is_still_the_venues_envelope():
    for name in NOT_ASKED_FOR:
        assert wire_json(f"nautilus_bybit/{name}")["retCode"] == 0
