"""One order of ours: what we asked, what we were told, and how bad it can still be; and a cancel-all of many."""

import msgspec

from strategy.knobs import OrderKnobs
from strategy.order_states import State
from strategy.units import BUY


class Order(msgspec.Struct):
    """An order and everything known of it.

    ``filled_lots`` are booked, each by its fill's id; ``told_lots`` is the most the venue ever
    said was filled, so ``told_lots > filled_lots`` means that fills are still owed to us.
    ``amend_*`` are an amend in flight (0: none). ``sent_ns`` is when the last request left,
    ``through_ns`` when whatever is in flight must be through or dead: only a question asked
    after it can prove an absence. ``missing_ns`` is when such a read first did not find it (0: none
    did); ``doubt_ns`` since when its fate has been unknown (0: it is known). ``since_venue_ns`` is an
    instant of the venue's clock before which it cannot have traded. ``asks`` counts questions since
    somebody answered, ``cancels`` those sent while in doubt; ``looked_ns`` is when it was last asked
    about, ``cancel_ns`` when a cancel last left.
    ``due_ns`` is when silence becomes a question; ``must_cancel`` makes it a cancel instead, for an
    order that a read found alive and nobody wants. ``must_read``: an amend was refused because the order
    is not as we think, so nothing is asked of it but its end until a read has shown how it stands.
    """

    client_id: str
    symbol: str
    slot: str
    side: int
    price_ticks: int
    size_lots: int
    state: State = State.CREATING
    post_only: bool = True
    reduce_only: bool = False
    taking: bool = False
    filled_lots: int = 0
    told_lots: int = 0
    amend_price_ticks: int = 0
    amend_size_lots: int = 0
    created_ns: int = 0
    sent_ns: int = 0
    through_ns: int = 0
    missing_ns: int = 0
    doubt_ns: int = 0
    since_venue_ns: int = 0
    confirmed_ns: int = 0
    word_venue_ns: int = 0
    due_ns: int = 0
    asked_ns: int = 0
    asks: int = 0
    cancels: int = 0
    looked_ns: int = 0
    placed_ns: int = 0
    ended_ns: int = 0
    cancel_ns: int = 0
    is_orphan: bool = False
    must_cancel: bool = False
    must_read: bool = False

    @property
    def is_open(self) -> bool:
        """Say whether it may be alive as far as we concluded or were told."""
        return self.state not in (State.CLOSED, State.ABSENT)

    @property
    def size_worst_lots(self) -> int:
        """Give the largest total size it may have, an amend in flight included."""
        return max(self.size_lots, self.amend_size_lots)

    @property
    def worst_lots(self) -> int:
        """Give the most that may still be added to the booked position by this order.

        Lots the venue said were filled but whose fills we do not hold count here until we do.
        """
        if self.is_open:
            return max(self.size_worst_lots, self.told_lots) - self.filled_lots
        return max(0, self.told_lots - self.filled_lots)

    @property
    def reach_ticks(self) -> int:
        """Give the most aggressive price it may be working at."""
        if not self.amend_price_ticks:
            return self.price_ticks
        pair = (self.price_ticks, self.amend_price_ticks)
        return max(pair) if self.side == BUY else min(pair)


class Sweep(msgspec.Struct):
    """A cancel-all that goes on until a read shows none: the last read asked, the next step due.

    ``must_cancel``: the next step is another cancel-all, not a read. ``reads`` counts those asked.
    A read asked before ``through_ns`` ends nothing: a create may still be on its way.
    """

    due_ns: int
    asked_ns: int = 0
    must_cancel: bool = False
    reads: int = 0
    through_ns: int = 0


def through_ns(send_by_ns: int, knobs: OrderKnobs) -> int:
    """Give the instant by which a request sent by ``send_by_ns`` is through or dead, reads included.

    The venue takes it no later than its receive window; a read may lag behind what was applied.
    """
    return send_by_ns + knobs.window_ns + max(knobs.margin_ns, knobs.read_lag_ns_max)
