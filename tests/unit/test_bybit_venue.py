"""The venue as a driver sees it: every request ends once, by the road that was open, and streams say when they are up."""

import asyncio
import json

import pytest
from bybit_desk import (
    NOW_MS,
    Desk,
    NobodyThere,
    Reset,
    Silence,
    answer,
    book,
    create,
    envelope,
    greet,
    name_of,
    page,
    sent,
)
from scripted import played

from strategy import commands, events
from strategy.book import Book
from strategy.errors import OurMistake
from strategy.line import LATE

ACK = {"orderId": "v1", "orderLinkId": "s-1"}
OPEN = "/v5/order/realtime"


def on_desk(body, **desk):
    """Play a body at a desk; the venue is closed at its end."""

    async def main():
        one = Desk(**desk)
        try:
            return await body(one)
        finally:
            await one.venue.close()

    return played(main)


# Streams


def test_it_signs_in_subscribes_and_says_which_stream_is_up():
    async def body(desk):
        ends = await desk.connect()
        frames = sent(ends["private"])
        assert "auth" == frames[0]["op"]
        assert NOW_MS < frames[0]["args"][1] <= NOW_MS + 11_000
        assert ["order", "execution", "position", "wallet"] == frames[1]["args"]
        topics = [topic for frame in sent(ends["public"]) for topic in frame["args"]]
        assert ["orderbook.50.BTCUSDT", "orderbook.1.BTCUSDT", "publicTrade.BTCUSDT", "priceLimit.BTCUSDT"] == topics
        return desk.fed

    assert {"public", "private"} == {event.stream for event in on_desk(body)}


def test_a_snapshot_that_comes_before_the_acknowledgement_follows_the_word_that_the_stream_is_up():
    async def body(desk):
        await desk.venue.look(["BTCUSDT"])
        await desk.venue.connect(desk.fed.append)
        end = await desk.board.end(1)
        await end.heard(1)
        end.say(book(7))
        await asyncio.sleep(0.1)
        assert [] == desk.fed
        await greet(end)
        return [type(event).__name__ for event in desk.fed]

    assert ["StreamUp", "BookSnapshot"] == on_desk(body)


def test_a_flood_before_we_are_greeted_ends_the_connection():
    async def body(desk):
        await desk.venue.look(["BTCUSDT"])
        await desk.venue.connect(desk.fed.append)
        end = await desk.board.end(1)
        for u in range(2, 6000):
            end.say(book(u))
        await asyncio.sleep(0.1)
        assert [] == desk.fed
        return end.is_left

    assert on_desk(body)


def test_a_refused_sign_in_is_told_and_no_order_goes_over_that_stream():
    async def body(desk):
        desk.rest.answers["/v5/order/create"] = ACK
        await desk.venue.look(["BTCUSDT"])
        await desk.venue.connect(desk.fed.append)
        end = await desk.board.end(3)
        await end.heard(1)
        end.say('{"retCode":10004,"retMsg":"Params Error","op":"auth","connId":"c"}')
        await asyncio.sleep(0.01)
        assert end.is_left
        await desk.ask(create())
        assert "/v5/order/create" in desk.rest.paths()
        return desk.alerts[0]

    alert = on_desk(body)
    assert ("SQ-V042", "the trade stream: auth: Params Error") == (alert.code, alert.detail)


def test_a_trade_service_that_restarts_is_left_and_a_refused_key_is_told():
    async def body(desk):
        end = (await desk.connect())["trade"]
        desk.send(create("s-1"))
        await end.heard(2)
        answer(end, code=10005)
        await asyncio.sleep(0.01)
        desk.send(create("s-2"))
        await end.heard(3)
        answer(end, code=10019)
        await asyncio.sleep(0.01)
        assert end.is_left
        return [word.code for (word,) in desk.said], desk.codes()

    assert (["key", "10019"], ["SQ-V040"]) == on_desk(body)


def test_a_venue_is_connected_once_and_after_a_look():
    async def body(desk):
        with pytest.raises(OurMistake):
            await desk.venue.connect(desk.fed.append)
        await desk.connect()
        with pytest.raises(OurMistake):
            await desk.venue.connect(desk.fed.append)

    on_desk(body)


def test_a_request_that_trickles_in_ends_in_time():
    async def body(desk):
        desk.rest.answers["/v5/order/create"] = ACK
        await desk.connect()
        desk.rest.delay_s = 60.0
        began_s = asyncio.get_running_loop().time()
        (word,) = await desk.ask(create())
        took_s = asyncio.get_running_loop().time() - began_s
        desk.rest.delay_s, desk.rest.connect_s = 0.0, 60.0
        (never,) = await desk.ask(create())
        assert events.NotSent("create", "s-1", "BTCUSDT", "no_connection") == never
        return word.code, 5.0 <= took_s < 5.1

    assert ("timeout", True) == on_desk(body, entry="rest")


def test_a_request_that_cannot_be_said_is_answered_and_the_mistake_is_seen():
    async def body(desk):
        told = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context["exception"]))
        await desk.connect()
        strange = commands.CreateOrder("s-1", "XRPUSDT", "bid0", 1, 1, 1, True, False, False, 2**62, 1)
        (word,) = await desk.ask(strange)
        assert ["KeyError"] == [type(mistake).__name__ for mistake in told]
        return word

    assert events.NotSent("create", "s-1", "XRPUSDT", "no_connection") == on_desk(body)


def test_late_answers_are_remembered_only_so_long():
    async def body(desk):
        end = (await desk.connect())["trade"]
        for number in range(300):
            desk.send(create(f"s-{number}"))
            await asyncio.sleep(0.001)
        late = end.sent[1]
        for _ in range(6):
            end.say('{"retCode":0,"retMsg":"OK","op":"pong","data":["1"],"connId":"c"}')
            await asyncio.sleep(1)
        end.sent.append(late)
        answer(end, {"orderId": "v1", "orderLinkId": "s-0"})
        await asyncio.sleep(0.01)
        assert 300 == len(desk.said)
        return desk.words(events.OrderAccepted)

    assert [] == on_desk(body)


def test_a_lost_stream_is_said_to_be_down_and_comes_back_signed_in_and_subscribed():
    async def body(desk):
        ends = await desk.connect()
        ends["private"].hang_up()
        again = await desk.board.end(4)
        await greet(again)
        assert ["auth", "subscribe"] == [frame["op"] for frame in sent(again)]
        return [type(event).__name__ for event in desk.fed if event.stream == events.PRIVATE]

    assert ["StreamUp", "StreamDown", "StreamUp"] == on_desk(body)


def test_a_refused_subscription_is_told_and_the_stream_is_not_up():
    async def body(desk):
        await desk.venue.look(["BTCUSDT"])
        await desk.venue.connect(desk.fed.append)
        end = await desk.board.end(1)
        await end.heard(1)
        end.say('{"success":false,"ret_msg":"error:handler not found,topic:x","op":"subscribe","conn_id":"c"}')
        await asyncio.sleep(0.01)
        assert [] == desk.fed
        assert end.is_left
        return desk.alerts

    alerts = on_desk(body)
    assert ["SQ-V042"] == [alert.code for alert in alerts]
    assert "handler not found" in alerts[0].detail


def test_a_book_that_is_asked_for_while_the_stream_is_up_is_subscribed_again():
    async def body(desk):
        end = (await desk.connect())["public"]
        end.say(book(7))
        await asyncio.sleep(0.01)
        before = len(end.sent)
        desk.send(commands.RequestBook("BTCUSDT", 5))
        desk.send(commands.RequestBook("BTCUSDT", 6))
        await end.heard(before + 2)
        assert ["unsubscribe", "subscribe"] == [frame["op"] for frame in sent(end)[before:]]
        end.say(book(9))
        await asyncio.sleep(0.01)
        assert "/v5/market/orderbook" not in desk.rest.paths()
        return desk.said

    first, second = on_desk(body)
    assert first == second
    assert [(9, 0)] == [(word.seq, word.asked_ns) for word in first]


def test_a_book_that_never_comes_ends_the_question_and_the_connection():
    async def body(desk):
        end = (await desk.connect())["public"]
        desk.send(commands.RequestBook("BTCUSDT", 5))
        await asyncio.sleep(5.1)
        assert end.is_left
        return desk.said, desk.words(events.StreamDown)

    said, down = on_desk(body)
    assert [("book", "timeout")] == [(word.request, word.code) for word in said[0]]
    assert [events.StreamDown(events.PUBLIC)] == down


@pytest.mark.parametrize("is_back", [True, False])
def test_a_book_that_was_read_is_used_only_while_the_stream_is_down(is_back):
    async def body(desk):
        levels = {"s": "BTCUSDT", "b": [["100.0", "1"]], "a": [["100.1", "2"]], "u": 5_000_000, "seq": 9, "ts": NOW_MS}
        desk.rest.answers["/v5/market/orderbook"] = levels
        end = (await desk.connect())["public"]
        end.hang_up()
        await asyncio.sleep(0.01)
        desk.rest.delay_s = 1.0
        desk.send(commands.RequestBook("BTCUSDT", 5))
        again = await desk.board.end(4)
        if is_back:
            await greet(again)
        await asyncio.sleep(1.2)
        return [type(word).__name__ for (word,) in desk.said]

    assert [["BookSnapshot"], ["Unanswered"]][is_back] == on_desk(body)


PONG = '{"success":true,"ret_msg":"pong","conn_id":"c","op":"ping"}'


def test_while_a_topic_is_silent_its_book_is_read_and_its_first_word_has_the_streams_own_sent_anew():
    async def body(desk):
        levels = {"s": "BTCUSDT", "b": [["100.0", "1"]], "a": [["100.1", "2"]], "u": 5_000_000, "seq": 9, "ts": NOW_MS}
        desk.rest.answers["/v5/market/orderbook"] = levels
        end = (await desk.connect())["public"]
        end.say(book(7))
        for _ in range(5):
            end.say(PONG)
            await asyncio.sleep(1)
        (read,) = await desk.ask(commands.RequestBook("BTCUSDT", 5))
        before = len(end.sent)
        end.say(book(8))
        await end.heard(before + 2)
        return read.seq, [frame["op"] for frame in sent(end)[before:]], end.is_left

    assert (7, ["unsubscribe", "subscribe"], False) == on_desk(body)


@pytest.mark.parametrize("u", [3, 5_000_000])
def test_a_core_takes_a_book_that_was_read_in_a_silence_and_then_the_streams_own(u):
    async def body(desk):
        levels = {"s": "BTCUSDT", "b": [["99.0", "1"]], "a": [["99.1", "2"]], "u": u, "seq": 9, "ts": NOW_MS}
        desk.rest.answers["/v5/market/orderbook"] = levels
        end = (await desk.connect())["public"]
        end.say(book(7))
        for _ in range(5):
            end.say(PONG)
            await asyncio.sleep(1)
        mirror = Book("BTCUSDT")
        mirror.snapshot(1, desk.words(events.BookSnapshot)[0])
        (read,) = await desk.ask(commands.RequestBook("BTCUSDT", 5))
        assert "applied" == mirror.snapshot(2, read)
        assert (990, 2) == (mirror.best_bid_ticks, mirror.proof_ns)
        end.say(book(8, "delta"))
        await asyncio.sleep(0.01)
        mirror.delta(3, desk.words(events.BookDelta)[0])
        end.say(book(9))
        await asyncio.sleep(0.01)
        mirror.snapshot(4, desk.words(events.BookSnapshot)[1])
        return mirror.ok, mirror.seq, mirror.best_bid_ticks, len(mirror.bids)

    assert (True, 9, 1000, 1) == on_desk(body)


def test_a_topic_that_another_connection_did_not_wake_leaves_the_others_their_stream():
    async def body(desk):
        end = (await desk.connect())["public"]
        end.say(book(7))
        while not end.is_left:
            end.say(PONG)
            await asyncio.sleep(1)
        number = 4
        while name_of(again := await desk.board.end(number)) != "public":
            number += 1
        await greet(again)
        for _ in range(60):
            again.say(PONG)
            await asyncio.sleep(1)
        return again.is_left

    assert not on_desk(body)


def test_a_topic_that_falls_silent_while_pongs_come_is_woken_and_then_given_up():
    async def body(desk):
        end = (await desk.connect())["public"]
        end.say(book(7))
        before = len(end.sent)
        for _ in range(30):
            end.say(PONG)
            await asyncio.sleep(1)
        asked = [frame["op"] for frame in sent(end)[before:] if frame["op"] != "ping"]
        return asked, end.is_left

    assert (["unsubscribe", "subscribe"], True) == on_desk(body)


def test_a_quiet_market_whose_best_prices_are_repeated_is_alive():
    async def body(desk):
        end = (await desk.connect())["public"]
        end.say(book(7))
        for _ in range(30):
            end.say(book(3, topic="orderbook.1.BTCUSDT", seq=7))
            await asyncio.sleep(1)
        assert not end.is_left
        return len(desk.words(events.BookHeartbeat))

    assert 30 == on_desk(body)


def test_a_frame_that_cannot_be_read_is_counted_and_told_and_takes_nothing_with_it():
    async def body(desk):
        ends = await desk.connect()
        for name in ("public", "private", "trade"):
            ends[name].say("{")
            ends[name].say('{"topic":"order","data":7}')
        ends["public"].say(book(7))
        await asyncio.sleep(0.01)
        assert 1 == len(desk.words(events.BookSnapshot))
        return desk.venue.alerts.counts, desk.codes()

    assert ({"SQ-V043": 4}, ["SQ-V043"]) == on_desk(body)


ROW = {
    "symbol": "BTCUSDT",
    "category": "linear",
    "orderId": "v1",
    "orderLinkId": "s-1",
    "side": "Buy",
    "price": "100.0",
    "qty": "0.05",
    "updatedTime": str(NOW_MS),
}


@pytest.mark.parametrize("status", ["New", "Filled", "Cancelled", None])
def test_a_private_stream_that_says_nothing_of_an_order_that_was_taken_is_given_up(status):
    async def body(desk):
        ends = await desk.connect()
        desk.send(create())
        await ends["trade"].heard(2)
        answer(ends["trade"], ACK, Timenow=str(NOW_MS + 50))
        if status is not None:
            row = {**ROW, "orderStatus": status}
            ends["private"].say(json.dumps({"topic": "order", "id": "1", "creationTime": 1, "data": [row]}))
        for _ in range(20):
            ends["private"].say('{"op":"pong","args":["1"],"conn_id":"c"}')
            await asyncio.sleep(1)
        return ends["private"].is_left

    assert on_desk(body) == (status is None)


def test_a_private_stream_that_is_late_is_given_time():
    async def body(desk):
        ends = await desk.connect()
        desk.send(create())
        await ends["trade"].heard(2)
        answer(ends["trade"], ACK, Timenow=str(NOW_MS + 50))
        for second in range(20):
            if second == 8:
                row = {**ROW, "orderStatus": "New"}
                ends["private"].say(json.dumps({"topic": "order", "data": [row]}))
            ends["private"].say('{"op":"pong","args":["1"],"conn_id":"c"}')
            await asyncio.sleep(1)
        return ends["private"].is_left

    assert not on_desk(body)


FILL = {
    "symbol": "BTCUSDT",
    "category": "linear",
    "orderId": "v1",
    "orderLinkId": "s-1",
    "side": "Buy",
    "execPrice": "100.0",
    "execTime": str(NOW_MS + 100),
    "execType": "Trade",
    "isMaker": True,
    "orderQty": "0.05",
}


@pytest.mark.parametrize(
    ("told", "is_given_up"),
    [
        ([], True),
        ([("e1", "0.02")], True),
        ([("e1", "0.02"), ("e1", "0.02")], True),  # the same one twice
        ([("e1", "0.02"), ("e2", "0.01")], False),
    ],
)
def test_a_private_stream_that_does_not_tell_what_traded_is_given_up(told, is_given_up):
    async def body(desk):
        ends = await desk.connect()
        desk.send(create())
        await ends["trade"].heard(2)
        answer(ends["trade"], ACK, Timenow=str(NOW_MS + 50))
        at = {"createdTime": str(NOW_MS + 50), "updatedTime": str(NOW_MS + 100)}
        row = {**ROW, **at, "orderStatus": "PartiallyFilled", "cumExecQty": "0.03"}
        ends["private"].say(json.dumps({"topic": "order", "data": [row]}))
        for exec_id, lots in told:
            data = [{**FILL, "execId": exec_id, "execQty": lots}]
            ends["private"].say(json.dumps({"topic": "execution", "data": data}))
        for _ in range(20):
            ends["private"].say('{"op":"pong","args":["1"],"conn_id":"c"}')
            await asyncio.sleep(1)
        return ends["private"].is_left

    assert is_given_up == on_desk(body)


def test_what_traded_before_the_stream_came_up_is_not_missed_on_it():
    async def body(desk):
        ends = await desk.connect()
        desk.send(create())
        await ends["trade"].heard(2)
        answer(ends["trade"], ACK, Timenow=str(NOW_MS + 50))
        await asyncio.sleep(0.1)
        ends["private"].hang_up()
        again = await desk.board.end(4)
        await greet(again)
        at = {"createdTime": str(NOW_MS + 50), "updatedTime": str(NOW_MS + 900)}
        row = {**ROW, **at, "orderStatus": "PartiallyFilled", "cumExecQty": "0.03"}
        again.say(json.dumps({"topic": "order", "data": [row]}))
        for _ in range(20):
            again.say('{"op":"pong","args":["1"],"conn_id":"c"}')
            await asyncio.sleep(1)
        return again.is_left

    assert not on_desk(body)


# Roads


BAND = json.dumps(
    {"topic": "priceLimit.BTCUSDT", "ts": NOW_MS, "data": {"symbol": "BTCUSDT", "buyLmt": "110.0", "sellLmt": "90.0"}}
)


def test_creates_outside_the_price_band_stay_here_and_the_others_of_their_batch_leave():
    async def body(desk):
        ends = await desk.connect()
        ends["public"].say(BAND)
        await asyncio.sleep(0.01)
        desk.send(create("s-1", price_ticks=1101), create("s-2"), create("s-3", side=-1, price_ticks=899))
        await ends["trade"].heard(2)
        answer(ends["trade"], {"orderId": "v2", "orderLinkId": "s-2"}, **{"X-Bapi-Limit-Status": "9"})
        await asyncio.sleep(0.01)
        desk.send(create("s-4", price_ticks=1101))
        assert "order.create" == sent(ends["trade"])[1]["op"]
        return [[(type(word).__name__, getattr(word, "client_id", "")) for word in said] for said in desk.said]

    assert [
        [("BudgetSeen", ""), ("NotSent", "s-1"), ("OrderAccepted", "s-2"), ("NotSent", "s-3")],
        [("NotSent", "s-4")],
    ] == on_desk(body)


def test_prices_at_the_band_leave_and_so_do_cancels_and_amends():
    async def body(desk):
        ends = await desk.connect()
        ends["public"].say(BAND)
        await asyncio.sleep(0.01)
        desk.send(create("s-1", price_ticks=1100), create("s-2", side=-1, price_ticks=900))
        desk.send(commands.AmendOrder("s-1", "BTCUSDT", 5000, 50, 2**62, 1))
        desk.send(commands.CancelOrder("s-1", "BTCUSDT", 1))
        await ends["trade"].heard(4)
        return [frame["op"] for frame in sent(ends["trade"])[1:]]

    assert ["order.create-batch", "order.amend", "order.cancel"] == on_desk(body)


@pytest.mark.parametrize(("age_s", "leaves"), [(29, False), (31, True)])
def test_a_band_that_was_not_told_for_long_keeps_nothing_back(age_s, leaves):
    async def body(desk):
        ends = await desk.connect()
        ends["public"].say(BAND)
        for _ in range(age_s):
            await asyncio.sleep(1)
            for end, pong in ((ends["public"], PONG), (ends["trade"], '{"retCode":0,"op":"pong"}')):
                end.say(pong)
            ends["public"].say(book(3, topic="orderbook.50.BTCUSDT"))
        desk.send(create("s-1", price_ticks=1101))
        await asyncio.sleep(0.1)
        return "order.create" in [frame["op"] for frame in sent(ends["trade"])]

    assert leaves == on_desk(body)


def test_a_band_is_not_believed_longer_than_its_stream_is_up():
    async def body(desk):
        ends = await desk.connect()
        ends["public"].say(BAND)
        await asyncio.sleep(0.01)
        ends["public"].hang_up()
        await greet(await desk.board.end(4))
        desk.send(create("s-1", price_ticks=1101))
        await ends["trade"].heard(2)

    on_desk(body)


def test_a_create_goes_over_the_trade_stream_while_it_is_up():
    async def body(desk):
        end = (await desk.connect())["trade"]
        desk.send(create())
        await end.heard(2)
        frame = sent(end)[1]
        assert ("order.create", "1000") == (frame["op"], frame["header"]["X-BAPI-RECV-WINDOW"])
        answer(end, ACK, **{"X-Bapi-Limit-Status": "9", "X-Bapi-Limit-Reset-Timestamp": str(NOW_MS)})
        await asyncio.sleep(0.01)
        assert "/v5/order/create" not in desk.rest.paths()
        return desk.said

    ((budget, word),) = on_desk(body)
    assert 9 == budget.remaining
    assert events.OrderAccepted("s-1", "v1", 1000, 50, NOW_MS * 1_000_000, 1) == word


def test_a_create_goes_over_rest_while_the_trade_stream_is_down():
    async def body(desk):
        desk.rest.answers["/v5/order/create"] = ACK
        end = (await desk.connect())["trade"]
        end.hang_up()
        await asyncio.sleep(0.01)
        said = await desk.ask(create())
        assert desk.rest.asked[-1].headers["x-bapi-recv-window"] == "1000"
        return said

    assert ["OrderAccepted"] == [type(word).__name__ for word in on_desk(body)]


def test_a_create_goes_over_rest_where_the_trade_stream_takes_no_more_frames():
    async def body(desk):
        desk.rest.answers["/v5/order/create"] = ACK
        end = (await desk.connect())["trade"]
        end.is_stuck = True
        while "/v5/order/create" not in desk.rest.paths():
            desk.send(create())
            await asyncio.sleep(0.001)
        assert end.is_left
        before = len(desk.said)
        assert before in (256, 257)  # every one before it is in doubt, and it is answered itself
        return {type(word).__name__ for said in desk.said[:256] for word in said}

    assert {"Unanswered"} == on_desk(body)


def test_where_the_config_says_rest_no_trade_stream_is_dialled():
    async def body(desk):
        desk.rest.answers["/v5/order/create"] = ACK
        ends = await desk.connect()
        await desk.ask(create())
        return sorted(ends), desk.rest.paths()[-1]

    assert (["private", "public"], "/v5/order/create") == on_desk(body, entry="rest")


def test_items_of_a_batch_have_their_own_outcomes_on_the_stream():
    async def body(desk):
        end = (await desk.connect())["trade"]
        desk.send(create("s-1"), create("s-2"))
        await end.heard(2)
        items = [{"orderId": "v1", "orderLinkId": "s-1"}, {"orderId": "", "orderLinkId": "s-2"}]
        codes = [{"code": 0, "msg": "OK"}, {"code": 110007, "msg": "no balance"}]
        answer(end, {"list": items}, ext={"list": codes})
        await asyncio.sleep(0.01)
        return desk.said[0]

    assert ["OrderAccepted", "OrderRejected"] == [type(word).__name__ for word in on_desk(body)]


# Silence


def test_a_request_under_a_trade_stream_that_breaks_is_in_doubt():
    async def body(desk):
        end = (await desk.connect())["trade"]
        desk.send(create())
        await end.heard(2)
        end.hang_up()
        await asyncio.sleep(0.01)
        return desk.said

    assert [("reset", "s-1")] == [(word.code, word.client_id) for (word,) in on_desk(body)]


def test_a_request_that_nobody_answers_is_in_doubt_and_a_late_answer_is_still_a_word():
    async def body(desk):
        end = (await desk.connect())["trade"]
        desk.send(create())
        await end.heard(2)
        late = end.sent[1]
        for _ in range(6):
            end.say('{"retCode":0,"retMsg":"OK","op":"pong","data":["1"],"connId":"c"}')
            await asyncio.sleep(1)
        assert ["timeout"] == [word.code for (word,) in desk.said]
        end.sent.append(late)
        answer(end, ACK)
        answer(end, ACK)
        await asyncio.sleep(0.01)
        assert 1 == len(desk.said)
        return desk.words(events.OrderAccepted)

    assert ["s-1"] == [word.client_id for word in on_desk(body)]


def test_a_trade_stream_that_says_nothing_at_all_while_a_request_waits_is_given_up():
    async def body(desk):
        end = (await desk.connect())["trade"]
        await asyncio.sleep(4)
        desk.send(create())
        await asyncio.sleep(5.1)
        return end.is_left

    assert on_desk(body)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (NobodyThere(), ("NotSent", "no_connection")),
        (Reset(), ("Unanswered", "reset")),
        (Silence(), ("Unanswered", "timeout")),
        (page(502), ("Unanswered", "down")),
        (page(200), ("Unanswered", "unreadable")),
        (b'{"retCode":0,"retM', ("Unanswered", "unreadable")),
        (envelope({}, 10006, "Too many visits!"), ("Unanswered", "rate_limit")),
        (envelope({}, 4711, "never heard of"), ("Unanswered", "4711")),
        (envelope({}, 110007, "no balance"), ("OrderRejected", "margin")),
    ],
)
def test_over_rest_each_way_to_end_says_what_is_known(answers, said):
    async def body(desk):
        desk.rest.answers["/v5/order/create"] = answers
        await desk.connect()
        (word,) = await desk.ask(create())
        return type(word).__name__, getattr(word, "reason", "") or word.code

    assert said == on_desk(body, entry="rest")


def test_an_address_that_is_shut_out_is_told_as_a_budget_of_nothing_for_ten_minutes():
    async def body(desk):
        desk.rest.answers["/v5/order/create"] = page(403)
        await desk.connect()
        began_ns = desk.clock.now_ns()
        budget, word = await desk.ask(create())
        return word.code, budget.bucket, budget.remaining, (budget.resets_ns - began_ns) // 10**9

    assert ("banned", "account", 0, 600) == on_desk(body, entry="rest")


def test_an_address_that_is_shut_out_is_left_in_peace_and_orders_take_their_other_road():
    async def body(desk):
        desk.rest.answers |= {OPEN: page(403), "/v5/order/cancel-all": page(403)}
        end = (await desk.connect())["trade"]
        budget, word = await desk.ask(commands.QueryOpenOrders("BTCUSDT", 1))
        assert ("shut_out", 0, "shut_out") == (budget.bucket, budget.remaining, word.code)
        knocked = len(desk.rest.asked)
        for asked in (commands.QueryOpenOrders("BTCUSDT", 2), commands.CancelAll("")):
            (word,) = await desk.ask(asked)
            assert ("NotSent", "shut_out") == (type(word).__name__, word.reason)
        desk.send(commands.CancelOrder("s-1", "BTCUSDT", 1))
        await end.heard(2)
        assert knocked == len(desk.rest.asked)
        end.is_stuck = True
        end.hang_up()
        await asyncio.sleep(0.01)
        await desk.ask(commands.CancelAll(""))
        assert knocked + 1 == len(desk.rest.asked)
        await asyncio.sleep(601)
        desk.rest.answers[OPEN] = {"list": []}
        (word,) = await desk.ask(commands.QueryOpenOrders("BTCUSDT", 3))
        return type(word).__name__

    assert "OpenOrdersReport" == on_desk(body)


def test_a_create_whose_time_passes_while_it_waits_for_a_connection_never_leaves():
    async def body(desk):
        await desk.connect()
        desk.rest.answers["/v5/order/create"] = ACK
        desk.rest.connect_s = 1.0
        (word,) = await desk.ask(create(send_by_ns=desk.clock.now_ns() + 10**8))
        assert "/v5/order/create" not in desk.rest.paths()
        return word

    assert events.NotSent("create", "s-1", "BTCUSDT", LATE) == on_desk(body, entry="rest")


def test_closing_ends_what_is_under_way_without_a_verdict():
    async def body(desk):
        desk.rest.answers |= {OPEN: Silence(), "/v5/order/create": Silence()}
        end = (await desk.connect())["trade"]
        desk.send(create())
        await end.heard(2)
        desk.send(commands.QueryOpenOrders("BTCUSDT", 1))
        await asyncio.sleep(0.1)
        await desk.venue.close()
        return [type(word).__name__ for said in desk.said for word in said]

    assert ["Unanswered", "Unanswered"] == on_desk(body)


def test_a_request_that_is_ended_before_it_left_never_left():
    async def body(desk):
        desk.rest.answers[OPEN] = {"list": []}
        desk.send(commands.QueryOpenOrders("BTCUSDT", 1))
        desk.rest.connect_s = 1.0
        await desk.venue.close()
        assert OPEN not in desk.rest.paths()
        return desk.said

    assert [(events.NotSent("query", "", "BTCUSDT", "no_connection"),)] == on_desk(body)


def test_a_read_of_many_pages_is_one_answer():
    def rows(request):
        cursor = request.url.params.get("cursor")
        items = [{"symbol": "BTCUSDT", "orderId": f"v{cursor}", "orderLinkId": f"s-{cursor}", "side": "Buy"}]
        row = {"orderStatus": "New", "price": "100.0", "qty": "0.05", **items[0]}
        return {"list": [row], "nextPageCursor": {None: "2%3A", "2%3A": "", "2:": ""}[cursor]}

    async def body(desk):
        desk.rest.answers[OPEN] = rows
        await desk.connect()
        (word,) = await desk.ask(commands.QueryOpenOrders("BTCUSDT", 1))
        return word.client_ids, [request.url.raw_path for request in desk.rest.asked[-2:]]

    names, paths = on_desk(body)
    assert ("s-None", "s-2:") == names
    assert paths[1].endswith(b"cursor=2%3A")


def test_requests_are_signed_with_the_estimate_they_were_given():
    async def body(desk):
        desk.rest.answers[OPEN] = {"list": []}
        await desk.connect()
        desk.send(commands.QueryOpenOrders("BTCUSDT", 1), ahead_ns=-(10**9))
        now_ms = desk.clock.now_ns() // 1_000_000
        await asyncio.sleep(0.1)
        return int(desk.rest.asked[-1].headers["x-bapi-timestamp"]) - now_ms

    assert -1000 == on_desk(body)


def test_a_refused_key_is_told_to_a_person():
    async def body(desk):
        desk.rest.answers["/v5/order/create"] = envelope({}, 10003, "invalid key")
        await desk.connect()
        (word,) = await desk.ask(create())
        return word.code, desk.codes()

    assert ("key", ["SQ-V040"]) == on_desk(body, entry="rest")
