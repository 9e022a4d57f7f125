"""What holds of the skew and of the final prices, for every book, one-tick markets included."""

from hypothesis import given
from hypothesis import strategies as st
from quoting import KNOBS, book_at, calm, knobs_with, resting, symbol_with

from strategy.context import QuoteContext, Readings
from strategy.knobs import SkewKnobs
from strategy.pipeline import pipeline_of, run
from strategy.stages.inventory_skew import lean, skew_bps

TINY = 1e-6
LIMIT = 1000
POSITIONS = st.integers(-LIMIT, LIMIT)
SKEWS = st.builds(
    SkewKnobs,
    slope_bps_per_pct=st.floats(0.0, 5.0),
    dead_band_pct=st.floats(0.0, 99.0),
    skew_bps_max=st.floats(0.0, 20.0),
)
DEEP_BOOKS = st.builds(lambda bid, gap: book_at(bid, bid + gap), st.integers(50, 10**7), st.integers(1, 12))


def leaned(book: dict[str, float], position: int, skew: SkewKnobs, half: float) -> QuoteContext:
    mid = book["mid2_ticks"] / 2
    context = calm(
        **book,
        position_lots=position,
        symbol=symbol_with(position_lots_max=LIMIT),
        bid_fair_ticks=mid - half,
        ask_fair_ticks=mid + half,
    )
    knobs = knobs_with(
        skew={
            "slope_bps_per_pct": skew.slope_bps_per_pct,
            "dead_band_pct": skew.dead_band_pct,
            "skew_bps_max": skew.skew_bps_max,
        }
    )
    return lean(context, knobs)


@given(position=POSITIONS, skew=SKEWS)
def test_skew_is_bounded_and_against_the_position(position: int, skew: SkewKnobs) -> None:
    moved = skew_bps(position, LIMIT, skew)
    assert abs(moved) <= skew.skew_bps_max
    assert moved * position <= 0.0
    if 100 * abs(position) / LIMIT <= skew.dead_band_pct:
        assert moved == 0.0


@given(one=POSITIONS, other=POSITIONS, skew=SKEWS)
def test_skew_is_monotone_in_the_position(one: int, other: int, skew: SkewKnobs) -> None:
    shorter, longer = sorted((one, other))
    assert skew_bps(shorter, LIMIT, skew) >= skew_bps(longer, LIMIT, skew)


@given(position=POSITIONS, skew=SKEWS)
def test_long_and_short_are_mirror_images(position: int, skew: SkewKnobs) -> None:
    assert skew_bps(position, LIMIT, skew) == -skew_bps(-position, LIMIT, skew)


@given(book=DEEP_BOOKS, position=POSITIONS, skew=SKEWS, half=st.floats(0.5, 50.0))
def test_the_reducing_side_never_moves_away_from_the_market(
    book: dict[str, float], position: int, skew: SkewKnobs, half: float
) -> None:
    flat, held = leaned(book, 0, skew, half), leaned(book, position, skew, half)
    if position > 0:
        assert held.ask_ticks <= flat.ask_ticks
        assert held.bid_ticks <= flat.bid_ticks
    else:
        assert held.bid_ticks >= flat.bid_ticks
        assert held.ask_ticks >= flat.ask_ticks


@given(book=DEEP_BOOKS, position=POSITIONS, skew=SKEWS, half=st.floats(0.5, 50.0))
def test_after_skew_and_rounding_quotes_cross_neither_each_other_nor_the_market(
    book: dict[str, float], position: int, skew: SkewKnobs, half: float
) -> None:
    context = leaned(book, position, skew, half)
    assert context.bid_ticks < context.ask_ticks
    assert context.bid_ticks < book["best_ask_ticks"]
    assert context.ask_ticks > book["best_bid_ticks"]


@given(book=DEEP_BOOKS, position=POSITIONS, skew=SKEWS, half=st.floats(0.5, 50.0))
def test_rounding_goes_outward_by_less_than_a_tick_unless_the_market_is_in_the_way(
    book: dict[str, float], position: int, skew: SkewKnobs, half: float
) -> None:
    context = leaned(book, position, skew, half)
    assert context.bid_ticks <= context.bid_fair_ticks
    assert context.ask_ticks >= context.ask_fair_ticks
    if context.bid_ticks < book["best_ask_ticks"] - 1:
        assert context.bid_fair_ticks - context.bid_ticks < 1
    if context.ask_ticks > book["best_bid_ticks"] + 1:
        assert context.ask_ticks - context.ask_fair_ticks < 1


@given(
    book=DEEP_BOOKS,
    position=st.integers(-100, 100),
    volatility=st.floats(0.0, 8.0),
    fair_off=st.floats(-3.0, 3.0),
    bid_off=st.integers(-6, 3),
    ask_off=st.integers(-3, 6),
    has_bid=st.booleans(),
    has_ask=st.booleans(),
    ahead=st.floats(0.0, 80.0),
    place_worth=st.floats(0.0, 500.0),
)
def test_whatever_rests_the_whole_pipeline_wants_no_crossing_and_explains_its_prices(
    book: dict[str, float],
    position: int,
    volatility: float,
    fair_off: float,
    bid_off: int,
    ask_off: int,
    has_bid: bool,
    has_ask: bool,
    ahead: float,
    place_worth: float,
) -> None:
    mid = book["mid2_ticks"] / 2
    bid = resting(int(book["best_bid_ticks"]) + bid_off, ahead_lots=ahead) if has_bid else None
    ask = resting(int(book["best_ask_ticks"]) + ask_off, ahead_lots=ahead, client_id="s-2") if has_ask else None
    context = calm(
        **{**book, "fair_ticks": mid + fair_off},
        position_lots=position,
        readings=Readings(volatility=volatility, inventory=float(abs(position))),
        working_bid=bid,
        working_ask=ask,
        worst_buy_lots=10 if has_bid else 0,
        worst_sell_lots=10 if has_ask else 0,
    )
    decided = run(pipeline_of("pipeline"), context, knobs_with(queue={"place_worth_bps": place_worth}))
    wanted_bid, wanted_ask = decided.wanted_bid, decided.wanted_ask
    if wanted_bid is not None:
        assert 0 < wanted_bid.price_ticks < book["best_ask_ticks"]
        assert position + wanted_bid.size_lots <= 100
    if wanted_ask is not None:
        assert wanted_ask.price_ticks > book["best_bid_ticks"]
        assert position - wanted_ask.size_lots >= -100
    if wanted_bid is not None and wanted_ask is not None:
        assert wanted_bid.price_ticks < wanted_ask.price_ticks
    for move in decided.moves:
        own = ask if move.side > 0 else bid
        if move.kind in ("create", "amend") and move.reason != "shrink" and own is not None:
            assert move.side * (own.price_ticks - move.price_ticks) > 0
        if move.kind in ("create", "amend"):
            shares = [share.bid_ticks if move.side > 0 else share.ask_ticks for share in decided.shares]
            assert abs(mid + sum(shares) - move.price_ticks) < TINY * max(1.0, mid)


@given(position=st.integers(-100, 100).filter(bool), gap=st.integers(1, 8))
def test_reduce_only_wants_nothing_that_adds(position: int, gap: int) -> None:
    context = calm(
        **book_at(10_000, 10_000 + gap), position_lots=position, readings=Readings(inventory=95.0, margin=85.0)
    )
    decided = run(pipeline_of("pipeline"), context, KNOBS)
    adding, reducing = decided.wanted_bid, decided.wanted_ask
    if position < 0:
        adding, reducing = reducing, adding
    assert adding is None
    assert reducing is not None
    assert reducing.reduce_only
    assert 0 < reducing.size_lots <= abs(position)
