"""What must have been delivered before the bot is at fault: the evidence of each promise in words.

Codes, sentences and bounds are in ``sim.scenario.invariants``; a promise without an entry here is
not judged yet, and a run reports it as never checked.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

EVIDENCE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "S1": "Always the core's own worst case; and, as each order leaves, the worst case from delivered fills and "
        "every order sent whose end was not delivered. Truth past the limit with evidence inside is exposure cost.",
        "S2": "No end of the earlier order was delivered, and no read proved its absence, when the later one left. "
        "Two live orders without that are exposure cost.",
        "S3": "A delivered answer without a verdict, or no answer within the core's own deadline, about an order of "
        "the same side.",
        "S4": "The delivered messages of that symbol's feed: an unbroken sequence, and its last proof of life. For "
        "the cancel also a delivered word that the order is on the book; a delivered ban excuses it while it lasts.",
        "S5": "Every fill and funding payment delivered, each counted once by its id; at rest, a calm long enough "
        "for every fill to have been asked for.",
        "S6": "The event of that step and the commands that left in it: they bound the words an order can have "
        "heard. An absence is final only where the read was asked after the create's own validity.",
        "S7": "Every create that ever left, of every session.",
        "S8": "The instrument's rules, and the prices at which orders of ours may stand that were sent and whose end "
        "was not delivered. A trade with ourselves that evidence could not foresee is exposure cost.",
        "S9": "A delivered halt of the operator, or a delivered stop.",
        "S11": "The last delivered announcement of a regime.",
        "L1": "None: after the calm every word can be asked for. Broken without a pause for the whole bound.",
        "L2": "None: after the calm every question has an answer. Broken without a pause for the whole bound.",
        "L3": "A fresh book (or the bot did not ask for one), nobody told it to keep out, and its own risk verdict "
        "allows both sides. Time without these is excused and counted.",
    }
)
