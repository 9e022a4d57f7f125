"""Acknowledgements that never come: twins that look the same to the client.

``ack_lost``: the venue did what was asked, and both words about it, the answer and the private
stream's, are lost. ``ack_lost_not_applied``: the request itself is lost on its way. No policy can
tell them apart by waiting; only a question can. A request that carries a batch is lost, or its
answer is, with everything in it.
"""

from typing import Final

from sim.dice import Dice
from sim.faults.installing import Install, as_rule
from sim.plan import PlannedFault
from sim.wire import LOST, PRIVATE, REST_DOWN, REST_UP, Fate, Message

# Which word on the private stream answers which request.
_WORD_OF: Final = {"create": "order_accepted", "amend": "order_amended", "cancel": "order_cancelled"}


class LostAcks:
    """Chooses requests as they leave, by their count since the fault began or by a keyed draw."""

    def __init__(self, fault: PlannedFault, dice: Dice, *, is_applied: bool) -> None:
        """Take a planned fault; ``is_applied`` says which twin it is."""
        self._fault = fault
        self._dice = dice
        self._is_applied = is_applied
        self._requests = tuple(fault.params["requests"])
        self._symbols = tuple(fault.params["symbols"])
        self._nth = fault.params["nth"]
        self._prob = fault.params["prob"]
        self._count = 0
        # What is still to be lost: requests by number, private words by (kind, client id).
        self._answers: dict[int, None] = {}
        self._words: dict[tuple[str, str], None] = {}

    def fate(self, link: str, message: Message, now_ns: int) -> Fate | None:
        """Lose what was chosen; choose among requests that leave while the fault lasts."""
        if link == REST_UP:
            return self._choose(message, now_ns)
        if link == REST_DOWN and message.number in self._answers:
            del self._answers[message.number]
            return LOST
        if link == PRIVATE and (message.kind, message.client_id) in self._words:
            del self._words[message.kind, message.client_id]
            return LOST
        return None

    def _choose(self, message: Message, now_ns: int) -> Fate | None:
        fault = self._fault
        if not fault.start_ns <= now_ns < fault.end_ns or message.kind not in self._requests:
            return None
        concerned = message.body.commands
        if self._symbols and all(command.symbol not in self._symbols for command in concerned):
            return None
        self._count += 1
        if not self._is_chosen():
            return None
        if not self._is_applied:
            return LOST
        self._answers[message.number] = None
        for command in concerned:
            self._words[_WORD_OF[message.kind], command.client_id] = None
        return None

    def _is_chosen(self) -> bool:
        if self._nth is not None:
            return bool(self._count in self._nth)
        return bool(self._dice.unit("fault", self._fault.id, self._count) < self._prob)


INSTALL: Final[dict[str, Install]] = {
    "ack_lost": as_rule(lambda fault, dice: LostAcks(fault, dice, is_applied=True)),
    "ack_lost_not_applied": as_rule(lambda fault, dice: LostAcks(fault, dice, is_applied=False)),
}
