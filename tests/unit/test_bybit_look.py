"""A look at the venue: instruments with the account's own fees, what makes trading impossible, what only warns."""

import asyncio
import json

import pytest
from bybit_desk import FEES, FLAT, KEY, LINEAR_ROW, NOW_MS, SPOT_ROW, TIDY, Desk, NobodyThere, Silence, envelope, page
from bybit_look import ACCOUNT, BAND, FEE_RATE, KEY_INFO, LISTED, POSITION, STATUS, TIME, WALLET, look
from scripted import played
from wire_data import wire_file

from adapters.bybit.listing import FeeRow, instrument_of, listed, wrongs
from adapters.bybit.market import Unreadable
from adapters.bybit.rows import Answer, Page, read
from adapters.venue import Stock, VenueUnusable
from strategy.instrument import make_instrument


def spot(wallet=None, **more):
    return {
        LISTED: {"category": "spot", "list": [{**SPOT_ROW, **more}]},
        KEY_INFO: {**KEY, "permissions": SPOT},
        WALLET: wallet or {"list": [{"totalEquity": "1", "coin": [{"coin": "USDT", "walletBalance": "1000.5"}]}]},
    }


SPOT = {"Spot": ["SpotTrade"]}


@pytest.mark.parametrize(
    ("tick", "lot", "units", "times", "held"),
    [
        ("0.10", "0.001", ("0.1", "0.001"), (1, 1), 30),
        ("1", "0.01", ("0.1", "0.001"), (10, 10), 30),
        ("0.05", "0.001", ("0.05", "0.001"), (1, 1), 30),
        ("0.25", "0.0005", ("0.05", "0.0005"), (5, 1), 60),
    ],
)
def test_what_an_earlier_process_counted_in_is_counted_in_again_where_it_can_be(tick, lot, units, times, held):
    one = make_instrument(
        symbol="BTCUSDT", kind="linear", tick="0.1", lot="0.001", size_min="0.001", size_max="9", notional_min="5",
        maker_fee_bps="0", taker_fee_bps="0",
    )  # fmt: skip
    sizes = {**LINEAR_ROW["lotSizeFilter"], "qtyStep": lot}
    row = {**LINEAR_ROW, "priceFilter": {"tickSize": tick}, "lotSizeFilter": sizes}
    position = {**FLAT, "side": "Buy", "size": "0.03"}

    async def main():
        desk = Desk()
        desk.rest.answers |= {LISTED: {"list": [row]}, POSITION: {"list": [position]}}
        desk.venue.count_in([one])
        try:
            return await desk.venue.look(["BTCUSDT"])
        finally:
            await desk.venue.close()

    seen = played(main)
    (now,) = seen.instruments
    assert (units, times) == ((now.tick, now.lot), (now.tick_times, now.lot_times))
    assert (held, 200) == (seen.positions["BTCUSDT"], now.maker_fee_ppm)


def test_a_tidy_account_is_seen_whole_and_warns_of_nothing():
    seen, desk = look()
    (btc,) = seen.instruments
    assert ("BTCUSDT", "linear", "0.10", "0.001") == (btc.symbol, btc.kind, btc.tick, btc.lot)
    assert (1, 1_190_000, 200, 550) == (btc.lots_min, btc.lots_max, btc.maker_fee_ppm, btc.taker_fee_ppm)
    assert ((), NOW_MS * 1_000_000) == (seen.warnings, seen.venue_ns)
    assert 20 == desk.venue.capability.creates_max


def test_a_look_takes_as_long_as_three_questions():
    async def main():
        desk = Desk()
        desk.rest.delay_s = 0.1
        await desk.venue.look(["BTCUSDT"])
        await desk.venue.close()
        return asyncio.get_running_loop().time()

    assert 0.3 == pytest.approx(played(main))


def test_spot_is_looked_at_by_the_same_code():
    seen, desk = look(spot(), category="spot")
    (btc,) = seen.instruments
    assert ("spot", "0.1", "0.000001", 1) == (btc.kind, btc.tick, btc.lot, btc.lots_min)
    assert 10 == desk.venue.capability.creates_max
    assert POSITION not in desk.rest.paths()
    (warning,) = seen.warnings
    assert "base coin" in warning


@pytest.mark.parametrize("balance,lots", [("0.2500009", 250_000), ("-0.0000001", -1), ("", 0), (None, 0)])
def test_spot_has_a_stock_to_trade_from_and_no_positions(balance, lots):
    coins = [{"coin": "USDT", "walletBalance": "1000.5"}]
    coins += [] if balance is None else [{"coin": "BTC", "walletBalance": balance}]
    seen, _ = look(spot({"list": [{"coin": coins}]}), category="spot")
    assert seen.positions is None
    assert Stock({"BTCUSDT": lots}, 10005 * 10**14) == seen.stock
    assert look()[0].stock is None


@pytest.mark.parametrize("wallet", [{"list": []}, {"list": [{"coin": [{"coin": "BTC", "walletBalance": "x"}]}]}])
def test_a_wallet_that_cannot_be_read_keeps_spot_from_starting(wallet):
    with pytest.raises(VenueUnusable, match="the wallet"):
        look(spot(wallet), category="spot")


def test_the_market_is_public_and_the_account_is_signed():
    _, desk = look()
    signed = {request.url.path: "x-bapi-sign" in request.headers for request in desk.rest.asked}
    assert {path: path not in (TIME, LISTED) for path in TIDY if path != STATUS} == signed


def test_symbols_are_found_on_later_pages():
    def pages(request):
        if "cursor" in request.url.params:
            return {"list": [LINEAR_ROW], "nextPageCursor": ""}
        return {"list": [{**LINEAR_ROW, "symbol": "AAAUSDT"}], "nextPageCursor": "2"}

    seen, _ = look({LISTED: pages})
    assert ["BTCUSDT"] == [one.symbol for one in seen.instruments]


def test_a_list_that_goes_round_in_circles_ends():
    answers = {LISTED: {"list": [{**LINEAR_ROW, "symbol": "AAAUSDT"}], "nextPageCursor": "2"}}
    with pytest.raises(VenueUnusable, match="no linear symbol BTCUSDT"):
        look(answers)


def test_several_symbols_ask_for_all_fees_at_once():
    other = {**LINEAR_ROW, "symbol": "ETHUSDT"}
    answers = {LISTED: {"list": [other, LINEAR_ROW]}, FEE_RATE: {"list": [FEES, {**FEES, "symbol": "ETHUSDT"}]}}
    seen, desk = look(answers, symbols=("BTCUSDT", "ETHUSDT"))
    assert ["BTCUSDT", "ETHUSDT"] == [one.symbol for one in seen.instruments]
    assert [b"/v5/account/fee-rate?category=linear"] == [
        request.url.raw_path for request in desk.rest.asked if request.url.path == FEE_RATE
    ]


@pytest.mark.parametrize(
    ("answers", "code", "words"),
    [
        ({TIME: NobodyThere()}, "SQ-V030", "no answer to /v5/market/time"),
        ({LISTED: Silence()}, "SQ-V030", "no answer to /v5/market/instruments-info"),
        ({TIME: page(502)}, "SQ-V030", "HTTP status 502"),
        ({TIME: page(403)}, "SQ-V030", "shut out"),
        ({TIME: page(200)}, "SQ-V030", "something else"),
        ({TIME: {"timeNano": "soon"}}, "SQ-V030", "the venue's time"),
        ({LISTED: {"list": [7]}}, "SQ-V030", "list of instruments"),
        ({LISTED: {"list": 7}}, "SQ-V030", "/v5/market/instruments-info"),
        ({FEE_RATE: {"list": [{"symbol": "BTCUSDT"}]}}, "SQ-V030", "fees"),
        ({FEE_RATE: envelope({}, 10006, "Too many visits!")}, "SQ-V030", "too many visits"),
        ({POSITION: {"list": [{"symbol": 1}]}}, "SQ-V030", "the position in BTCUSDT"),
        ({FEE_RATE: envelope({}, 10003, "")}, "SQ-V040", "key invalid"),
        ({KEY_INFO: envelope({}, 10010, "")}, "SQ-V040", "address not bound"),
        ({FEE_RATE: page(401)}, "SQ-V040", "401"),
        ({FEE_RATE: {"list": []}}, "SQ-V041", "no fees of ours for BTCUSDT"),
        ({LISTED: {"list": [{**LINEAR_ROW, "symbol": "BTCUSDC"}]}}, "SQ-V041", "did you mean 'BTCUSDC'"),
        ({LISTED: {"list": [{**LINEAR_ROW, "status": "Settling"}]}}, "SQ-V041", "not trading"),
        ({LISTED: {"list": [{**LINEAR_ROW, "contractType": "InversePerpetual"}]}}, "SQ-V041", "InversePerpetual"),
        ({LISTED: {"list": [{**LINEAR_ROW, "settleCoin": "USDC"}]}}, "SQ-V041", "counted in USDC"),
        ({POSITION: {"list": [{**FLAT, "positionIdx": 1}]}}, "SQ-V041", "hedge mode"),
        ({ACCOUNT: {"unifiedMarginStatus": 1}}, "SQ-V041", "unified"),
    ],
)
def test_what_makes_trading_impossible_is_said_with_its_code(answers, code, words):
    with pytest.raises(VenueUnusable) as refused:
        look(answers)
    assert code == refused.value.code
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({ACCOUNT: {"marginMode": "ISOLATED_MARGIN"}}, "isolated"),
        ({ACCOUNT: page(404)}, "by hand"),
        ({KEY_INFO: page(404)}, "by hand"),
        ({KEY_INFO: {**KEY, "readOnly": 1}}, "may not trade"),
        ({KEY_INFO: {**KEY, "permissions": {"Spot": ["SpotTrade"]}}}, "may not trade"),
        ({KEY_INFO: {**KEY, "permissions": {**KEY["permissions"], "Wallet": ["Withdraw"]}}}, "may withdraw"),
        ({KEY_INFO: {**KEY, "ips": ["*"]}}, "bound to no address"),
        ({BAND: {"lpaPerp": False}}, "set-limit-px-action"),
        ({BAND: page(404)}, "not known whether"),
        ({POSITION: {"list": [{**FLAT, "tradeMode": 1}]}}, "isolated"),
        ({POSITION: {"list": [{**FLAT, "leverage": "1"}]}}, "leverage is 1"),
    ],
)
def test_what_a_market_maker_would_set_otherwise_is_a_warning_with_its_remedy(answers, words):
    seen, _ = look(answers)
    assert 1 == len(seen.warnings)
    assert words in seen.warnings[0]


def test_the_two_flags_about_prices_outside_the_band_have_opposite_senses():
    moved, _ = look(spot() | {BAND: {"lpaSpot": True, "lpaPerp": True}}, category="spot")
    refused, _ = look(spot() | {BAND: {"lpaSpot": False, "lpaPerp": False}}, category="spot")
    assert ["moved, not refused" in " ".join(seen.warnings) for seen in (moved, refused)] == [True, False]


# The list itself


def rows_of(category):
    """Give the list of a category as it was recorded."""
    with wire_file("cryptofeed/BYBIT.v3.jsonl").open() as lines:
        for line in lines:
            told = json.loads(line)
            if told["t"] == "http" and f"category={category}" in told["url"] and "instruments-info" in told["url"]:
                return read(read(told["data"], Answer).result, Page).items
    raise AssertionError(f"no list of {category}")


@pytest.mark.parametrize(("category", "count"), [("linear", 800), ("spot", 557)])
def test_every_recorded_instrument_is_read_or_named_as_one_that_is_not_for_us(category, count):
    items = rows_of(category)
    assert count == len(items)
    symbols = [json.loads(bytes(raw))["symbol"] for raw in items]
    read_rows = listed(items, symbols)
    fee = FeeRow("", "0.00055", "0.0002")
    refused = {symbol: wrong for symbol, row in read_rows.items() if (wrong := wrongs(category, "USDT", row))}
    assert all("is counted in" in why for why in refused.values())
    inexact = []
    for symbol, row in read_rows.items():
        try:
            one = instrument_of(category, row, fee)
        except Unreadable as problem:
            assert "cannot be counted in whole cash" in str(problem)
            inexact.append(symbol)
        else:
            assert 0 < one.lots_min <= one.lots_max
    # In our coin only pairs whose price has eight and more digits behind the point: refused by name.
    ours = [symbol for symbol in inexact if symbol not in refused]
    assert {"linear": 0, "spot": 12}[category] == len(ours), ours
    assert len(refused) < 0.3 * count


def instrument(fee=FEES, **sizes):
    row = {**LINEAR_ROW, "lotSizeFilter": {**LINEAR_ROW["lotSizeFilter"], **sizes}}
    rows = listed(read(json.dumps({"list": [row]}), Page).items, ["BTCUSDT"])
    return instrument_of("linear", rows["BTCUSDT"], read(json.dumps(fee), FeeRow))


def test_limits_are_rounded_inwards_and_fees_upwards():
    one = instrument({**FEES, "makerFeeRate": "-0.000025", "takerFeeRate": "0.00055001"}, minOrderQty="0.0015")
    assert (2, -25, 551) == (one.lots_min, one.maker_fee_ppm, one.taker_fee_ppm)
    assert 7 == instrument(maxOrderQty="0.0079").lots_max
    assert -2 == instrument({**FEES, "makerFeeRate": "-0.0000029"}).maker_fee_ppm


@pytest.mark.parametrize(
    "sizes", [{"qtyStep": "0"}, {"qtyStep": "-1"}, {"qtyStep": "1e3"}, {"maxOrderQty": ""}, {"minNotionalValue": "x"}]
)
def test_a_row_that_cannot_be_traded_exactly_is_unreadable(sizes):
    with pytest.raises(Unreadable):
        instrument(**sizes)
