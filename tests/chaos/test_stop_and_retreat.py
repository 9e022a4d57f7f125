"""In the whole world: a stop ends and leaves nothing, and with no way to be healthy nothing rests, whatever is lost."""

import pytest
from small_world import small_world

from strategy import events
from strategy.units import NS_PER_S

LOSS = "{{at_s: 10, kind: message_loss, links: [{links}], prob: {prob}}}"
# Until the calm, which comes after the end of these stories.
STORMS = {
    "nothing": "",
    "a third of all requests and answers is lost": LOSS.format(links="rest_up, rest_down", prob=0.3),
    "the private stream says nothing": LOSS.format(links="private", prob=1.0),
    "both streams say nothing, and a third of all requests is lost": ", ".join(
        (LOSS.format(links="private, public", prob=1.0), LOSS.format(links="rest_up", prob=0.3))
    ),
    "the venue allows one request a second": "{at_s: 10, kind: rate_limit, orders_per_s: 1, burst: 2, reads_per_s: 2}",
    "the venue's clock is set back": "{at_s: 19, kind: clock_step, clock: venue_wall, by_ms: -5000}",
}
SYMBOLS = "[BTCUSDT, ETHUSDT]"


@pytest.mark.parametrize("storm", STORMS)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_stop_ends_and_leaves_nothing(tmp_path, storm, seed):
    world = small_world(tmp_path, 60, seed=seed, faults=STORMS[storm], calm_s=55, symbols=SYMBOLS)
    ended = []

    def look() -> None:
        if world.core.is_done and not ended:
            ended.append(world.kernel.now_ns)
            assert [] == list(world.venue.open_orders())
        world.kernel.at(world.kernel.now_ns + NS_PER_S // 10, look)

    world.kernel.at(20 * NS_PER_S, world.driver.feed, events.Stopping())
    world.kernel.at(20 * NS_PER_S, look)
    assert "" == world.run().error
    # Nobody ends the process here; that is the host's to do.
    assert [] == [breach for breach in world.oracle.breaches if breach.code != "L8"]
    assert ended, "it never ended"
    assert ended[0] <= 45 * NS_PER_S
    assert [] == list(world.venue.open_orders())


@pytest.mark.parametrize("links", ["private", "rest_down", "private, public", "public, rest_down"])
def test_with_no_way_to_be_healthy_nothing_rests_and_a_person_is_told_once(tmp_path, links):
    faults = LOSS.format(links=links, prob=1.0)
    world = small_world(tmp_path, 60, faults=faults, calm_s=59, symbols=SYMBOLS)
    left = []
    world.kernel.at(40 * NS_PER_S, lambda: left.extend(world.venue.open_orders()))
    world.run()
    assert [] == left
    assert [] == world.oracle.breaches
    assert 1 == len([alert for alert in world.driver.alerts if alert.code == "SQ-V004"])
