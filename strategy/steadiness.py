"""Whether a stream that came back may be counted on: one that falls again and again is none until it has lasted.

Each return has everything read that may have been missed, and has quotes put up that the next fall pulls. A
stream that breaks every second would so take the whole budget for questions and quote from gap to gap.
Routers do the same with a neighbour whose line flaps (route flap damping, RFC 2439).
"""

from typing import Final

import msgspec

# After so many lives in a row that were too short, the next one has to prove itself.
_SHORT_LIVES_MAX: Final = 2


class Steadiness(msgspec.Struct):
    """One stream: whether it is there, since when, and how many of its last lives in a row were short."""

    is_there: bool = False
    since_ns: int = 0
    short_lives: int = 0

    def came(self, now_ns: int) -> None:
        """Note that it came up; of one that is up already that says nothing new."""
        if not self.is_there:
            self.is_there, self.since_ns = True, now_ns

    def fell(self, now_ns: int, lasts_ns: int) -> None:
        """Note that it went down; a life shorter than ``lasts_ns`` counts against the next."""
        if self.is_there:
            is_short = now_ns - self.since_ns < lasts_ns
            self.short_lives = self.short_lives + 1 if is_short else 0
        self.is_there = False

    def is_steady(self, now_ns: int, lasts_ns: int) -> bool:
        """Say whether it is there and may be counted on, at once or because it has lasted for ``lasts_ns``."""
        is_trusted = self.short_lives < _SHORT_LIVES_MAX
        return self.is_there and (is_trusted or now_ns - self.since_ns >= lasts_ns)
