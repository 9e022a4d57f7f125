"""Batches in storms: a request that carries many orders is many outcomes, whatever becomes of it."""

import pytest
from small_world import small_world

from strategy import commands, events
from strategy.core import Core

STORMS = {
    "lost acknowledgements": "{at_s: 5, for_s: 60, kind: ack_lost, prob: 0.3}",
    "lost requests": "{at_s: 5, for_s: 60, kind: ack_lost_not_applied, prob: 0.3}",
    "half of it lost": "{at_s: 5, for_s: 60, kind: message_loss, links: [rest_up, rest_down], prob: 0.3}",
}
PARTIAL = "{at_s: 5, for_s: 60, kind: batch_partial, prob: 0.15}"
UNKNOWN = 0.1


class Mumbling:
    """A venue that does what an item of a request asks, and gives it a code that says nothing."""

    def __init__(self, world) -> None:
        self._world, self._handle, self.unknown = world, world.venue.handle, 0
        world.venue.handle = self.handle

    def handle(self, command, now_ns, *rest):
        answer = self._handle(command, now_ns, *rest)
        is_placing = isinstance(command, commands.CreateOrder | commands.AmendOrder)
        if not is_placing or now_ns > self._world.plan.calm_ns:
            return answer
        if self._world.dice.unit("mumbling", command.client_id, now_ns) >= UNKNOWN:
            return answer
        self.unknown += 1
        kind = events.CREATE if isinstance(command, commands.CreateOrder) else events.AMEND
        return events.Unanswered(kind, command.client_id, command.symbol, "10016")


def played(tmp_path, fault, seed, dispatch="batched"):
    world = small_world(
        tmp_path,
        seconds=110,
        seed=seed,
        symbols="[BTCUSDT, ETHUSDT, SOLUSDT, XRPUSDT]",
        profile="reference",
        faults=f"{fault}, {PARTIAL}",
        calm_s=70,
        overrides=f"loop.dispatch: {dispatch}, pacing.orders_per_s: 60, pacing.burst: 60, orders.send_within_ms: 400",
    )
    mumbling, sizes = Mumbling(world), []
    world.driver.calls.over = lambda carried, sent_ns, now_ns: sizes.append(len(carried))
    outcome = world.run()
    assert ("", []) == (outcome.error, world.oracle.breaches), f"seed {seed}"
    return world, mumbling, sizes


@pytest.mark.parametrize("name", STORMS)
def test_every_item_has_an_outcome_or_a_doubt_and_no_promise_is_broken(tmp_path, name, is_deep):
    for seed in range(1, 31) if is_deep else (1,):
        world, mumbling, sizes = played(tmp_path, STORMS[name], seed)
        assert max(sizes) >= 4, "no batch, no storm of batches"
        assert mumbling.unknown > 2, "no partial failure, no storm of them"
        # After the storm: what is out about an order is known, or asked about, or the order is gone.
        alive = {order.client_id for order in world.core.belief().orders if order.state not in ("CLOSED", "ABSENT")}
        out = [client_id for client_id in world.measures.loop.without_outcome() if client_id in alive]
        under_way = {
            order.client_id
            for order in world.core.belief().orders
            if order.state in ("CREATING", "AMENDING", "CANCELLING", "IN_DOUBT")
        }
        assert not [client_id for client_id in out if client_id not in under_way]
        assert all(one.two_sided > 100 for one in world.standing.values())


def test_one_request_at_a_time_survives_a_storm_as_well(tmp_path, is_deep):
    """A lost answer holds up the line until patience ends; what waits too long never leaves, and is told so."""
    for seed in range(1, 11) if is_deep else (1,):
        world, _, _ = played(tmp_path, STORMS["lost acknowledgements"], seed, dispatch="sequential")
        assert world.measures.loop.quotes > 50


def test_a_core_that_hears_one_item_of_an_answer_for_the_whole_is_found_out(tmp_path):
    """Taking a batch's first word for all of them leaves orders that nobody knows of: the oracle sees it."""

    class FirstOnly(Core):
        """Believes every create of a step rejected as soon as one is."""

        def __init__(self, knobs) -> None:
            super().__init__(knobs)
            self.batches: dict[str, tuple[str, ...]] = {}

        def step(self, now_ns, event):
            leaving = super().step(now_ns, event)
            if isinstance(event, events.OrderRejected):
                for other in self.batches.pop(event.client_id, ()):
                    order = self._state.orders.find(other)
                    if order is not None and order.state == "CREATING":
                        said = events.NotSent(events.CREATE, other, order.symbol, "the batch failed")
                        leaving = (*leaving, *super().step(now_ns, said))
            ids = tuple(one.client_id for one in leaving if isinstance(one, commands.CreateOrder))
            self.batches |= dict.fromkeys(ids, ids)
            return leaving

    broken = []
    for seed in range(1, 6):
        world = small_world(
            tmp_path,
            seconds=60,
            seed=seed,
            symbols="[BTCUSDT, ETHUSDT]",
            factory=FirstOnly,
            faults="{at_s: 0, for_s: 35, kind: batch_partial, prob: 0.5}",
            calm_s=40,
        )
        world.run()
        broken += [breach.code for breach in world.oracle.breaches]
    assert broken
