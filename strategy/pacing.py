"""The rate budgets, owned by the core: nothing leaves without a token, and cancels have a share of their own.

A bucket refills continuously. Its level is counted in token-nanoseconds, whole numbers: one token
is ``NS_PER_S`` of them and ``rate`` of them come per nanosecond.

What the venue says goes. What it says is left bounds a bucket at once. A refusal for the rate halves
the rate, once for all requests that were under way, and it comes back one request a second at a
time. It stays longer just below where it was refused, so that the venue's limit is learned; once
a faster rate is not refused any more, the limit has moved.
Only quotes pay for it: the cancels' share stays as large as it was.
A ban stops everything until it ends; then cancels leave first, questions a little later, quotes last.
"""

from typing import Final

import msgspec

from strategy.backoff import pause_ns
from strategy.knobs import PacingKnobs
from strategy.units import NS_PER_MS, NS_PER_S

ORDERS: Final = "orders"
QUERIES: Final = "queries"
ACCOUNT: Final = "account"
# Questions are turned away for all who share our address, while orders go in by a road of their own.
SHUT_OUT: Final = "shut_out"

# Codes of answers without a verdict.
RATE_LIMIT: Final = "rate_limit"
BANNED: Final = "banned"

_PERCENT: Final = 100
# A cancel is tried soon even where the venue says that nothing is left: it may let cancels pass.
_CANCELS_HELD_NS: Final = 300 * NS_PER_MS
# No word of a venue stops us for longer than its longest ban.
_HELD_NS_MAX: Final = 3 * 24 * 3600 * NS_PER_S
# A budget that is empty for longer than this is a ban on quotes.
_QUIET_FROM_NS: Final = 2500 * NS_PER_MS
# After a ban: cancels at once, questions after this, quotes after a second or more.
_QUESTIONS_LATER_NS: Final = 200 * NS_PER_MS
_QUOTES_LATER_NS: Final = NS_PER_S
# What an answer's header says is heard just before the answer.
_SAME_ANSWER_NS: Final = NS_PER_MS
# Nothing but cancels is tried again before this after a refusal, and longer after each further one.
_REFUSED_PAUSE_NS: Final = 500 * NS_PER_MS
_REFUSED_PAUSE_NS_MAX: Final = 8 * NS_PER_S
# How much longer the rate stays just below where it was refused before that is tried again.
_CAREFUL: Final = 3


class Bucket(msgspec.Struct):
    """Tokens that come back at ``rate_per_s``, at most ``burst`` of them; starts full.

    ``level`` is what we allow ourselves, ``told`` what the venue says is left, where that is less.
    ``full_per_s`` and ``burst_max`` are what the config allows, ``rate_per_s`` and ``burst`` what is
    allowed now. ``kept`` tokens are the cancels': slowing down leaves them. ``good_per_s``: the
    fastest rate not known to be refused. The venue said that more comes at ``held_ns``, or refused us
    so that we wait until then; the rate was last cut at ``cut_ns``, ``cuts`` times since it last
    grew, and grows next at ``grow_ns``.
    """

    rate_per_s: int
    burst: int
    level: int
    told: int
    at_ns: int = 0
    full_per_s: int = 0
    burst_max: int = 0
    kept: int = 0
    good_per_s: int = 0
    held_ns: int = 0
    cut_ns: int = 0
    cuts: int = 0
    grow_ns: int = 0
    grow_every_ns: int = 10 * NS_PER_S

    def has(self, now_ns: int, keep: int = 0) -> int:
        """Count the whole tokens there are above ``keep`` reserved ones, by our count and the venue's."""
        self._refill(now_ns)
        return max(0, min(self.level, self.told) // NS_PER_S - keep) if now_ns >= self.held_ns else 0

    def has_own(self, now_ns: int) -> int:
        """Count the whole tokens there are by our own count."""
        self._refill(now_ns)
        return max(0, self.level // NS_PER_S)

    def take(self, count: int) -> None:
        """Use tokens that ``has`` has shown."""
        self.level -= count * NS_PER_S
        self.told = max(0, self.told - count * NS_PER_S)

    def lower_to(self, now_ns: int, remaining: int, until_ns: int = 0) -> None:
        """Believe the venue when it says that less is left than we thought, and when there is more."""
        self._refill(now_ns)
        if remaining * NS_PER_S < self.told:
            self.told = remaining * NS_PER_S
        if not remaining:
            self.held_ns = max(self.held_ns, min(until_ns, now_ns + _HELD_NS_MAX))

    def slow_down(self, now_ns: int, sent_ns: int) -> None:
        """Halve the rate because a request was refused; once for all that were under way.

        ``sent_ns`` is when the refused one left (0: not known).
        """
        if self.cut_ns and (sent_ns or now_ns - NS_PER_S) <= self.cut_ns:
            return
        self._refill(now_ns)
        self.good_per_s = max(2, self.rate_per_s - 1)
        self._run_at(max(1, self.rate_per_s // 2))
        self.level = min(self.level, self.kept * NS_PER_S)
        self.cut_ns, self.grow_ns = now_ns, now_ns + self.grow_every_ns
        self.held_ns = max(self.held_ns, now_ns + pause_ns(_REFUSED_PAUSE_NS, self.cuts, _REFUSED_PAUSE_NS_MAX))
        self.cuts += 1

    def empty_until(self, at_ns: int) -> None:
        """Leave nothing, and let nothing come back before ``at_ns``."""
        self.level, self.told, self.at_ns = 0, 0, at_ns

    def next_ns(self, now_ns: int, keep: int = 0) -> int:
        """Give the instant at which there is one more whole token above ``keep``."""
        return max(self.held_ns, self._next_ns(now_ns, min(self.level, self.told), keep))

    def next_own_ns(self, now_ns: int) -> int:
        """Give the instant at which there is one more whole token by our own count."""
        return self._next_ns(now_ns, self.level, 0)

    def _next_ns(self, now_ns: int, level: int, keep: int) -> int:
        missing = (keep + 1) * NS_PER_S - level
        return max(now_ns + 1, self.at_ns + -(-missing // self.rate_per_s))

    def _refill(self, now_ns: int) -> None:
        if now_ns > self.at_ns:
            more, most = (now_ns - self.at_ns) * self.rate_per_s, self.burst * NS_PER_S
            self.level, self.told = min(most, self.level + more), min(most, self.told + more)
            self.at_ns = now_ns
        while self.rate_per_s < self.full_per_s and now_ns >= self.grow_ns:
            if self.rate_per_s > self.good_per_s:
                self.good_per_s = self.full_per_s  # it was tried and not refused: the limit has moved
            self._run_at(self.rate_per_s + 1)
            self.cuts = 0
            careful = _CAREFUL if self.rate_per_s == self.good_per_s else 1
            self.grow_ns += self.grow_every_ns * careful

    def _run_at(self, rate_per_s: int) -> None:
        """Change the rate, and with it the burst of what is not the cancels'."""
        self.rate_per_s = rate_per_s
        self.burst = self.kept + max(1, (self.burst_max - self.kept) * rate_per_s // self.full_per_s)
        self.level = min(self.level, self.burst * NS_PER_S)


class Pacing(msgspec.Struct):
    """The account's budgets: ``orders`` for creates, amends and cancels, ``queries`` for questions.

    A share of ``orders`` is only for cancels: creates and amends leave it alone, so that a cancel
    finds a token unless cancels alone have used the whole burst. Nothing leaves before
    ``banned_ns``, no cancel before ``cancels_ns``, no create or amend before ``quiet_ns``. ``bans``
    counts bans of unknown length that came soon after another; ``shut_ns`` is until when the last ban
    keeps quotes back. ``told_ns`` is when the venue last said that orders are at an end, ``back_ns``
    when it said they come back.
    """

    orders: Bucket
    queries: Bucket
    ban_wait_ns: int = 30 * NS_PER_S
    ban_wait_ns_max: int = 600 * NS_PER_S
    banned_ns: int = 0
    cancels_ns: int = 0
    quiet_ns: int = 0
    bans: int = 0
    shut_ns: int = 0
    told_ns: int = 0
    back_ns: int = 0

    @property
    def reserved(self) -> int:
        """Count the tokens of ``orders`` that only cancels may use."""
        return self.orders.kept

    def take_order(self, now_ns: int, spare: int = 0, count: int = 1) -> bool:
        """Use tokens for a create or an amend, outside the cancels' share; leave ``spare`` more."""
        if now_ns < self.quiet_ns or self.orders.has(now_ns, self._kept(spare)) < count:
            return False
        self.orders.take(count)
        return True

    def take_cancel(self, now_ns: int, count: int = 1) -> bool:
        """Use tokens for a cancel, reserved or not; one that shares a request may need none."""
        if now_ns < self.cancels_ns or self.orders.has_own(now_ns) < count:
            return False
        self.orders.take(count)
        return True

    def cancels_left(self, now_ns: int) -> int:
        """Count the cancels that may leave now."""
        return self.orders.has_own(now_ns) if now_ns >= self.cancels_ns else 0

    def take_cancels(self, count: int) -> None:
        """Use tokens for cancels that ``cancels_left`` has shown."""
        self.orders.take(count)

    def queries_left(self, now_ns: int) -> int:
        """Count the questions that may be asked now."""
        return self.queries.has(now_ns) if now_ns >= self.banned_ns else 0

    def take_queries(self, count: int) -> None:
        """Use tokens for questions."""
        self.queries.take(count)

    def next_order_ns(self, now_ns: int, spare: int = 0) -> int:
        """Give the instant at which a create or an amend may leave."""
        return max(self.quiet_ns, self.orders.next_ns(now_ns, self._kept(spare)))

    def next_cancel_ns(self, now_ns: int) -> int:
        """Give the instant at which a cancel may leave."""
        return max(self.cancels_ns, self.orders.next_own_ns(now_ns))

    def next_query_ns(self, now_ns: int, keep: int = 0) -> int:
        """Give the instant at which a question may leave, and ``keep`` tokens stay."""
        return max(self.banned_ns, self.queries.next_ns(now_ns, keep))

    def started(self, now_ns: int) -> None:
        """Begin a process with the cancels' share alone: whoever lived before may have used the rest."""
        self.orders.at_ns = self.queries.at_ns = now_ns
        self.orders.level = self.orders.told = self.reserved * NS_PER_S

    def take_over(self, old: "Pacing") -> None:
        """Keep what a process that died knew of a ban: it is the account's, not the process's."""
        self.banned_ns, self.cancels_ns, self.quiet_ns = old.banned_ns, old.cancels_ns, old.quiet_ns
        self.bans, self.shut_ns = old.bans, old.shut_ns

    # What the venue says

    def seen(self, now_ns: int, bucket: str, remaining: int, resets_ns: int = 0) -> None:
        """Take in what the venue says is left, and when more comes; nothing of the account is a ban."""
        if bucket == ACCOUNT:
            if not remaining and resets_ns > now_ns:
                self.ban(now_ns, resets_ns)
        elif bucket == SHUT_OUT:
            self._shut_out(now_ns, min(resets_ns, now_ns + _HELD_NS_MAX))
        elif bucket == QUERIES:
            self.queries.lower_to(now_ns, remaining, resets_ns)
        else:
            self.orders.lower_to(now_ns, remaining, resets_ns)
            if not remaining:
                self.told_ns, self.back_ns = now_ns, resets_ns
                self.cancels_ns = max(self.cancels_ns, min(resets_ns, now_ns + _CANCELS_HELD_NS))
                self.quiet_ns = max(self.quiet_ns, min(resets_ns, now_ns + _HELD_NS_MAX))

    def refused(self, now_ns: int, bucket: str, sent_ns: int) -> None:
        """Slow down by ourselves: the venue refused a request for its rate."""
        (self.queries if bucket == QUERIES else self.orders).slow_down(now_ns, sent_ns)

    def ban(self, now_ns: int, until_ns: int = 0) -> None:
        """Send nothing until the ban ends; where nobody says when (0), longer each time it comes back.

        Where the same answer said when orders come back it is theirs: cancels may leave, and that is when.
        What an answer before it said is about another budget: the next request in a ban makes it longer.
        """
        if not until_ns and now_ns - self.told_ns <= _SAME_ANSWER_NS and self.back_ns > now_ns:
            self._shut_out(now_ns, min(self.back_ns, now_ns + _HELD_NS_MAX))
            return
        if now_ns < self.banned_ns:
            self._hold_until(now_ns, max(self.banned_ns, until_ns))
            return
        is_again = self.banned_ns > 0 and now_ns - self.banned_ns < 2 * self.ban_wait_ns_max
        if not is_again:
            self.bans = 0
        elif not until_ns:
            self.bans += 1
        for bucket in (self.orders, self.queries):
            bucket.slow_down(now_ns, 0)
        self._hold_until(now_ns, until_ns or now_ns + pause_ns(self.ban_wait_ns, self.bans, self.ban_wait_ns_max))

    def _shut_out(self, now_ns: int, until_ns: int) -> None:
        """Ask nothing and quote nothing until then: what cannot be asked about must not be out. Cancels leave."""
        self.banned_ns = max(self.banned_ns, until_ns)
        self.shut_ns = max(self.shut_ns, until_ns + _QUOTES_LATER_NS)
        self.quiet_ns = max(self.quiet_ns, self.shut_ns)
        self.queries.empty_until(self.banned_ns + _QUESTIONS_LATER_NS)

    def is_quiet(self, now_ns: int) -> bool:
        """Say whether a ban, or what is as good as one, keeps quotes from leaving.

        A budget that is empty for a moment is none, in an account that was banned before as in any other.
        """
        return now_ns < self.quiet_ns and (self.quiet_ns - now_ns > _QUIET_FROM_NS or now_ns < self.shut_ns)

    def _hold_until(self, now_ns: int, until_ns: int) -> None:
        until_ns = min(until_ns, now_ns + _HELD_NS_MAX)
        self.banned_ns = self.cancels_ns = until_ns
        self.quiet_ns = self.shut_ns = until_ns + pause_ns(_QUOTES_LATER_NS, self.bans, self.ban_wait_ns_max)
        # What was saved up must not burst out when the ban ends: there is just the share of the cancels.
        saved_ns = self.reserved * NS_PER_S // self.orders.rate_per_s
        self.orders.empty_until(max(now_ns, until_ns - saved_ns))
        self.queries.empty_until(until_ns + _QUESTIONS_LATER_NS)

    def _kept(self, spare: int) -> int:
        """Count the tokens a quote must leave; a bucket that was slowed down cannot spare what it never holds."""
        return min(self.reserved + spare, self.orders.burst - 1)


def make_pacing(knobs: PacingKnobs) -> Pacing:
    """Start with full buckets."""
    # One token at least is left for quotes.
    reserved = min(-(-knobs.burst * knobs.cancel_share_pct // _PERCENT), knobs.burst - 1)
    return Pacing(
        _full(knobs.orders_per_s, knobs.burst, reserved, knobs),
        _full(knobs.queries_per_s, knobs.queries_per_s, 0, knobs),
        knobs.ban_wait_ns,
        knobs.ban_wait_ns_max,
    )


def _full(per_s: int, burst: int, kept: int, knobs: PacingKnobs) -> Bucket:
    return Bucket(
        per_s,
        burst,
        burst * NS_PER_S,
        burst * NS_PER_S,
        full_per_s=per_s,
        burst_max=burst,
        kept=kept,
        grow_every_ns=knobs.recover_every_ns,
    )
