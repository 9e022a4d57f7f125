"""The public stream, kept: up once it is greeted, its books whole, its topics alive, its bands obeyed."""

import asyncio
import json

import pytest
from bybit_desk import NOW_MS, answer, book, create, greet, name_of, on_desk, sent

from strategy import commands, events
from strategy.book import Book

PONG = '{"success":true,"ret_msg":"pong","conn_id":"c","op":"ping"}'

BAND = json.dumps(
    {"topic": "priceLimit.BTCUSDT", "ts": NOW_MS, "data": {"symbol": "BTCUSDT", "buyLmt": "110.0", "sellLmt": "90.0"}}
)


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
