"""What goes wrong, kind by kind: a planned fault is installed into a world before it runs.

Installing means one of two things: adding a rule that has opinions about messages on links, or
putting events into the kernel that change a part of the world when the fault begins and change it
back when it ends. A fault's draws are keyed by its id and by what it hits, never by what else is in
the plan: taking one fault out leaves all the others, the weather and the market exactly as they were.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from sim.faults import (
    acks,
    books,
    clocks,
    connections,
    feeds,
    fills,
    host,
    links,
    market,
    packets,
    partitions,
    queues,
    terms,
    venue,
)
from sim.faults.installing import Install

if TYPE_CHECKING:
    from sim.exchange import Exchange

INSTALL: Final[Mapping[str, Install]] = MappingProxyType(
    {
        kind: install
        for room in (
            acks,
            fills,
            feeds,
            books,
            links,
            queues,
            packets,
            partitions,
            connections,
            venue,
            terms,
            clocks,
            host,
            market,
        )
        for kind, install in room.INSTALL.items()
    }
)


def install_all(world: "Exchange") -> None:
    """Install every fault of a world's plan, in the order of the plan."""
    for fault in world.plan.faults:
        INSTALL[fault.kind](fault, world)
