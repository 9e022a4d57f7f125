"""The fast road for orders: a frame out, an answer back, and no request left without an outcome."""

import asyncio

from bybit_desk import ACK, NOW_MS, answer, create, on_desk, sent

from strategy import commands, events


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
