"""What goes wrong, kind by kind: a planned fault becomes a rule on links or an effect on the market.

A fault's draws are keyed by its id and by what it hits, never by what else is in the plan: taking
one fault out leaves all the others, the weather and the market exactly as they were.
"""

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from sim.dice import Dice
from sim.faults.acks import LostAcks
from sim.faults.feeds import FeedGap
from sim.faults.links import LatencySpike, MessageLoss
from sim.plan import PlannedFault
from sim.wire import Rule

_RULES: Final[MappingProxyType[str, Callable[[PlannedFault, Dice], Rule]]] = MappingProxyType(
    {
        "ack_lost": lambda fault, dice: LostAcks(fault, dice, is_applied=True),
        "ack_lost_not_applied": lambda fault, dice: LostAcks(fault, dice, is_applied=False),
        "message_loss": MessageLoss,
        "latency_spike": LatencySpike,
        "feed_gap": FeedGap,
    }
)
# Kinds that change the market rather than a link.
MARKET_KINDS: Final = ("volatility",)


def rules_of(faults: tuple[PlannedFault, ...], dice: Dice) -> list[Rule]:
    """Build the rules of all faults that act on links, in the order of the plan."""
    return [_RULES[fault.kind](fault, dice) for fault in faults if fault.kind not in MARKET_KINDS]
