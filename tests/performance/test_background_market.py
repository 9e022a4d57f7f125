"""The background market in its own loop against the same market event by event in SimPy's queue.

Ratios in one run, never seconds: machines differ and are shared. Run with ``-s`` to see the figures.
"""

import gc
import time

from small_world import small_world

from sim import exchange as module
from sim.market.naive import QueuedFlowMarket, event_by_event

SECONDS = 120


def timed(tmp_path, *, is_naive: bool):
    original = module.FlowMarket
    module.FlowMarket = QueuedFlowMarket if is_naive else original
    try:
        world = small_world(tmp_path, seconds=SECONDS)
    finally:
        module.FlowMarket = original
    if is_naive:
        event_by_event(world.kernel, world.markets)
    gc.collect()
    started_s = time.process_time()
    outcome = world.run()
    return time.process_time() - started_s, outcome, world


def test_the_tight_loop_is_no_slower_and_the_same_to_the_last_byte(tmp_path):
    pairs = []
    for _ in range(3):
        tight_s, tight, world = timed(tmp_path, is_naive=False)
        naive_s, naive, _ = timed(tmp_path, is_naive=True)
        assert tight.digest == naive.digest
        pairs.append((tight_s, naive_s))
    tight_s, naive_s = min(tight for tight, _ in pairs), min(naive for _, naive in pairs)
    events = world.markets[0].events / SECONDS
    decisions = world.core.decisions / SECONDS
    print(
        f"\n{events:.0f} background events/s, {decisions:.1f} decisions/s: whole world {SECONDS / tight_s:.0f} s/s, "
        f"event by event {SECONDS / naive_s:.0f} s/s, ratio {naive_s / tight_s:.2f}"
    )
    # The bot and the oracle cost far more than the market, so here only a slower loop would show.
    assert naive_s > 0.9 * tight_s


def test_the_market_alone_is_several_times_faster_in_its_loop(tmp_path):
    """Without a bot in the way: what the loop itself saves."""
    from sim.dice import Dice
    from sim.kernel import Kernel

    flow = small_world(tmp_path).scenario.profile.symbols["BTCUSDT"].flow
    spent = {}
    for is_naive in (False, True, False, True):
        kernel = Kernel()
        kind = QueuedFlowMarket if is_naive else module.FlowMarket
        market = kind("BTCUSDT", flow, 120_000, Dice(1), lambda *_: None)
        market.fill_book()
        if is_naive:
            event_by_event(kernel, [market])
        else:
            kernel.market = market
        started_s = time.process_time()
        kernel.run(300 * 10**9)
        took_s = time.process_time() - started_s
        spent[is_naive] = min(took_s, spent.get(is_naive, took_s))
    print(
        f"\nmarket alone: {market.events / spent[False]:,.0f} events/s in the loop, ratio {spent[True] / spent[False]:.2f}"
    )
    assert spent[True] > 1.2 * spent[False]
