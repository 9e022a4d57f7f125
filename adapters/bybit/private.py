"""The private stream: what became of orders, fills and funding; positions and wallets as checks.

Topics are ``order``, ``execution``, ``position`` and ``wallet``; the fast execution topic has neither
fees nor, for makers, client ids, and is not used. Everything may come twice, late, or before the answer
to the request that caused it: the core counts fills by id and absorbs late words.

How a row of the order topic becomes a word, given what was asked and what was told before (``memory``):

* open, the first row of its order: ``OrderAccepted``; if it does not stand as asked, the venue moved it,
  and an ``OrderAmended`` follows.
* open, with another price or size than the row before: ``OrderAmended``.
* open and unchanged: no word, unless an amend of ours waits for its row and nothing traded: the venue
  has put the order back; what traded is told by executions.
* cancelled, deactivated: ``OrderCancelled`` with all that traded, whatever the venue calls the order.
* rejected: ``OrderRejected`` if nothing traded, else ``OrderCancelled``.
* filled: no word; the executions are the word. A second one, of a cancel that lost, says nothing new.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from adapters.bybit import words
from adapters.bybit.control import control_of
from adapters.bybit.executions import FUNDING, TRADES, fill_of, funding_of, grid_of
from adapters.bybit.heard import Heard
from adapters.bybit.market import Market, Unreadable, name_of, ns_of, side_of
from adapters.bybit.memory import Memory
from adapters.bybit.reads import OPEN_STATES, OVER_STATES
from adapters.bybit.rows import ExecutionRow, Frame, OrderRow, PositionRow, WalletRow, read
from adapters.bybit.tally import Tally
from strategy import events

_FILLED: Final = "Filled"
_REJECTED: Final = "Rejected"

# Why an order ended, by the reason the venue gives, else by how it was cancelled.
_REASONS: Final = {
    "EC_PostOnlyWillTakeLiquidity": words.WOULD_CROSS,
    "EC_DuplicatedClOrdID": words.DUPLICATE_ID,
    "EC_NoEnoughQtyToFill": "not_filled",
    "EC_NoImmediateQtyToFill": "not_filled",
    "EC_CancelForNoFullFill": "not_filled",
    "EC_BySelfMatch": "self_trade",
    "EC_StopBySelfMatch": "self_trade",
    "EC_InCallAuctionStatus": words.AUCTION,
    "EC_ReachRiskPriceLimit": words.PRICE_BAND,
    "EC_ReachMarketPriceLimit": words.PRICE_BAND,
}
_ENDINGS: Final = {
    "CancelByUser": "by_client",
    "CancelBySmp": "self_trade",
    "CancelByReduceOnly": words.REDUCE_ONLY,
    "CancelByDCP": "by_dcp",
}
_BY_VENUE: Final = "by_venue"


class PrivateStream:
    """Reads one private connection. The memory is the account's and outlives connections."""

    def __init__(self, market: Market, memory: Memory, opened_ns: int = 0) -> None:
        """Start without a word heard; ``opened_ns`` is the venue's instant."""
        self.tally = Tally(opened_ns)
        self._market = market
        self._memory = memory
        self._topics: dict[str, Callable[[msgspec.Raw], Heard]] = {
            "order": self._order,
            "execution": self._execution,
            "position": _position,
            "wallet": _wallet,
        }

    def heard(self, text: str | bytes) -> Heard:
        """Read one frame; never raises."""
        topic = ""
        try:
            frame = read(text, Frame)
            topic = frame.topic[:100]
            if not topic:
                return Heard(control=control_of(frame))
            reader = self._topics.get(topic.removesuffix(f".{self._market.category}"))
            return Heard(topic) if reader is None else _each(topic, frame.data, reader)
        except Unreadable as problem:
            return Heard(topic, strange=(str(problem),))

    def _execution(self, raw: msgspec.Raw) -> Heard:
        row = read(raw, ExecutionRow)
        if row.exec_type == FUNDING:
            return Heard(events=(funding_of(self._market, row),))
        if row.exec_type not in TRADES:
            raise Unreadable(f"execType {row.exec_type[:40]}")
        fill = fill_of(self._market, row)
        self.tally.told(fill.client_id, fill.fill_id, fill.size_lots)
        return Heard(events=(fill,))

    def _order(self, raw: msgspec.Raw) -> Heard:
        row = read(raw, OrderRow)
        grid = grid_of(self._market, row.symbol, row.category)
        name, at_ns = name_of(row.order_link_id, row.order_id), ns_of("updatedTime", row.updated_time)
        filled = grid.lots(row.cum_exec_qty or "0")
        self._memory.of(name).is_shown = True
        self.tally.shown(name, ns_of("createdTime", row.created_time or "0"), filled, at_ns)
        if row.order_status in OPEN_STATES:
            stands = (grid.ticks(row.price or "0"), grid.lots(row.qty))
            return Heard(events=self._open(name, row, stands, filled, at_ns))
        if row.order_status not in OVER_STATES:
            raise Unreadable(f"orderStatus {row.order_status[:40]}")
        if row.order_status == _FILLED:
            return Heard()
        code = _REASONS.get(row.reject_reason) or _ENDINGS.get(row.cancel_type, _BY_VENUE)
        if row.order_status == _REJECTED and not filled and code != words.WOULD_CROSS:
            return Heard(events=(events.OrderRejected(name, code, at_ns),))
        return Heard(events=(events.OrderCancelled(name, filled, code, at_ns),))

    def _open(
        self, name: str, row: OrderRow, stands: tuple[int, int], filled_lots: int, at_ns: int
    ) -> tuple[events.Event, ...]:
        known = self._memory.of(name)
        is_first = not known.told_ns
        # Unmoved, nothing traded, and yet told anew: the venue has put an amend back to where it was.
        is_put_back = bool(known.asks) and filled_lots == known.filled_lots and at_ns > known.told_ns
        known.filled_lots = max(known.filled_lots, filled_lots)
        if at_ns < known.told_ns or (not is_first and stands == known.told and not is_put_back):
            known.told_ns = max(known.told_ns, at_ns)
            return ()
        is_ours = bool(known.asks)
        is_amended, word_ns = known.show(stands, at_ns)
        amended = events.OrderAmended(name, *stands, word_ns)
        if not is_first:
            return (amended,)
        accepted = events.OrderAccepted(name, row.order_id, *stands, at_ns, side_of(row.side))
        return (accepted, amended) if is_ours and is_amended else (accepted,)


def _each(topic: str, data: msgspec.Raw, reader: Callable[[msgspec.Raw], Heard]) -> Heard:
    """Read the rows of a frame one by one: one that cannot be read takes no other with it."""
    told: list[events.Event] = []
    positions: list[PositionRow] = []
    wallets: list[WalletRow] = []
    strange: list[str] = []
    for raw in read(data, list[msgspec.Raw]):
        try:
            one = reader(raw)
        except Unreadable as problem:
            strange.append(str(problem))
            continue
        told += one.events
        positions += one.positions
        wallets += one.wallets
    return Heard(topic, tuple(told), None, tuple(positions), tuple(wallets), strange=tuple(strange))


def _position(raw: msgspec.Raw) -> Heard:
    return Heard(positions=(read(raw, PositionRow),))


def _wallet(raw: msgspec.Raw) -> Heard:
    return Heard(wallets=(read(raw, WalletRow),))
