"""A look at the venue: instruments with the account's own fees, what makes trading impossible, what only warns."""

import asyncio
import json
from itertools import pairwise

import httpx
import pytest
from bybit_desk import FEES, FLAT, KEY, LINEAR_ROW, NOW_MS, SPOT_ROW, TIDY, Desk, NobodyThere, Silence, envelope, page
from scripted import played
from wire_data import wire_file

from adapters.bybit.listing import FeeRow, instrument_of, listed, wrongs
from adapters.bybit.market import Unreadable
from adapters.bybit.rows import Answer, Page, read
from adapters.venue import Stock, VenueUnusable
from strategy.instrument import make_instrument

TIME = "/v5/market/time"
LISTED = "/v5/market/instruments-info"
FEE_RATE = "/v5/account/fee-rate"
ACCOUNT = "/v5/account/info"
KEY_INFO = "/v5/user/query-api"
BAND = "/v5/account/user-setting-config"
POSITION = "/v5/position/list"
STATUS = "/v5/system/status"
WALLET = "/v5/account/wallet-balance"


def look(answers=None, category="linear", symbols=("BTCUSDT",)):
    """Look, with answers other than a tidy account's; give what was seen and the desk."""

    async def main():
        desk = Desk(category=category)
        desk.rest.answers |= answers or {}
        try:
            return await desk.venue.look(list(symbols)), desk
        finally:
            await desk.venue.close()

    return played(main)


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


# A venue that allows few questions


class Door:
    """Lets in so many questions a second, one waiting at most; notes when each came and how many were inside."""

    def __init__(self, per_s=1, *, says_when=True) -> None:
        self.per_s, self.says_when, self.tokens, self.at_s = per_s, says_when, per_s, 0.0
        self.came_s, self.refused_s = [], []

    def __call__(self, request):
        now_s = asyncio.get_running_loop().time()
        self.tokens = min(self.per_s, self.tokens + (now_s - self.at_s) * self.per_s)
        self.at_s = now_s
        self.came_s.append(now_s)
        is_let_in = self.tokens >= 1
        self.tokens -= is_let_in
        if not is_let_in:
            self.refused_s.append(now_s)
        answer = envelope(TIDY[request.url.path]) if is_let_in else envelope({}, 10006, "Too many visits!")
        is_told = self.says_when and "x-bapi-sign" in request.headers
        headers = told(int(self.tokens), (1 - self.tokens) / self.per_s) if is_told else {}
        return httpx.Response(200, json=answer, headers=headers)


def told(left, after_s):
    return {"X-Bapi-Limit-Status": str(left), "X-Bapi-Limit-Reset-Timestamp": str(NOW_MS + int(after_s * 1000) + 1)}


@pytest.mark.parametrize("says_when", [True, False])
def test_a_venue_that_allows_one_question_a_second_is_seen_whole(says_when):
    door = Door(says_when=says_when)
    seen, _ = look(dict.fromkeys(TIDY, door))
    (warning,) = seen.warnings
    assert "refused for the rate" in warning
    assert 1 == len(door.refused_s)
    assert door.came_s[-1] < 15
    assert 1 <= min(later - sooner for sooner, later in pairwise(door.came_s[1:]))


def test_where_fewer_are_left_than_are_to_come_they_leave_one_at_a_time_and_none_is_refused():
    async def main():
        desk = Desk()
        door = Door(4)
        desk.rest.answers |= dict.fromkeys(TIDY, door)
        desk.rest.delay_s = 0.05
        try:
            return await desk.venue.look(["BTCUSDT"]), door
        finally:
            await desk.venue.close()

    seen, door = played(main)
    assert ((), []) == (seen.warnings, door.refused_s)


@pytest.mark.parametrize(("per_s", "after_s"), [(4, 30), (100, 0)])
def test_where_few_are_allowed_the_rules_are_looked_at_after_the_bots_own_questions(per_s, after_s):
    async def main():
        desk = Desk()
        door = Door(per_s)
        desk.rest.answers |= dict.fromkeys(TIDY, door)
        ends = asyncio.get_running_loop().create_task(desk.connect())
        while STATUS not in desk.rest.paths():
            await asyncio.sleep(0.01)
        await ends
        await desk.venue.close()
        return door.came_s[-1] - door.came_s[-2]

    assert after_s == pytest.approx(played(main), abs=0.5)


def test_a_question_that_is_refused_for_the_rate_is_asked_less_and_less_often_and_then_no_more():
    came_s = []

    def refused(_request):
        came_s.append(asyncio.get_running_loop().time())
        return envelope({}, 10006, "Too many visits!")

    with pytest.raises(VenueUnusable, match="too many visits"):
        look({FEE_RATE: refused})
    assert [1, 2, 4, 8, 8, 8] == pytest.approx([later - sooner for sooner, later in pairwise(came_s)])


def refusing(pattern, answers=TIDY):
    """Answer whatever is asked behind the time; R in the pattern is a refusal. Note when each question came."""
    letters, came_s = iter(pattern), []

    def answered(request):
        came_s.append(asyncio.get_running_loop().time())
        is_refused = next(letters) == "R"
        return envelope({}, 10006, "Too many visits!") if is_refused else envelope(answers[request.url.path])

    return dict.fromkeys((LISTED, FEE_RATE, ACCOUNT, KEY_INFO, BAND, POSITION), answered), came_s


def test_a_venue_that_refuses_every_second_question_is_seen_whole_and_at_a_steady_pace():
    symbols = tuple(f"{name}USDT" for name in "ABCD")
    rows = {"list": [{**LINEAR_ROW, "symbol": one} for one in symbols]}
    fees = {"list": [{**FEES, "symbol": one} for one in symbols]}
    answers, came_s = refusing("RA" * 9, TIDY | {LISTED: rows, FEE_RATE: fees})
    seen, _ = look(answers, symbols=symbols)
    (warning,) = seen.warnings
    assert "refused for the rate" in warning
    assert [1] * 17 == pytest.approx([later - sooner for sooner, later in pairwise(came_s)])


def test_a_pause_that_refusals_made_shrinks_by_a_step_with_every_answer_and_never_to_nothing():
    answers, came_s = refusing("RRRAAAARRAA")
    look(answers)
    # Answers are not saved up: behind four of them, two refusals weigh what the first two did.
    assert [1, 2, 4, 2, 1, 1, 1, 1, 2, 1] == pytest.approx([later - sooner for sooner, later in pairwise(came_s)])


def look_three_times(first, wait_s):
    """Look at a venue that says this first: at once, again, and after a wait; give the words, and how often it was asked."""

    async def main():
        desk = Desk()
        words, asked = [], [0]
        for answer, pause_s in ((first, 0), (first, wait_s), (TIDY[FEE_RATE], 0)):
            desk.rest.answers[FEE_RATE] = answer
            began_s = asyncio.get_running_loop().time()
            try:
                await desk.venue.look(["BTCUSDT"])
            except VenueUnusable as refused:
                words.append(str(refused))
            asked.append(desk.rest.paths().count(FEE_RATE))
            # Nobody waits within a look for so late a time.
            assert asyncio.get_running_loop().time() - began_s < 0.1
            await asyncio.sleep(pause_s)
        await desk.venue.close()
        return words, asked

    return played(main)


@pytest.mark.parametrize(
    ("first", "ban_s"),
    [
        (page(403), 600),
        (envelope({}, 10018, ""), 600),
        (httpx.Response(200, json=envelope({}, 10006, ""), headers=told(0, 32.7)), 32.7),
    ],
)
def test_while_our_address_is_shut_out_nothing_is_asked_and_then_it_is(first, ban_s):
    words, asked = look_three_times(first, ban_s - 1)
    assert 3 == len(words)
    assert "is not asked" in words[2]
    assert [0, 1, 1, 1] == asked
    words, asked = look_three_times(first, ban_s + 1)
    assert 2 == len(words)
    assert [0, 1, 1, 2] == asked


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
