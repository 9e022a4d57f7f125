"""Why the invariants cannot see some small mistakes: of each its line, its change, and what it comes to."""

from typing import Final

# By the line as it stands and the change: a line that is written anew is looked at anew.
WHY: Final[dict[str, str]] = {
    "if not self.ok or event.seq < self.seq:: not -> nothing": (
        "a proof of life is not believed, so quotes go sooner than they must; S4 sees a gap that only a heartbeat shows"
    ),
    "self.taker_cash += value: += -> -=": "a figure of the report, by which nothing is decided",
    "self.fees_cash += fill.fee_cash: += -> =": "a figure of the report, by which nothing is decided",
    "order.missing_ns = 0 if order.state is State.WORKING or before is State.ABSENT else order.missing_ns: order.state is State.WORKING or before is State.ABSENT -> (order.state is State.WORKING or before is State.ABSENT) and False": (
        "an order missed, found and missed once more is believed absent without another read of its fills: the audit reads them soon after"
    ),
    "doubted = (one for one in self.of(symbol) if one.doubt_ns and one.state in _DOUBTED): nothing -> not": (
        "a doubt keeps its own slot, so nothing of it is made anew; only of an order whose place another has taken would a quote beside it leave"
    ),
    "if not order.confirmed_ns and not order.is_orphan:: not -> nothing": (
        "what counts as lost in a row decides how soon the next doubt is asked about, and whether what is absent is asked about again"
    ),
    "is_amend_out = order.amend_size_lots > 0 and event.asked_ns <= order.through_ns: > -> >=": (
        "a read settles an order only once all that left has had its time: later than it could, and well within `doubt_s`"
    ),
    "asks_max = 0 if orders.losing.is_on(order.symbol) else _ABSENT_ASKS: orders.losing.is_on(order.symbol) -> (orders.losing.is_on(order.symbol)) or True": (
        "an order concluded absent is let go of at once: what a venue brings back later the list of open orders shows as well"
    ),
    "is_owed = order.told_lots > order.filled_lots: > -> >=": (
        "orders that are over are never let go of: a storm of three minutes has fewer than the two thousand that S12 allows"
    ),
    "return self.queries.has(now_ns) if now_ns >= self.banned_ns else 0: >= -> >": ("one nanosecond"),
}
