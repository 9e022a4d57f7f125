"""The background market: proposals nobody can disturb, and a tight loop equal to the event-by-event one."""

import pytest
from small_world import small_world

from sim.dice import Dice
from sim.market.flow import FlowMarket
from sim.market.markets import Markets
from sim.market.naive import QueuedFlowMarket, event_by_event
from sim.scenario.load import Ready
from sim.venue.orders import VenueOrder
from strategy.units import BUY, NS_PER_S, SELL


def market_of(ready: Ready, seed: int = 1, on_trade=lambda *_: None, **sniper) -> FlowMarket:
    flow = ready.profile.symbols["BTCUSDT"].flow
    if sniper:
        flow = flow.model_copy(update={"sniper": flow.sniper.model_copy(update=sniper)})
    market = FlowMarket("BTCUSDT", flow, 120_000, Dice(seed), on_trade)
    market.fill_book()
    return market


@pytest.fixture(scope="module")
def ready(tmp_path_factory) -> Ready:
    return small_world(tmp_path_factory.mktemp("market")).scenario


def ours(side: int, price_ticks: int, lots: int = 10, number: int = 1) -> VenueOrder:
    return VenueOrder(
        number, f"s-{number}", "BTCUSDT", "bid0", side, price_ticks, lots, post_only=True, reduce_only=False
    )


def test_the_same_seed_makes_the_same_market_and_another_another(ready):
    hashes = []
    for seed in (1, 1, 2):
        market = market_of(ready, seed)
        market.advance(20 * NS_PER_S)
        hashes.append(market.hash_so_far())
    assert hashes[0] == hashes[1] != hashes[2]


def test_cutting_the_loop_anywhere_changes_nothing(ready):
    whole, cut = market_of(ready), market_of(ready)
    whole.advance(10 * NS_PER_S)
    for at_ns in (1, 17, 12_345_678, 50_000_000, 50_000_001, 3 * NS_PER_S, 10 * NS_PER_S):
        cut.advance(at_ns)
    assert whole.hash_so_far() == cut.hash_so_far()


def test_the_book_never_crosses_and_its_totals_are_its_queues(ready):
    market = market_of(ready)
    for step in range(1, 400):
        market.advance(step * NS_PER_S // 20)
        book = market.book
        assert not book.best_bid_ticks or not book.best_ask_ticks or book.best_bid_ticks < book.best_ask_ticks
        bids, asks = book.lots
        assert book.best_bid_ticks == max(bids, default=0)
        assert book.best_ask_ticks == min(asks, default=0)
        assert all(lots > 0 for side in book.lots for lots in side.values())


def test_the_market_has_two_sides_nearly_always_and_trades(ready):
    trades = []
    market = market_of(ready, on_trade=lambda *trade: trades.append(trade))
    two_sided = 0
    for step in range(1, 1201):
        market.advance(step * NS_PER_S // 10)
        two_sided += bool(market.book.best_bid_ticks and market.book.best_ask_ticks)
    assert two_sided > 1180
    assert 3 < len(trades) / 120 < 12


def test_our_order_moves_no_proposal(ready):
    """What others propose, and the latent price, are the same whether we are there or not."""
    alone, with_us = market_of(ready), market_of(ready)
    with_us.enter(ours(BUY, alone.book.best_bid_ticks), 10, 0)
    for market in (alone, with_us):
        while market.advance(30 * NS_PER_S) < 30 * NS_PER_S:
            pass
    assert (alone.latent.micro, alone.next_proposal_ns, alone._proposal) == (
        with_us.latent.micro,
        with_us.next_proposal_ns,
        with_us._proposal,
    )
    assert alone.hash_so_far() != with_us.hash_so_far()


def test_volatility_scales_the_walk_without_moving_its_draws(ready):
    calm, wild = market_of(ready), market_of(ready)
    wild.factor = 4.0
    for market in (calm, wild):
        market.advance(20 * NS_PER_S)
    start = 120_000 * 10**6
    moved, moved_wild = calm.latent.micro - start, wild.latent.micro - start
    assert moved_wild == pytest.approx(4 * moved, rel=0.02)
    assert calm._proposal == wild._proposal
    assert wild.events != calm.events


def stale_quote(ready: Ready, seed: int, **sniper) -> FlowMarket:
    """Leave one bid where the market was, and let the latent price fall through it."""
    market = market_of(ready, seed, **sniper)
    order = ours(BUY, market.latent.ticks - 8, 50)
    market.enter(order, 50, 0)
    while market.advance(60 * NS_PER_S) < 60 * NS_PER_S:
        pass
    return market


def test_the_sniper_takes_a_quote_left_stale_and_only_then(ready):
    hit = [stale_quote(ready, seed).sniped for seed in range(1, 9)]
    assert any(hit)
    assert all(not stale_quote(ready, seed, enabled=False).sniped for seed in range(1, 9))


def test_the_sniper_needs_its_reaction_time(ready):
    market = market_of(ready, 3, enabled=True, reaction_ms=15)  # a seed in which nobody else comes first
    order = ours(BUY, market.latent.ticks + 3, 5)
    while market.book.best_ask_ticks <= order.price_ticks:
        market.book.drop_background(SELL, market.book.best_ask_ticks)
    market.enter(order, 5, 0)
    market.advance(15_000_000)
    assert 0 == market.sniped
    market.advance(15_000_001)
    assert (5, 0) == (market.sniped, market.ours["s-1"].lots)


def test_a_quote_pulled_before_the_sniper_arrives_is_safe(ready):
    market = market_of(ready)
    order = ours(BUY, market.latent.ticks + 3, 5)
    while market.book.best_ask_ticks <= order.price_ticks:
        market.book.drop_background(SELL, market.book.best_ask_ticks)
    market.enter(order, 5, 0)
    market.advance(14_000_000)
    market.leave(order)
    market.advance(30_000_000)
    assert 0 == market.sniped


def test_several_markets_move_in_the_order_of_their_events(ready):
    order = []

    class Counting:
        def __init__(self, name, times):
            self.name, self.times, self.touched = name, list(times), False

        @property
        def next_ns(self):
            return self.times[0] if self.times else 2**62

        def advance(self, until_ns):
            self.touched = False
            while self.times and self.times[0] <= until_ns:
                order.append((self.times.pop(0), self.name))
                if order[-1][0] == 7:
                    self.touched = True
                    return 7
            return until_ns

    markets = Markets([Counting("a", (1, 5, 7, 9)), Counting("b", (2, 6, 7, 8))])
    reached = [markets.advance(8)]
    while reached[-1] < 8:
        reached.append(markets.advance(8))
    assert [(1, "a"), (2, "b"), (5, "a"), (6, "b"), (7, "a"), (7, "b"), (8, "b")] == order
    assert [7, 7, 8] == reached


def naive_world(folder, **kinds):
    from sim import exchange as module

    world = None
    original = module.FlowMarket
    module.FlowMarket = QueuedFlowMarket
    try:
        world = small_world(folder, **kinds)
    finally:
        module.FlowMarket = original
    event_by_event(world.kernel, world.markets)
    return world


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_tight_loop_equals_event_by_event_with_the_bot_in_it(tmp_path, seed):
    """Same market hash, same fills, same truth: the loop sees no future and misses no past."""
    tight = small_world(tmp_path, seconds=40, seed=seed, symbols="[BTCUSDT, ETHUSDT]")
    naive = naive_world(tmp_path, seconds=40, seed=seed, symbols="[BTCUSDT, ETHUSDT]")
    outcomes = [world.run() for world in (tight, naive)]
    assert ["", ""] == [outcome.error for outcome in outcomes]
    assert [m.hash_so_far() for m in tight.markets] == [m.hash_so_far() for m in naive.markets]
    assert [f.event for f in tight.venue.fills] == [f.event for f in naive.venue.fills]
    assert outcomes[0].digest == outcomes[1].digest
    assert len(tight.venue.fills) > 20
