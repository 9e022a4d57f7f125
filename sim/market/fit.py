"""Fit a market of models to a recorded window, the same way every time.

Each knob of the flow has one figure that answers to it (``KNOBS``). How activity varies and how
long a lean lasts follow from the recorded figures alone. The others are turned: a round plays the
market on fixed seeds, measures it, and turns every knob by how far its figure is off; after the
rounds the nearest market wins. Figures are judged on seeds that the fit has never seen. Everything
that is no knob is held: it is the profile's statement and not the window's.
"""

import math
from typing import Any, Final, NamedTuple

import msgspec

from sim.market.figures import Figures, figures_of, played_market
from sim.market.flow_model import Flow
from sim.market.latent import STEP_NS
from strategy.units import NS_PER_S

# A figure is within its band when it is off by no more than this factor.
BAND: Final = 1.5
# No knob is turned by more than this in a round.
_TURN_MAX: Final = 4.0
# Not judged: how long the window is, nothing that a market could have right or wrong.
_UNJUDGED: Final = ("span_s",)
_DIGITS: Final = 3
_NEVER: Final = math.inf
# How long a spell lasts where nothing says it, in seconds.
_SPELL_S: Final = 20.0
# Counts are taken in bins so long, for the Fano factor of ten seconds.
_FANO_BIN_S: Final = 10


class Knob(NamedTuple):
    """One number of the flow, the figure it is turned by, how hard (0 for not at all), and its greatest value."""

    part: str
    name: str
    figure: str
    power: float
    most: float = _NEVER

    def __str__(self) -> str:
        """Name it as the profile does."""
        return f"{self.part}.{self.name}"


KNOBS: Final = (
    Knob("latent", "volatility_bps_per_sqrt_s", "rms_1s_bps", 1.0),
    Knob("makers", "size_lots", "touch_lots", 1.0),
    Knob("takers", "size_lots", "cluster_lots", 1.0),
    Knob("takers", "orders_per_s", "clusters_per_s", 1.5),
    Knob("informed", "looks_per_s", "realised_bps", 1.0),
    Knob("moods", "lean", "sign_acf_5", 0.5, most=1.0),
    Knob("moods", "lean_s", "sign_acf_20", 0.0),
    Knob("moods", "activity_sigma", "fano_10s", 0.0, most=1.2),
)


class Effort(NamedTuple):
    """How long the fit plays: rounds, the seeds of each, and the seconds of each seed."""

    rounds: int = 5
    seeds: tuple[int, ...] = (1, 2)
    unseen: tuple[int, ...] = (101, 102, 103, 104)
    for_s: int = 500


class Row(NamedTuple):
    """One figure: recorded, in the market of models, and whether they are near."""

    figure: str
    recorded: float
    simulated: float

    @property
    def is_within(self) -> bool:
        """Say whether the figure is within its band: of the same sign, and off by no more than ``BAND``."""
        return 1 / BAND <= _ratio(self.simulated, self.recorded) <= BAND


class Report(msgspec.Struct, frozen=True):
    """What came of fitting one symbol."""

    symbol: str
    window: str
    flow: Flow
    moved: tuple[tuple[Knob, float | None, float], ...]
    rows: tuple[Row, ...]

    @property
    def is_as_written(self) -> bool:
        """Say whether the profile holds exactly what the fit gives."""
        return not self.moved

    @property
    def is_within(self) -> bool:
        """Say whether every figure is within its band."""
        return all(row.is_within for row in self.rows)


def fit(symbol: str, held: Flow, recorded: Figures, start_ticks: int, effort: Effort) -> Flow:
    """Turn the knobs until the market is like the recorded one; what is no knob stays as ``held``."""
    flow = start_of(held, recorded)
    best, least = flow, _NEVER
    for _ in range(effort.rounds):
        found = measure(symbol, flow, start_ticks, effort.seeds, effort.for_s)
        distance = math.fsum(_distance(knob, recorded, found) for knob in KNOBS if knob.power)
        if distance < least:
            best, least = flow, distance
        flow = with_knobs(flow, {knob: _turned(flow, knob, recorded, found) for knob in KNOBS})
    return best


def report(symbol: str, window: str, held: Flow, recorded: Figures, start_ticks: int, effort: Effort) -> Report:
    """Fit one symbol, and judge what came of it on seeds the fit has never seen."""
    flow = fit(symbol, held, recorded, start_ticks, effort)
    simulated = measure(symbol, flow, start_ticks, effort.unseen, effort.for_s)
    return Report(symbol, window, flow, moved(held, flow), compare(recorded, simulated))


def measure(symbol: str, flow: Flow, start_ticks: int, seeds: tuple[int, ...], for_s: int) -> Figures:
    """Play a market on some seeds and average its figures."""
    found = [figures_of(*played_market(symbol, flow, start_ticks, seed, for_s)) for seed in seeds]
    fields = Figures.__struct_fields__
    return Figures(**{name: math.fsum(getattr(one, name) for one in found) / len(found) for name in fields})


def compare(recorded: Figures, simulated: Figures) -> tuple[Row, ...]:
    """Lay the figures of both markets side by side."""
    names = [name for name in Figures.__struct_fields__ if name not in _UNJUDGED]
    return tuple(Row(name, getattr(recorded, name), getattr(simulated, name)) for name in names)


def knobs_of(flow: Flow) -> dict[Knob, float]:
    """Give what every knob stands at; a market without moods has none of theirs."""
    parts = {knob.part: getattr(flow, knob.part) for knob in KNOBS}
    return {knob: getattr(parts[knob.part], knob.name) for knob in KNOBS if parts[knob.part] is not None}


def with_knobs(flow: Flow, values: dict[Knob, float]) -> Flow:
    """Set knobs, as checked as if a person had written them."""
    written: dict[str, Any] = flow.model_dump()
    for knob, value in values.items():
        written[knob.part][knob.name] = value
    return Flow.model_validate(written)


def start_of(held: Flow, recorded: Figures) -> Flow:
    """Set the knobs to what the recorded figures alone suggest: where the profile stood is forgotten."""
    makers = held.makers
    # The latent price passes the best level about once a step, and a new queue begins.
    at_best = makers.orders_per_s / 2 / (1 + makers.depth_ticks) * STEP_NS / NS_PER_S
    written = held.model_dump()
    spell_s = written["moods"]["activity_s"] if held.moods else _SPELL_S
    written["moods"] = {"activity_s": spell_s, "activity_sigma": 0.0, "lean_s": _SPELL_S, "lean": 0.0}
    starts = {
        "latent.volatility_bps_per_sqrt_s": recorded.rms_1s_bps,
        "makers.size_lots": recorded.touch_lots / at_best,
        "takers.size_lots": recorded.cluster_lots / 4,
        "takers.orders_per_s": recorded.clusters_per_s / 2,
        "informed.looks_per_s": recorded.clusters_per_s / 2,
        "moods.activity_sigma": _activity_sigma(recorded, spell_s),
        "moods.lean": math.sqrt(max(recorded.sign_acf_5, 0.0)),
        "moods.lean_s": _lean_s(recorded),
    }
    return with_knobs(Flow.model_validate(written), {knob: _short(knob, starts[str(knob)]) for knob in KNOBS})


def _activity_sigma(recorded: Figures, spell_s: float) -> float:
    """Give the spread at which counts in 10 s vary as recorded; a bin overlaps two spells now and then."""
    bin_s = _FANO_BIN_S
    overlap = 1 - bin_s / (3 * spell_s) if spell_s >= bin_s else spell_s / bin_s * (1 - spell_s / (3 * bin_s))
    variance = (recorded.fano_10s - 1) / (bin_s * recorded.clusters_per_s * overlap)
    return math.sqrt(math.log1p(max(variance, 0.0)))


def _lean_s(recorded: Figures) -> float:
    """Give the length of spells whose autocorrelation falls in a line through lags 5 and 20, as recorded."""
    fallen = recorded.sign_acf_5 - recorded.sign_acf_20
    if recorded.sign_acf_20 <= 0 or fallen <= 0:
        return _SPELL_S
    return (20 * recorded.sign_acf_5 - 5 * recorded.sign_acf_20) / fallen / recorded.clusters_per_s


def _turned(flow: Flow, knob: Knob, recorded: Figures, found: Figures) -> float:
    """Turn one knob by how far its figure is off; the wrong sign asks for as much more as there is."""
    ratio = _ratio(getattr(recorded, knob.figure), getattr(found, knob.figure))
    factor = min(max(ratio, 1 / _TURN_MAX), _TURN_MAX) ** knob.power if ratio > 0 else _TURN_MAX**knob.power
    return _short(knob, getattr(getattr(flow, knob.part), knob.name) * factor)


def _distance(knob: Knob, recorded: Figures, found: Figures) -> float:
    ratio = _ratio(getattr(found, knob.figure), getattr(recorded, knob.figure))
    return math.log(ratio) ** 2 if ratio > 0 else _NEVER


def _ratio(over: float, under: float) -> float:
    """Divide; figures of different signs, or one that is nothing, have no ratio and give 0."""
    return over / under if over * under > 0 else 0.0


def _short(knob: Knob, value: float) -> float:
    """Keep as many digits as a person would write, within the knob's bound."""
    return min(float(f"{value:.{_DIGITS}g}"), knob.most)


def moved(flow: Flow, again: Flow) -> tuple[tuple[Knob, float | None, float], ...]:
    """Name the knobs that stand elsewhere in ``flow`` than the fit has put them in ``again``."""
    old, new = knobs_of(flow), knobs_of(again)
    return tuple((knob, old.get(knob), value) for knob, value in new.items() if old.get(knob) != value)
