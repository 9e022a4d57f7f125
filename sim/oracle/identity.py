"""What makes two failures the same failure: which promise, an order seen two ways, a place in the code.

Who makes a failing run smaller must end with the failure it began with. The same promise may be broken
by two mistakes: an order that is believed to be over and is live is another story than one that is
known to be in doubt and is live. So a failure is told with both states of the order it is about, and
with the place in the code where it was noticed: the check that found it, or the line that raised.
"""

import re
import sys
from typing import TYPE_CHECKING, Final

import msgspec

from strategy.belief import Belief

if TYPE_CHECKING:
    from sim.oracle.truth import Truth

LIVE: Final = "live"
GONE: Final = "gone"
UNKNOWN: Final = "unknown"

_ROOM: Final = "sim.oracle."
# Where findings pass through on their way: no check of their own.
_CARRIERS: Final = ("findings", "patience", "identity")
_FRAME: Final = re.compile(r"^(\S+):\d+ (\S+)$")


class Identity(msgspec.Struct, frozen=True, order=True):
    """``what`` is a promise's code, ``gate …`` or an error's code.

    ``states`` are two of one order, such as ``CLOSED/live``: what the core believed and what the venue
    held, or for S6 before and after. Empty where no order is at issue. ``place`` has no line number: it
    outlives a change elsewhere in its file.
    """

    what: str
    states: str = ""
    place: str = ""

    def __str__(self) -> str:
        """Write it as people read it."""
        return " ".join(filter(None, (self.what, self.states, self.place and f"at {self.place}")))


def states_of(client_id: str, belief: Belief | None, truth: "Truth") -> str:
    """Give both states of an order: the core's, and whether it is on the venue's book."""
    believed = next((one.state for one in belief.orders if one.client_id == client_id), UNKNOWN) if belief else "-"
    there = any(order.client_id == client_id for order in truth.open_orders())
    return f"{believed}/{LIVE if there else GONE}"


def check_place() -> str:
    """Name the check that is telling of a breach: the nearest caller that is no carrier of findings."""
    frame = sys._getframe(1)
    while frame is not None:
        room = str(frame.f_globals.get("__name__", "")).removeprefix(_ROOM)
        if room not in _CARRIERS:
            return f"{room}.{frame.f_code.co_name}"
        frame = frame.f_back  # type: ignore[assignment]
    return ""


def raised_at(error: str) -> str:
    """Name where the text of an error says that it was raised: its innermost frame, and the kind of error."""
    lines = error.strip().splitlines()
    kind = lines[-1].partition(":")[0] if lines else ""
    frames = [found for line in lines[:-1] if (found := _FRAME.match(line))]
    return f"{frames[-1][1]}.{frames[-1][2]} {kind}" if frames else kind
