"""A verdict of the bot's guard excuses missing quotes where evidence shows what may have made it, and as long."""

import math

import pytest
from quoting import KNOBS
from watching import ACCOUNT, BUY, NAME, PRICE, Scene, filled, without_a_bid

from sim.dice import Dice
from sim.oracle.grounds import PriceRange
from strategy import commands, events
from strategy.units import NS_PER_MS, NS_PER_S

REST_S = (KNOBS.guard.halt_ns + KNOBS.guard.dwell_ns) // NS_PER_S + 1
BOUND_S = 10


def careful(action: str) -> Scene:
    """A scene without a bid whose core says that risk says no, and whose venue's clock is known."""
    scene = without_a_bid(BOUND_S)
    scene.action = action
    sample(scene)
    return scene


def sample(scene: Scene, offset_ms: float = 0, took_ms: int = 60) -> None:
    now_ns = scene.now_ns
    venue_ns = now_ns + round((offset_ms - took_ms / 2) * NS_PER_MS)
    scene.step(events.ClockSampled(now_ns - took_ms * NS_PER_MS, venue_ns))


def trade(scene: Scene, price: int) -> None:
    scene.step(events.PublicTrade(NAME, price, 1, BUY, 0))


def lasts_s(scene: Scene) -> int:
    """How long the excuse lasts from here, in seconds: until the clock has run for the whole bound."""
    for second in range(200):
        if "L3" in scene.codes:
            return second - BOUND_S - 1
        scene.pass_s(1)
    return 200


def test_without_any_ground_there_is_no_excuse():
    assert lasts_s(careful("halt")) <= REST_S, "but for what a start may still remember"
    assert 0 == lasts_s(careful("latched")) == lasts_s(careful("reduce_only"))


def test_a_ground_for_one_verdict_is_none_for_another():
    scene = careful("reduce_only")
    scene.step(events.OrderRejected("a", "venue_busy", 0))
    assert 0 == lasts_s(scene)


# Halts


def test_an_order_in_doubt_is_a_ground_as_long_as_it_is():
    scene = careful("halt")
    scene.placed("x")
    scene.send(scene.cancel("x"))
    scene.step(events.Unanswered(events.CANCEL, "x", NAME, "timeout"))
    scene.pass_s(40)
    assert [] == scene.codes
    scene.step(events.OrderCancelled("x", 0, "by_client", 9))
    slow_s = KNOBS.signals.round_trip_window_ns // NS_PER_S
    assert lasts_s(scene) <= slow_s + REST_S + 1, "the answer that ended it was slow"


def test_a_slow_answer_is_a_ground_while_the_window_remembers_it():
    scene = careful("halt")
    scene.pass_s(REST_S)
    scene.send(scene.create("x"))
    scene.wait(600)
    scene.step(events.OrderAccepted("x", "v", PRICE, 10, 1))
    window_s = KNOBS.signals.round_trip_window_ns // NS_PER_S
    assert abs(lasts_s(scene) - window_s) <= REST_S + 1
    quick = careful("halt")
    quick.pass_s(REST_S)
    quick.placed("x")
    assert lasts_s(quick) <= 1


def test_a_refusal_is_a_ground_while_the_window_remembers_it():
    scene = careful("halt")
    scene.step(events.OrderRejected("a", "venue_busy", 0))
    assert abs(lasts_s(scene) - KNOBS.signals.rejects_window_ns // NS_PER_S) <= REST_S + 1


@pytest.mark.parametrize(
    "doubted",
    [
        lambda scene: sample(scene, offset_ms=5000),
        lambda scene: sample(scene, took_ms=600),
        lambda scene: scene.step(events.OrderRejected("a", "timestamp", 0)),
    ],
)
def test_a_clock_that_is_not_known_is_a_ground_until_it_is(doubted):
    scene = careful("halt")
    scene.pass_s(REST_S)
    doubted(scene)
    scene.pass_s(30)
    assert [] == scene.codes
    for _ in range(2):  # the first may be at odds with what was known, the second agrees
        sample(scene, offset_ms=5000)
    assert lasts_s(scene) <= KNOBS.signals.rejects_window_ns // NS_PER_S + REST_S


def test_a_clock_never_asked_is_a_ground():
    scene = without_a_bid(BOUND_S)
    scene.action = "halt"
    scene.pass_s(60)
    assert [] == scene.codes


def test_silence_shorter_than_what_makes_a_book_stale_is_a_ground():
    scene = careful("halt")
    scene.pass_s(REST_S)
    for _ in range(20):
        scene.wait(1500, alive=False)
        scene.send()
        scene.wait(100)
    assert [] == scene.codes


# Reduce only


def test_a_heavy_position_is_a_ground():
    scene = careful("reduce_only")
    hold(scene, 85)
    scene.pass_s(60)
    assert "L3" not in scene.codes


def test_a_light_one_is_none():
    scene = careful("reduce_only")
    hold(scene, 20)
    assert lasts_s(scene) <= 0


def hold(scene: Scene, lots: int) -> None:
    scene.placed("h", size_lots=lots)
    fill = filled("h", "f", lots=lots, total=lots)
    scene.venue.lots = scene.lots = lots
    scene.step(fill)


def test_a_price_that_ran_is_a_ground_for_some_half_lives():
    scene = careful("reduce_only")
    for _ in range(20):
        scene.pass_s(1)
        trade(scene, PRICE + 40)
        if "L3" in scene.codes:
            break
    assert "L3" not in scene.codes
    assert lasts_s(scene) <= 4 * KNOBS.signals.volatility_half_life_ns // NS_PER_S + REST_S


@pytest.mark.parametrize("bps", [20, 60, 200, 400])
def test_a_price_that_ran_is_remembered_as_its_square_is_by_halves(bps):
    """There and back at once; a guard whose volatility halves so still says no, and one half a minute later no more."""
    scene = careful("reduce_only")
    half_life_s = KNOBS.signals.volatility_half_life_ns / NS_PER_S
    for _ in range(round(4 * half_life_s)):  # the volatility is that of a whole window, not of a start
        scene.pass_s(1)
    for price in (PRICE + PRICE * bps // 10_000, PRICE):
        trade(scene, price)
        scene.pass_s(1)
    root_s = (half_life_s / math.log(2)) ** 0.5
    there_and_back = bps * 2**0.5 / root_s
    rests_s = 2 * half_life_s * math.log2(max(1.0, there_and_back / KNOBS.guard.volatility.hard_exit))
    from_the_bid = bps + 3  # the first price it knew was a bid
    half_s = 2 * half_life_s * math.log2(max(1.0, from_the_bid / root_s / KNOBS.guard.volatility.hard_exit * 2))
    lasts_s = 0
    while scene.oracle._grounds.why(scene.now_ns, NAME, "reduce_only"):
        scene.pass_s(1)
        lasts_s += 1
    assert rests_s - 2 <= lasts_s <= half_s + half_life_s + REST_S + 2


def test_margin_that_is_short_is_a_ground_until_it_is_not():
    scene = careful("reduce_only")
    scene.step(events.MarginSeen(0, 1000, 700, 0))
    scene.pass_s(60)
    assert [] == scene.codes
    scene.step(events.MarginSeen(0, 1000, 100, 0))
    assert lasts_s(scene) <= REST_S + 1


def test_memory_that_is_tight_is_a_ground_until_it_is_not():
    scene = careful("reduce_only")
    scene.step(events.MemoryPressure(2))
    scene.pass_s(60)
    assert [] == scene.codes
    scene.step(events.MemoryPressure(1))
    assert lasts_s(scene) <= REST_S + 1


def test_a_loss_beyond_the_usual_is_a_ground():
    """The price wobbles by a tick for a minute, and then goes five against us."""

    def fallen(by: int) -> Scene:
        scene = without_a_bid(1000)
        sample(scene)
        hold(scene, 20)
        for k in range(70):
            trade(scene, PRICE + k % 2)
            scene.pass_s(1)
        trade(scene, PRICE - by)
        scene.pass_s(1)
        return scene

    assert "a loss" in fallen(5).oracle._grounds.why(fallen(5).now_ns, NAME, "reduce_only")
    assert "" == fallen(0).oracle._grounds.why(fallen(0).now_ns, NAME, "reduce_only")


# Latches


def test_a_budget_that_is_spent_is_a_ground_until_a_person_clears_it():
    scene = careful("latched")
    hold(scene, 20)
    cash_per_tick = 20 * KNOBS.symbols[0].instrument.cash_per_ticklot
    trade(scene, PRICE - ACCOUNT.loss_budget_cash // cash_per_tick - 1)
    scene.pass_s(60)
    assert "L3" not in scene.codes
    trade(scene, PRICE)
    scene.pass_s(1)
    scene.step(events.OperatorSaid("clear_latch"))
    assert lasts_s(scene) <= 1


def test_what_the_bot_says_for_itself_stops_the_clock_and_does_not_start_it_over():
    scene = careful("reduce_only")
    for _ in range(4):
        scene.step(events.MemoryPressure(0))
        scene.pass_s(REST_S + 3)
        scene.step(events.MemoryPressure(2))
        scene.pass_s(5)
    assert ["L3"] == scene.codes


def test_a_blind_bot_that_does_not_ask_has_no_ground_in_its_blindness():
    scene = careful("halt")
    for _ in range(20):
        scene.wait(1000, alive=False)
        scene.send()
    assert ["L3"] == scene.codes
    asking = careful("halt")
    for _ in range(20):
        asking.wait(1000, alive=False)
        asking.send(commands.RequestBook(NAME, asking.now_ns))
    assert [] == asking.codes


def test_the_range_of_prices_is_that_of_all_that_were_true_in_the_window() -> None:
    for seed in range(20):
        dice, seen, told = Dice(seed), PriceRange(), list[tuple[int, int]]()
        now_ns, price = 0, 1000
        for turn in range(300):
            word, other = dice.pair("walk", turn)
            now_ns += 1 + word % 50
            price += other % 7 - 3
            told.append((now_ns, price))
            seen.see(now_ns, price, now_ns - 300)
            # A price is true from its instant to that of the next other one.
            until = [*(later for later, _ in told[1:]), now_ns]
            true = [what for (_, what), end_ns in zip(told, until, strict=True) if end_ns >= now_ns - 300]
            assert (seen.low, seen.high) == (min(true), max(true))
