"""A promise that may be broken for a while: a clock that runs while it is, and starts over when it holds.

Time during which the promise cannot be asked for is counted as excused, not as kept. What others did
starts the clock over; what the bot says for itself only stops it, so that no row of good reasons,
each a moment after the other, makes an hour without a promise.
"""

import msgspec

from sim.oracle.findings import Findings
from strategy.units import NS_PER_S


class Patience(msgspec.Struct):
    """How long one promise about one subject has been broken without a pause, excused time not counted.

    ``held_ns`` is the first instant at which it held, None until then.
    """

    code: str
    subject: str
    bound_ns: int
    last_ns: int
    broken_ns: int = 0
    held_ns: int | None = None

    def start(self, now_ns: int) -> None:
        """Begin anew: whatever was broken before is another story."""
        self.last_ns, self.broken_ns, self.held_ns = now_ns, 0, None

    def tick(self, now_ns: int, wrong: str, excuse: str, findings: Findings, *, pause: str = "") -> None:
        """Move on. ``wrong``: how it is broken, empty when it holds; it counts as looked at when it held or ran out.

        ``excuse`` says what others did to it, ``pause`` what the bot itself is careful about.
        """
        passed_ns, self.last_ns = now_ns - self.last_ns, now_ns
        findings.waited(self.code, passed_ns)
        if not wrong:
            self.broken_ns = 0
            if self.held_ns is None:
                self.held_ns = now_ns
            findings.checked(self.code)
        elif excuse or pause:
            self.broken_ns = 0 if excuse else self.broken_ns
            findings.excuse(self.code, passed_ns, excuse or pause)
        else:
            self.broken_ns += passed_ns
            if self.broken_ns > self.bound_ns:
                findings.checked(self.code)
                lasting = f"for {self.broken_ns / NS_PER_S:.1f} s, the bound is {self.bound_ns / NS_PER_S:g} s"
                findings.breach(self.code, now_ns, self.subject, wrong, lasting)
