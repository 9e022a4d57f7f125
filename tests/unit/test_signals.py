"""What is believed of one symbol, one estimator at a time; and that all of it can be written down."""

import math

import msgspec
import pytest
from quoting import KNOBS, NOW_NS

from strategy.account_signals import AccountSignals, make_account_signals
from strategy.signals import (
    Drain,
    LossWindow,
    Markouts,
    Norm,
    Signals,
    TakerFlow,
    Volatility,
    decay,
    imbalance,
    make_signals,
    mass_s,
)
from strategy.units import BPS, BUY, NS_PER_MS, NS_PER_S, SELL

HALF_LIFE_NS = 30 * NS_PER_S
MID2 = 2 * BPS  # two of these are a bp


def test_weights_halve_in_a_half_life_and_their_mass_is_the_integral() -> None:
    assert decay(0, 10) == 1.0
    assert decay(10, 10) == 0.5
    assert decay(30, 10) == 0.125
    assert mass_s(HALF_LIFE_NS, 1.0) == 0.0
    # Over an infinite time a half-life of 30 s weighs 30 / ln 2 seconds.
    assert mass_s(HALF_LIFE_NS, 0.0) == pytest.approx(30 / math.log(2))
    # Shortly after the start nothing has decayed: mass is elapsed time.
    assert mass_s(HALF_LIFE_NS, decay(NS_PER_S // 100, HALF_LIFE_NS)) == pytest.approx(0.01, rel=1e-3)


# --- volatility


def test_volatility_before_any_mid_is_nothing() -> None:
    assert Volatility(HALF_LIFE_NS).value(NOW_NS, MID2) == 0.0


def test_a_steady_zigzag_of_one_bp_a_second_is_one_bp_per_root_second() -> None:
    volatility = Volatility(HALF_LIFE_NS)
    for second in range(300):
        volatility.update(NOW_NS + second * NS_PER_S, MID2 + 2 * (second % 2))
    assert volatility.value(NOW_NS + 299 * NS_PER_S, MID2 + 2) == pytest.approx(1.0, rel=0.02)


def test_volatility_counts_time_and_not_updates() -> None:
    told_once, told_often = Volatility(HALF_LIFE_NS), Volatility(HALF_LIFE_NS)
    for step in range(600):
        now_ns = NOW_NS + step * NS_PER_S // 5
        mid2 = MID2 + 2 * (step // 50)
        told_often.update(now_ns, mid2)
        if step % 5 == 0:
            told_once.update(now_ns, mid2)
    end_ns = NOW_NS + 120 * NS_PER_S
    assert told_often.value(end_ns, mid2) == pytest.approx(told_once.value(end_ns, mid2), rel=0.01)


def test_a_bounce_within_a_sample_is_no_variance() -> None:
    volatility = Volatility(HALF_LIFE_NS)
    for step in range(99):
        volatility.update(NOW_NS + step * NS_PER_MS, MID2 + 2 * (step % 2))
    assert volatility.value(NOW_NS + 99 * NS_PER_MS, MID2) == 0.0
    volatility.update(NOW_NS + 100 * NS_PER_MS, MID2 + 2)
    assert volatility.squares == pytest.approx(1.0)


def test_a_jump_shows_at_once_even_inside_a_sample() -> None:
    volatility = Volatility(HALF_LIFE_NS)
    volatility.update(NOW_NS, MID2)
    assert volatility.value(NOW_NS + NS_PER_MS, MID2 + 20) == pytest.approx(10.0)


def test_two_updates_close_together_are_spread_over_a_second() -> None:
    volatility = Volatility(HALF_LIFE_NS)
    volatility.update(NOW_NS, MID2)
    volatility.update(NOW_NS + 100 * NS_PER_MS, MID2 + 4)
    assert volatility.value(NOW_NS + 100 * NS_PER_MS, MID2 + 4) == pytest.approx(2.0)
    # After four quiet seconds the same move is half as much.
    assert volatility.value(NOW_NS + 4 * NS_PER_S, MID2 + 4) == pytest.approx(1.0, rel=0.03)


def test_volatility_forgets_with_its_half_life() -> None:
    volatility = Volatility(HALF_LIFE_NS)
    for second in range(600):
        volatility.update(NOW_NS + second * NS_PER_S, MID2 + 2 * (second % 2))
    last_ns = NOW_NS + 599 * NS_PER_S
    later = volatility.value(last_ns + HALF_LIFE_NS, MID2 + 2)
    assert later == pytest.approx(volatility.value(last_ns, MID2 + 2) * math.sqrt(0.5), rel=0.02)


# --- liquidity


def test_the_norm_weighs_levels_by_how_long_they_held() -> None:
    norm = Norm(1000 * NS_PER_S)
    assert norm.mean() == 0.0
    norm.update(NOW_NS, 10.0)
    assert norm.mean() == 0.0
    norm.update(NOW_NS + 3 * NS_PER_S, 50.0)
    assert norm.mean() == pytest.approx(10.0)
    norm.update(NOW_NS + 4 * NS_PER_S, 99.0)
    assert norm.mean() == pytest.approx(20.0, rel=0.01)


def test_the_norm_follows_with_its_half_life() -> None:
    norm = Norm(10 * NS_PER_S)
    norm.update(NOW_NS, 10.0)
    norm.update(NOW_NS + 1000 * NS_PER_S, 20.0)
    norm.update(NOW_NS + 1010 * NS_PER_S, 0.0)
    assert norm.mean() == pytest.approx(15.0)


def test_thinness_compares_with_the_symbols_own_norm() -> None:
    signals = make_signals(KNOBS.signals)
    assert signals.thinness() == 0.0
    signals.on_mid(NOW_NS, MID2, 100.0)
    assert signals.thinness() == 0.0
    signals.on_mid(NOW_NS + 600 * NS_PER_S, MID2, 25.0)
    assert signals.thinness() == pytest.approx(0.75)
    signals.on_mid(NOW_NS + 600 * NS_PER_S, MID2)
    assert signals.thinness() == pytest.approx(0.75)
    signals.on_mid(NOW_NS + 600 * NS_PER_S, MID2, 200.0)
    assert signals.thinness() == pytest.approx(-1.0)


# --- drain


def test_a_drain_is_traded_lots_per_second_of_its_own_side() -> None:
    signals = make_signals(KNOBS.signals)
    for second in range(601):
        signals.on_trade(NOW_NS + second * NS_PER_S, SELL, 4, second * NS_PER_S)
        signals.on_trade(NOW_NS + second * NS_PER_S, BUY, 2, second * NS_PER_S)
    end_ns = NOW_NS + 600 * NS_PER_S
    assert signals.bid_drain.value(end_ns) == pytest.approx(4.0, rel=0.02)
    assert signals.ask_drain.value(end_ns) == pytest.approx(2.0, rel=0.02)
    # A half-life of silence halves the rate.
    assert signals.bid_drain.value(end_ns + 60 * NS_PER_S) == pytest.approx(2.0, rel=0.02)


def test_asking_for_a_drain_changes_nothing_and_the_first_second_is_unknown() -> None:
    drain = Drain(60 * NS_PER_S)
    assert drain.value(NOW_NS) == 0.0
    drain.update(NOW_NS, 30)
    assert drain.value(NOW_NS + NS_PER_S) == 0.0
    assert drain.value(NOW_NS + 3 * NS_PER_S) == pytest.approx(10.0, rel=0.03)
    assert (drain.at_ns, drain.lots) == (NOW_NS, 30)


# --- where the mid is going


def test_takers_are_counted_by_side_and_forgotten_by_halves() -> None:
    flow = TakerFlow(2 * NS_PER_S)
    assert flow.value(NOW_NS) == 0.0
    for number, side in enumerate((BUY, BUY, SELL, BUY)):
        flow.update(NOW_NS, side, number * NS_PER_MS)
    assert flow.value(NOW_NS) == pytest.approx(2.0)
    assert flow.value(NOW_NS + 2 * NS_PER_S) == pytest.approx(1.0)
    flow.update(NOW_NS + 2 * NS_PER_S, SELL, NS_PER_S)
    assert flow.value(NOW_NS + 4 * NS_PER_S) == pytest.approx(0.0)


def test_one_order_that_meets_many_is_one_taker() -> None:
    flow = TakerFlow(NS_PER_S)
    for venue_ns in (7_000_001, 7_000_002, 7_900_000):
        flow.update(NOW_NS, SELL, venue_ns)
    assert flow.value(NOW_NS) == -1.0
    flow.update(NOW_NS, SELL, 8 * NS_PER_MS)
    flow.update(NOW_NS, BUY, 8 * NS_PER_MS)
    assert flow.value(NOW_NS) == -1.0


@pytest.mark.parametrize(("bid", "ask", "expected"), [(3, 1, 0.5), (1, 3, -0.5), (4, 0, 1.0), (0, 0, 0.0)])
def test_the_touch_leans_to_its_fuller_side(bid: int, ask: int, expected: float) -> None:
    assert imbalance(bid, ask) == expected


# --- markouts


def test_a_markout_is_measured_one_horizon_after_the_fill() -> None:
    markouts = Markouts(300 * NS_PER_S, NS_PER_S)
    markouts.fill(NOW_NS, BUY, MID2)
    markouts.settle(NOW_NS + NS_PER_S - 1, MID2 - 2)
    assert (len(markouts.pending), markouts.fills) == (1, 0.0)
    markouts.settle(NOW_NS + NS_PER_S, MID2 - 2)
    assert (markouts.pending, markouts.fills) == ([], 1.0)
    assert markouts.lost_bps == pytest.approx(1.0)


def test_adverse_is_a_fall_after_a_buy_and_a_rise_after_a_sell() -> None:
    for side, mid2 in ((BUY, MID2 - 22), (SELL, MID2 + 22)):
        markouts = Markouts(300 * NS_PER_S, NS_PER_S)
        markouts.fill(NOW_NS, side, MID2)
        markouts.settle(NOW_NS + NS_PER_S, mid2)
        # One fill of 11 bps among ten that count as none.
        assert markouts.adverse_bps(NOW_NS + NS_PER_S) == pytest.approx(1.0)
        lucky = Markouts(300 * NS_PER_S, NS_PER_S)
        lucky.fill(NOW_NS, -side, MID2)
        lucky.settle(NOW_NS + NS_PER_S, mid2)
        assert lucky.adverse_bps(NOW_NS + NS_PER_S) == 0.0


def test_many_fills_outweigh_the_prior_and_age_brings_it_back() -> None:
    markouts = Markouts(300 * NS_PER_S, NS_PER_S)
    for _ in range(90):
        markouts.fill(NOW_NS, BUY, MID2)
    due_ns = NOW_NS + NS_PER_S
    markouts.settle(due_ns, MID2 - 2)
    assert markouts.adverse_bps(due_ns) == pytest.approx(0.9)
    assert markouts.adverse_bps(due_ns + 300 * NS_PER_S) == pytest.approx(45 / 55)


def test_older_fills_weigh_less_by_the_time_between_them() -> None:
    markouts = Markouts(10 * NS_PER_S, NS_PER_S)
    markouts.fill(NOW_NS, BUY, MID2)
    markouts.fill(NOW_NS + 10 * NS_PER_S, BUY, MID2)
    markouts.settle(NOW_NS + 11 * NS_PER_S, MID2 - 2)
    assert (markouts.fills, markouts.lost_bps) == pytest.approx((1.5, 1.5))


def test_pending_fills_are_bounded() -> None:
    markouts = Markouts(10 * NS_PER_S, NS_PER_S)
    for number in range(300):
        markouts.fill(NOW_NS + number, BUY, MID2)
    assert len(markouts.pending) == 256
    assert markouts.pending[0].due_ns == NOW_NS + 44 + NS_PER_S


def test_a_due_fill_is_measured_by_the_mid_that_held_until_the_update() -> None:
    signals = make_signals(KNOBS.signals)
    signals.on_fill(NOW_NS, BUY, MID2)
    signals.on_mid(NOW_NS, MID2 - 2)
    signals.on_mid(NOW_NS + 5 * NS_PER_S, MID2 - 200)
    assert signals.markouts.lost_bps == pytest.approx(1.0)


def test_asking_settles_what_is_due_by_the_last_mid() -> None:
    signals = make_signals(KNOBS.signals)
    assert signals.adverse_bps(NOW_NS) == 0.0
    signals.on_fill(NOW_NS, SELL, MID2)
    signals.on_mid(NOW_NS, MID2 + 22)
    assert signals.adverse_bps(NOW_NS + NS_PER_S) == pytest.approx(1.0)


# --- PnL deviation


def swung(losses: LossWindow, slices: int = 59) -> int:
    """PnL that gains and loses 100 by turns; gives the time after."""
    now_ns, cash = NOW_NS, 0
    for number in range(slices):
        losses.update(now_ns, cash)
        cash += 100 if number % 2 else -100
        losses.update(now_ns + 1, cash)
        now_ns += losses.slice_ns
    losses.update(now_ns, cash)
    return now_ns


def test_usual_swings_are_no_deviation() -> None:
    losses = LossWindow(NS_PER_S)
    swung(losses)
    assert losses.sigmas() < 0.6


def test_a_loss_beyond_the_usual_is_counted_in_sigmas() -> None:
    losses = LossWindow(NS_PER_S)
    now_ns = swung(losses, 60)
    losses.update(now_ns, -1000)
    # Sixty slices: five recent ones closed, the running one lost 1000, each swing is about 100.
    older = [-100.0, 100.0] * 27 + [-100.0]
    mean = sum(older) / len(older)
    sigma = math.sqrt(sum((each - mean) ** 2 for each in older) / (len(older) - 1))
    recent = 100 * (1 - 1 + 1 - 1 + 1) - 1000
    assert losses.sigmas() == pytest.approx((6 * mean - recent) / (sigma * math.sqrt(6)))
    assert losses.sigmas() > 3.0


def test_a_gain_is_never_a_deviation() -> None:
    losses = LossWindow(NS_PER_S)
    now_ns = swung(losses, 60)
    losses.update(now_ns, 100_000)
    assert losses.sigmas() == 0.0


def test_a_short_or_idle_history_has_no_opinion() -> None:
    short = LossWindow(NS_PER_S)
    now_ns = swung(short, 16)
    short.update(now_ns, -(10**9))
    assert short.sigmas() == 0.0
    long_enough = LossWindow(NS_PER_S)
    now_ns = swung(long_enough, 17)
    long_enough.update(now_ns, -(10**9))
    assert long_enough.sigmas() > 0.0
    idle = LossWindow(NS_PER_S)
    for second in range(100):
        idle.update(NOW_NS + second * NS_PER_S, 0)
    idle.update(NOW_NS + 100 * NS_PER_S, -(10**9))
    assert idle.sigmas() == 0.0


def test_losing_less_than_usual_is_no_deviation() -> None:
    losses = LossWindow(NS_PER_S)
    for second in range(60):
        losses.update(NOW_NS + second * NS_PER_S, -1000 * second - second % 2)
    losses.update(NOW_NS + 60 * NS_PER_S, -59_002)
    assert losses.sigmas() == 0.0


def test_slices_are_bounded_and_silence_makes_empty_ones() -> None:
    losses = LossWindow(NS_PER_S)
    losses.update(NOW_NS, 0)
    losses.update(NOW_NS + NS_PER_S // 2, -5)
    losses.update(NOW_NS + 3 * NS_PER_S, -7)
    assert losses.slices == [-5.0, 0.0, 0.0]
    assert (losses.start_cash, losses.last_cash) == (-5.0, -7.0)
    losses.update(NOW_NS + 10**6 * NS_PER_S + 7, -9)
    assert len(losses.slices) == 60
    assert losses.at_ns == NOW_NS + 10**6 * NS_PER_S


def test_signals_pass_pnl_on() -> None:
    signals = make_signals(KNOBS.signals)
    assert signals.losses.slice_ns == NS_PER_S
    for second in range(60):
        signals.on_pnl(NOW_NS + second * NS_PER_S, 100 * (second % 2))
    signals.on_pnl(NOW_NS + 60 * NS_PER_S, -9000)
    assert signals.pnl_deviation() > 3.0


def test_signals_know_their_volatility_at_the_last_mid() -> None:
    signals = make_signals(KNOBS.signals)
    assert signals.volatility(NOW_NS) == 0.0
    signals.on_mid(NOW_NS, MID2)
    signals.on_mid(NOW_NS + NS_PER_MS, MID2 + 20)
    assert signals.volatility(NOW_NS + NS_PER_MS) == pytest.approx(10.0)


# --- snapshots


def test_signals_survive_a_snapshot() -> None:
    signals = make_signals(KNOBS.signals)
    signals.on_mid(NOW_NS, MID2, 100.0)
    signals.on_fill(NOW_NS, BUY, MID2)
    signals.on_pnl(NOW_NS, 10**20)
    signals.on_trade(NOW_NS, BUY, 3, NOW_NS)
    assert msgspec.json.decode(msgspec.json.encode(signals), type=Signals) == signals
    account = make_account_signals(KNOBS.signals, KNOBS.account)
    account.round_trip(NOW_NS, 70.0)
    account.order_answered(NOW_NS, True)
    account.take(NOW_NS)
    account.equity(NOW_NS, -(10**24))
    assert msgspec.json.decode(msgspec.json.encode(account), type=AccountSignals) == account


def test_states_of_two_symbols_share_nothing() -> None:
    one, two = make_signals(KNOBS.signals), make_signals(KNOBS.signals)
    one.on_fill(NOW_NS, BUY, MID2)
    one.on_mid(NOW_NS, MID2, 1.0)
    assert two == make_signals(KNOBS.signals)
