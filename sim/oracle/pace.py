"""S10: the bot's own rate budget, counted a second time from the config and from what left.

Two buckets, whole numbers only: a level in token-nanoseconds, refilled by ``rate`` of them each
nanosecond up to ``burst`` tokens. Orders pay for creates, amends, cancels and cancel-alls; questions
have a bucket of their own. A create or an amend must leave the cancels' share alone. Where a venue
counts requests and not their items, commands of a kind that can share a request cost one token.

The bot may be slower than its config for reasons of its own; it may never be faster. A restart begins
no new budget: the account is the same. Yet a new process cannot know the last second of the old one,
so it is granted what a process must be able to do at once: the cancels' share, and a second's questions.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from sim.oracle.findings import Findings
from strategy import commands
from strategy.batching import Capability
from strategy.knobs import PacingKnobs
from strategy.units import NS_PER_S, PCT

_ADDING: Final = (commands.CreateOrder, commands.AmendOrder)
_ORDERS: Final = (*_ADDING, commands.CancelOrder, commands.CancelAll)


class _Bucket(msgspec.Struct):
    """``level`` in token-nanoseconds as of ``at_ns``."""

    rate_per_s: int
    burst: int
    level: int
    at_ns: int = 0

    def refill(self, now_ns: int) -> None:
        self.level = min(self.burst * NS_PER_S, self.level + (now_ns - self.at_ns) * self.rate_per_s)
        self.at_ns = now_ns

    def take(self, count: int) -> int:
        """Use tokens; give the whole ones that are left, below zero where there were too few."""
        self.level -= count * NS_PER_S
        return self.level // NS_PER_S


class Pace:
    """Judges every step that sends anything."""

    def __init__(self, pacing: PacingKnobs, capability: Capability, findings: Findings) -> None:
        """Both buckets start full."""
        self._reserved = -(-pacing.burst * pacing.cancel_share_pct // int(PCT))
        self._capability = capability
        self._findings = findings
        burst, asks = pacing.burst, pacing.queries_per_s
        self._orders = _Bucket(pacing.orders_per_s, burst, burst * NS_PER_S)
        self._questions = _Bucket(asks, asks, asks * NS_PER_S)

    def restarted(self, now_ns: int) -> None:
        """Grant a new process the cancels' share and a second's questions, whatever the old one used."""
        for bucket, least in ((self._orders, self._reserved), (self._questions, self._questions.burst)):
            bucket.refill(now_ns)
            bucket.level = max(bucket.level, least * NS_PER_S)

    def stepped(self, now_ns: int, leaving: Sequence[commands.Command]) -> None:
        """Charge what a step sends, in its order, and see that it was there."""
        said = [command for command in leaving if not isinstance(command, commands.Alert)]
        if not said:
            return
        self._findings.checked("S10")
        self._orders.refill(now_ns)
        self._questions.refill(now_ns)
        asked = sum(not isinstance(command, _ORDERS) for command in said)
        if asked and self._questions.take(asked) < 0:
            self._over(now_ns, "questions", f"{asked} questions left at once", self._questions)
        if self._capability.per_item:
            for command in said:
                if isinstance(command, _ORDERS):
                    self._charge(now_ns, 1, is_adding=isinstance(command, _ADDING))
        else:
            for kind in _ORDERS:
                count = self._requests([command for command in said if type(command) is kind])
                self._charge(now_ns, count, is_adding=kind in _ADDING)

    def _charge(self, now_ns: int, count: int, *, is_adding: bool) -> None:
        left = self._orders.take(count) if count else 0
        if not count:
            return
        if left < 0:
            self._over(now_ns, "orders", "more requests about orders left than the budget had", self._orders)
        elif is_adding and left < self._reserved:
            detail = f"a create or an amend left {left} tokens, the cancels' share is {self._reserved}"
            self._findings.breach("S10", now_ns, "share", detail, self._rule(self._orders))

    def _requests(self, said: Sequence[commands.Command]) -> int:
        """Count the fewest requests that can carry commands of one kind."""
        if not said:
            return 0
        most = max(1, self._capability.batch_max(said[0]))
        if self._capability.mixes_symbols:
            return -(-len(said) // most)
        counts: dict[str, int] = {}
        for command in said:
            symbol = getattr(command, "symbol", "")
            counts[symbol] = counts.get(symbol, 0) + 1
        return sum(-(-count // most) for count in counts.values())

    def _over(self, now_ns: int, name: str, detail: str, bucket: _Bucket) -> None:
        self._findings.breach(
            "S10", now_ns, name, f"{detail}: {-bucket.level / NS_PER_S:.3f} too many", self._rule(bucket)
        )

    def _rule(self, bucket: _Bucket) -> str:
        return f"the config allows {bucket.rate_per_s} a second and {bucket.burst} at once"
