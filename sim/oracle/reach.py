"""Whether requests get anywhere: one after the other comes back without a verdict.

By evidence alone, whatever the reason is: errors of the venue, timeouts, ways that are cut. Nobody can place a
quote then, nor know how the one before it stands. Whoever stops asking is not excused. That we are too fast is
a verdict of its own.
"""

from typing import Final

from sim.oracle.answers import VERDICTS
from strategy import events
from strategy.pacing import RATE_LIMIT
from strategy.units import NS_PER_S

# So many in a row are no bad luck of single requests.
_VAIN_MIN: Final = 4
# Who would quote has tried within this: the longest pause between two questions, and a slow answer to the second.
_TRIED_NS: Final = 10 * NS_PER_S


class Reach:
    """Counts answers without a verdict since the last one that had one. Instants are the bot's clock."""

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self._vain = self._vain_ns = 0

    def heard(self, now_ns: int, event: events.Event) -> None:
        """Note an answer."""
        if isinstance(event, events.Unanswered) and event.code != RATE_LIMIT:
            self._vain, self._vain_ns = self._vain + 1, now_ns
        elif isinstance(event, VERDICTS):
            self._vain = 0

    def why(self, now_ns: int) -> str:
        """Say that requests are made in vain; empty where that does not show."""
        is_vain = self._vain >= _VAIN_MIN and now_ns - self._vain_ns <= _TRIED_NS
        return "its requests are tried, and none gets a verdict" if is_vain else ""
