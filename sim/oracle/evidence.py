"""What the bot could know of its orders, position and cash: from what it sent and was delivered.

An independent reconstruction. An order may be alive from the moment its create left until a
terminal word was delivered, or a read asked after the create's own validity did not find it, or
the driver said that it never left. Fills count once, by id, whatever else is said of their order.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from sim.oracle.known import ABSENT, NEVER_LEFT, TOLD, Change, Known
from strategy import commands, events
from strategy.instrument import Instrument
from strategy.pacing import RATE_LIMIT
from strategy.units import BUY, NS_PER_S, SELL

# However slow he has become: one request a second is the least.
_TURN_NS: Final = NS_PER_S
# Nobody needs more time for one than for two symbols' quotes, and as many that outlived them.
_TURNS_MAX: Final = 8


class Money(msgspec.Struct):
    """One symbol's position and cash, from delivered fills and funding. ``foreign_lots`` were not ours.

    ``fill_ids``: the fills that were delivered, and the venue's instant of each; ``filled_venue_ns`` is the latest.
    ``nameless``: fills that named no order of ours, and might be one's that goes on counting them, by id: signed
    lots, the venue's instant. ``unread``: those of which no list of fills has been delivered since that says whose
    they are.
    """

    instrument: Instrument
    position_lots: int = 0
    cash: int = 0
    foreign_lots: int = 0
    filled_venue_ns: int = 0
    fill_ids: dict[str, int] = {}
    nameless: dict[str, tuple[int, int]] = {}
    unread: dict[str, None] = {}
    funding_ids: dict[str, None] = {}
    # Orders that may still move the position, by client id: alive, or owing us fills.
    open: dict[str, Known] = {}

    def cash_of(self, fill: events.OrderFilled) -> int:
        """Give what a fill adds to the cash."""
        value = fill.price_ticks * fill.size_lots * self.instrument.cash_per_ticklot
        return fill.fee_cash - fill.side * value

    def reach_lots(self) -> tuple[int, int]:
        """Give the most that buys and sells may still add."""
        buys = sells = 0
        for order in self.open.values():
            lots = order.worst_lots
            if order.side != SELL:
                buys += lots
            if order.side != BUY:
                sells += lots
        return buys, sells

    def foreign_worst_lots(self) -> int:
        """Give how much of the worst case came from orders that this bot never sent, or may be counted twice.

        Bought and sold without a name cancel out, unless they stand for orders that are still counted.
        """
        twice = sum(abs(self.nameless[fill_id][0]) for fill_id in self.unread)
        return max(abs(self.foreign_lots), twice) + sum(one.worst_lots for one in self.open.values() if not one.is_ours)

    def listed(self, venue_ns: int) -> None:
        """Note that fills were read as of an instant: a fill that still has no name is of no order of ours."""
        for fill_id in [one for one in self.unread if self.nameless[one][1] <= venue_ns]:
            del self.unread[fill_id]


class Evidence:
    """Feed it every command that left and every event that arrived, in order."""

    def __init__(self, instruments: tuple[Instrument, ...], proof_ns: int, lag_ns: int) -> None:
        """``proof_ns``: how long after ``send_by`` a read must be asked to prove an absence.

        ``lag_ns``: how far a read may lag, so that what it shows open may have ended meanwhile.
        """
        self.money = {one.symbol: Money(one) for one in instruments}
        self.orders: dict[str, Known] = {}
        self._proof_ns = proof_ns
        self._lag_ns = lag_ns
        # What was filled of orders that a restart forgot: their fills count once, over all processes.
        self._gone_lots: dict[str, int] = {}

    # What left

    def created(self, now_ns: int, command: commands.CreateOrder) -> Known:
        """Note a create; give the order it made."""
        order = Known(
            client_id=command.client_id,
            symbol=command.symbol,
            slot=command.slot,
            side=command.side,
            price_ticks=command.price_ticks,
            size_lots=command.size_lots,
            reduce_only=command.reduce_only,
            through_ns=command.send_by_ns + self._proof_ns,
            waiting={events.CREATE: now_ns},
            rivals=tuple(one.client_id for one in self.in_slot(command.symbol, command.slot)),
        )
        self.orders[command.client_id] = order
        self.money[command.symbol].open[command.client_id] = order
        return order

    def amended(self, now_ns: int, command: commands.AmendOrder) -> None:
        """Note an amend: until its fate is known, the order has whichever size is worse."""
        order = self.orders.get(command.client_id)
        if order is not None:
            through_ns = command.send_by_ns + self._proof_ns
            order.changes.append(Change(command.price_ticks, command.size_lots, through_ns))
            order.waiting.setdefault(events.AMEND, now_ns)

    def cancelled(self, now_ns: int, client_id: str) -> None:
        """Note an attempt to cancel."""
        order = self.orders.get(client_id)
        if order is not None:
            order.cancel_ns = now_ns
            order.waiting.setdefault(events.CANCEL, now_ns)

    def all_cancelled(self, now_ns: int, symbol: str) -> None:
        """Note an attempt to cancel everything in scope; its answer proves nothing about any order."""
        for name, money in self.money.items():
            if symbol in ("", name):
                for order in money.open.values():
                    order.cancel_ns = now_ns

    def in_slot(self, symbol: str, slot: str) -> list[Known]:
        """List the orders possibly alive in a slot."""
        return [one for one in self.money[symbol].open.values() if one.slot == slot and not one.over]

    def restarted(self, now_ns: int, known: Mapping[str, None]) -> None:
        """Forget the orders that no journal names: to the process that begins they are strangers'.

        How long the others have been over it cannot know: no instant of its clock outlives a process.
        """
        for client_id in [client_id for client_id, one in self.orders.items() if one.is_ours]:
            if client_id not in known:
                gone = self.orders.pop(client_id)
                self.money[gone.symbol].open.pop(client_id, None)
                self._gone_lots[client_id] = gone.filled_lots
        for order in self.orders.values():
            order.ended_ns = now_ns if order.ended_ns else 0

    # What arrived

    def order_word(self, now_ns: int, event: events.Event) -> None:
        """Take in any event that is about orders, fills or funding."""
        match event:
            case events.OrderFilled():
                self._fill(now_ns, event)
            case events.FillsReport():
                for fill in event.fills:
                    self._fill(now_ns, fill)
                if event.symbol in self.money:
                    self.money[event.symbol].listed(event.venue_ns)
            case events.OpenOrdersReport():
                for client_id in event.client_ids:
                    self._shown_open(now_ns, client_id, event)
            case events.FundingPaid():
                self._fund(event)
            case events.CancelAllAnswered():
                pass
            case _:
                order = self._named(event)
                if order is not None:
                    self._word(now_ns, order, event)
                    self._dated(now_ns, order)
                    self._file(order)

    def _shown_open(self, now_ns: int, client_id: str, event: events.OpenOrdersReport) -> None:
        """Take in that a read shows an order on the book: a stranger's, or one that was over."""
        order = self.orders.get(client_id)
        if order is None:
            self._adopt(client_id, event.symbol)
        elif order.over == TOLD and order.ended_ns and event.asked_ns > order.ended_ns + self._lag_ns:
            order.rise(now_ns)
            self._file(order)

    def _named(self, event: events.Event) -> Known | None:
        """Find the order a word is about; one that says a stranger lives makes it known."""
        client_id = getattr(event, "client_id", "")
        order = self.orders.get(client_id)
        if order is None and client_id and isinstance(event, events.OrderAccepted):
            return self._adopt(client_id, "")
        return order

    def _dated(self, now_ns: int, order: Known) -> None:
        order.ended_ns = 0 if not order.over else order.ended_ns or now_ns

    def _word(self, now_ns: int, order: Known, event: events.Event) -> None:
        match event:
            case events.OrderAccepted():
                self._stands(now_ns, order, event)
            case events.OrderRejected():
                if event.code != events.DUPLICATE_ID:
                    order.end(TOLD)
            case events.OrderAmended():
                self._changed(now_ns, order, event)
            case events.AmendRefused():
                # With several under way nobody knows which one this is: all of them stay possible.
                order.changes = [] if len(order.changes) == 1 else order.changes
                order.settle(events.AMEND)
            case events.OrderCancelled():
                order.told_lots = max(order.told_lots, event.filled_lots_total)
                order.end(TOLD)
            case events.CancelRefused():
                order.settle(events.CANCEL)
                if not order.over:
                    order.doubted[events.CANCEL] = now_ns
            case events.OrderReport():
                self._read(now_ns, order, event)
            case events.Unanswered() if event.request in (events.CREATE, events.AMEND, events.CANCEL):
                # One that was answered meanwhile, by a read say, has its verdict.
                if (event.request, event.code) == (events.CANCEL, RATE_LIMIT):
                    order.again_ns = now_ns + self._turns_ns()
                waiting_ns = order.waiting.get(event.request)
                if waiting_ns is not None and (not event.sent_ns or event.sent_ns >= waiting_ns):
                    order.doubted.setdefault(event.request, now_ns)
            case events.NotSent():
                self._never_left(order, event.request)
            case _:
                pass

    def _stands(self, now_ns: int, order: Known, event: events.OrderAccepted) -> None:
        if order.over == TOLD:
            return
        order.over = ""
        order.was_seen(now_ns)
        order.settle(events.CREATE)
        # A read may lag behind its being there, and proves nothing until then.
        order.through_ns = max(order.through_ns, now_ns + self._lag_ns)
        order.side = order.side or event.side
        if not order.word_venue_ns:  # what was said of it later stands
            order.price_ticks, order.size_lots = event.price_ticks, event.size_lots
        order.word_venue_ns = max(order.word_venue_ns, event.venue_ns)

    def _changed(self, now_ns: int, order: Known, event: events.OrderAmended) -> None:
        if order.over == TOLD:
            return
        order.over = ""
        order.was_seen(now_ns)
        order.settle(events.CREATE)
        self._landed(order, event.price_ticks, event.size_lots)
        # The answer and the stream say it twice, and the older may come last.
        if event.venue_ns >= order.word_venue_ns:
            order.price_ticks, order.size_lots = event.price_ticks, event.size_lots
            order.word_venue_ns, order.word_ns = event.venue_ns, now_ns

    def _landed(self, order: Known, price_ticks: int, size_lots: int) -> bool:
        """Forget the amends up to the one that is seen to have landed; say whether there was one."""
        for place, change in enumerate(order.changes):
            if (change.price_ticks, change.size_lots) == (price_ticks, size_lots):
                del order.changes[: place + 1]
                if not order.changes:
                    order.settle(events.AMEND)
                return True
        return False

    def _read(self, now_ns: int, order: Known, event: events.OrderReport) -> None:
        order.told_lots = max(order.told_lots, event.filled_lots_total)
        if order.over == TOLD:
            return
        if event.status == events.MISSING:
            if self.proves_absence(order, event.asked_ns):
                order.end(ABSENT)
        elif event.status == events.DONE:
            order.end(TOLD)
        else:
            self._found_open(now_ns, order, event)

    def proves_absence(self, order: Known, asked_ns: int) -> bool:
        """Say whether not finding an order, asked at ``asked_ns``, proves that it is not there."""
        return asked_ns > order.through_ns and order.told_lots <= order.filled_lots

    def _found_open(self, now_ns: int, order: Known, event: events.OrderReport) -> None:
        order.over = ""
        order.was_seen(now_ns)
        order.settle(events.CREATE)
        order.side = order.side or event.side
        has_landed = self._landed(order, event.price_ticks, event.size_lots)
        order.changes = [change for change in order.changes if event.asked_ns <= change.through_ns]
        if not order.changes:
            order.settle(events.AMEND)
        # The wire tells milliseconds: of a read and a word of the same one, a read asked before the
        # word was heard may be the older.
        is_echo = event.venue_ns == order.word_venue_ns and event.asked_ns < order.word_ns
        if has_landed or (event.venue_ns >= order.word_venue_ns and not is_echo):
            order.price_ticks, order.size_lots = event.price_ticks, event.size_lots
            order.word_venue_ns = max(order.word_venue_ns, event.venue_ns)
        if order.cancel_ns and event.asked_ns >= order.cancel_ns:
            # The cancel did not do it: it must be tried again.
            order.settle(events.CANCEL)
            order.cancel_ns, order.free_ns = 0, max(now_ns, order.again_ns)
        elif event.asked_ns >= order.doubted.get(events.CANCEL, event.asked_ns + 1):
            # Refused late, by a venue that had not seen the create yet: what stands after it stands.
            order.settle(events.CANCEL)

    def _turns_ns(self) -> int:
        """Give by when each order that stands had its turn again of one who was told that he is too fast."""
        standing = sum(not one.over for money in self.money.values() for one in money.open.values())
        return min(standing, _TURNS_MAX) * _TURN_NS

    def _never_left(self, order: Known, request: str) -> None:
        if request == events.CREATE:
            order.end(NEVER_LEFT)
        elif request == events.AMEND and len(order.changes) == 1:
            order.changes = []
            order.settle(events.AMEND)
        elif request == events.CANCEL:
            order.settle(events.CANCEL)

    def _fill(self, now_ns: int, fill: events.OrderFilled) -> None:
        money = self.money.get(fill.symbol)
        if money is None:
            return
        order = self.orders.get(fill.client_id)
        is_new = fill.fill_id not in money.fill_ids
        if is_new:
            money.fill_ids[fill.fill_id] = fill.venue_ns
            money.filled_venue_ns = max(money.filled_venue_ns, fill.venue_ns)
            money.position_lots += fill.side * fill.size_lots
            money.cash += money.cash_of(fill)
            if order is None or not order.is_ours:
                money.foreign_lots += fill.side * fill.size_lots
        if order is None:
            if is_new:
                money.nameless[fill.fill_id] = (fill.side * fill.size_lots, fill.venue_ns)
                money.unread[fill.fill_id] = None
            return
        is_claimed = not is_new and money.nameless.pop(fill.fill_id, None) is not None
        if is_claimed:
            money.unread.pop(fill.fill_id, None)
            money.foreign_lots -= fill.side * fill.size_lots if order.is_ours else 0
        is_new = is_new or is_claimed
        if is_new:
            order.filled_lots += fill.size_lots
        order.told_lots = max(order.told_lots, order.filled_lots, fill.filled_lots_total)
        # A fill told again, as every read of fills does, says nothing of now.
        if is_new and order.over != TOLD:
            order.over = ""
            order.was_seen(now_ns)
            order.settle(events.CREATE)
            if order.told_lots >= order.size_worst_lots:
                order.end(TOLD)
        elif not order.over and 0 < order.size_worst_lots <= order.told_lots:
            order.end(TOLD)  # taken on anew, from a read that lagged, after all of it had traded
        self._dated(now_ns, order)
        self._file(order)

    def _fund(self, event: events.FundingPaid) -> None:
        money = self.money.get(event.symbol)
        if money is not None and event.funding_id not in money.funding_ids:
            money.funding_ids[event.funding_id] = None
            money.cash += event.cash

    def _adopt(self, client_id: str, symbol: str) -> Known:
        """Make room for an order this bot never sent; what it is will be told."""
        order = Known(
            client_id=client_id,
            symbol=symbol,
            slot="",
            side=0,
            price_ticks=0,
            size_lots=0,
            through_ns=0,
            is_ours=False,
            filled_lots=self._gone_lots.get(client_id, 0),
        )
        self.orders[client_id] = order
        self._file(order)
        return order

    def _file(self, order: Known) -> None:
        """Keep an order among those that may move the position, or let it go."""
        money = self.money.get(order.symbol)
        if money is None:
            return
        if not order.over or order.worst_lots:
            money.open[order.client_id] = order
        else:
            money.open.pop(order.client_id, None)
