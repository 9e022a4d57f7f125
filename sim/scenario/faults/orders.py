"""Answers that never come, or late, and creates that come twice."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal, get_args

from pydantic import Field, Strict

from sim.scenario.faults.base import Fault, Lasting, Request, Symbols
from sim.scenario.faults.ranges import AnySymbols, Choice, Draw, LogUniform, Maybe, Several, Subset, Uniform, Where
from strategy.file_model import CONTRADICTION, AboveZero, Complaint, CountAboveZero, Share, relation


class _LostAck(Lasting):
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 120),
        "prob": Maybe(0.7, LogUniform(0.01, 1)),
        "nth": Where(("prob",), Several(LogUniform(1, 40, whole=True), most=4), but_not=True),
        "requests": Maybe(0.5, Subset(get_args(Request))),
        "symbols": AnySymbols(),
    }

    prob: Share | None = None
    """How likely each answer is lost, from 0 to 1."""
    nth: Annotated[tuple[CountAboveZero, ...], Strict(False), Field(min_length=1)] | None = None
    """Which answers are lost, counted from 1 at the start of the fault."""
    requests: Annotated[tuple[Request, ...], Strict(False), Field(min_length=1)] = ("create", "amend", "cancel")
    """Which requests are hit."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""

    @relation("prob", "nth")
    def _one_way_to_choose(self) -> Iterator[Complaint]:
        if (self.prob is None) == (self.nth is None):
            yield Complaint(CONTRADICTION, (), "say either 'prob' or 'nth', which answers are lost")


class AckLost(_LostAck):
    """The venue does what was asked, and its answer never arrives."""

    kind: Literal["ack_lost"]
    """`ack_lost`: applied, the answer lost."""


class AckLostNotApplied(_LostAck):
    """The request is lost before the venue acts: to the client it looks the same as `ack_lost`."""

    kind: Literal["ack_lost_not_applied"]
    """`ack_lost_not_applied`: never applied, no answer."""


class AckLate(Lasting):
    """Answers come late; of a create a copy has been sent meanwhile, and is refused first: its id is there."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(2, 120),
        "prob": LogUniform(0.01, 1),
        "late_s": LogUniform(0.3, 20),
        "retried_after_s": Maybe(0.6, LogUniform(0.05, 5)),
        "requests": Maybe(0.5, Subset(get_args(Request))),
    }

    kind: Literal["ack_late"]
    """`ack_late`: applied, both words of it late."""
    prob: Share
    """How likely each request is hit, from 0 to 1."""
    late_s: AboveZero = 2
    """How much later its answer and the private stream's word come, in simulated seconds."""
    retried_after_s: AboveZero | None = None
    """When somebody on the way sends a create once more, in simulated seconds after it; without it, nobody does."""
    requests: Annotated[tuple[Request, ...], Strict(False), Field(min_length=1)] = ("create", "amend", "cancel")
    """Which requests are hit."""


class DuplicateId(Lasting):
    """A create comes a second time, and the venue does with an id it knows what it does."""

    STAYS = True
    ALONE_BY = ""
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 180),
        "prob": Uniform(0.02, 0.5),
        "again_s": LogUniform(0.01, 60),
        "answer": Choice(("reject", "old", "anew")),
    }

    kind: Literal["duplicate_id"]
    """`duplicate_id`: the same id again."""
    prob: Share
    """How likely each request of creates comes a second time, from 0 to 1."""
    again_s: AboveZero = 5
    """How much later the copy comes, in simulated seconds: it counts as sent anew, so its stamp is in time."""
    answer: Literal["reject", "old", "anew"] = "reject"
    """`reject`: the id was used. `old`: accepted, as if the old order were new. `anew`: once that is over, another."""


MODELS: Final[tuple[type[Fault], ...]] = (AckLost, AckLostNotApplied, AckLate, DuplicateId)
EXAMPLES: Final = {
    "ack_lost": "{at_s: 10, for_s: 20, kind: ack_lost, prob: 0.05, requests: [create]}",
    "ack_late": "{at_s: 10, for_s: 20, kind: ack_late, prob: 0.2, late_s: 2, retried_after_s: 0.3}",
    "duplicate_id": "{at_s: 10, for_s: 20, kind: duplicate_id, prob: 0.2, again_s: 5, answer: anew}",
    "ack_lost_not_applied": "{at_s: 10, kind: ack_lost_not_applied, nth: [1, 4]}",
}
