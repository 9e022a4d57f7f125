"""The other road: what never left is told from what may have, and who is shut out does not knock."""

import asyncio

import pytest
from bybit_desk import ACK, OPEN, NobodyThere, Reset, Silence, create, envelope, on_desk, page

from strategy import commands, events
from strategy.line import LATE


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
