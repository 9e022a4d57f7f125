"""S16: each fill that the sniper takes is explained by size, reaction time and knowable staleness, or the bot is at fault."""

import pytest
from small_world import small_world
from watching import BUY, NAME, PRICE, SELL, Scene, TrueFill, cancelled, filled, read

from sim.oracle.outside import Outside
from strategy import commands, events
from strategy.units import NS_PER_MS, NS_PER_S

# On the stage: known after 2500 ms of silence, a cancel within 500 ms, an answer within 650, a pause of 4000 at most.
KNOWN_MS, REACTION_MS, RETRY_MS = 2500, 500, 4650


class Shooting(Scene):
    """A scene in which a sniper takes, who knows a price ten ticks below every bid."""

    def __init__(self, *, fair_ticks: float | None = PRICE - 15, book: bool = True) -> None:
        super().__init__(off=("S4",), book=book, outside=Outside(shot_ticks=lambda _symbol: fair_ticks))

    def shoot(self, client_id: str = "a-1", side: int = BUY, price: int = PRICE - 5) -> None:
        fill = filled(client_id, f"f{len(self.venue.fills)}", side=side)
        self.venue.fills.append(TrueFill(events.OrderFilled(**{**as_dict(fill), "price_ticks": price})))
        self.oracle.truth_changed(self.now_ns)

    def silence(self, ms: float) -> None:
        self.wait(ms, alive=False)

    @property
    def found(self) -> tuple[int, list[str], list[str]]:
        return self.oracle.checks["S16"], self.codes, self.costs


def as_dict(fill: events.OrderFilled) -> dict:
    return {name: getattr(fill, name) for name in fill.__struct_fields__}


def quoted(**fields) -> Shooting:
    """Give a scene with a bid that is known to rest, and a feed that was alive just now."""
    scene = Shooting(**fields)
    scene.placed("a-1")
    scene.wait(10)
    return scene


FINE, COST, BREACH = (1, [], []), (1, [], ["S16"]), (1, ["S16"], [])


@pytest.mark.parametrize(
    ("silence_ms", "expected"),
    [
        (0, FINE),
        (KNOWN_MS, FINE),
        (KNOWN_MS + 1, COST),
        (KNOWN_MS + REACTION_MS, COST),
        (KNOWN_MS + REACTION_MS + 1, BREACH),
    ],
)
def test_what_nobody_could_know_or_react_to_is_in_the_budget(silence_ms, expected):
    scene = quoted()
    scene.silence(silence_ms)
    scene.shoot()
    assert expected == scene.found


def test_a_breach_says_what_was_lost_by_when_and_what_was_known():
    scene = quoted()
    scene.silence(KNOWN_MS + REACTION_MS + 200)
    scene.shoot()
    (breach,) = scene.oracle.breaches
    assert "10 lots of a-1 were sniped for 10.0 ticks each, 200 ms after a cancel had to be under way" == breach.detail
    assert "the last proof of life is 3200 ms old" == breach.evidence


def test_a_broken_sequence_is_known_at_once():
    scene = quoted()
    scene.step(events.BookDelta(NAME, 5, 6, (), (), 0))
    scene.wait(REACTION_MS + 1)
    scene.shoot()
    assert BREACH == scene.found


def test_an_order_that_nobody_has_confirmed_is_cancelled_as_well():
    scene = Shooting()
    scene.send(scene.create("a-1"))
    scene.silence(KNOWN_MS + REACTION_MS + 1)
    scene.shoot()
    assert BREACH == scene.found


# Cancels


@pytest.mark.parametrize(
    ("after_ms", "expected"), [(RETRY_MS + REACTION_MS, COST), (RETRY_MS + REACTION_MS + 1, BREACH)]
)
@pytest.mark.parametrize("all_of_them", [False, True])
def test_a_cancel_under_way_explains_what_is_taken_until_another_one_is_due(after_ms, expected, all_of_them):
    scene = quoted()
    scene.silence(KNOWN_MS + 100)
    scene.send(commands.CancelAll(NAME) if all_of_them else scene.cancel("a-1"))
    scene.silence(after_ms)
    scene.shoot()
    assert expected == scene.found


@pytest.mark.parametrize(("after_ms", "expected"), [(REACTION_MS, COST), (REACTION_MS + 1, BREACH)])
def test_an_order_that_is_shown_to_have_outlived_its_cancel_is_cancelled_again(after_ms, expected):
    scene = quoted()
    scene.silence(KNOWN_MS + 100)
    scene.send(scene.cancel("a-1"))
    scene.silence(200)
    scene.step(read("a-1", scene.now_ns - 100, "open", price=PRICE - 5, size=10))
    scene.silence(after_ms)
    scene.shoot()
    assert expected == scene.found


# What left with no ground


def test_what_left_when_there_was_no_ground_has_no_budget():
    scene = Shooting()
    scene.silence(KNOWN_MS + 1)
    scene.send(scene.create("a-1"))
    scene.shoot()
    assert BREACH == scene.found
    assert "left with no ground for their price" in scene.oracle.breaches[0].detail


def test_a_price_of_an_older_book_has_no_budget_though_the_feed_is_fresh():
    scene = Shooting()
    scene.send(scene.create("a-1", price_ticks=PRICE + 1))
    scene.shoot(price=PRICE + 1)
    assert BREACH == scene.found
    assert "no book of the last 2500 ms had its best ask beyond 10001 ticks" == scene.oracle.breaches[0].evidence


def test_a_price_that_is_said_again_on_a_fresh_book_has_its_ground_again():
    scene = Shooting()
    scene.silence(KNOWN_MS + 1)
    scene.send(scene.create("a-1"))
    scene.wait(100)
    scene.send(scene.amend("a-1", PRICE - 5, 10))
    scene.shoot()
    assert FINE == scene.found


# Excuses


def late(scene: Shooting) -> Shooting:
    scene.silence(KNOWN_MS + REACTION_MS + 1)
    return scene


@pytest.mark.parametrize(("after_ms", "expected"), [(REACTION_MS, COST), (REACTION_MS + 1, BREACH)])
def test_nobody_cancels_in_his_sleep(after_ms, expected):
    scene = late(quoted())
    scene.oracle.slept(scene.now_ns)
    scene.silence(after_ms)
    scene.shoot()
    assert expected == scene.found


@pytest.mark.parametrize(("after_ms", "expected"), [(REACTION_MS, COST), (REACTION_MS + 1, BREACH)])
def test_a_ban_that_was_told_excuses_while_it_lasts(after_ms, expected):
    scene = quoted()
    until_ns = scene.now_ns + 10 * NS_PER_S
    scene.step(events.BudgetSeen("account", 0, until_ns))
    scene.silence(10_000 + after_ms)
    scene.shoot()
    assert expected == scene.found


@pytest.mark.parametrize(("regime", "expected"), [("halted", COST), ("closed", COST), ("cancel_only", BREACH)])
def test_a_market_that_takes_no_cancels_excuses(regime, expected):
    scene = quoted()
    scene.step(events.RegimeChanged(NAME, regime, 0))
    late(scene).shoot()
    assert expected == scene.found


@pytest.mark.parametrize(("after_ms", "expected"), [(REACTION_MS, COST), (REACTION_MS + 1, BREACH)])
def test_a_market_that_takes_them_again_excuses_no_more(after_ms, expected):
    scene = quoted()
    scene.step(events.RegimeChanged(NAME, "halted", 0))
    late(scene).step(events.RegimeChanged(NAME, "open", 0))
    scene.silence(after_ms)
    scene.shoot()
    assert expected == scene.found


NOT_LOOKED_AT = (0, [], [])


def test_a_dead_process_is_not_to_blame():
    scene = late(quoted())
    scene.oracle.process_died(scene.now_ns)
    scene.shoot()
    assert NOT_LOOKED_AT == scene.found


def test_a_process_that_takes_over_has_its_reaction_time():
    for after_ms, expected in ((REACTION_MS, COST), (REACTION_MS + 1, BREACH)):
        scene = late(quoted())
        scene.oracle.process_died(scene.now_ns)
        scene.oracle.slept(scene.now_ns)  # so a host tells of a new process
        scene.oracle.process_started(scene.now_ns, {"a-1": None})
        scene.silence(after_ms)
        scene.shoot()
        assert expected == scene.found


def test_an_order_that_is_over_by_all_that_was_told_is_not_the_bots():
    scene = late(quoted())
    scene.step(cancelled("a-1"))
    scene.shoot()
    assert NOT_LOOKED_AT == scene.found


def test_strangers_orders_and_orders_nobody_knows_are_not_the_bots():
    scene = quoted()
    scene.step(events.OpenOrdersReport(NAME, scene.now_ns, ("x-1",), 0))
    late(scene).shoot("x-1")
    scene.shoot("x-2")
    assert NOT_LOOKED_AT == scene.found


def test_only_losses_and_only_the_snipers_count():
    scene = late(quoted())
    scene.shoot(side=SELL)
    assert NOT_LOOKED_AT == scene.found
    scene = late(quoted(fair_ticks=None))
    scene.shoot()
    assert NOT_LOOKED_AT == scene.found


# In a world


def test_in_a_world_each_fill_to_the_sniper_is_looked_at_and_no_other(tmp_path):
    world = small_world(tmp_path, 60)
    shots = []
    heard = world.oracle._sniped.taken
    world.oracle._sniped.taken = lambda now_ns, fill, fair: (shots.append((fill, fair)), heard(now_ns, fill, fair))
    world.run()
    assert 10 < len(shots) < len(world.venue.fills)
    assert sum(fill.size_lots for fill, _ in shots) == sum(market.sniped for market in world.markets)
    assert all(fill.side * (fill.price_ticks - fair) >= 1 for fill, fair in shots), "he takes what is stale by a tick"
    assert len(shots) == world.oracle.checks["S16"]
    assert 15 * NS_PER_MS == world.markets[0]._sniper._reaction_ns
    assert all(market.shot_ticks is None for market in world.markets)
