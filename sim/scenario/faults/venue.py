"""What the venue itself does: goes away, forgets, closes, slows down, refuses."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal, get_args

from pydantic import Field, Strict

from sim.scenario.faults.base import Fault, Lasting, Request, Symbols, unheeded
from sim.scenario.faults.ranges import AnySymbols, Choice, Draw, LogUniform, Maybe, Rows, Subset, Uniform, Where
from strategy.file_model import (
    CONTRADICTION,
    AboveZero,
    Complaint,
    CountAboveZero,
    FromZero,
    Share,
    Written,
    relation,
)

Endpoint = Literal["create", "amend", "cancel", "cancel_all", "query", "book"]
Requests = Annotated[tuple[Request, ...], Strict(False), Field(min_length=1)]


class Downtime(Lasting):
    """The venue is away: requests are turned away and no stream says anything."""

    STAYS = True
    ALONE_BY = ""
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 120),
        "answers": Choice(("nothing", "busy", "refused")),
        "streams": Choice(("reset", "silent")),
        "memory": Choice(("kept", "purged", "rolled_back")),
        "rolled_back_s": Where(("memory",), LogUniform(0.5, 3600), among=("rolled_back",)),
        "matching": Choice((False, True)),
        "applied_later": Where(("answers",), Maybe(0.5, Uniform(0.05, 1)), among=("nothing", "busy")),
        "applied_later_s": Where(("applied_later",), LogUniform(0.5, 20)),
    }

    kind: Literal["downtime"]
    """`downtime`: the venue is away, and may have forgotten when it is back."""
    answers: Literal["nothing", "busy", "refused"] = "busy"
    """How requests end: not at all, with a 503 that leaves their fate open, or without a connection."""
    streams: Literal["reset", "silent"] = "reset"
    """Whether the streams break and take nobody until it is over, or stay connected and say nothing."""
    memory: Literal["kept", "purged", "rolled_back"] = "kept"
    """What is left of our orders afterwards: all, none (their ids forgotten), or those of an old snapshot."""
    rolled_back_s: AboveZero = 5
    """How old that snapshot is when the venue goes away, in simulated seconds: what came later never was."""
    matching: bool = False
    """Whether the engine goes on trading behind the closed door; otherwise it stands still."""
    applied_later: Share = 0.0
    """How likely a request that was turned away is carried out all the same, from 0 to 1."""
    applied_later_s: AboveZero = 4
    """How much later, in simulated seconds, and not before the engine moves again."""

    @relation("answers", "applied_later")
    def _a_refusal_is_final(self) -> Iterator[Complaint]:
        if self.answers == "refused" and self.applied_later:
            yield Complaint(CONTRADICTION, ("applied_later",), "what found no connection cannot be carried out later")

    @relation("memory", "applied_later", "rolled_back_s", "applied_later_s")
    def _nothing_is_unheeded(self) -> Iterator[Complaint]:
        if self.memory != "rolled_back":
            yield from unheeded(self, "'memory: rolled_back'", "rolled_back_s")
        if not self.applied_later:
            yield from unheeded(self, "an 'applied_later' above 0", "applied_later_s")


class Step(Written):
    """One regime of a maintenance, and how long it holds."""

    regime: Literal["post_only", "cancel_only", "auction", "halted", "closed"]
    """What is allowed: only resting orders, only cancels (also in an auction), or nothing at all."""
    for_s: AboveZero
    """How long, in simulated seconds."""


class Maintenance(Fault):
    """Trading regimes follow each other and end in an open market; `at_s` is when it is announced."""

    STAYS = True
    ALONE_BY = "symbols"
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "steps": Rows(
            {
                "regime": Choice(("post_only", "cancel_only", "auction", "halted", "closed")),
                "for_s": LogUniform(1, 60),
            },
            most=4,
        ),
        "announced_s": Maybe(0.6, LogUniform(0.5, 60)),
        "jitter_s": Maybe(0.5, LogUniform(0.5, 20)),
        "cancels_orders": Choice((False, True)),
        "symbols": AnySymbols(),
    }

    kind: Literal["maintenance"]
    """`maintenance`: the venue closes in steps."""
    steps: Annotated[tuple[Step, ...], Strict(False), Field(min_length=1)]
    """The regimes, one after the other; then it is open again."""
    announced_s: FromZero = 0
    """From the announcement to the first step, in simulated seconds; 0 announces nothing."""
    jitter_s: FromZero = 0
    """How much later than announced it may all begin, at most, in simulated seconds."""
    cancels_orders: bool = False
    """Whether the venue cancels all resting orders as the first step begins."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""

    @property
    def for_s(self) -> float:
        """How long it takes at most, from the announcement until it is open again."""
        return self.announced_s + self.jitter_s + sum(step.for_s for step in self.steps)


class GrayEngine(Lasting):
    """The matching engine is alive and slow: what is ordered waits in line."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 120),
        "factor": LogUniform(10, 1000),
        "read_lag_s": Maybe(0.5, LogUniform(0.1, 15)),
        "symbols": AnySymbols(),
    }

    kind: Literal["gray_engine"]
    """`gray_engine`: orders take many times longer, questions do not."""
    factor: Annotated[float, Field(gt=1, le=10_000)]
    """How many times longer an order takes from its arrival to its matching."""
    read_lag_s: FromZero = 0
    """How old the state is that questions about orders are answered from meanwhile, in simulated seconds."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""


class ReadLag(Lasting):
    """Questions are answered by a replica that lags behind."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(2, 180),
        "lag_s": LogUniform(0.1, 15),
        "prob": Maybe(0.5, Uniform(0.05, 1)),
    }

    kind: Literal["read_lag"]
    """`read_lag`: open orders, an order by id and fills are told as they were."""
    lag_s: AboveZero
    """How far the replica lags behind at most, in simulated seconds: each answer draws its own lag."""
    prob: Share = 1.0
    """How likely a question meets the replica that lags, from 0 to 1."""


class RateLimit(Lasting):
    """The venue allows less than before, and bans who does not obey."""

    STAYS = True
    ALONE_BY = ""
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 180),
        "orders_per_s": LogUniform(1, 20, whole=True),
        "burst": LogUniform(1, 40, whole=True),
        "reads_per_s": LogUniform(1, 50, whole=True),
        "weight_per_s": Maybe(0.3, LogUniform(5, 100, whole=True)),
        "says_when": Choice((True, False)),
        "cancels": Choice(("share", "free")),
        "ban_after": Maybe(0.5, LogUniform(2, 20, whole=True)),
        "banned": Choice((False, False, True)),
        "ban_s": Where(("ban_after", "banned"), LogUniform(2, 120)),
    }

    kind: Literal["rate_limit"]
    """`rate_limit`: fewer requests are allowed, and a ban waits for who goes on asking."""
    orders_per_s: CountAboveZero
    """Creates, amends and cancels per second."""
    burst: CountAboveZero
    """How many of them may come at once."""
    reads_per_s: CountAboveZero = 50
    """Questions per second."""
    weight_per_s: CountAboveZero | None = None
    """Weight of everything together per second (an order or a simple question 1, open orders 3, fills 5)."""
    says_when: bool = True
    """Whether a refusal says in its header when to come back."""
    cancels: Literal["share", "free"] = "share"
    """Whether cancels share the bucket and the ban, or are always let through."""
    ban_after: CountAboveZero | None = None
    """How many refusals in a row make a ban, none further apart than ten seconds; without it there is none."""
    banned: bool = False
    """Whether it begins with a ban, for what somebody else did from our address."""
    ban_s: AboveZero = 5
    """How long the first ban lasts, in simulated seconds; each further one is twice as long."""
    ban_s_max: AboveZero = 600
    """How long a ban lasts at most, in simulated seconds."""

    @relation("banned", "ban_after", "ban_s", "ban_s_max")
    def _bans_make_sense(self) -> Iterator[Complaint]:
        if not self.banned and self.ban_after is None:
            yield from unheeded(self, "'ban_after' or 'banned'", "ban_s", "ban_s_max")
        elif self.ban_s_max < self.ban_s:
            words = f"ban_s_max ({self.ban_s_max:g}) must not be below ban_s ({self.ban_s:g})"
            yield Complaint(CONTRADICTION, ("ban_s_max",), words)


class AppliedLater(Lasting):
    """The venue answers that it is overloaded, and carries the request out seconds later."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 120),
        "prob": LogUniform(0.01, 1),
        "later_s": LogUniform(0.2, 20),
        "requests": Maybe(0.5, Subset(get_args(Request))),
    }

    kind: Literal["applied_later"]
    """`applied_later`: a 503 now, the order later."""
    prob: Share
    """How likely each request is hit, from 0 to 1."""
    later_s: AboveZero
    """How much later it is carried out, in simulated seconds."""
    requests: Requests = ("create", "amend", "cancel")
    """Which requests are hit."""


class BatchPartial(Lasting):
    """A request with several commands succeeds, and some of its items are refused."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 120),
        "prob": Uniform(0.02, 1),
    }

    kind: Literal["batch_partial"]
    """`batch_partial`: success outside, refusals inside."""
    prob: Share
    """How likely each item is refused, from 0 to 1; a request with one command is never hit."""


class PostOnlyRefusedLate(Lasting):
    """A create is acknowledged, and cancelled a moment later because it would have traded."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 120),
        "prob": Uniform(0.02, 1),
    }

    kind: Literal["post_only_refused_late"]
    """`post_only_refused_late`: accepted, then cancelled as would-cross."""
    prob: Share
    """How likely each post-only create is hit, from 0 to 1."""


class EndpointStatus(Lasting):
    """Some endpoints answer with a status that is no verdict, while the others go on."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 60),
        "requests": Subset(("create", "amend", "cancel", "cancel_all", "query", "book")),
        "status": Choice((425, 429, 500, 503)),
        "prob": Uniform(0.05, 1),
        "applied": Maybe(0.5, Uniform(0.05, 1)),
    }

    kind: Literal["endpoint_status"]
    """`endpoint_status`: 425, 429, 500 or 503, endpoint by endpoint."""
    requests: Annotated[tuple[Endpoint, ...], Strict(False), Field(min_length=1)]
    """Which requests are hit; `query` is every question but one for a book."""
    status: Literal[425, 429, 500, 503] = 503
    """What is answered: too early, too many, an error inside, or unavailable."""
    prob: Share = 1.0
    """How likely each request is hit, from 0 to 1."""
    applied: Share = 0.0
    """How likely a create, amend or cancel that is hit is carried out all the same, at once, from 0 to 1."""


class MappingLost(Fault):
    """The venue forgets the client ids of its open orders: they stand under names of its own, last in their queues."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {"prob": Uniform(0.3, 1)}

    kind: Literal["mapping_lost"]
    """`mapping_lost`: who asks by client id finds nothing; a read of open orders shows them nameless."""
    prob: Share = 1.0
    """How likely each open order is hit, from 0 to 1."""


class DeadManSwitch(Lasting):
    """A switch is armed at the venue: when it hears nothing of us for a while, it cancels everything, or should."""

    STAYS = True
    ALONE_BY = ""
    NEEDS = "crash"  # a bot that lives has cleared everything before the venue does
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(10, 240),
        "window_s": LogUniform(1, 30),
        "scope": Choice(("connection", "account")),
        "fires": Choice(("in_time", "late", "never")),
        "late_s": Where(("fires",), LogUniform(0.5, 60), among=("late",)),
    }

    kind: Literal["dead_man_switch"]
    """`dead_man_switch`: cancel on disconnect."""
    window_s: AboveZero = 10
    """How long the venue waits before it cancels everything, in simulated seconds."""
    scope: Literal["connection", "account"] = "connection"
    """What it listens to: `connection` the private stream alone, `account` every request as well."""
    fires: Literal["in_time", "late", "never"] = "in_time"
    """Whether it does what it was armed for."""
    late_s: AboveZero = 5
    """How much later it fires, in simulated seconds; only with `fires: late`."""

    @relation("fires", "late_s")
    def _nothing_is_unheeded(self) -> Iterator[Complaint]:
        if self.fires != "late":
            yield from unheeded(self, "'fires: late'", "late_s")


MODELS: Final[tuple[type[Fault], ...]] = (
    Downtime,
    Maintenance,
    GrayEngine,
    ReadLag,
    RateLimit,
    AppliedLater,
    BatchPartial,
    PostOnlyRefusedLate,
    EndpointStatus,
    MappingLost,
    DeadManSwitch,
)
EXAMPLES: Final[dict[str, str]] = {
    "downtime": "{at_s: 10, for_s: 20, kind: downtime, answers: busy, memory: rolled_back, rolled_back_s: 5, "
    "applied_later: 0.3}",
    "maintenance": "{at_s: 10, kind: maintenance, announced_s: 8, jitter_s: 3, "
    "steps: [{regime: cancel_only, for_s: 5}, {regime: halted, for_s: 10}, {regime: post_only, for_s: 5}]}",
    "gray_engine": "{at_s: 10, for_s: 20, kind: gray_engine, factor: 300, symbols: [BTCUSDT]}",
    "read_lag": "{at_s: 10, for_s: 20, kind: read_lag, lag_s: 2.5}",
    "rate_limit": "{at_s: 10, for_s: 20, kind: rate_limit, orders_per_s: 3, burst: 5, ban_after: 5, ban_s: 10}",
    "applied_later": "{at_s: 10, for_s: 20, kind: applied_later, prob: 0.1, later_s: 3, requests: [create]}",
    "batch_partial": "{at_s: 10, for_s: 20, kind: batch_partial, prob: 0.3}",
    "endpoint_status": "{at_s: 10, for_s: 20, kind: endpoint_status, requests: [cancel, query], status: 429, "
    "prob: 0.5}",
    "mapping_lost": "{at_s: 10, kind: mapping_lost}",
    "dead_man_switch": "{at_s: 10, for_s: 60, kind: dead_man_switch, window_s: 5, fires: late, late_s: 3}",
    "post_only_refused_late": "{at_s: 10, for_s: 20, kind: post_only_refused_late, prob: 0.3}",
}
