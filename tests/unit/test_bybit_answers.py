"""What came back for a request is one event for each of its commands, whatever came back."""

import pytest
from bybit_wire import NOW_NS, PERPS, VENUE_MS, VENUE_NS, amend, cancel, create, frame, order_row, reply

from adapters.bybit import words
from adapters.bybit.answers import Reply, outcome_of, outcome_of_frame
from adapters.bybit.memory import Memory
from adapters.bybit.private import PrivateStream
from adapters.bybit.requests import call_of
from adapters.bybit.trade import heard
from strategy import commands, events
from strategy.pacing import ORDERS
from strategy.units import BUY

ACK = {"orderId": "v-1", "orderLinkId": "s-1"}


def outcome(one, answer, memory=None):
    memory = Memory() if memory is None else memory
    return outcome_of(PERPS, memory, one, call_of(PERPS, one, NOW_NS), answer, NOW_NS)


def told(command, answer, memory=None):
    (event,) = outcome((command,), answer, memory).events
    return event


def test_an_acknowledged_create_is_accepted_as_asked():
    assert told(create(), reply(ACK)) == events.OrderAccepted("s-1", "v-1", 650_000, 10, VENUE_NS, BUY)


def test_an_acknowledged_amend_is_done_as_asked():
    assert told(amend(), reply(ACK)) == events.OrderAmended("s-1", 650_001, 20, VENUE_NS)


def test_an_acknowledged_cancel_is_only_taken():
    assert told(cancel(), reply(ACK)) == events.CancelTaken("s-1", VENUE_NS)


def test_an_amend_that_changes_nothing_is_done():
    assert told(amend(), reply({}, 34040)) == events.OrderAmended("s-1", 650_001, 20, VENUE_NS)


def test_an_acknowledged_cancel_all_is_no_evidence():
    swept = {"list": [ACK], "success": "1"}
    assert told(commands.CancelAll("BTCUSDT"), reply(swept)) == events.CancelAllAnswered("BTCUSDT", VENUE_NS)
    unswept = told(commands.CancelAll("BTCUSDT"), reply(swept | {"success": "0"}))
    assert unswept == events.Unanswered(events.CANCEL_ALL, "", "BTCUSDT", "not_swept")


def test_an_answer_about_another_order_is_no_answer():
    for command in (create(), amend(), cancel()):
        event = told(command, reply(ACK | {"orderLinkId": "s-2"}))
        assert (type(event), event.code) == (events.Unanswered, words.UNREADABLE)


BODY = reply(ACK).body
UNTOLD = {
    "a page of a proxy": (Reply(200, "text/html", {}, b"<html>"), words.UNREADABLE),
    "a page that says it is json": (Reply(200, "application/json", {}, b"<html>"), words.UNREADABLE),
    "a body cut short": (Reply(200, "application/json", {}, BODY[:-9]), words.UNREADABLE),
    "no body": (Reply(200, "application/json", {}, b""), words.UNREADABLE),
    "no code": (Reply(200, "application/json", {}, b'{"retMsg":"OK"}'), words.UNREADABLE),
    "a code in words": (Reply(200, "application/json", {}, b'{"retCode":"0"}'), words.UNREADABLE),
    "a gateway's 502": (Reply(502, "text/html", {}, b"<html>"), words.DOWN),
    "a 500 with a verdict": (Reply(500, "application/json", {}, reply({}, 110001).body), words.DOWN),
    "an ack of wrong types": (reply({"orderId": 7}), words.UNREADABLE),
    "an ack that is a list": (reply([ACK]), words.UNREADABLE),
}


@pytest.mark.parametrize("name", UNTOLD)
def test_what_is_no_verdict_leaves_an_order_in_doubt(name):
    answer, code = UNTOLD[name]
    assert told(create(), answer) == events.Unanswered(events.CREATE, "s-1", "BTCUSDT", code)


def test_a_verdict_without_a_content_type_is_still_one():
    assert isinstance(told(create(), Reply(200, "", {}, BODY)), events.OrderAccepted)


def test_a_list_of_another_length_leaves_all_in_doubt():
    one = (create("s-1"), create("s-2"))
    acks, codes = [ACK, ACK | {"orderLinkId": "s-2"}], [{"code": 0, "msg": "OK"}] * 2
    for short in (
        reply({"list": acks[:1]}, ext={"list": codes}),
        reply({"list": acks}, ext={"list": codes[:1]}),
        reply({"list": acks}),
    ):
        assert [(event.client_id, event.code) for event in outcome(one, short).events] == [
            ("s-1", words.UNREADABLE),
            ("s-2", words.UNREADABLE),
        ]


def test_an_item_that_cannot_be_read_takes_no_other_with_it():
    one = (create("s-1"), create("s-2"), create("s-3"))
    acks = [ACK, ACK | {"orderLinkId": "s-2"}, 7]
    first, second, third = outcome(
        one, reply({"list": acks}, ext={"list": [{"code": "0"}, {"code": 0}, {"code": 0}]})
    ).events
    assert (first.client_id, first.code) == ("s-1", words.UNREADABLE)
    assert isinstance(second, events.OrderAccepted)
    assert (third.client_id, third.code) == ("s-3", words.UNREADABLE)


def test_items_of_a_batch_of_amends_may_be_as_they_were():
    one = (amend("s-1"), amend("s-2"))
    acks = [ACK, {"orderId": "", "orderLinkId": ""}]
    result = outcome(one, reply({"list": acks}, ext={"list": [{"code": 0}, {"code": 34040}]}))
    assert [type(event) for event in result.events] == [events.OrderAmended] * 2


def test_an_amend_that_is_refused_in_a_batch_is_refused():
    one = (amend("s-1"), amend("s-2"))
    acks = [ACK, {"orderId": "", "orderLinkId": ""}]
    result = outcome(one, reply({"list": acks}, ext={"list": [{"code": 0}, {"code": 110001}]}))
    assert result.events[1] == events.AmendRefused("s-2", words.GONE, VENUE_NS)


def test_the_stream_that_was_first_is_believed():
    """The venue took another price than asked and said so before it answered: the answer repeats that."""
    memory = Memory()
    memory.leaving((create(),))
    PrivateStream(PERPS, memory).heard(frame(topic="order", data=[order_row(price="64999.9")]))
    assert told(create(), reply(ACK), memory).price_ticks == 649_999


def test_an_acknowledged_amend_does_not_undo_what_the_stream_told_since():
    memory = Memory()
    stream = PrivateStream(PERPS, memory)
    stream.heard(frame(topic="order", data=[order_row()]))
    memory.leaving((amend(),))
    stream.heard(frame(topic="order", data=[order_row(price="64999.9", updatedTime=str(VENUE_MS + 5))]))
    assert told(amend(), reply(ACK), memory).venue_ns == 0


def test_what_is_left_of_a_budget_is_told_beside_the_outcome():
    answer = reply(ACK, X_Bapi_Limit_Status="7", X_Bapi_Limit_Reset_Timestamp=str(VENUE_MS + 200))
    result = outcome((create(),), answer)
    assert result.aside == (events.BudgetSeen(ORDERS, 7, NOW_NS + 200_000_000),)
    assert isinstance(result.events[0], events.OrderAccepted)


@pytest.mark.parametrize(
    "headers,aside",
    [
        ({}, ()),
        ({"X_Bapi_Limit_Status": "many"}, ()),
        ({"X_Bapi_Limit_Status": "-1"}, ()),
        ({"X_Bapi_Limit_Status": "3"}, (events.BudgetSeen(ORDERS, 3, NOW_NS),)),
        (
            {"X_Bapi_Limit_Status": "3", "X_Bapi_Limit_Reset_Timestamp": str(VENUE_MS - 60_000)},
            (events.BudgetSeen(ORDERS, 3, NOW_NS),),
        ),
        (
            {"X_Bapi_Limit_Status": "3", "X_Bapi_Limit_Reset_Timestamp": str(VENUE_MS + 10**9)},
            (events.BudgetSeen(ORDERS, 3, NOW_NS + 3600 * 10**9),),
        ),
    ],
    ids=["none", "words", "less than none", "no reset", "a reset long ago", "a reset in years"],
)
def test_headers_are_believed_within_reason(headers, aside):
    assert outcome((create(),), reply(ACK, **headers)).aside == aside


def test_a_limit_of_the_gateway_is_timed_by_its_own_header():
    headers = {"x-bapi-limit-status": "0", "timenow": str(VENUE_MS), "x-bapi-limit-reset-timestamp": str(VENUE_MS + 90)}
    for status in (429, 200):
        result = outcome((create(),), Reply(status, "text/plain", headers, b"Too many"))
        assert result.aside == (events.BudgetSeen(ORDERS, 0, NOW_NS + 90_000_000),)


STREAMED = {
    "reqId": "q-1",
    "retCode": 0,
    "retMsg": "OK",
    "op": "order.create",
    "data": ACK,
    "retExtInfo": {},
    "header": {"X-Bapi-Limit-Status": "9", "X-Bapi-Limit-Reset-Timestamp": str(VENUE_MS + 1), "Timenow": str(VENUE_MS)},
    "connId": "c",
}


def streamed(one, **changes):
    answer = heard(frame(**(STREAMED | changes))).answer
    return outcome_of_frame(PERPS, Memory(), one, answer, NOW_NS)


def test_an_answer_of_the_trade_stream_says_the_same_as_one_over_rest():
    result = streamed((create(),))
    assert result.events == (events.OrderAccepted("s-1", "v-1", 650_000, 10, VENUE_NS, BUY),)
    assert result.aside == (events.BudgetSeen(ORDERS, 9, NOW_NS + 1_000_000),)
    assert streamed((cancel(),), retCode=110001, data={}).events == (events.CancelRefused("s-1", words.GONE, VENUE_NS),)


def test_a_batch_over_the_trade_stream_has_its_items_own_codes():
    data = {"list": [ACK, {"orderId": "", "orderLinkId": "s-2"}]}
    result = streamed((create("s-1"), create("s-2")), data=data, retExtInfo={"list": [{"code": 0}, {"code": 110020}]})
    first, second = result.events
    assert isinstance(first, events.OrderAccepted)
    assert second == events.OrderRejected("s-2", words.TOO_MANY_ORDERS, VENUE_NS)


def test_an_answer_without_the_venues_time_is_of_no_instant():
    assert streamed((create(),), header={}).events[0].venue_ns == 0


def test_a_question_is_never_answered_over_the_trade_stream():
    (event,) = streamed((commands.QueryMargin(7),)).events
    assert event == events.Unanswered(events.QUERY, "", "", words.UNREADABLE)
