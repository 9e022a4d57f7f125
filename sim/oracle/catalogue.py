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
        "every order sent whose end was not delivered. Truth past the limit with evidence inside is exposure cost. "
        "A fill that named no order may be one of ours, counted twice, until a list of fills was delivered.",
        "S2": "No end of the earlier order was delivered, and no read proved its absence, when the later one left. "
        "Two live orders without that are exposure cost.",
        "S3": "A delivered answer without a verdict, or no answer within the core's own deadline, about an order of "
        "the same side.",
        "S4": "The delivered messages of that symbol's feed: an unbroken sequence, and its last proof of life, "
        "as of when the venue told it: its stamp against the last sample of the venue's clock, where that is sure. A "
        "quote at a price that no book of the last quote_age_ms_max allows was made of an older one. For the cancel "
        "also a delivered word that the order is on the book; a delivered ban excuses it while it lasts.",
        "S5": "Every fill and funding payment delivered, each counted once by its id; at rest, a calm and a process "
        "long enough for every fill to have been asked for.",
        "S6": "The event of that step and the commands that left in it: they bound the words an order can have "
        "heard. An absence is final only where the read was asked after the create's own validity.",
        "S7": "Every create that ever left, of every session.",
        "S8": "The instrument's rules, the grid that was told last, and the prices at which orders of ours may stand "
        "that were sent and whose end was not delivered; of a create that is not reduce-only, whether it is post-only. "
        "A trade with ourselves that evidence could not foresee is exposure cost.",
        "S9": "A delivered halt of the operator, or a delivered stop; for the process its own end, or a step that "
        "raised: after the first nothing goes out, after the second nothing but cancels.",
        "S10": "What the core gave, and when: counted in tokens from the config's pacing. For a ban, a delivered word "
        "that nothing is left of the account's budget, and until when. A new process is granted the cancels' share "
        "and a second's questions, since it cannot know the last second of the old one.",
        "S11": "The last announcement of a regime that was delivered to this process; what one before it was told is "
        "forgotten, since the regime may have ended while nobody listened.",
        "S12": "What the core, its host and its heap count of themselves, looked at once a second.",
        "S13": "What the journal holds at the instant a create or an amend goes out.",
        "S14": "The instants the core was told against the world's own time, within one process: no step back, and no "
        "more than half a thousandth and a millisecond apart. The stamps of what it sends against the same instants.",
        "S15": "The core's own memory, as it writes it down: now and then a twin made of it takes the same step.",
        "S16": "A fill that the sniper took at a loss, in truth; and that for longer than staleness_cancel_ms the "
        "delivered feed had shown no ground to quote on, with no cancel under way. Sleep, a ban, a market that takes "
        "no cancels, and a cancel that nobody has answered yet are excuses; for what left without a ground, none is.",
        "L1": "After the calm every word can be asked for, but a fill that no list shows yet and nobody was told of: "
        "time in which belief is truth but for such fills is excused. Broken without a pause for the whole bound.",
        "L2": "None: after the calm every question has an answer. Broken without a pause for the whole bound.",
        "L3": "A fresh book with both sides (or the bot did not ask for one), nobody told it to keep out, no ban, and "
        "no ground for its own risk verdict: nothing delivered of late that a guard may say no to. Time without these "
        "is excused and counted; a verdict that has a ground stops the clock, what others did starts it over.",
        "L4": "A private stream known to be lost or to break again and again, or no ground to quote on by any road, "
        "without a pause for the whole bound, and no alert since it was lost. Where no request reaches the venue the "
        "time is excused, unless a dead-man switch is armed.",
        "L5": "What left and what came in the last twenty seconds, against what the config makes ordinary; and the "
        "delivered end of an order that is still asked about.",
        "L6": "A delivered ban with its end; for the first request after it, an order known to have stood through it.",
        "L7": "The start of a process that follows another. Time in which a fault of another kind is at work before "
        "the calm is excused.",
        "L8": "A delivered stop; of what another process put there since, a word. Time in which requests or "
        "answers are cut whole is excused.",
        "L9": "None: what is held is the venue's own word. Above the mark at every look for the whole bound; time in "
        "which quotes are barred, as for L3, stops the clock and is excused. A run that has less time than the bound "
        "has not judged it, and says so.",
    }
)
