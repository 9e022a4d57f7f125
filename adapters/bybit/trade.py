"""The trade stream: answers to requests, told apart by their request id alone, and small talk."""

from typing import Final

import msgspec

from adapters.bybit.control import Control, control_of
from adapters.bybit.market import Unreadable
from adapters.bybit.rows import Frame, TradeAnswer, read

_REQUEST: Final = "order."


class TradeHeard(msgspec.Struct, frozen=True):
    """One frame: an answer to the request ``req_id``, or small talk, or something strange.

    An answer without an id (a malformed request gets one) is nobody's: ``req_id`` is empty, and the
    requests under way run into their deadlines.
    """

    req_id: str = ""
    answer: TradeAnswer | None = None
    control: Control | None = None
    strange: str = ""


def heard(text: str | bytes) -> TradeHeard:
    """Read one frame; never raises."""
    try:
        frame = read(text, Frame)
        if frame.op.startswith(_REQUEST) and frame.ret_code is not None:
            answer = read(text, TradeAnswer)
            return TradeHeard(answer.req_id[:100], answer)
        return TradeHeard(control=control_of(frame))
    except Unreadable as problem:
        return TradeHeard(strange=str(problem))
