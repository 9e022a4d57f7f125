"""Answers as bytes: the envelope of REST with its headers, the frame of the trade stream, and pages of proxies."""

from typing import Any, Final

import msgspec

from sim.serve.asked import Outcome
from sim.serve.codes import NO_ROUTE, TOO_MANY_VISITS, Verdict
from sim.serve.roads import Told
from sim.through.exchanged import Answer
from sim.venue import codes
from strategy.units import NS_PER_MS

_JSON: Final = "application/json; charset=utf-8"
_HTML: Final = "text/html"
_FOUND: Final = 200
_NOT_FOUND: Final = 404
_BANNED_PAGE: Final = (403, "Forbidden", "access too frequent. This IP has been blocked.")
_DOWN_PAGE: Final = (503, "Service Temporarily Unavailable", "The upstream is not available.")
_STAMP: Final = codes.TIMESTAMP


def http_answer(told: Told) -> Answer:
    """Write what came of a REST request; a ban or a venue that is away is a page, not JSON."""
    said = [getattr(answer, "code", "") for answer in told.answers]
    if codes.BANNED in said:
        return _page(_BANNED_PAGE)
    if codes.DOWN in said:
        return _page(_DOWN_PAGE)
    outcome = outcome_of(told)
    body = {
        "retCode": outcome.verdict.code,
        "retMsg": outcome.verdict.text,
        "result": outcome.result,
        "retExtInfo": outcome.ext,
        "time": told.at_ms,
    }
    headers = {"Content-Type": _JSON, "Ret_code": str(outcome.verdict.code), **_marks(told), **_budget(told)}
    status = _NOT_FOUND if outcome.verdict == NO_ROUTE else _FOUND
    return Answer(status, tuple(headers.items()), msgspec.json.encode(body))


def trade_frame(told: Told, op: str, req_id: str, conn_id: str) -> dict[str, Any]:
    """Write what came of a request of the trade stream."""
    outcome = outcome_of(told)
    named = {"reqId": req_id} if req_id else {}
    return {
        **named,
        "retCode": outcome.verdict.code,
        "retMsg": outcome.verdict.text,
        "op": op,
        "data": outcome.result,
        "retExtInfo": outcome.ext,
        "header": {**_marks(told), **_budget(told)},
        "connId": conn_id,
    }


def outcome_of(told: Told) -> Outcome:
    """Say what an envelope holds; a request outside its time window is told both clocks."""
    outcome = told.plan.show(told.answers)
    if any(getattr(answer, "code", "") == _STAMP for answer in told.answers) and outcome.verdict.code:
        plan, window_ns = told.plan, told.plan.window_ns or 0
        clocks = f"req_timestamp[{plan.signed_ns // NS_PER_MS}],server_timestamp[{told.at_ms}]"
        words = f"{outcome.verdict.text} {clocks},recv_window[{window_ns // NS_PER_MS}]"
        return Outcome(Verdict(outcome.verdict.code, words))
    return outcome


def _marks(told: Told) -> dict[str, str]:
    return {"Traceid": f"{told.number:032x}", "Timenow": str(told.at_ms)}


def _budget(told: Told) -> dict[str, str]:
    """Tell the budget; until when to wait is only worth something once it is used up."""
    if told.budget is None:
        return {}
    outcome = told.plan.show(told.answers)
    left = 0 if outcome.verdict.code == TOO_MANY_VISITS.code else told.budget.left
    return {
        "X-Bapi-Limit": str(told.budget.limit),
        "X-Bapi-Limit-Status": str(left),
        "X-Bapi-Limit-Reset-Timestamp": str(told.budget.resets_ms if not left else told.at_ms),
    }


def _page(page: tuple[int, str, str]) -> Answer:
    status, title, words = page
    text = f"<html><head><title>{status} {title}</title></head><body><h1>{title}</h1><p>{words}</p></body></html>\n"
    return Answer(status, (("Content-Type", _HTML),), text.encode())
