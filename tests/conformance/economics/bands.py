"""The fitted markets beside the recorded ones: every figure within its factor, and a market without memory not."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

from conformance.economics.table import Row

from sim.market.figures import Figures
from sim.market.fit import BAND, measure
from sim.market.flow_model import Flow
from sim.scenario.load import load_scenarios

_ROOT = Path(__file__).resolve().parents[3]
_SYMBOL = "BTCUSDT"
_FOR_S = 500
# Seeds that the fit has not seen. Four are what it is judged on itself: fifty returns over 10 s are too few to tell.
_UNSEEN = tuple(range(101, 117))
_QUICK = 4

# What `sim fit` measures of the recorded windows, some eight minutes around midnight UTC each; rounded they are the
# published ones: clusters 7.7 and 7.6 a second, 6.0 and 15.4 BTC at the touch, and so on. Touch sizes in lots, as
# averages over time of both sides.
RECORDED = MappingProxyType(
    {
        "btc_rebate": {
            "clusters_per_s": 7.73,
            "share_at_one_tick": 0.999,
            "touch_lots": 5933.0,
            "rms_1s_bps": 0.370,
            "rms_10s_bps": 1.17,
            "sign_acf_1": 0.213,
            "sign_acf_5": 0.122,
            "sign_acf_20": 0.032,
            "fano_10s": 12.2,
            "realised_bps": -0.290,
        },
        "btc_vip0": {
            "clusters_per_s": 7.57,
            "share_at_one_tick": 0.999,
            "touch_lots": 14080.0,
            "rms_1s_bps": 0.475,
            "rms_10s_bps": 2.06,
            "sign_acf_1": 0.247,
            "sign_acf_5": 0.142,
            "sign_acf_20": 0.100,
            "fano_10s": 41.8,
            "realised_bps": -0.248,
        },
    }
)
# What arrivals and sides without memory cannot have; at lag 20 the recorded ones have little more than noise.
_MEMORY = ("fano_10s", "sign_acf_1", "sign_acf_5")


def rows(quick: bool) -> Iterator[Row]:
    """Give a row for each figure of each fitted profile, and of the same market with takers without memory."""
    seeds = _UNSEEN[:_QUICK] if quick else _UNSEEN
    for name, recorded in RECORDED.items():
        flow, start_ticks = _flow(name)
        found = measure(_SYMBOL, flow, start_ticks, seeds, _FOR_S)
        for figure, value in recorded.items():
            yield Row("7 bands", f"{name}: {figure}", value, getattr(found, figure), BAND, is_factor=True)
        alone = flow.model_copy(
            update={"informed": flow.informed.model_copy(update={"looks_per_s": 0.0}), "moods": None}
        )
        yield from _outside(name, recorded, measure(_SYMBOL, alone, start_ticks, seeds[: _QUICK // 2], _FOR_S))


def _outside(name: str, recorded: dict[str, float], found: Figures) -> Iterator[Row]:
    for figure in _MEMORY:
        what = f"{name}, Poisson takers: {figure} must be off"
        measured = getattr(found, figure)
        yield Row("7 bands", what, recorded[figure], measured, BAND, is_factor=True, is_wrong=True)


def _flow(name: str) -> tuple[Flow, int]:
    """Give the profile's flow, and the price it begins at in ticks."""
    (ready,) = load_scenarios([_ROOT / "scenarios" / "economics" / f"{name}.yaml"])
    one = ready.profile.symbols[_SYMBOL]
    assert one.flow is not None
    return one.flow, int(Decimal(one.flow.price) / Decimal(one.instrument.tick))
