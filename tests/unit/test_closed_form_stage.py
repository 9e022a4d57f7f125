"""Published formulas as quoting models: their own tables, in the place of our stages."""

import math

import pytest
from msgspec.structs import replace
from quoting import KNOBS, calm

from strategy.context import Readings
from strategy.knobs import ClosedFormKnobs
from strategy.pipeline import pipeline_of, run
from strategy.stages import closed_form
from strategy.units import NS_PER_S

GLFT = replace(KNOBS, model="glft")
AS = replace(
    KNOBS,
    model="avellaneda_stoikov",
    closed_form=ClosedFormKnobs(aversion=0.1, fill_rate_per_s=140.0, fill_decay_per_bps=1.5, horizon_ns=NS_PER_S // 2),
)


def at(position_quotes=0, volatility=0.3, **inputs):
    return calm(position_lots=10 * position_quotes, readings=Readings(volatility=volatility), **inputs)


@pytest.mark.parametrize(
    "position, bid, ask", [(0, 3.312915, 3.312915), (1, 3.380781, 3.245049), (-1, 3.245049, 3.380781)]
)
def test_guéant_lehalle_tapia_quotes_its_table_in_bps_and_quotes(position, bid, ask):
    wanted = closed_form.distances(at(position), GLFT)
    assert (pytest.approx(bid, rel=1e-5), pytest.approx(ask, rel=1e-5)) == (wanted.bid, wanted.ask)


def test_avellaneda_stoikov_keeps_its_end_as_far_away_as_told():
    flat, long = (closed_form.distances(at(position, volatility=2.0), AS) for position in (0, 3))
    assert pytest.approx(1.490770, rel=1e-5) == flat.spread
    assert pytest.approx(3 * 0.1 * 4.0 * 0.5) == (long.bid - long.ask) / 2


@pytest.mark.parametrize("model", ["glft", "avellaneda_stoikov"])
@pytest.mark.parametrize("position", [-5, 0, 5])
def test_both_prices_are_explained_by_shares_and_rounded_outward(model, position):
    context = run(pipeline_of(model), at(position), replace(GLFT, model=model))
    mid = context.mid2_ticks / 2
    bid = mid + sum(share.bid_ticks for share in context.shares)
    ask = mid + sum(share.ask_ticks for share in context.shares)
    assert (pytest.approx(context.bid_ticks), pytest.approx(context.ask_ticks)) == (bid, ask)
    assert context.bid_ticks <= context.bid_fair_ticks
    assert context.ask_ticks >= context.ask_fair_ticks
    assert "closed_form" in [share.stage for share in context.shares]


def test_the_guard_widens_a_formula_as_it_widens_everything():
    knobs = replace(AS, model="glft")
    calm_one, soft = (run(pipeline_of("glft"), at(volatility=volatility), knobs) for volatility in (2.9, 3.0))
    assert soft.widen_bps > 0 == calm_one.widen_bps
    plain = closed_form.distances(soft, knobs)
    assert pytest.approx(plain.spread + soft.widen_bps) == soft.width_bps
    assert (
        pytest.approx(plain.spread + soft.widen_bps)
        == (soft.ask_fair_ticks - soft.bid_fair_ticks) / soft.mid2_ticks * 2e4
    )


@pytest.mark.parametrize("volatility", [1e6, math.nan])
def test_a_volatility_that_is_absurd_or_unknown_is_no_quote(volatility):
    context = closed_form.quote(at(volatility=volatility), AS)
    assert ("width_ceiling", 8.0) == (context.no_quote_reason.lower(), context.width_bps)
    assert context.bid_ticks < context.ask_ticks


def test_one_side_of_a_book_is_no_quote():
    assert closed_form.quote(at(mid2_ticks=0), GLFT).no_quote_reason
