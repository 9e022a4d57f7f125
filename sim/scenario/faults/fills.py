"""What the venue says of our trades: early, late, twice, never, and of trades that no order of ours made."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from sim.scenario.faults.base import EveryS, Fault, Lasting, Symbols, unheeded
from sim.scenario.faults.ranges import AnySymbols, Choice, Draw, LogUniform, Maybe, Uniform, Where
from strategy.file_model import CONTRADICTION, AboveZero, Complaint, CountAboveZero, FromZero, Share, relation

PartOfIt = Annotated[float, Field(gt=0, le=1)]


class FillDuplicate(Lasting):
    """A fill is told twice on the private stream: later, or to whoever connects anew, perhaps without its order."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 240),
        "prob": Uniform(0.05, 1),
        "again": Choice(("later", "later", "reconnect")),
        "after_s": Where(("again",), Maybe(0.7, LogUniform(0.05, 2400)), among=("later",)),
        "nameless": Choice(("none", "none", "first", "second")),
    }

    kind: Literal["fill_duplicate"]
    """`fill_duplicate`: the same fill comes a second time."""
    prob: Share
    """How likely each fill is hit, from 0 to 1."""
    again: Literal["later", "reconnect"] = "later"
    """When the second copy comes: after a while, or as soon as a private stream is connected anew."""
    after_s: FromZero = 0
    """How much later the second copy comes, in simulated seconds (2400 is forty minutes); only with `again: later`."""
    nameless: Literal["none", "first", "second"] = "none"
    """Which of the copies has an empty client id: it names no order of ours."""

    @relation("again", "after_s")
    def _nothing_is_unheeded(self) -> Iterator[Complaint]:
        if self.again != "later":
            yield from unheeded(self, "'again: later'", "after_s")


class FillDropped(Lasting):
    """A fill is never told on the private stream, which is healthy otherwise."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 120),
        "prob": Uniform(0.02, 1),
    }

    kind: Literal["fill_dropped"]
    """`fill_dropped`: one frame of a healthy stream is missing."""
    prob: Share
    """How likely each fill is hit, from 0 to 1."""


class FillsInDisconnect(Lasting):
    """The private stream breaks, our orders trade that very instant, and nobody is told of it afterwards."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(0.5, 60),
        "prob": Uniform(0.3, 1),
        "whole": Uniform(0, 1),
    }

    kind: Literal["fills_in_disconnect"]
    """`fills_in_disconnect`: traded while nobody listened, never replayed."""
    prob: Share = 1.0
    """How likely each order on the book trades as the stream breaks, from 0 to 1."""
    whole: Share = 0.5
    """How likely all of it trades, else half of it, from 0 to 1."""


class FillBeforeAck(Lasting):
    """An order trades the instant it rests, and its fill is told before anybody says that it was accepted."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 180),
        "prob": Uniform(0.02, 0.5),
        "whole": Uniform(0, 1),
        "ack_after_s": LogUniform(0.05, 5),
    }

    kind: Literal["fill_before_ack"]
    """`fill_before_ack`: traded first, acknowledged afterwards."""
    prob: Share
    """How likely each create is hit, from 0 to 1."""
    whole: Share = 0.5
    """How likely all of the order trades, else half of it, from 0 to 1."""
    ack_after_s: AboveZero = 0.3
    """How much later both words of its acceptance come, in simulated seconds."""


class CancelRacesFill(Lasting):
    """An order trades at the instant its cancel arrives: the cancel is refused, or what it cancelled had traded."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 240),
        "prob": Uniform(0.02, 1),
        "whole": Uniform(0, 1),
        "told_after_s": Maybe(0.6, LogUniform(0.01, 30)),
    }

    kind: Literal["cancel_races_fill"]
    """`cancel_races_fill`: cancelled, and traded all the same."""
    prob: Share
    """How likely each cancel of an order on the book is hit, from 0 to 1."""
    whole: Share = 0.5
    """How likely all of the order trades, and its cancel is refused; else half of it does, from 0 to 1."""
    told_after_s: FromZero = 0
    """How much later the private stream tells of the fill, in simulated seconds: after the cancel's answer, say."""


class FillDuringAmend(Lasting):
    """An order trades at the instant its amend arrives: the amend is refused, or what it moved had traded in part."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 180),
        "prob": Uniform(0.01, 0.3),
        "whole": Uniform(0, 1),
        "told_after_s": Maybe(0.5, LogUniform(0.05, 5)),
    }

    kind: Literal["fill_during_amend"]
    """`fill_during_amend`: moved, and traded all the same."""
    prob: Share
    """How likely each amend of an order on the book is hit, from 0 to 1."""
    whole: Share = 0.5
    """How likely all of the order trades, and its amend is refused; else half of it does, from 0 to 1."""
    told_after_s: FromZero = 0
    """How much later the private stream tells of the fill, in simulated seconds: after the amend's answer, say."""


class AmendRaces(Lasting):
    """An amend meets an order that has traded up to its new size, or has no verdict and is carried out later."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 180),
        "below_filled": Uniform(0.01, 0.3),
        "unknown": Maybe(0.7, Uniform(0.01, 0.3)),
        "later_s": Where(("unknown",), LogUniform(0.2, 20)),
    }

    kind: Literal["amend_races"]
    """`amend_races`: below what has traded, or answered unknown and applied later."""
    below_filled: Share = 0.0
    """How likely an order trades just before until nothing of its amended size is left, from 0 to 1."""
    unknown: Share = 0.0
    """How likely a request of amends gets no verdict and is carried out later, from 0 to 1."""
    later_s: AboveZero = 2
    """How much later, in simulated seconds: other amends of the order may have come between."""

    @relation("below_filled", "unknown")
    def _bites(self) -> Iterator[Complaint]:
        if not self.below_filled and not self.unknown:
            yield Complaint(CONTRADICTION, (), "with 'below_filled' and 'unknown' at 0 no amend races anything")

    @relation("unknown", "later_s")
    def _nothing_is_unheeded(self) -> Iterator[Complaint]:
        if not self.unknown:
            yield from unheeded(self, "an 'unknown' above 0", "later_s")


class InferredThenReal(Lasting):
    """Orders are shown as traded before their fills are: whoever infers a fill meets the real one later."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 180),
        "prob": Uniform(0.05, 1),
        "listed_after_s": LogUniform(0.1, 20),
        "told_after_s": LogUniform(0.1, 20),
    }

    kind: Literal["inferred_then_real"]
    """`inferred_then_real`: the order's total first, its fill much later."""
    prob: Share
    """How likely each fill is hit, from 0 to 1."""
    listed_after_s: FromZero = 5
    """How much later the list of fills shows it, in simulated seconds; a read of the order does at once."""
    told_after_s: FromZero = 8
    """How much later the private stream tells of it, in simulated seconds."""


class ForeignFill(Lasting):
    """Our position changes though no order of ours traded: a liquidation, or somebody's auto-deleveraging."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 120),
        "cause": Choice(("adl", "adl", "liquidation")),
        "share": Where(("cause",), Uniform(0.05, 1), among=("adl",)),
        "every_s": Maybe(0.5, LogUniform(1, 60)),
        "symbols": AnySymbols(),
    }

    kind: Literal["foreign_fill"]
    """`foreign_fill`: an execution that names no order of ours."""
    cause: Literal["adl", "liquidation"] = "adl"
    """`adl`: closed at the mid, orders stay. `liquidation`: orders are cancelled, then closed at any price."""
    share: PartOfIt = 1.0
    """Which part of the position is closed by `adl`, above 0 and at most 1; a liquidation closes all of it."""
    every_s: EveryS | None = None
    """How often it happens again while it lasts, in simulated seconds; without it, once there is a position."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""

    @relation("cause", "share")
    def _nothing_is_unheeded(self) -> Iterator[Complaint]:
        if self.cause != "adl":
            yield from unheeded(self, "'cause: adl'", "share")


class FillBusted(Lasting):
    """The venue takes a trade of ours back, or corrects its price, with executions that name no order of ours."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 180),
        "prob": Uniform(0.02, 0.5),
        "after_s": LogUniform(0.1, 60),
        "how": Choice(("bust", "correction")),
        "off_ticks": Where(("how",), LogUniform(1, 50, whole=True), among=("correction",)),
    }

    kind: Literal["fill_busted"]
    """`fill_busted`: a trade is undone, or done again at another price."""
    prob: Share
    """How likely each fill is hit, from 0 to 1."""
    after_s: AboveZero = 3
    """How much later it is taken back, in simulated seconds."""
    how: Literal["bust", "correction"] = "bust"
    """`bust`: undone, fee included. `correction`: undone, and done again at a worse price."""
    off_ticks: CountAboveZero = 1
    """How much worse for us the corrected price is, in ticks; only with `how: correction`."""

    @relation("how", "off_ticks")
    def _nothing_is_unheeded(self) -> Iterator[Complaint]:
        if self.how != "correction":
            yield from unheeded(self, "'how: correction'", "off_ticks")


MODELS: Final[tuple[type[Fault], ...]] = (
    FillDuplicate,
    FillDropped,
    FillsInDisconnect,
    FillBeforeAck,
    CancelRacesFill,
    FillDuringAmend,
    AmendRaces,
    InferredThenReal,
    ForeignFill,
    FillBusted,
)
EXAMPLES: Final[dict[str, str]] = {
    "fill_duplicate": "{at_s: 10, for_s: 20, kind: fill_duplicate, prob: 0.5, after_s: 2}",
    "fill_dropped": "{at_s: 10, for_s: 20, kind: fill_dropped, prob: 0.3}",
    "fills_in_disconnect": "{at_s: 10, for_s: 5, kind: fills_in_disconnect, prob: 0.8}",
    "fill_before_ack": "{at_s: 10, for_s: 20, kind: fill_before_ack, prob: 0.3, ack_after_s: 0.4}",
    "cancel_races_fill": "{at_s: 10, for_s: 20, kind: cancel_races_fill, prob: 0.2, told_after_s: 0.5}",
    "fill_during_amend": "{at_s: 10, for_s: 20, kind: fill_during_amend, prob: 0.1, told_after_s: 0.5}",
    "amend_races": "{at_s: 10, for_s: 20, kind: amend_races, below_filled: 0.1, unknown: 0.1, later_s: 2}",
    "inferred_then_real": "{at_s: 10, for_s: 20, kind: inferred_then_real, prob: 0.5, listed_after_s: 5, "
    "told_after_s: 8}",
    "foreign_fill": "{at_s: 10, for_s: 20, kind: foreign_fill, cause: adl, share: 0.5, every_s: 5}",
    "fill_busted": "{at_s: 10, for_s: 20, kind: fill_busted, prob: 0.3, after_s: 3, how: correction, off_ticks: 2}",
}
