"""The scenario file: a market, a strategy, a timeline of faults, and what must come of it."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, ClassVar, Final, Literal

from pydantic import AfterValidator, Field, Strict, WithJsonSchema

from sim.dice import SEED_MAX
from sim.scenario.bounds import Bounds
from sim.scenario.faults import AnyFault, OneFault
from sim.scenario.faults.overlaps import overlaps, placed
from sim.scenario.gates import IMPOSSIBLE, NO_SUCH_CONTROL, Gate
from sim.scenario.invariants import INVARIANTS
from sim.scenario.metrics import METRICS
from sim.scenario.strategies import Control, Overrides, Strategy, Viability
from strategy.file_model import (
    CONTRADICTION,
    Complaint,
    CountAboveZero,
    DecimalAboveZero,
    Document,
    FromZero,
    LengthS,
    Name,
    Symbol,
    Written,
    complain,
    relation,
)
from strategy.hints import did_you_mean
from strategy.units import NS_PER_S

SAME_ID: Final = "SQ-S010"
OUTSIDE_RUN: Final = "SQ-S011"
NO_SUCH_SYMBOL: Final = "SQ-S012"
NO_SUCH_INVARIANT: Final = "SQ-S013"
AT_ONCE: Final = "SQ-S014"
MISSING: Final = "SQ-C010"


_UTC: Final = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$"


def _instant(text: str) -> str:
    try:
        is_instant = re.fullmatch(_UTC, text) is not None and datetime.fromisoformat(text) is not None
    except ValueError:
        is_instant = False
    if not is_instant:
        raise complain(MISSING, f"should be an instant in UTC like '2026-01-05T13:30:00Z' (got {text!r})")
    return text


def _invariant(code: str) -> str:
    if code not in INVARIANTS:
        raise complain(NO_SUCH_INVARIANT, f"unknown invariant {code!r}{did_you_mean(code, INVARIANTS)}")
    return code


def _named(faults: tuple[AnyFault, ...]) -> tuple[AnyFault, ...]:
    """Give faults without an id one of their own: kind and number in the list."""
    return tuple(
        fault if fault.id else fault.model_copy(update={"id": f"{fault.kind}{number}"})
        for number, fault in enumerate(faults)
    )


Instant = Annotated[str, AfterValidator(_instant), WithJsonSchema({"type": "string", "pattern": _UTC})]
InvariantCode = Annotated[str, AfterValidator(_invariant), WithJsonSchema({"type": "string", "enum": list(INVARIANTS)})]


class Calm(Written):
    """How the storm ends; liveness is judged from here on."""

    after_s: LengthS
    """When the calm begins, in simulated seconds."""
    mode: Literal["all_heal", "core_heal"] = "all_heal"
    """Everything heals; or our host and one venue path heal and every other fault stays for ever."""


class Run(Written):
    """How long, how often, and from when."""

    duration_s: LengthS
    """Length of the run, in simulated seconds."""
    warmup_s: FromZero = 0
    """The beginning that counts in no metric and no gate, in simulated seconds."""
    seeds: CountAboveZero = 1
    """How many seeds, a count: 32 means the seeds 1 to 32."""
    first_seed: Annotated[int, Field(ge=0, le=SEED_MAX)] = 1
    """Where they begin, a number: 17 with one seed is the seed 17 alone."""
    start_utc: Instant = "2026-01-05T00:00:00Z"
    """What the wall clock says when the run begins."""
    ties: Literal["in_order", "keyed"] = "in_order"
    """What happens at one instant: in the order in which it was begun, or arrivals by each link in a drawn turn."""
    calm: Calm | None = None
    """How the storm ends; every scenario with faults says so."""

    @property
    def seed_numbers(self) -> tuple[int, ...]:
        """Name the seeds that are run where nobody asks for others."""
        return tuple(range(self.first_seed, self.first_seed + self.seeds))

    @property
    def start_wall_ns(self) -> int:
        """Give ``start_utc`` in nanoseconds since 1970."""
        return int(datetime.fromisoformat(self.start_utc).timestamp()) * NS_PER_S

    @relation("duration_s", "warmup_s", "calm")
    def _parts_fit(self) -> Iterator[Complaint]:
        if self.warmup_s >= self.duration_s:
            words = f"warmup_s ({self.warmup_s:g}) leaves nothing of duration_s ({self.duration_s:g}) to judge"
            yield Complaint(OUTSIDE_RUN, ("warmup_s",), words)
        if self.calm is not None and self.calm.after_s >= self.duration_s:
            words = f"the calm begins at {self.calm.after_s:g} s, the run ends at {self.duration_s:g} s"
            yield Complaint(OUTSIDE_RUN, ("calm", "after_s"), words)


QueueModelName = Literal["prob_power", "prob_uniform", "risk_averse", "exact"]


class RecordedTape(Written):
    """A recorded window to replay instead of a modelled market."""

    folder: Annotated[str, Field(min_length=1)]
    """Folder of the recording, relative to `--data` or STORMQUOTE_DATA."""
    profile: Name
    """The profile that gives instrument, fees and latencies."""
    symbol: Symbol
    """Which of the profile's symbols was recorded."""
    queue: QueueModelName = "prob_power"
    """Which model says where our orders stand in the recorded queues (`docs/tapes.md`)."""
    queue_exponent: Annotated[int | None, Field(ge=1, le=10)] = None
    """The exponent of `prob_power`; 3 when left out."""
    tick: DecimalAboveZero | None = None
    """The tape's price step in its own money, where the profile counts in another (cents for dollars)."""

    @relation("queue", "queue_exponent")
    def _exponent_of_the_power(self) -> Iterator[Complaint]:
        if self.queue_exponent is not None and self.queue != "prob_power":
            yield Complaint(CONTRADICTION, ("queue_exponent",), f"only prob_power has an exponent, not {self.queue}")


class Market(Written):
    """A modelled market (`profile` and `symbols`) or a recorded one (`tape`)."""

    profile: Name | None = None
    """Name of a market profile: instruments, fees, flow, sniper, latencies."""
    symbols: Annotated[tuple[Symbol, ...], Strict(False)] = ()
    """Which of the profile's symbols take part."""
    tier: Name | None = None
    """Which of the profile's rate tiers our account has; without it, what the profile says for all."""
    overrides: Overrides
    """Values of the profile to change, by dotted key."""
    tape: RecordedTape | None = None
    """A recorded window to replay."""

    @property
    def profile_name(self) -> str:
        """Name the profile in use, modelled or recorded."""
        return self.tape.profile if self.tape is not None else self.profile or ""

    @property
    def traded(self) -> tuple[str, ...]:
        """Name the symbols that take part."""
        return (self.tape.symbol,) if self.tape is not None else self.symbols

    @relation("profile", "symbols", "overrides", "tape")
    def _one_market(self) -> Iterator[Complaint]:
        if (self.profile is None) == (self.tape is None):
            yield Complaint(CONTRADICTION, (), "say either 'profile' or 'tape'")
        elif self.profile is not None and not self.symbols:
            yield Complaint(MISSING, ("symbols",), "needs at least one symbol")
        elif self.tape is not None and self.symbols:
            yield Complaint(CONTRADICTION, ("symbols",), "a tape has one symbol, named in 'tape'")
        if len(dict.fromkeys(self.symbols)) < len(self.symbols):
            yield Complaint(CONTRADICTION, ("symbols",), "a symbol is named twice")


class Invariants(Written):
    """What must hold throughout, and within which bounds."""

    all: Literal[True] = True
    """Every invariant is checked, but for those named in `off`."""
    off: Annotated[tuple[InvariantCode, ...], Strict(False)] = ()
    """Invariants this scenario breaks on purpose, such as S12."""
    bounds: Bounds = Bounds()
    """How old, how long, how much."""


class Scenario(Document):
    """A scenario, version 1."""

    SCHEMA_VERSION: ClassVar[int] = 1

    schema_version: Annotated[int, Field(ge=1)]
    """Version of this file's layout."""
    name: Name
    """Names its results and baselines; no two scenarios of one run share it."""
    description: Annotated[str, Field(min_length=1)]
    """What happens and what is asked, in one or two sentences."""
    tags: Annotated[tuple[Name, ...], Strict(False)] = ()
    """Words to select by: `sim run --tag chaos`."""
    run: Run
    """How long, how often, and from when."""
    market: Market
    """What is traded, and who else trades it."""
    strategy: Strategy
    """Which config trades."""
    controls: Annotated[tuple[Control, ...], Strict(False)] = ()
    """Other strategies in the same worlds, to measure this one against."""
    faults: Annotated[tuple[OneFault, ...], Strict(False), AfterValidator(_named)] = ()
    """The timeline of what goes wrong."""
    invariants: Invariants = Invariants()
    """What must hold throughout."""
    gates: Annotated[tuple[Gate, ...], Strict(False), Field(min_length=1)]
    """What must come of it."""
    viability: Viability | None = None
    """What has to be earned for the verdict not to be *not viable*."""

    def name_of_control(self, name: str) -> str:
        """Say what the worlds of a control are called, in results and folders."""
        return f"{self.name}--{name}"

    @relation("controls", "gates")
    def _controls_are_there(self) -> Iterator[Complaint]:
        names = [control.name for control in self.controls]
        for number, name in enumerate(names):
            if name in names[:number]:
                yield Complaint(CONTRADICTION, ("controls", number, "name"), f"control {name!r} is named twice")
        for number, gate in enumerate(self.gates):
            for key in ("of", "over"):
                name = getattr(gate, key)
                if name is not None and name not in names:
                    words = f"no control {name!r}{did_you_mean(name, names)} (known are {', '.join(names) or 'none'})"
                    yield Complaint(NO_SUCH_CONTROL, ("gates", number, key), words)

    @relation("faults")
    def _ids_differ(self) -> Iterator[Complaint]:
        first: dict[str, int] = {}
        for number, fault in enumerate(self.faults):
            if fault.id in first:
                words = f"id {fault.id!r} is taken by faults.{first[fault.id]}"
                yield Complaint(SAME_ID, ("faults", number, "id"), words)
            first.setdefault(fault.id, number)

    @relation("run", "faults")
    def _faults_in_time(self) -> Iterator[Complaint]:
        if self.faults and self.run.calm is None:
            yield Complaint(MISSING, ("run",), "missing key 'calm': a scenario with faults says how its storm ends")
        end_s = self.run.duration_s if self.run.calm is None else self.run.calm.after_s
        for number, fault in enumerate(self.faults):
            if fault.at_s >= end_s:
                words = f"begins at {fault.at_s:g} s, but the storm is over at {end_s:g} s"
                yield Complaint(OUTSIDE_RUN, ("faults", number, "at_s"), words)

    @relation("market", "faults")
    def _faults_hit_symbols_here(self) -> Iterator[Complaint]:
        traded = self.market.traded
        for number, fault in enumerate(self.faults):
            for place, symbol in enumerate(getattr(fault, "symbols", ())):
                if symbol not in traded:
                    words = f"{symbol} is not traded here, only {', '.join(traded)}"
                    yield Complaint(NO_SUCH_SYMBOL, ("faults", number, "symbols", place), words)

    @relation("market", "faults")
    def _faults_go_together(self) -> Iterator[Complaint]:
        for each in overlaps([placed(fault) for fault in self.faults], self.market.traded):
            first, second = self.faults[each.first], self.faults[each.second]
            words = f"begins at {second.at_s:g} s while {first.id!r} lasts: two of {second.kind} at once"
            words += f" on {each.where}" if each.where else ""
            yield Complaint(AT_ONCE, ("faults", each.second, "at_s"), f"{words} cannot be")

    @relation("faults", "gates")
    def _gates_can_be_judged(self) -> Iterator[Complaint]:
        for number, gate in enumerate(self.gates):
            if METRICS[gate.metric].needs_faults and not self.faults:
                words = f"{gate.metric} needs faults, and this scenario has none"
                yield Complaint(IMPOSSIBLE, ("gates", number, "metric"), words)
