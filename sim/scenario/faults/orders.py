"""Answers that never come."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal, get_args

from pydantic import Field, Strict

from sim.scenario.faults.base import Lasting, Request, Symbols
from sim.scenario.faults.ranges import AnySymbols, Draw, LogUniform, Maybe, Several, Subset, Where
from strategy.file_model import CONTRADICTION, Complaint, CountAboveZero, Share, relation


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


MODELS: Final = (AckLost, AckLostNotApplied)
EXAMPLES: Final = {
    "ack_lost": "{at_s: 10, for_s: 20, kind: ack_lost, prob: 0.05, requests: [create]}",
    "ack_lost_not_applied": "{at_s: 10, kind: ack_lost_not_applied, nth: [1, 4]}",
}
