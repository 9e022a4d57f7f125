"""Fitting: repeatable, from nowhere else than the window, and judged by bands that can fail."""

import math

import msgspec
import pytest

from sim.market.figures import Figures
from sim.market.fit import KNOBS, Effort, Row, compare, fit, knobs_of, measure, report, start_of, with_knobs
from sim.market.flow_model import Flow, Moods

FLOW = Flow.model_validate(
    {
        "price": "28145",
        "latent": {"volatility_bps_per_sqrt_s": 0.35, "jumps_per_hour": 0, "jump_bps": 2.0},
        "makers": {"orders_per_s": 100, "offset_ticks": 0, "depth_ticks": 0.5, "life_s": 1.0, "size_lots": 900},
        "takers": {"orders_per_s": 5, "size_lots": 80, "sweep_share": 0.05, "sweep_factor": 8},
        "informed": {"looks_per_s": 5, "margin_ticks": 4, "size_lots": 500, "lead_ms": 1000},
        "moods": {"activity_s": 20, "activity_sigma": 0.4, "lean_s": 3, "lean": 0.4},
        "sniper": {"reaction_ms": 15, "stale_ticks": 1},
        "source": "synthetic",
    }
)
START_TICKS = 281_450
QUICK = Effort(rounds=3, seeds=(1,), unseen=(2,), for_s=60)
RECORDED = Figures(
    span_s=500,
    clusters_per_s=8,
    cluster_lots=300,
    share_at_one_tick=0.999,
    touch_lots=6000,
    rms_1s_bps=0.37,
    rms_10s_bps=1.2,
    sign_acf_1=0.21,
    sign_acf_5=0.12,
    sign_acf_20=0.03,
    fano_10s=12,
    realised_bps=-0.3,
)


def test_the_same_window_gives_the_same_flow_wherever_the_profile_stood() -> None:
    elsewhere = with_knobs(FLOW, {knob: value / 2 for knob, value in knobs_of(FLOW).items()})
    first = fit("BTCUSDT", FLOW, RECORDED, START_TICKS, QUICK)
    assert fit("BTCUSDT", elsewhere, RECORDED, START_TICKS, QUICK) == first
    other_window = msgspec.structs.replace(RECORDED, touch_lots=9000)
    assert fit("BTCUSDT", FLOW, other_window, START_TICKS, QUICK) != first


def test_what_is_no_knob_is_held() -> None:
    found = fit("BTCUSDT", FLOW, RECORDED, START_TICKS, QUICK)
    assert with_knobs(found, knobs_of(FLOW)) == FLOW


def test_a_market_whose_flow_is_known_is_found_again() -> None:
    truth = measure("BTCUSDT", FLOW, START_TICKS, (11, 12), 200)
    effort = Effort(rounds=4, seeds=(1,), unseen=(2, 3), for_s=200)
    found = report("BTCUSDT", "made", FLOW, truth, START_TICKS, effort)
    near = {row.figure for row in found.rows if row.is_within}
    assert {"clusters_per_s", "touch_lots", "rms_1s_bps", "share_at_one_tick", "realised_bps"} <= near
    assert [str(knob) for knob, _, _ in found.moved]
    again = report("BTCUSDT", "made", found.flow, truth, START_TICKS, effort)
    assert again.is_as_written
    assert again.flow == found.flow


def test_without_moods_the_fit_gives_some() -> None:
    found = start_of(FLOW.model_copy(update={"moods": None}), RECORDED)
    assert found.moods is not None
    assert set(knobs_of(found)) == set(KNOBS)


def test_activity_and_lean_follow_from_the_recorded_figures() -> None:
    found = start_of(FLOW, RECORDED)
    assert found.moods is not None
    # Var of the rate over its mean squared, a spell of 20 s seen in bins of 10 s.
    variance = 11 / (10 * 8 * (1 - 10 / 60))
    assert found.moods.activity_sigma == pytest.approx(math.sqrt(math.log(1 + variance)), rel=0.01)
    # The line through (5, 0.12) and (20, 0.03) ends at lag 25, which is 3.1 s.
    assert found.moods.lean_s == pytest.approx(25 / 8, rel=0.01)


@pytest.mark.parametrize(("acf_5", "acf_20"), [(0.12, -0.01), (0.05, 0.06)])
def test_a_lean_that_never_ends_has_no_length_to_be_read(acf_5: float, acf_20: float) -> None:
    found = start_of(FLOW, msgspec.structs.replace(RECORDED, sign_acf_5=acf_5, sign_acf_20=acf_20))
    assert found.moods is not None
    assert found.moods.lean_s == 20


def test_spells_shorter_than_a_bin_vary_more_for_the_same_counts() -> None:
    moods = Moods(activity_s=5, activity_sigma=0.1, lean_s=3, lean=0.1)
    short = start_of(FLOW.model_copy(update={"moods": moods}), RECORDED).moods
    long = start_of(FLOW, RECORDED).moods
    assert short is not None
    assert long is not None
    assert short.activity_sigma > long.activity_sigma


@pytest.mark.parametrize(
    ("recorded", "simulated", "is_within"),
    [
        (1.0, 1.5, True),
        (1.0, 1.51, False),
        (1.0, 0.67, True),
        (1.0, 0.66, False),
        (-0.3, -0.4, True),
        (-0.3, 0.3, False),
        (0.1, 0.0, False),
    ],
)
def test_a_band_is_a_factor_and_a_sign(recorded: float, simulated: float, is_within: bool) -> None:
    assert Row("figure", recorded, simulated).is_within is is_within


def test_every_figure_but_the_span_is_judged() -> None:
    rows = compare(RECORDED, RECORDED)
    assert {row.figure for row in rows} == set(Figures.__struct_fields__) - {"span_s"}
    assert all(row.is_within for row in rows)
