"""Lost packets, as TCP shows them: never a lost message, but late ones, waiting ones, broken connections.

A link is good or bad by steps of a fixed grid (Gilbert, 1960; Elliott, 1963); its path is keyed by
the step, so that no message moves it. Whether a transmission is lost is keyed by the message's count
on its link and by the attempt. What TCP's fast retransmission would save on a busy stream is not
modelled: every loss costs a timeout.
"""

from typing import TYPE_CHECKING, Final

from sim.calls import RESET
from sim.connection import HELLO, WELCOME
from sim.faults.installing import Install, rule
from sim.plan import PlannedFault
from sim.wire import LOST, STREAMS, Fate, Message
from strategy.units import NS_PER_MS

if TYPE_CHECKING:
    from sim.exchange import Exchange

_STEP_NS: Final = 50 * NS_PER_MS


class Weather:
    """Whether one link is bad, step by step from the start of the fault."""

    def __init__(self, fault: PlannedFault, world: "Exchange", link: str) -> None:
        """Begin as the link would be found by somebody who comes at any time."""
        self._fault = fault
        self._dice = world.dice
        self._link = link
        p_bad, p_good = fault.params["p_bad"], fault.params["p_good"]
        self._is_bad = [self._draw(0) < (p_bad / (p_bad + p_good) if p_bad + p_good else 0.0)]

    def is_bad(self, at_ns: int) -> bool:
        """Say how the link is at an instant of the fault."""
        step = max(0, at_ns - self._fault.start_ns) // _STEP_NS
        while len(self._is_bad) <= step:
            drawn, was_bad = self._draw(len(self._is_bad)), self._is_bad[-1]
            params = self._fault.params
            self._is_bad.append(drawn >= params["p_good"] if was_bad else drawn < params["p_bad"])
        return self._is_bad[step]

    def _draw(self, step: int) -> float:
        return self._dice.unit("fault", self._fault.id, self._link, "step", step)


class PacketLoss:
    """Sends what is lost again, later and later; gives the connection up when it is lost too often."""

    def __init__(self, fault: PlannedFault, world: "Exchange") -> None:
        """Take a planned fault."""
        self._fault = fault
        self._world = world
        self._weather = {link: Weather(fault, world, link) for link in fault.params["links"]}
        self._counts: dict[str, int] = dict.fromkeys(fault.params["links"], 0)

    def fate(self, link: str, message: Message, now_ns: int) -> Fate | None:
        """Say how late a message is, or that its connection breaks."""
        fault = self._fault
        if link not in self._weather or not fault.start_ns <= now_ns < fault.end_ns:
            return None
        self._counts[link] += 1
        extra_ns, rto_ns = 0, round(fault.params["rto_ms"] * NS_PER_MS)
        for attempt in range(fault.params["reset_after"]):
            if not self._is_lost(link, attempt, now_ns + extra_ns):
                return Fate(extra_ns=extra_ns) if extra_ns else None
            extra_ns += rto_ns << attempt
        self._break_off(link, message, now_ns + extra_ns)
        return LOST

    def _is_lost(self, link: str, attempt: int, at_ns: int) -> bool:
        fault = self._fault
        if at_ns >= fault.end_ns or not self._weather[link].is_bad(at_ns):
            return False
        key = ("fault", fault.id, link, self._counts[link], "attempt", attempt)
        return self._world.dice.unit(*key) < float(fault.params["loss"])

    def _break_off(self, link: str, message: Message, at_ns: int) -> None:
        """Reset the connection a message was on, if it is still the same by then."""
        world = self._world
        if message.kind in (HELLO, WELCOME):
            return  # an attempt to connect that fails
        if link in STREAMS:
            world.kernel.at(at_ns, world.lines[link].reset, message.number)
        else:
            world.kernel.at(at_ns, world.rest.fail, message.number, RESET)


def _packet_loss(fault: PlannedFault, world: "Exchange") -> None:
    rule(fault, world, PacketLoss(fault, world))


INSTALL: Final[dict[str, Install]] = {"packet_loss": _packet_loss}
