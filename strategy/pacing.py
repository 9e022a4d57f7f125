"""The rate budgets, owned by the core: nothing leaves without a token, and cancels have a share of their own.

A bucket refills continuously. Its level is counted in token-nanoseconds, whole numbers: one token
is ``NS_PER_S`` of them and ``rate`` of them come per nanosecond.
"""

from typing import Final

import msgspec

from strategy.knobs import PacingKnobs
from strategy.units import NS_PER_S

_PERCENT: Final = 100


class Bucket(msgspec.Struct):
    """Tokens that come back at ``rate_per_s``, at most ``burst`` of them; starts full."""

    rate_per_s: int
    burst: int
    level: int
    at_ns: int = 0

    def has(self, now_ns: int, keep: int = 0) -> int:
        """Count the whole tokens there are above ``keep`` reserved ones."""
        self._refill(now_ns)
        return max(0, self.level // NS_PER_S - keep)

    def take(self, count: int) -> None:
        """Use tokens that ``has`` has shown."""
        self.level -= count * NS_PER_S

    def lower_to(self, now_ns: int, remaining: int) -> None:
        """Believe the venue when it says that less is left than we thought."""
        self._refill(now_ns)
        self.level = min(self.level, remaining * NS_PER_S)

    def next_ns(self, now_ns: int, keep: int = 0) -> int:
        """Give the instant at which there is one more whole token above ``keep``."""
        self._refill(now_ns)
        missing = (keep + 1) * NS_PER_S - self.level
        return now_ns + max(1, -(-missing // self.rate_per_s))

    def _refill(self, now_ns: int) -> None:
        self.level = min(self.burst * NS_PER_S, self.level + (now_ns - self.at_ns) * self.rate_per_s)
        self.at_ns = now_ns


class Pacing(msgspec.Struct):
    """The account's budgets: ``orders`` for creates, amends and cancels, ``queries`` for questions.

    ``reserved`` tokens of ``orders`` are only for cancels: creates and amends leave them alone, so
    that a cancel finds one unless cancels alone have used the whole burst.
    """

    orders: Bucket
    queries: Bucket
    reserved: int

    def take_order(self, now_ns: int, spare: int = 0, count: int = 1) -> bool:
        """Use tokens for a create or an amend, outside the cancels' share; leave ``spare`` more."""
        if self.orders.has(now_ns, self.reserved + spare) < count:
            return False
        self.orders.take(count)
        return True

    def take_cancel(self, now_ns: int, count: int = 1) -> bool:
        """Use tokens for a cancel, reserved or not; one that shares a request may need none."""
        if self.orders.has(now_ns) < count:
            return False
        self.orders.take(count)
        return True

    def queries_left(self, now_ns: int) -> int:
        """Count the questions that may be asked now."""
        return self.queries.has(now_ns)

    def take_queries(self, count: int) -> None:
        """Use tokens for questions."""
        self.queries.take(count)

    def next_order_ns(self, now_ns: int, spare: int = 0) -> int:
        """Give the instant at which a create or an amend may leave."""
        return self.orders.next_ns(now_ns, self.reserved + spare)

    def next_cancel_ns(self, now_ns: int) -> int:
        """Give the instant at which a cancel may leave."""
        return self.orders.next_ns(now_ns)

    def seen(self, now_ns: int, bucket: str, remaining: int) -> None:
        """Take in what the venue says is left."""
        (self.queries if bucket == QUERIES else self.orders).lower_to(now_ns, remaining)


QUERIES: Final = "queries"


def make_pacing(knobs: PacingKnobs) -> Pacing:
    """Start with full buckets."""
    reserved = -(-knobs.burst * knobs.cancel_share_pct // _PERCENT)
    orders = Bucket(knobs.orders_per_s, knobs.burst, knobs.burst * NS_PER_S)
    queries = Bucket(knobs.queries_per_s, knobs.queries_per_s, knobs.queries_per_s * NS_PER_S)
    return Pacing(orders, queries, reserved)
