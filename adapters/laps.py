"""The stopwatch of a live core: which component took how long, lap by lap.

A lap costs one look at the clock and one sum. Nothing is decided by it.
"""

from collections.abc import Callable

from strategy.breakdown import COMPONENT_OF


class Laps:
    """Handed to the core as its stopwatch; ``spans_ns`` holds the laps of the latest step, by component.

    A new step begins a new record, so whoever keeps the old one keeps it whole.
    """

    def __init__(self, clock_ns: Callable[[], int]) -> None:
        """``clock_ns`` is a monotonic clock in ns; only its differences count."""
        self._clock_ns = clock_ns
        self._at_ns = 0
        self.spans_ns: dict[str, int] = {}

    def __call__(self, name: str) -> None:
        """Hear that a lap is over; the first of a step ends nothing."""
        now_ns = self._clock_ns()
        component = COMPONENT_OF[name]
        if component:
            self.spans_ns[component] = self.spans_ns.get(component, 0) + now_ns - self._at_ns
        else:
            self.spans_ns = {}
        self._at_ns = now_ns
