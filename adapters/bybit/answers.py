"""What came back for a request, as events: one for each of its commands, whatever came back.

An acknowledgement is a promise: the venue has taken the request, the stream tells what became of it.
What the promise is worth differs by kind.

* A **create** that is acknowledged is ``OrderAccepted`` as asked. A refusal that comes late (post-only
  that would have taken) is an ``OrderCancelled`` by the stream, as on the simulated venue; a price
  the venue moved by itself is told by an ``OrderAmended`` of the stream and wins.
* An **amend** that is acknowledged is ``OrderAmended`` as asked; the stream's word wins likewise.
* A **cancel** that is acknowledged is only ``CancelTaken``: the venue documents that it may still lose
  against a fill. The order counts in full until the stream or a read says that it is over.

Anything that is not a verdict (a page of a proxy, a broken body, an unknown code, an answer about
another order) is ``Unanswered``. Nothing here raises, whatever came. ``Unanswered.sent_ns`` is left 0:
the caller knows when the request left.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from adapters.bybit import reads
from adapters.bybit.errors import meaning_of, meaning_of_status
from adapters.bybit.market import Market, Unreadable, ns_of, whole
from adapters.bybit.memory import Memory
from adapters.bybit.reads import Outcome, Pages
from adapters.bybit.requests import Call
from adapters.bybit.rows import Answer, Codes, ItemCode, OrderIds, Page, Swept, TradeAnswer, read
from adapters.bybit.words import UNREADABLE, Meaning, Verdict
from strategy import commands, events
from strategy.batching import Group
from strategy.pacing import ACCOUNT, BANNED, ORDERS, QUERIES
from strategy.requests import refusal_of, unanswered
from strategy.units import NS_PER_MS, NS_PER_S

BAN_NS: Final = 600 * NS_PER_S
_RESET_NS_MAX: Final = 3600 * NS_PER_S
_WRITES: Final = (commands.CreateOrder, commands.AmendOrder, commands.CancelOrder, commands.CancelAll)

_LEFT: Final = "x-bapi-limit-status"
_RESETS: Final = "x-bapi-limit-reset-timestamp"


class Reply(msgspec.Struct, frozen=True):
    """What came back over REST, untouched. Header names may be in any case."""

    status: int
    content_type: str
    headers: Mapping[str, str]
    body: bytes


class _Told(msgspec.Struct, frozen=True):
    """An envelope of either road: code, what it is about, the outcomes of a batch, the venue's instant."""

    code: int
    result: msgspec.Raw
    ext: msgspec.Raw
    venue_ns: int


def outcome_of(
    market: Market, memory: Memory, one: Group, call: Call, reply: Reply, now_ns: int, pages: Pages = reads.FIRST
) -> Outcome:
    """Read the answer to a REST call of a request.

    ``now_ns`` is our clock as the answer arrived. Where ``Outcome.more`` is a call, nothing is decided
    yet: make that call, and come back with its reply and with ``Outcome.pages``.
    """
    headers = {name.lower(): value for name, value in reply.headers.items()}
    meaning = meaning_of_status(reply.status)
    if meaning is not None:
        return _all_alike(memory, one, meaning, 0, _budget(one, headers, 0, now_ns) + _ban(meaning, now_ns))
    try:
        if reply.content_type and "json" not in reply.content_type.lower():
            raise Unreadable(f"content type {reply.content_type[:60]}")
        answer = read(reply.body, Answer)
    except Unreadable:
        return Outcome(tuple(unanswered(command, UNREADABLE) for command in one), _budget(one, headers, 0, now_ns))
    told = _Told(answer.ret_code, answer.result, answer.ext, answer.time * NS_PER_MS)
    return _outcome(market, memory, one, call, told, _budget(one, headers, told.venue_ns, now_ns), now_ns, pages)


def outcome_of_frame(market: Market, memory: Memory, one: Group, answer: TradeAnswer, now_ns: int) -> Outcome:
    """Read an answer of the trade stream; whose it is was told by its ``req_id``."""
    headers = {name.lower(): str(value) for name, value in answer.header.items()}
    try:
        venue_ns = ns_of("Timenow", headers.get("timenow", ""))
    except Unreadable:
        venue_ns = 0
    told = _Told(answer.ret_code, answer.data, answer.ext, venue_ns)
    return _outcome(market, memory, one, None, told, _budget(one, headers, venue_ns, now_ns), now_ns, reads.FIRST)


def _outcome(
    market: Market,
    memory: Memory,
    one: Group,
    call: Call | None,
    told: _Told,
    aside: tuple[events.Event, ...],
    now_ns: int,
    pages: Pages,
) -> Outcome:
    meaning = meaning_of(told.code)
    is_done = told.code == 0 or (meaning.verdict is Verdict.SUCCESS and isinstance(one[0], commands.AmendOrder))
    if not is_done:
        return _all_alike(memory, one, meaning, told.venue_ns, aside + _ban(meaning, now_ns))
    try:
        if isinstance(one[0], commands.CancelAll):
            return Outcome((_swept(one[0], told),), aside)
        if isinstance(one[0], _WRITES):
            return _items(memory, one, told, aside)
        if call is None:
            raise Unreadable("a question is not asked over the trade stream")
        outcome = reads.outcome_of(market, one[0], call, told.result, told.venue_ns, pages)
    except Unreadable:
        return Outcome(tuple(unanswered(command, UNREADABLE) for command in one), aside)
    return msgspec.structs.replace(outcome, aside=aside + outcome.aside)


def _all_alike(memory: Memory, one: Group, meaning: Meaning, venue_ns: int, aside: tuple[events.Event, ...]) -> Outcome:
    told = tuple(_by(memory, command, meaning, venue_ns) for command in one)
    return Outcome(told, aside, stop=meaning.text if meaning.verdict is Verdict.STOP else "")


def _by(memory: Memory, command: commands.Command, meaning: Meaning, venue_ns: int) -> events.Event:
    if meaning.verdict in (Verdict.REFUSED, Verdict.STOP):
        if isinstance(command, commands.CreateOrder | commands.AmendOrder):
            memory.refused(command)
        return refusal_of(command, meaning.word, venue_ns)
    return unanswered(command, meaning.word)


def _swept(command: commands.CancelAll, told: _Told) -> events.Event:
    if read(told.result, Swept).success != "1":
        return unanswered(command, "not_swept")
    return events.CancelAllAnswered(command.symbol, told.venue_ns)


def _items(memory: Memory, one: Group, told: _Told, aside: tuple[events.Event, ...]) -> Outcome:
    """Walk the items of a batch, each with its own outcome; a single request is a batch of one."""
    if len(one) == 1:
        return Outcome((_acked(memory, one[0], told.result, told.venue_ns),), aside)
    acks, codes = read(told.result, Page).items, read(told.ext, Codes).items
    if len(acks) != len(one) or len(codes) != len(one):
        raise Unreadable(f"{len(one)} asked, {len(acks)} answered, {len(codes)} codes")
    outcomes: list[events.Event] = []
    stop = ""
    for command, ack, raw in zip(one, acks, codes, strict=True):
        try:
            code = read(raw, ItemCode).code
        except Unreadable:
            outcomes.append(unanswered(command, UNREADABLE))
            continue
        meaning = meaning_of(code)
        is_done = code == 0 or (meaning.verdict is Verdict.SUCCESS and isinstance(command, commands.AmendOrder))
        if is_done:
            outcomes.append(_acked(memory, command, ack, told.venue_ns))
        else:
            outcomes.append(_by(memory, command, meaning, told.venue_ns))
            stop = stop or (meaning.text if meaning.verdict is Verdict.STOP else "")
    return Outcome(tuple(outcomes), aside, stop=stop)


def _acked(memory: Memory, command: commands.Command, ack: msgspec.Raw, venue_ns: int) -> events.Event:
    """Say what the acknowledgement of one order request is worth."""
    client_id = getattr(command, "client_id", "")
    try:
        ids = read(ack, OrderIds)
    except Unreadable:
        return unanswered(command, UNREADABLE)
    if ids.order_link_id not in ("", client_id):
        return unanswered(command, UNREADABLE)  # it speaks of another order
    match command:
        case commands.CreateOrder():
            known = memory.acked(command, venue_ns)
            price, size = known.told if known.told_ns else (command.price_ticks, command.size_lots)
            return events.OrderAccepted(client_id, ids.order_id, price, size, venue_ns, command.side)
        case commands.AmendOrder():
            # Of no instant where the stream has told how this ended, or what came later: its word stands.
            is_overtaken = memory.is_overtaken(command)
            memory.acked(command, venue_ns)
            at_ns = 0 if is_overtaken else venue_ns
            return events.OrderAmended(client_id, command.price_ticks, command.size_lots, at_ns)
        case _:
            return events.CancelTaken(client_id, venue_ns)


def _budget(one: Group, headers: Mapping[str, str], venue_ns: int, now_ns: int) -> tuple[events.Event, ...]:
    budget = budget_of(headers, venue_ns, now_ns)
    return () if budget is None else (events.BudgetSeen(ORDERS if isinstance(one[0], _WRITES) else QUERIES, *budget),)


def budget_of(headers: Mapping[str, str], venue_ns: int, now_ns: int) -> tuple[int, int] | None:
    """Read what is left of a budget, and by our clock when more comes; None where headers do not say. Small letters.

    When more comes is told in the venue's time; its own stamp tells how long that is.
    """
    try:
        left = whole(_LEFT, headers.get(_LEFT, ""))
        resets_ns = ns_of(_RESETS, headers.get(_RESETS, "0"))
        told_ns = venue_ns or ns_of("timenow", headers.get("timenow", "0"))
    except Unreadable:
        return None
    after_ns = min(max(0, resets_ns - told_ns), _RESET_NS_MAX) if told_ns else 0
    return left, now_ns + after_ns


def _ban(meaning: Meaning, now_ns: int) -> tuple[events.Event, ...]:
    return (events.BudgetSeen(ACCOUNT, 0, now_ns + BAN_NS),) if meaning.word == BANNED else ()
