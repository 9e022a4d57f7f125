"""With no way to be healthy, everything is taken off by whatever path works, and a person is told.

Each desk pulls its own quotes the moment it is blocked; that is fast and usually enough. Here is
the broad stroke beside it: a cancel-all, followed by reads until one shows no order of ours, by
``order_chase``. It is for a graceful stop, for many orders at once, and for a stream, a book or a
venue that has been missing for too long. Quoting comes back by itself: what blocked it has passed,
and the last read was empty.
"""

from collections.abc import Iterator
from typing import Final

from strategy import alarms, commands, reads, terms
from strategy.book_cache import freeze
from strategy.core_state import CoreState
from strategy.desk import BOOK_GAP
from strategy.errors import RefusalCode
from strategy.health import PUBLIC_DOWN, REGIME, STOPPING
from strategy.knobs import Knobs
from strategy.order_states import State
from strategy.units import NS_PER_MS, NS_PER_S
from strategy.watch import ACCOUNT

UNREACHABLE: Final = "venue_unreachable"
BANNED: Final = "banned"
SWEEPING: Final = "cancel_all_under_way"

_LOOK_EVERY_NS: Final = 500 * NS_PER_MS
# From so many orders on one cancel-all is cheaper than a cancel for each.
_MANY_ORDERS: Final = 4
_PROBE_AFTER_NS: Final = NS_PER_S
_UNSENT_TOLD: Final = 5
_MISFITS_TOLD: Final = 3
_ODD_FEES_TOLD: Final = 3
_REFUSED_LONG_NS: Final = 60 * NS_PER_S
_LIMITS: Final = (RefusalCode.POSITION_LIMIT, RefusalCode.GROSS_LIMIT, RefusalCode.NET_LIMIT)


def why_blocked(state: CoreState, index: int, knobs: Knobs, now_ns: int) -> str:
    """Give the first reason why a symbol must not be quoted; empty when it may be."""
    desk = state.desks[index]
    reason = state.health.why_not(desk.symbol)
    if reason:
        return reason
    if state.pacing.is_quiet(now_ns):
        return BANNED
    if state.watch.is_cut_off(now_ns, knobs.feed.retreat_after_ns):
        return UNREACHABLE
    if desk.symbol in state.orders.sweeps:
        return SWEEPING
    why = state.regimes.why_not(desk.symbol, now_ns, knobs.regimes) or terms.why_not(desk)
    why = why or desk.why_blind(now_ns, knobs)
    # Without a stream books come by REST: it is down only as far as there is none.
    return PUBLIC_DOWN if why == BOOK_GAP and not state.health.public_up else why


def look(state: CoreState, knobs: Knobs, now_ns: int) -> list[commands.Command]:
    """See what is wrong and for how long; give the cancel-alls that must leave now."""
    watch = state.watch
    leaving: list[commands.Command] = []
    if not state.health.session:
        return leaving
    freeze(state, knobs, now_ns)
    if state.health.settles(now_ns, knobs.feed.steady_after_ns):
        catch_up(state, now_ns)
        state.all_urgent()
    sick = list(_sicknesses(state, knobs, now_ns))
    if state.health.stopping:
        leaving += _stop(state, knobs, now_ns)
    for where, why in sick:
        leaving += _retreat(state, knobs, now_ns, where, why)
    _recover(state, now_ns, sick)
    if not state.health.private_up:
        _poll(state, knobs, now_ns)
    if watch.is_cut_off(now_ns, _PROBE_AFTER_NS) and not state.reads.asked_ns.get(reads.CLOCK):
        state.reads.want(reads.CLOCK, now_ns)  # is it the venue that is silent, or one question?
    _tell(state, knobs, now_ns)
    watch.is_uneasy = bool(sick or state.health.stopping or state.alarms.under_way or state.orders.doubts())
    watch.is_uneasy = watch.is_uneasy or state.pacing.is_quiet(now_ns) or not state.health.private_up
    watch.due_ns = now_ns + _LOOK_EVERY_NS
    return leaving


def _sicknesses(state: CoreState, knobs: Knobs, now_ns: int) -> Iterator[tuple[str, str]]:
    """Give where there is no way to be healthy, and why: for the account, or else for symbols."""
    if not state.health.private_up:
        yield ACCOUNT, state.health.why_private_down()
    elif state.watch.is_cut_off(now_ns, knobs.feed.retreat_after_ns):
        yield ACCOUNT, UNREACHABLE
    else:
        for desk in state.desks:
            why = desk.why_blind(now_ns, knobs)
            # A market that is announced to be closed shows no book; that is nobody's sickness.
            if why and state.health.why_not(desk.symbol) != REGIME:
                yield desk.symbol, why


def _retreat(state: CoreState, knobs: Knobs, now_ns: int, where: str, why: str) -> list[commands.Command]:
    """Take everything off where it has been sick for too long, or where there is much to take off."""
    watch = state.watch
    since_ns = watch.sick_ns.setdefault(where, watch.asked_ns if why == UNREACHABLE else now_ns)
    is_long = now_ns - since_ns >= knobs.feed.retreat_after_ns
    if is_long:
        sick_ms = (now_ns - since_ns) // NS_PER_MS
        detail = f"{where or 'the account'}: {why}, no way to be healthy for {sick_ms} ms; all orders are taken off"
        _note(state, now_ns, where, why, detail)
    if where in watch.swept or not (is_long or _many_wait(state, where)):
        return []
    return _sweep(state, knobs, now_ns, where, where)


def _note(state: CoreState, now_ns: int, where: str, why: str = "", detail: str = "") -> None:
    """Have a person told of what is wrong; without a ``why`` nothing is.

    That a stream is down is news to who was told that the venue is silent, and the other way round.
    """
    told = UNREACHABLE if why == UNREACHABLE else where
    for topic in (where, UNREACHABLE) if where == ACCOUNT else (where,):
        state.alarms.note(now_ns, alarms.NO_WAY, bool(why) and topic == told, detail, topic)


def _many_wait(state: CoreState, where: str) -> bool:
    """Say whether many orders have to go that nobody has asked to go yet."""
    if where != ACCOUNT:
        return False
    waiting = sum(order.is_open and order.state is not State.CANCELLING for order in state.orders.live.values())
    return waiting >= _MANY_ORDERS


def _sweep(state: CoreState, knobs: Knobs, now_ns: int, symbol: str, key: str) -> list[commands.Command]:
    """Send a cancel-all, as soon as a token allows it; the reads after it are asked by the chase."""
    if not state.pacing.take_cancel(now_ns):
        return []
    state.watch.swept[key] = now_ns
    symbols = tuple(desk.symbol for desk in state.desks)
    return [state.orders.cancel_all(now_ns, symbol, symbols, knobs.orders)]


def _stop(state: CoreState, knobs: Knobs, now_ns: int) -> list[commands.Command]:
    """Take everything off for good; done once a read has shown nothing and no order may be alive."""
    watch = state.watch
    if STOPPING not in watch.swept:
        return _sweep(state, knobs, now_ns, ACCOUNT, STOPPING)
    if is_empty(state) and not watch.is_stopped:
        watch.is_stopped = True
        state.alarms.happened(now_ns, alarms.STOPPED, "a read has shown that no order of ours is left")
    return []


def is_empty(state: CoreState) -> bool:
    """Say whether nothing of ours can be alive, and every fill is booked that the venue spoke of."""
    orders = state.orders
    return not orders.sweeps and not orders.owing and not any(order.is_open for order in orders.live.values())


def _recover(state: CoreState, now_ns: int, sick: list[tuple[str, str]]) -> None:
    """End the episodes of what is healthy again."""
    still = [where for where, _ in sick]
    for where in [where for where in state.watch.sick_ns if where not in still]:
        del state.watch.sick_ns[where]
        state.watch.swept.pop(where, None)
        _note(state, now_ns, where)


def catch_up(state: CoreState, now_ns: int) -> None:
    """Read what may have happened while there was no private stream, if there was anything it could happen to."""
    orders = state.orders
    if not (orders.live or orders.number or state.health.is_heir):
        return
    orders.private_restored(now_ns, tuple(desk.symbol for desk in state.desks))
    for desk in state.desks:
        state.reads.want(reads.OPEN_ORDERS_OF + desk.symbol, now_ns)


def _poll(state: CoreState, knobs: Knobs, now_ns: int) -> None:
    """Without the private stream, read fills and orders now and then, so that belief follows truth."""
    if now_ns < state.watch.poll_ns:
        return
    state.watch.poll_ns = now_ns + knobs.feed.poll_fills_ns
    orders = state.orders
    if not orders.live and not orders.number:
        return
    for desk in state.desks:
        if desk.symbol not in orders.fills_due:
            orders.want_fills(desk.symbol, now_ns, orders.fills_whole_ns(desk.symbol))
    for order in orders.live.values():
        if order.state is State.WORKING:
            orders.ask_at(order, min(order.due_ns, now_ns))


def _tell(state: CoreState, knobs: Knobs, now_ns: int) -> None:
    """Tell a person what needs one."""
    told, orders, watch = state.alarms, state.orders, state.watch
    oldest_ns = min((one.doubt_ns for one in orders.live.values() if one.state is State.IN_DOUBT), default=now_ns)
    age_ns = now_ns - oldest_ns
    told.note(
        now_ns, alarms.DOUBT_OLD, age_ns > knobs.orders.doubt_alert_ns, f"an order in doubt for {age_ns // NS_PER_S} s"
    )
    is_banned = now_ns < state.pacing.banned_ns
    left_s = (state.pacing.banned_ns - now_ns) // NS_PER_S
    told.note(now_ns, alarms.BANNED, is_banned, f"nothing is sent for {left_s} s")
    told.note(now_ns, alarms.CLOCK_REFUSED, state.clock.refusals > 0, "the venue refused our time stamp")
    for desk in state.desks:
        told.note(now_ns, alarms.LATCHED, desk.memory.latched, f"{desk.symbol}: a budget is spent", desk.symbol)
        detail = f"{desk.symbol}: {desk.unsent} requests in a row did not leave"
        told.note(now_ns, alarms.FROZEN, desk.is_frozen, f"{desk.symbol}: its stream is up and silent", desk.symbol)
        refused = f"{desk.symbol}: {desk.misfits} orders in a row broke a rule we do not know"
        told.note(now_ns, alarms.MISFIT, desk.misfits >= _MISFITS_TOLD, refused, desk.symbol)
        fees = f"{desk.symbol}: {desk.odd_fees} fills in a row cost other fees than the instrument's"
        told.note(now_ns, alarms.FEES, desk.odd_fees >= _ODD_FEES_TOLD, fees, desk.symbol)
        told.note(now_ns, alarms.NOT_LEAVING, desk.unsent >= _UNSENT_TOLD, detail, desk.symbol)
    if orders.orphans > watch.orphans:
        told.happened(now_ns, alarms.STRANGER, f"{orders.orphans} orders taken on in all; each is cancelled")
    if orders.foreign_fills > watch.foreign_fills:
        told.happened(now_ns, alarms.SURPRISE, f"{orders.foreign_fills} fills in all of no order we remember")
    watch.orphans, watch.foreign_fills = orders.orphans, orders.foreign_fills
    _tell_of_limits(state, now_ns)


def _tell_of_limits(state: CoreState, now_ns: int) -> None:
    """Tell when a limit has said no again and again for long, with no pause."""
    watch = state.watch
    refused = sum(state.refusals.get(code, 0) for code in _LIMITS)
    if refused > watch.refused:
        watch.refused, watch.refused_last_ns = refused, now_ns
        watch.refused_since_ns = watch.refused_since_ns or now_ns
    elif now_ns - watch.refused_last_ns > _REFUSED_LONG_NS // 4:
        watch.refused_since_ns = 0
    is_long = watch.refused_since_ns > 0 and now_ns - watch.refused_since_ns > _REFUSED_LONG_NS
    state.alarms.note(now_ns, alarms.LIMIT_REFUSED, is_long, f"{refused} orders refused by our own limits in all")
