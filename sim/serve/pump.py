"""Real time for a simulated world: the kernel is run up to now, again and again, and never by two at once.

``speed`` is how many simulated seconds pass in a real one; 0 is as fast as the machine goes. Whatever
comes in from outside comes in at the instant that now is, after all that was due before it.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from sim.kernel import Kernel
from strategy.units import NS_PER_MS, NS_PER_S

# The longest stretch that is run in one go, by the clock and by the world's: the sockets, and whoever
# wants to end it, wait that long at most, however fast it was told to go.
_SLICE_NS: Final = 20 * NS_PER_MS
_STRETCH_NS_MAX: Final = 2 * NS_PER_S
_NAP_S: Final = 0.05


class Pump:
    """Runs one kernel on the running loop."""

    def __init__(self, kernel: Kernel, speed: float = 1.0) -> None:
        """Begin where the kernel stands; ``run`` keeps it going."""
        self._kernel = kernel
        self._speed = speed
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()
        self._began_ns = kernel.now_ns
        self._woken = asyncio.Event()

    def due_ns(self) -> int:
        """Give the instant that now is; at full speed, the next stretch."""
        if not self._speed:
            return self._kernel.now_ns + _SLICE_NS
        return self._began_ns + int((self._loop.time() - self._began_s) * self._speed * NS_PER_S)

    def enter(self, function: Callable[..., Any], *args: Any) -> Any:
        """Have something from outside happen now."""
        if self._speed:
            self._catch_up(self.due_ns())
        self._woken.set()
        return function(*args)

    def _catch_up(self, until_ns: int) -> bool:
        """Run up to an instant, or a stretch towards it; say whether it is reached."""
        now_ns = self._kernel.now_ns
        stretch_ns = min(_SLICE_NS * max(1, round(self._speed)), _STRETCH_NS_MAX)
        target_ns = min(until_ns, now_ns + stretch_ns)
        if target_ns > now_ns:
            self._kernel.run(target_ns)
        return target_ns >= until_ns

    async def run(self) -> None:
        """Keep the world going, until it is cancelled."""
        while True:
            is_there = self._catch_up(self.due_ns())
            if not is_there or not self._speed:
                await asyncio.sleep(0)
                continue
            self._woken.clear()
            wait_s = (self._kernel.next_ns - self.due_ns()) / (self._speed * NS_PER_S)
            try:
                async with asyncio.timeout(min(max(wait_s, 0.0), _NAP_S)):
                    await self._woken.wait()
            except TimeoutError:
                pass
