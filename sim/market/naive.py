"""The same market with every background event in SimPy's queue: the reference for the tight loop.

Slower, and simple: one entry in the queue stands for the market's next event and is put there
anew after each. The hash of everything that happened must be the tight loop's, to the last bit.
"""

from typing import Any

from sim.kernel import Kernel
from sim.market.flow import FlowMarket


class QueuedFlowMarket(FlowMarket):
    """A ``FlowMarket`` that the kernel moves event by event."""

    kernel: Kernel | None = None
    _armed_ns = -1
    _turn = 0

    def run_in(self, kernel: Kernel, turn: int) -> None:
        """Put the first event into the kernel's queue; at one instant markets go by their turns."""
        self.kernel = kernel
        self._turn = turn
        self._arm()

    def look_for_stale(self, now_ns: int) -> None:
        """Look as the tight loop does; a sniper who sets out may be the next event."""
        super().look_for_stale(now_ns)
        self._arm()

    def _arm(self) -> None:
        if self.kernel is not None and self.next_ns != self._armed_ns:
            self._armed_ns = self.next_ns
            self.kernel.at_first(self._armed_ns, self._turn, self._fire, self._armed_ns)

    def _fire(self, armed_ns: int) -> None:
        if armed_ns != self._armed_ns:
            return  # something came before it, and armed the queue anew
        self._armed_ns = -1
        self.do_next(armed_ns)
        self._arm()


def event_by_event(kernel: Kernel, markets: list[Any]) -> None:
    """Have the kernel move markets event by event instead of in their own loop."""
    kernel.market = None
    for turn, market in enumerate(markets):
        market.run_in(kernel, turn)
