"""The private stream, kept: signed in again after a loss, and given up where it says nothing of what happened."""

import asyncio
import json

import pytest
from bybit_desk import ACK, NOW_MS, answer, create, greet, on_desk, sent

from strategy import events

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


def test_a_lost_stream_is_said_to_be_down_and_comes_back_signed_in_and_subscribed():
    async def body(desk):
        ends = await desk.connect()
        ends["private"].hang_up()
        again = await desk.board.end(4)
        await greet(again)
        assert ["auth", "subscribe"] == [frame["op"] for frame in sent(again)]
        return [type(event).__name__ for event in desk.fed if event.stream == events.PRIVATE]

    assert ["StreamUp", "StreamDown", "StreamUp"] == on_desk(body)


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
