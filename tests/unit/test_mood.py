"""Moods and leads: what makes a market of models cluster, persist and cost its makers money."""

import math

import pytest
from small_world import small_world

from sim.dice import Dice
from sim.market.figures import Figures, figures_of, played_market
from sim.market.flow_model import Flow, Moods
from sim.market.latent import STEP_NS, LatentPrice
from sim.market.mood import Mood
from strategy.units import NS_PER_S

MOODS = Moods(activity_s=10, activity_sigma=0.5, lean_s=4, lean=0.4)


def test_a_spell_lasts_its_time_and_draws_by_its_number() -> None:
    mood, again = Mood(Dice(1), "BTCUSDT", MOODS), Mood(Dice(1), "BTCUSDT", MOODS)
    spells = []
    while mood.next_ns <= 40 * NS_PER_S:
        spells.append((mood.next_ns // NS_PER_S, mood.activity, mood.lean))
        mood.change(mood.next_ns)
    assert [until_s for until_s, _, _ in spells] == [4, 8, 10, 12, 16, 20, 24, 28, 30, 32, 36, 40]
    assert len({activity for _, activity, _ in spells}) == 4
    # Whoever comes late finds the same spell as whoever was there all the time.
    again.change(39 * NS_PER_S)
    assert (again.activity, again.lean) == spells[-1][1:]


def test_activity_is_one_on_average_and_leans_are_as_often_to_either_side() -> None:
    mood = Mood(Dice(3), "BTCUSDT", MOODS)
    activities, leans = [], []
    for spell in range(4000):
        mood.change(spell * 10 * NS_PER_S)
        activities.append(mood.activity)
        leans.append(mood.lean)
    error = math.sqrt(math.exp(MOODS.activity_sigma**2) - 1) / math.sqrt(4000)
    assert sum(activities) / 4000 == pytest.approx(1.0, abs=4 * error)
    assert set(leans) == {-0.4, 0.4}
    assert abs(leans.count(0.4) - 2000) < 4 * math.sqrt(1000)


def test_without_moods_a_market_stays_even() -> None:
    mood = Mood(Dice(1), "BTCUSDT", None)
    mood.change(10**18)
    assert (mood.activity, mood.lean) == (1.0, 0.0)
    assert mood.next_ns > 10**18


def test_the_public_price_is_what_the_informed_knew_before() -> None:
    public = LatentPrice(Dice(1), "BTCUSDT", 120_000, 1.0, 0.0, 0.0)
    informed = LatentPrice(Dice(1), "BTCUSDT", 120_000, 1.0, 0.0, 0.0, lead_steps=3)
    known, seen, plain = [], [], []
    for _ in range(50):
        public.step(1.0)
        informed.step(1.0)
        known.append(informed.ahead_ticks)
        seen.append(informed.ticks)
        plain.append(public.ticks)
    assert known == plain
    assert seen == [120_000] * 3 + known[:-3]
    assert len(set(known)) > 20
    assert informed.next_ns == 51 * STEP_NS


@pytest.fixture(scope="module")
def even(tmp_path_factory: pytest.TempPathFactory) -> Flow:
    found = small_world(tmp_path_factory.mktemp("mood")).scenario.profile.symbols["BTCUSDT"].flow
    assert found is not None
    return found


def measured(flow: Flow) -> Figures:
    return figures_of(*played_market("BTCUSDT", flow, 120_000, 5, 600))


def test_activity_makes_trades_cluster(even: Flow) -> None:
    moods = Moods(activity_s=20, activity_sigma=0.7, lean_s=4, lean=0)
    assert measured(even).fano_10s < 2 < 8 < measured(even.model_copy(update={"moods": moods})).fano_10s


def test_a_lean_makes_sides_persist_and_forgets_with_its_spell(even: Flow) -> None:
    moods = Moods(activity_s=20, activity_sigma=0, lean_s=2, lean=0.6)
    found = measured(even.model_copy(update={"moods": moods}))
    assert found.sign_acf_1 > found.sign_acf_5 > 0.06
    assert abs(found.sign_acf_20) < 0.06
    assert abs(measured(even).sign_acf_1) < 0.06


def test_makers_lose_to_those_who_know_the_price_before(even: Flow) -> None:
    with_everybody, before_all = (
        even.model_copy(update={"informed": even.informed.model_copy(update={"lead_ms": lead_ms, "looks_per_s": 4})})
        for lead_ms in (0, 1000)
    )
    assert measured(before_all).realised_bps < measured(with_everybody).realised_bps - 0.1
