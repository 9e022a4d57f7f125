"""S10 and L6: a ban that was told is kept; when it ends, cancels go first and ordinary requests are back.

A ban is a delivered ``BudgetSeen`` of the bucket ``account`` with nothing left. From the step that
was told until ``resets_ns`` nothing leaves, of any kind. What had left, or waited for the journal,
before the word came is nobody's fault.

Some venues answer that we are banned and not until when. Such a ban is kept for what the config waits
then. Where something else was told to be empty still, that may be its end, and nobody is blamed; an
answer to what left before such a word, whether it bound anybody or not, says nothing new: a bot that has
kept the ban from that word on need not begin again.

Afterwards the first request about orders is a cancel where any were wanted: where an order stood,
known to be on the book, through a ban longer than the age that inputs may have, nobody could look
after it. That nothing ordinary (a question, a create, an amend) leaves for ``ban_s`` is a back-off without an end,
where the end was told: else a bot may well wait longer each time.
"""

from collections.abc import Sequence
from typing import Final

from sim.oracle.evidence import Evidence
from sim.oracle.findings import Findings
from sim.oracle.tolerance import Tolerance
from strategy import commands, events
from strategy.pacing import ACCOUNT, BANNED
from strategy.units import NS_PER_MS, NS_PER_S

_ADDING: Final = (commands.CreateOrder, commands.AmendOrder)
_CANCELS: Final = (commands.CancelOrder, commands.CancelAll)


class Bans:
    """Follows one ban at a time; a longer word while one lasts makes it longer."""

    def __init__(self, evidence: Evidence, tolerance: Tolerance, wait_ns: int, findings: Findings) -> None:
        """No ban yet. ``wait_ns`` is how long the config waits where nobody says until when."""
        self._evidence = evidence
        self._tolerance = tolerance
        self._wait_ns = wait_ns
        self._findings = findings
        self._told_ns = 0
        self._word_ns = 0
        self._until_ns = 0
        self._empty_until_ns = 0
        self._no_cancel_yet = False
        self._nothing_yet = False

    def heard(self, now_ns: int, event: events.BudgetSeen) -> None:
        """Note what is told to be empty, and a ban."""
        if event.remaining or event.resets_ns <= now_ns:
            return
        self._empty_until_ns = max(self._empty_until_ns, event.resets_ns)
        if event.bucket != ACCOUNT:
            return
        if now_ns >= self._until_ns:
            self._told_ns = self._word_ns = now_ns
        self._until_ns = max(self._until_ns, event.resets_ns)
        self._no_cancel_yet = self._nothing_yet = True

    def unanswered(self, now_ns: int, event: events.Unanswered) -> None:
        """Note a ban whose end nobody told."""
        is_old = 0 < self._word_ns >= event.sent_ns
        if event.code != BANNED or is_old or now_ns < self._until_ns:
            return
        self._word_ns = now_ns
        if now_ns < self._empty_until_ns:
            return
        self._told_ns, self._until_ns = now_ns, now_ns + self._wait_ns
        self._no_cancel_yet, self._nothing_yet = True, False

    def restarted(self) -> None:
        """Forget: a new process was told nothing, and its first request will be."""
        self._told_ns = self._word_ns = self._until_ns = self._empty_until_ns = 0
        self._no_cancel_yet = self._nothing_yet = False

    def stepped(self, now_ns: int, leaving: Sequence[commands.Command]) -> None:
        """Judge what a step sends while a ban lasts, and first after it."""
        if not self._until_ns:
            return
        said = [command for command in leaving if not isinstance(command, commands.Alert)]
        if now_ns < self._until_ns:
            self._findings.checked("S10")
            if said:
                left_ms = (self._until_ns - now_ns) // NS_PER_MS
                detail = f"{type(said[0]).__name__} left {left_ms} ms before the end of a ban"
                seen = f"the ban was told {(now_ns - self._told_ns) // NS_PER_MS} ms before"
                self._findings.breach("S10", now_ns, "ban", detail, seen)
            return
        if self._no_cancel_yet:
            self._first(now_ns, said)
        if any(not isinstance(command, _CANCELS) for command in said):
            self._nothing_yet = False
        if self._nothing_yet and now_ns > self._until_ns + self._tolerance.ban_ns:
            self._nothing_yet = False
            detail = f"nothing ordinary left for {(now_ns - self._until_ns) / NS_PER_S:.1f} s after a ban"
            self._findings.checked("L6")
            self._findings.breach("L6", now_ns, "back-off", detail, "the end of the ban was told with it")

    def _first(self, now_ns: int, said: Sequence[commands.Command]) -> None:
        """Look at the first request about orders after a ban."""
        first = next((command for command in said if isinstance(command, (*_ADDING, *_CANCELS))), None)
        if first is None:
            return
        self._no_cancel_yet = False
        # The back-off is the other half of the promise, and could not be without an end in what is shorter.
        self._findings.checked_within("L6", self._until_ns, self._tolerance.ban_ns)
        if isinstance(first, _ADDING) and self._until_ns - self._told_ns > self._tolerance.quote_age_ns:
            wanted = next((one for one in self._standing() if one != getattr(first, "client_id", "")), "")
            if wanted:
                detail = f"{type(first).__name__} {first.client_id} left first after a ban"
                seen = f"{wanted} stood through it, known to be there"
                self._findings.breach("L6", now_ns, "first", detail, seen, order=wanted)

    def _standing(self) -> list[str]:
        """List the orders known to have been on the book since before the ban, with no cancel on its way."""
        return [
            order.client_id
            for money in self._evidence.money.values()
            for order in money.open.values()
            if not order.over and order.free_ns and order.free_ns <= self._told_ns and not order.cancel_ns
        ]
