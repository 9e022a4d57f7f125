"""The trade stream: answers by their request's id, small talk, and what belongs to nobody."""

import pytest
from bybit_wire import frame

from adapters.bybit.control import AUTH, OTHER, PONG, Control
from adapters.bybit.trade import heard

ANSWER = {"reqId": "q-1", "retCode": 0, "retMsg": "OK", "op": "order.cancel-batch", "data": {}, "connId": "c"}


def test_an_answer_is_of_the_request_it_names():
    told = heard(frame(**ANSWER))
    assert (told.req_id, told.control, told.strange) == ("q-1", None, "")
    assert told.answer is not None
    assert (told.answer.op, told.answer.ret_code) == ("order.cancel-batch", 0)


def test_an_answer_without_an_id_is_nobodys():
    told = heard(frame(**{name: value for name, value in ANSWER.items() if name != "reqId"}))
    assert (told.req_id, told.answer is None) == ("", False)


def test_a_malformed_request_gets_an_answer_without_a_code():
    """The venue answers it in the other streams' shape: nothing says whose it was."""
    told = heard('{"success":false,"ret_msg":"Params Error","op":"order.create","conn_id":"c"}')
    assert told.control == Control(OTHER, False, "Params Error")


@pytest.mark.parametrize(
    "text,control",
    [
        ('{"retCode":0,"retMsg":"OK","op":"auth","connId":"c"}', Control(AUTH, True, "OK")),
        ('{"retCode":20001,"retMsg":"Repeat auth","op":"auth"}', Control(AUTH, True, "Repeat auth", code=20001)),
        ('{"retCode":10004,"retMsg":"Invalid sign","op":"auth"}', Control(AUTH, False, "Invalid sign", code=10004)),
        ('{"retCode":0,"retMsg":"OK","op":"pong","data":["1"],"connId":"c"}', Control(PONG, True, "OK")),
        ('{"retCode":10404,"retMsg":"op","op":"oder"}', Control(OTHER, False, "op", code=10404)),
    ],
)
def test_small_talk_has_codes_here(text, control):
    assert heard(text).control == control


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"op":7}', '{"op":"order.create","retCode":0,"data":{}', b"\xff"]
)
def test_what_cannot_be_read_is_strange(text):
    told = heard(text)
    assert told.strange
    assert (told.answer, told.control, told.req_id) == (None, None, "")


def test_an_answer_with_the_wrong_types_is_strange():
    told = heard(frame(**(ANSWER | {"reqId": 7})))
    assert "TradeAnswer" in told.strange
    assert told.answer is None
