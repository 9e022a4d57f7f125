"""What a word about orders does: the guards that choose the word, and what it means besides a state.

The table in ``order_states`` says where a word leads. Here is decided which word it is: whether an
absence is final, whether a read is late enough, whether an answer answers what is in flight. What
a word meant is handed on: fills counted for the first time, the verdict on a request, its round trip.
"""

from typing import Final

import msgspec

from strategy import events
from strategy.knobs import OrderKnobs
from strategy.order import Order
from strategy.order_fills import claim, note_fill, note_nameless, owe, settle, tell
from strategy.order_states import State, Word
from strategy.order_times import heard_at, is_old, shown
from strategy.orders import Orders, is_ours


class Absorbed(msgspec.Struct, frozen=True, gc=False):
    """What an event meant: fills counted for the first time, and the verdict on a request, if any."""

    fills: tuple[events.OrderFilled, ...] = ()
    order: Order | None = None
    round_trip_ns: int | None = None
    is_rejected: bool | None = None


_NOTHING: Final = Absorbed()
# Where one read that finds nothing is not already a contradiction.
_MAY_BE_ABSENT: Final = frozenset({State.CREATING, State.CANCELLING, State.IN_DOUBT})


def absorb(orders: Orders, now_ns: int, event: events.Event, knobs: OrderKnobs) -> Absorbed:
    """Take in one event; events that concern no order mean nothing here."""
    heard_at(orders, now_ns, getattr(event, "venue_ns", 0))
    match event:
        case events.OrderFilled():
            return _filled(orders, now_ns, event, knobs)
        case events.FillsReport():
            return _fills_read(orders, now_ns, event, knobs)
        case events.OpenOrdersReport():
            return _open_read(orders, now_ns, event, knobs)
        case events.Unanswered() | events.NotSent():
            return _no_answer(orders, now_ns, event, knobs)
        case _:
            client_id = getattr(event, "client_id", None)
            return _NOTHING if client_id is None else _word(orders, now_ns, client_id, event, knobs)


def _word(orders: Orders, now_ns: int, client_id: str, event: events.Event, knobs: OrderKnobs) -> Absorbed:
    order = orders.find(client_id)
    if order is None:
        return _unknown(orders, now_ns, client_id, event, knobs)
    was_absent = order.state is State.ABSENT
    absorbed = _of(orders, now_ns, order, event, knobs)
    if order.is_open and (was_absent or isinstance(event, events.OrderAccepted)):
        _turned_up(order, now_ns, knobs)
    return absorbed


def _turned_up(order: Order, now_ns: int, knobs: OrderKnobs) -> None:
    """Note that an order is known to be there by now: a read may lag behind that, and proves nothing until then."""
    order.through_ns = max(order.through_ns, now_ns + knobs.read_lag_ns_max)


def _of(orders: Orders, now_ns: int, order: Order, event: events.Event, knobs: OrderKnobs) -> Absorbed:
    match event:
        case events.OrderAccepted():
            if order.state is State.CREATING:
                orders.confirm(order, event.side, event.price_ticks, event.size_lots)
            return _answered(orders, now_ns, order, Word.ACCEPTED, knobs, is_rejected=False)
        case events.OrderRejected(code=events.DUPLICATE_ID):
            return _exists(orders, now_ns, order)
        case events.OrderRejected():
            return _answered(orders, now_ns, order, Word.REJECTED, knobs, is_rejected=True)
        case events.OrderAmended():
            return _amended(orders, now_ns, order, event, knobs)
        case events.AmendRefused():
            # As it was, or gone: the question that follows at once will tell.
            absorbed = _answered(orders, now_ns, order, Word.AMEND_REFUSED, knobs, is_rejected=True)
            order.must_read = event.code != events.WOULD_CROSS
            orders.ask_at(order, now_ns)
            return absorbed
        case events.OrderCancelled():
            tell(orders, order, event.filled_lots_total)
            return _answered(orders, now_ns, order, Word.CANCELLED, knobs, is_rejected=False)
        case events.CancelRefused():
            orders.move(order, Word.CANCEL_REFUSED, now_ns)
            orders.ask_at(order, now_ns)
            return Absorbed(order=order)
        case events.OrderReport():
            return _read(orders, now_ns, order, event, knobs)
        case _:
            return _NOTHING


def _exists(orders: Orders, now_ns: int, order: Order) -> Absorbed:
    """Take in that a copy of the create was refused: the first one got there, how it stands is asked."""
    if order.state in (State.CREATING, State.WORKING, State.IN_DOUBT):
        orders.move(order, Word.UNANSWERED, now_ns)
        orders.ask_at(order, now_ns)
    elif order.state is State.ABSENT:
        orders.move(order, Word.ACCEPTED, now_ns)
        orders.ask_at(order, now_ns)
    return Absorbed(order=order)


def _amended(orders: Orders, now_ns: int, order: Order, event: events.OrderAmended, knobs: OrderKnobs) -> Absorbed:
    """Take in where the venue moved an order; only the words of the amend in flight answer it."""
    told = (event.price_ticks, event.size_lots)
    if event.venue_ns >= order.word_venue_ns:
        if told != (order.price_ticks, order.size_lots):
            order.placed_ns = now_ns
        order.price_ticks, order.size_lots = told
        order.word_venue_ns = shown(orders, now_ns, event.venue_ns)
    is_echo = order.amend_size_lots > 0 and told != (order.amend_price_ticks, order.amend_size_lots)
    # The second copy of an earlier acknowledgement must not pass for the answer to a later amend.
    return _answered(orders, now_ns, order, Word.ACCEPTED if is_echo else Word.AMENDED, knobs, is_rejected=False)


def _answered(
    orders: Orders, now_ns: int, order: Order, word: Word, knobs: OrderKnobs, *, is_rejected: bool
) -> Absorbed:
    """Move by a verdict on a request; the first verdict since it left closes its round trip."""
    was_waiting = order.state in (State.CREATING, State.AMENDING, State.CANCELLING)
    orders.move(order, word, now_ns)
    is_answer = was_waiting and order.state in (State.WORKING, State.CLOSED)
    if is_answer:
        order.amend_price_ticks = order.amend_size_lots = 0
        order.confirmed_ns = now_ns
        order.asks = 0
        orders.audit(now_ns, order, knobs)
    owe(orders, now_ns, order, knobs)
    round_trip_ns = now_ns - order.sent_ns if is_answer else None
    return Absorbed((), order, round_trip_ns, is_rejected if is_answer else None)


def _filled(orders: Orders, now_ns: int, fill: events.OrderFilled, knobs: OrderKnobs) -> Absorbed:
    """Count a fill once, whatever order it arrives in and whatever became of its order."""
    order = orders.find(fill.client_id)
    is_new = note_fill(orders, now_ns, fill, order)
    if order is None:
        # Of no order we remember: it moved our position all the same.
        if is_new:
            note_nameless(orders, now_ns, fill)
        return Absorbed((fill,)) if is_new else _NOTHING
    tell(orders, order, fill.filled_lots_total)
    if not is_new and not claim(orders, fill):
        return Absorbed(order=order)
    order.filled_lots += fill.size_lots
    order.told_lots = max(order.told_lots, order.filled_lots)
    was_creating, was_absent = order.state is State.CREATING, order.state is State.ABSENT
    # Of a stranger that was only listed nobody has told the size yet.
    is_all = order.told_lots >= order.size_worst_lots > 0
    orders.move(order, Word.FULLY_FILLED if is_all else Word.PART_FILLED, now_ns)
    if was_creating and order.state is State.WORKING:
        orders.audit(now_ns, order, knobs)
    if was_absent and order.is_open:
        _turned_up(order, now_ns, knobs)
    owe(orders, now_ns, order, knobs)
    return Absorbed((fill,) if is_new else (), order)


def _fills_read(orders: Orders, now_ns: int, event: events.FillsReport, knobs: OrderKnobs) -> Absorbed:
    is_latest = event.asked_ns == orders.fills_asked_ns.get(event.symbol)
    if is_latest:
        orders.fills_due.pop(event.symbol, None)
        orders.fills_since_ns.pop(event.symbol, None)
        orders.fills_asked_ns.pop(event.symbol)
        orders.fills_tries.pop(event.symbol, None)
        orders.fills_read_ns[event.symbol] = event.asked_ns
        seen_ns = shown(orders, now_ns, event.venue_ns)
        orders.fills_seen_ns[event.symbol] = max(seen_ns, orders.fills_seen_ns.get(event.symbol, 0))
    fills: list[events.OrderFilled] = []
    for fill in event.fills:
        fills += _filled(orders, now_ns, fill, knobs).fills
    if is_latest:
        settle(orders, event, knobs)
    for order in (*orders.live.values(), *orders.ended.values()):
        if order.symbol == event.symbol:
            owe(orders, now_ns, order, knobs)
            if order.is_open and 0 < order.missing_ns <= event.asked_ns:
                orders.ask_at(order, now_ns)  # the last look before it is believed to be absent
    return Absorbed(tuple(fills))


def _read(orders: Orders, now_ns: int, order: Order, event: events.OrderReport, knobs: OrderKnobs) -> Absorbed:
    """Take the answer to a question about one order, as of the instant it was asked."""
    if event.asked_ns == order.asked_ns:
        order.asked_ns = 0
    if order.state is not State.ABSENT:
        order.asks = 0  # somebody answers: no need to ask ever more seldom
    tell(orders, order, event.filled_lots_total)
    if event.status == events.MISSING:
        _missing(orders, now_ns, order, event, knobs)
        return Absorbed(order=order)
    if event.status == events.DONE:
        orders.move(order, Word.FOUND_DONE, now_ns)
        owe(orders, now_ns, order, knobs)
        return Absorbed(order=order)
    _found_open(orders, now_ns, order, event, knobs)
    if event.filled_lots_total == order.told_lots == order.filled_lots:
        # No fill from before is missing.
        order.since_venue_ns = max(order.since_venue_ns, shown(orders, now_ns, event.venue_ns))
    owe(orders, now_ns, order, knobs)
    return Absorbed(order=order)


def _missing(orders: Orders, now_ns: int, order: Order, event: events.OrderReport, knobs: OrderKnobs) -> None:
    """Believe an absence once the fills, read after it, hold none of the order's.

    A venue forgets what is over, after a restart at once: what it does not find may have traded.
    """
    before = order.state
    is_late_enough = event.asked_ns > order.through_ns
    is_read = 0 < order.missing_ns <= orders.fills_read_ns.get(order.symbol, 0)
    is_final = is_late_enough and is_read and order.told_lots == order.filled_lots
    orders.move(order, Word.ABSENT_FOR_GOOD if is_final else Word.ABSENT_FOR_NOW, now_ns)
    orders.ask_again(now_ns, order, knobs)
    if not is_late_enough and orders.losing.is_on(order.symbol):
        orders.ask_at(order, order.through_ns + 1)  # another lost one, most likely: before then nothing proves it
    if order.state is State.ABSENT and before is not State.ABSENT:
        order.asks = 0  # from here on the questions are counted
        if not order.confirmed_ns and not order.is_orphan:
            orders.losing.has_lost(order.symbol)
    elif is_late_enough and not order.missing_ns and before in _MAY_BE_ABSENT:
        order.missing_ns = now_ns
        orders.read_fills(now_ns, order.symbol, order.since_venue_ns)


def _found_open(orders: Orders, now_ns: int, order: Order, event: events.OrderReport, knobs: OrderKnobs) -> None:
    is_amend_out = order.amend_size_lots > 0 and event.asked_ns <= order.through_ns
    has_amend = order.amend_size_lots > 0 and (event.price_ticks, event.size_lots) == (
        order.amend_price_ticks,
        order.amend_size_lots,
    )
    # A replica may show the order as it was before a fill of it that we hold: nothing there is news.
    is_history = event.filled_lots_total < order.filled_lots and event.asked_ns <= order.through_ns
    # A question from before the last request left says nothing of that request, a cancel say; one from before
    # its fate came to be unknown, by a cancel that was refused say, nothing of that.
    is_late_enough = event.asked_ns >= max(order.sent_ns, order.doubt_ns)
    is_settled = is_late_enough and not is_history and (has_amend or not is_amend_out)
    # Or as it was before the last word of it, or before what another replica showed: where it stood then is over.
    is_latest = event.venue_ns >= order.word_venue_ns and not is_history
    if event.asked_ns >= order.confirmed_ns and (has_amend or is_latest):
        orders.confirm(order, event.side, event.price_ticks, event.size_lots)
        order.word_venue_ns = max(order.word_venue_ns, shown(orders, now_ns, event.venue_ns))
    orders.move(order, Word.FOUND_OPEN if is_settled else Word.FOUND_OPEN_EARLY, now_ns)
    if event.asked_ns >= order.sent_ns:
        order.must_read = False
        if not is_history:
            order.cancels = 0  # it stands: only of one that may not be there is the end asked ever more seldom
    if order.state is State.WORKING:
        order.amend_price_ticks = order.amend_size_lots = 0
        order.asks = 0
        orders.audit(now_ns, order, knobs)
    if order.state is State.CANCELLING or order.is_orphan:
        orders.take_off(now_ns, order)


def _open_read(orders: Orders, now_ns: int, event: events.OpenOrdersReport, knobs: OrderKnobs) -> Absorbed:
    """Compare the venue's open orders with ours: strangers are adopted and cancelled."""
    for client_id in event.client_ids:
        order = orders.find(client_id)
        if order is None:
            # Of a list so late, a name that is not remembered may be one that was over since, and forgotten.
            if now_ns - event.asked_ns <= knobs.forget_after_ns:
                _turned_up(orders.adopt(now_ns, client_id, event.symbol), now_ns, knobs)
        elif client_id in orders.ended:
            if event.asked_ns > order.ended_ns + knobs.read_lag_ns_max:
                orders.rise(now_ns, order)  # otherwise it is a read from before its end
                _turned_up(order, now_ns, knobs)
        elif not order.symbol:
            order.symbol = event.symbol  # a stranger that a word spoke of which named no symbol
            orders.groups.clear()
            orders.take_off(now_ns, order)
        elif not order.is_open:
            orders.ask_at(order, now_ns)  # concluded absent too soon, perhaps: ask by id
    for order in orders.live.values():
        is_gone = order.symbol == event.symbol and order.client_id not in event.client_ids
        if is_gone and order.state is State.WORKING and event.asked_ns > order.confirmed_ns + knobs.read_lag_ns_max:
            orders.ask_at(order, now_ns)
    sweep = orders.sweeps.get(event.symbol)
    if sweep is not None and sweep.asked_ns and event.asked_ns >= sweep.asked_ns:
        if event.client_ids:
            sweep.must_cancel = True
            if sweep.reads <= 1:  # one that goes on finding some waits longer each time
                sweep.due_ns = now_ns
                orders.due_by(now_ns)
        elif event.asked_ns >= sweep.through_ns:
            del orders.sweeps[event.symbol]
    return _NOTHING


def _no_answer(orders: Orders, now_ns: int, event: events.Unanswered | events.NotSent, knobs: OrderKnobs) -> Absorbed:
    order = orders.find(event.client_id)
    if order is None:
        return _NOTHING
    if isinstance(event, events.NotSent):
        word = Word.NOT_SENT if event.request == events.CREATE else Word.CHANGE_NOT_SENT
        if event.request == events.QUERY:
            order.asked_ns = 0
            return _NOTHING
        if word is Word.CHANGE_NOT_SENT and event.request == events.AMEND:
            order.amend_price_ticks = order.amend_size_lots = 0
            if order.state is State.CANCELLING:
                return Absorbed(order=order)  # of the cancel that is under way it says nothing
    elif event.request == events.QUERY:
        order.asked_ns = 0
        return _NOTHING
    elif 0 < event.sent_ns < order.sent_ns:
        return _NOTHING  # of a request before the one in flight
    else:
        word = Word.UNANSWERED
    orders.move(order, word, now_ns)
    if order.state is State.WORKING:
        orders.audit(now_ns, order, knobs)
    elif order.is_open:
        orders.ask_at(order, now_ns)
    return Absorbed(order=order)


def _unknown(orders: Orders, now_ns: int, client_id: str, event: events.Event, knobs: OrderKnobs) -> Absorbed:
    """Adopt an order that the venue says is alive and that we do not know: it gets cancelled."""
    if isinstance(event, events.OrderAccepted) and not _is_history(orders, now_ns, event, knobs):
        order = orders.adopt(now_ns, client_id, "")
        _turned_up(order, now_ns, knobs)
        orders.confirm(order, event.side, event.price_ticks, event.size_lots)
    return _NOTHING


def _is_history(orders: Orders, now_ns: int, event: events.OrderAccepted, knobs: OrderKnobs) -> bool:
    """Say whether a word is so late that the order of ours it is about is over, and forgotten as such."""
    return is_ours(orders, event.client_id) and is_old(orders, now_ns, event.venue_ns, knobs.forget_after_ns)
