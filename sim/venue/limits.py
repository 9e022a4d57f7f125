"""How often an account may ask: buckets of tokens, and what becomes of one that asks too often.

Orders have a bucket by count, questions one, and a venue may weigh everything together in a third.
A request that finds no token is refused and uses none. Who is refused too often is banned: for a
while nothing of his is read, every further request counts as one more, and each ban is twice as
long as the one before. Cancels share all this, or go free: venues differ.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from sim.venue import codes
from sim.venue.reads import READS
from sim.wire import Header
from strategy import commands
from strategy.units import NS_PER_S

ORDERS: Final = "orders"
QUERIES: Final = "queries"
ACCOUNT: Final = "account"

_CANCELS: Final = (commands.CancelOrder, commands.CancelAll)
_QUESTIONS: Final = (*READS, commands.RequestBook)
# What a question weighs where everything is weighed; all else weighs 1.
_WEIGHTS: Final[dict[type, int]] = {
    commands.QueryOpenOrders: 3,
    commands.QueryFills: 5,
    commands.QueryMargin: 5,
    commands.RequestBook: 5,
}
# Refusals further apart than this are not one offence.
_OFFENCE_NS: Final = 10 * NS_PER_S
_LITTLE: Final = 4  # less than this part of a bucket is little: answers then say how much is left


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What is allowed. ``weight_per_s`` 0 weighs nothing together; ``ban_after`` 0 bans nobody.

    ``says_when``: refusals carry a header that says when to come back. ``ban_after`` refusals in a
    row, none further from the last than ten seconds, make a ban of ``ban_ns``.
    """

    orders_per_s: int
    burst: int
    reads_per_s: int
    weight_per_s: int = 0
    says_when: bool = True
    cancels_share: bool = True
    ban_after: int = 0
    ban_ns: int = 0
    ban_ns_max: int = 0


class TokenBucket:
    """Refills continuously to ``burst``; a request without a token is refused and uses none."""

    def __init__(self, rate_per_s: int, burst: int, now_ns: int = 0) -> None:
        """Start full."""
        self._rate = rate_per_s
        self._burst = burst * NS_PER_S
        self._level = self._burst
        self._at_ns = now_ns
        self.refused = 0

    def take(self, now_ns: int, count: int = 1) -> bool:
        """Use tokens, if there are as many."""
        self._refill(now_ns)
        if self._level < count * NS_PER_S:
            self.refused += 1
            return False
        self._level -= count * NS_PER_S
        return True

    def left(self, now_ns: int) -> int:
        """Count the whole tokens there are."""
        self._refill(now_ns)
        return self._level // NS_PER_S

    def is_low(self, now_ns: int) -> bool:
        """Say whether little is left."""
        self._refill(now_ns)
        return self._level * _LITTLE < self._burst

    def one_ns(self, now_ns: int) -> int:
        """Say how long until there is a token."""
        self._refill(now_ns)
        return max(0, -(-(NS_PER_S - self._level) // self._rate))

    def full_ns(self, now_ns: int) -> int:
        """Say how long until it is full again."""
        self._refill(now_ns)
        return -(-(self._burst - self._level) // self._rate)

    def _refill(self, now_ns: int) -> None:
        self._level = min(self._burst, self._level + (now_ns - self._at_ns) * self._rate)
        self._at_ns = now_ns


def _nothing() -> None:
    """Note nothing."""


class Limits:
    """The budgets of our account.

    ``bans`` counts those since the record was last clean; ``refusals`` and ``bans_in_all`` are for
    those who look on; ``felt`` is called as a limit shows: with a refusal, or a word that little is left.
    """

    def __init__(self, usual: Policy) -> None:
        """Start with full buckets and a clean record."""
        self._usual = usual
        self.felt: Callable[[], None] = _nothing
        self.bans = 0
        self.bans_in_all = 0
        self.refusals = 0
        self.banned_until_ns = 0
        self._row = 0
        self._refused_ns = 0
        self.obey(usual, 0)

    def obey(self, policy: Policy, now_ns: int) -> None:
        """Let another policy hold from now on, with full buckets."""
        self.policy = policy
        self._orders = TokenBucket(policy.orders_per_s, policy.burst, now_ns)
        self._reads = TokenBucket(policy.reads_per_s, policy.reads_per_s, now_ns)
        self._weight = TokenBucket(policy.weight_per_s, policy.weight_per_s, now_ns) if policy.weight_per_s else None

    def relent(self, now_ns: int) -> None:
        """Go back to the usual policy, and forgive."""
        self.obey(self._usual, now_ns)
        self.felt = _nothing
        self.banned_until_ns = self._row = self.bans = 0

    def admit(self, command: commands.Command, now_ns: int) -> str:
        """Take what a request costs; give the code of the refusal, empty when there is none."""
        if isinstance(command, _CANCELS) and not self.policy.cancels_share:
            return ""
        if now_ns < self.banned_until_ns:
            self._offended(now_ns)
            return codes.BANNED
        bucket = self._reads if isinstance(command, _QUESTIONS) else self._orders
        weight = self._weight
        if not bucket.take(now_ns) or (weight is not None and not weight.take(now_ns, _WEIGHTS.get(type(command), 1))):
            self._offended(now_ns)
            return codes.RATE_LIMIT
        return ""

    def header(self, command: commands.Command, code: str, now_ns: int) -> Header | None:
        """Say in an answer's header what is left, where that is little, or when to come back."""
        is_question = isinstance(command, _QUESTIONS)
        name, bucket = (QUERIES, self._reads) if is_question else (ORDERS, self._orders)
        if code in (codes.RATE_LIMIT, codes.BANNED):
            if not self.policy.says_when:
                return None
            if now_ns < self.banned_until_ns:
                whom = ACCOUNT if self.policy.cancels_share else ORDERS
                return Header(whom, 0, self.banned_until_ns - now_ns)
            waits = [bucket.one_ns(now_ns)] + ([self._weight.one_ns(now_ns)] if self._weight is not None else [])
            return Header(name, 0, max(waits))
        if not bucket.is_low(now_ns):
            return None
        self.felt()
        return Header(name, bucket.left(now_ns), bucket.full_ns(now_ns))

    def standing(self, command: commands.Command, now_ns: int) -> tuple[int, int, int]:
        """Say how many a second a request's bucket takes, how many it takes now, and in how long one more."""
        is_question = isinstance(command, _QUESTIONS)
        bucket, policy = (self._reads if is_question else self._orders), self.policy
        a_second = policy.reads_per_s if is_question else policy.orders_per_s
        wait_ns = max(bucket.one_ns(now_ns), self.banned_until_ns - now_ns)
        return a_second, 0 if now_ns < self.banned_until_ns else bucket.left(now_ns), max(0, wait_ns)

    def _offended(self, now_ns: int) -> None:
        """Count a refusal; too many in a row make a ban, and in a ban a longer one."""
        policy = self.policy
        self.refusals += 1
        self.felt()
        self._row = self._row + 1 if now_ns - self._refused_ns <= _OFFENCE_NS else 1
        self._refused_ns = now_ns
        if policy.ban_after and self._row >= policy.ban_after:
            self.ban(now_ns)
            self.bans_in_all += 1

    def ban(self, now_ns: int) -> None:
        """Read nothing from now on, twice as long as the last time."""
        policy = self.policy
        ban_ns = min(policy.ban_ns << min(self.bans, 32), policy.ban_ns_max)
        self.banned_until_ns = max(self.banned_until_ns, now_ns + ban_ns)
        self.bans += 1
        self._row = 0
