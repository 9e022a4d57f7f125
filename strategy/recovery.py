"""What a process that begins takes over from one that died: its snapshot, and the journal since.

Only what outlives a process is taken: orders possibly alive, fills counted, positions and cash, the
day's losses, what people said, a ban in force. Books, signals, windows and clocks belonged to the old
process. The journal is folded, not replayed: no decision is made again, so a record that killed one
process does not kill the next. Whatever the journal does not say is assumed at its worst: an intent
may have left, a word may have been missed. ``Core`` has it all asked about once it is told ``Started``.
"""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from strategy import alarms, commands, events, order_restart, terms
from strategy.core_state import CoreState, fresh_state
from strategy.health import CLEAR_LATCH
from strategy.instrument import Instrument
from strategy.journal import EventRecord, IntentRecord, Record
from strategy.knobs import Knobs
from strategy.order import Order, through_ns
from strategy.order_states import State, Word
from strategy.order_words import absorb
from strategy.pacing import BANNED
from strategy.rescaling import rescale


def recover(knobs: Knobs, snapshot: bytes, records: Iterable[Record], units: Iterable[Instrument] = ()) -> CoreState:
    """Fold what a journal kept into the state a new process begins with.

    An empty or unreadable snapshot is none: everything is then found out by reads. ``units`` are the instruments
    that the journal was written with, where those of the knobs have been read anew since: what it says is folded
    in its own units, then counted in ours, and of rules that it was told none is newer than ours.
    """
    state, written = _kept(knobs, snapshot), {one.symbol: one for one in units}
    instruments = {one.instrument.symbol: one.instrument for one in knobs.symbols}
    in_its_units = instruments | {symbol: one for symbol, one in written.items() if symbol in instruments}
    is_lost = not state.orders.session
    for record in records:
        is_lost = False
        match record:
            case EventRecord():
                _event(state, record.now_ns, record.event, knobs, in_its_units)
            case IntentRecord():
                _intent(state, record.now_ns, record.command, knobs)
    if is_lost:
        state.alarms.happened(0, alarms.JOURNAL_LOST, "what we hold is read from the venue")
    for desk in state.desks:
        if desk.symbol in written:
            rescale(state, written[desk.symbol], instruments[desk.symbol])
            desk.rules = None
    state.health.session, state.health.is_heir = "", True
    return state


def _kept(knobs: Knobs, snapshot: bytes) -> CoreState:
    """Keep of a snapshot what outlives its process."""
    state = fresh_state(knobs)
    try:
        old = msgspec.json.decode(snapshot, type=CoreState)
    except msgspec.MsgspecError:
        return state
    state.orders = old.orders
    state.cycle_id = old.cycle_id
    state.pacing.take_over(old.pacing)
    state.health.halted, state.health.flattening = old.health.halted, old.health.flattening
    day, budgets = old.signals.day, state.signals.day
    state.signals.day = replace(
        day, loss_budget_cash=budgets.loss_budget_cash, drawdown_budget_cash=budgets.drawdown_budget_cash
    )
    before = {desk.symbol: desk for desk in old.desks}
    for desk in state.desks:
        was = before.get(desk.symbol)
        if was is not None:
            desk.position = was.position
            desk.rules = was.rules
            desk.decided_mid2 = was.decided_mid2  # until there is a book, what we hold is valued at the last mid
            desk.memory = replace(desk.memory, latched=was.memory.latched)
    return state


def _event(
    state: CoreState, now_ns: int, event: events.Event, knobs: Knobs, instruments: Mapping[str, Instrument]
) -> None:
    """Take in a word as the process that died did, as far as it concerns what is kept."""
    desks = {desk.symbol: place for place, desk in enumerate(state.desks)}
    match event:
        case events.Started():
            symbols = tuple(desk.symbol for desk in state.desks)
            order_restart.start(state.orders, now_ns, event.session, symbols, knobs.orders)
        case events.FundingPaid() if event.symbol in desks:
            state.desks[desks[event.symbol]].position.fund(event)
        case events.TermsSeen() if event.symbol in desks:
            terms.adopt(state.desks[desks[event.symbol]], instruments[event.symbol], event)
        case events.BudgetSeen():
            state.pacing.seen(now_ns, event.bucket, event.remaining, event.resets_ns)
        case events.OperatorSaid():
            state.health.absorb(now_ns, event, knobs.feed.steady_after_ns)
            if event.word == CLEAR_LATCH:
                for desk in state.desks:
                    desk.memory = replace(desk.memory, latched=False)
        case _:
            if isinstance(event, events.Unanswered) and event.code == BANNED:
                state.pacing.ban(now_ns)
            for fill in absorb(state.orders, now_ns, event, knobs.orders).fills:
                if fill.symbol in desks:
                    position = state.desks[desks[fill.symbol]].position
                    mid2 = position.mid2_ticks or 2 * fill.price_ticks
                    position.fill(instruments[fill.symbol], fill, mid2)


def _intent(state: CoreState, now_ns: int, command: commands.Command, knobs: Knobs) -> None:
    """Take what was written to be sent as possibly sent."""
    orders = state.orders
    match command:
        case commands.CreateOrder() if orders.find(command.client_id) is None:
            order = Order(
                client_id=command.client_id,
                symbol=command.symbol,
                slot=command.slot,
                side=command.side,
                price_ticks=command.price_ticks,
                size_lots=command.size_lots,
                post_only=command.post_only,
                reduce_only=command.reduce_only,
                taking=command.taking,
                since_venue_ns=orders.heard_venue_ns,
                through_ns=through_ns(command.send_by_ns, knobs.orders),
            )
            order_restart.take_over(orders, order)
            state.cycle_id = max(state.cycle_id, command.cycle_id)
        case commands.AmendOrder():
            amended = orders.live.get(command.client_id)
            if amended is not None:
                if amended.state is State.WORKING:
                    orders.move(amended, Word.SEND_AMEND, now_ns)
                amended.amend_price_ticks = command.price_ticks
                amended.amend_size_lots = max(command.size_lots, amended.amend_size_lots)
        case _:
            pass
