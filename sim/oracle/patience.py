"""A promise that may be broken for a while: a clock that runs while it is, and starts over when it holds.

Time during which the promise cannot be asked for is counted as excused, not as kept. What others did
starts the clock over; what the bot says for itself only stops it, so that no row of good reasons,
each a moment after the other, makes an hour without a promise.

A clock that cannot run out judges nothing. So a look counts only where the promise could be asked for, at a
stretch, for longer than its bound; a run that ends sooner has broken nothing, and kept nothing either.
"""

import msgspec

from sim.oracle.findings import Findings
from strategy.units import NS_PER_S


class Patience(msgspec.Struct):
    """How long one promise about one subject has been broken without a pause, excused time not counted.

    ``held_ns`` is the first instant at which it held, None until then. ``asked_ns`` is for how long it could be asked
    for since the clock last started over, ``looks`` are those that do not count yet. A promise ``is_once`` where
    it need not hold on: somebody is to get there, in time.
    """

    code: str
    subject: str
    bound_ns: int
    last_ns: int
    broken_ns: int = 0
    held_ns: int | None = None
    asked_ns: int = 0
    looks: int = 0
    is_once: bool = False

    def start(self, now_ns: int) -> None:
        """Begin anew: whatever was broken before is another story."""
        self.resume(now_ns)
        self.held_ns = None

    def resume(self, now_ns: int) -> None:
        """Go on from here: nobody was there to keep the promise, or to break it, until now."""
        self.last_ns, self.broken_ns, self.asked_ns, self.looks = now_ns, 0, 0, 0

    def tick(self, now_ns: int, wrong: str, excuse: str, findings: Findings, *, pause: str = "") -> None:
        """Move on. ``wrong``: how it is broken, empty when it holds; it counts as looked at when it held or ran out.

        ``excuse`` says what others did to it, ``pause`` what the bot itself is careful about.
        """
        passed_ns, self.last_ns = now_ns - self.last_ns, now_ns
        findings.waited(self.code, passed_ns)
        if wrong and (excuse or pause):
            self.broken_ns, self.asked_ns = (0, 0) if excuse else (self.broken_ns, self.asked_ns)
            findings.excuse(self.code, passed_ns, excuse or pause)
            return
        self.asked_ns += passed_ns
        self.broken_ns = self.broken_ns + passed_ns if wrong else 0
        if not wrong:
            self._holds(now_ns, findings)
        is_out = self.broken_ns > self.bound_ns
        self.looks += is_out
        findings.asked(self.code, self.asked_ns)
        if is_out or self.asked_ns > self.bound_ns:
            findings.checked(self.code, self.looks)
            self.looks = 0
        if is_out:
            lasting = f"for {self.broken_ns / NS_PER_S:.1f} s, the bound is {self.bound_ns / NS_PER_S:g} s"
            findings.breach(self.code, now_ns, self.subject, wrong, lasting)

    def _holds(self, now_ns: int, findings: Findings) -> None:
        findings.held[self.code] = None
        if self.held_ns is None:
            self.held_ns = now_ns
        if self.is_once:
            findings.checked_within(self.code, now_ns - self.asked_ns, self.bound_ns)
        else:
            self.looks += 1
