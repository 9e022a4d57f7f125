"""The venue as a driver sees it: the road that is open is taken, and streams say when they are up."""

import asyncio

import pytest
from bybit_desk import ACK, NOW_MS, OPEN, Silence, book, create, envelope, on_desk, sent

from strategy import commands, events
from strategy.errors import OurMistake


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


def test_a_venue_is_connected_once_and_after_a_look():
    async def body(desk):
        with pytest.raises(OurMistake):
            await desk.venue.connect(desk.fed.append)
        await desk.connect()
        with pytest.raises(OurMistake):
            await desk.venue.connect(desk.fed.append)

    on_desk(body)


def test_a_frame_that_cannot_be_read_is_counted_and_told_and_takes_nothing_with_it():
    async def body(desk):
        ends = await desk.connect()
        for name in ("public", "private", "trade"):
            ends[name].say("{")
            ends[name].say('{"topic":"order","data":7}')
        ends["public"].say(book(7))
        await asyncio.sleep(0.01)
        assert 1 == len(desk.words(events.BookSnapshot))
        return desk.venue.alerts.counts, desk.codes(), desk.alerts[0].detail

    counts, codes, words = on_desk(body)
    assert ({"SQ-V043": 4}, ["SQ-V043"]) == (counts, codes)
    assert words.startswith("a message without a topic: not a Frame: ")


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


def test_where_the_config_says_rest_no_trade_stream_is_dialled():
    async def body(desk):
        desk.rest.answers["/v5/order/create"] = ACK
        ends = await desk.connect()
        await desk.ask(create())
        return sorted(ends), desk.rest.paths()[-1]

    assert (["private", "public"], "/v5/order/create") == on_desk(body, entry="rest")


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


def test_a_refused_key_is_told_to_a_person():
    async def body(desk):
        desk.rest.answers["/v5/order/create"] = envelope({}, 10003, "invalid key")
        await desk.connect()
        (word,) = await desk.ask(create())
        return word.code, desk.codes()

    assert ("key", ["SQ-V040"]) == on_desk(body, entry="rest")
