"""A world of hundreds of symbols in one account: two quotes each make a thousand orders at once.

The market of each symbol is that of the shipped profile, thinned: what is stressed is the bot, its
budgets and its ledger, not the flow. The rate tier is one that such a book of orders needs.
"""

from pathlib import Path
from typing import Any

from small_world import small_scenario

from sim.plan import expand
from sim.scenario.load import Ready
from sim.world import World
from strategy.core import Core

ORDERS_PER_S = 4000


def crowd_scenario(
    folder: Path, symbols: int, seconds: float, *, faults: str = "", calm_s: float | None = None
) -> Ready:
    """Load the small scenario and clone its symbol so many times, config and profile alike."""
    overrides = (
        f"pacing.orders_per_s: {ORDERS_PER_S}, pacing.burst: {ORDERS_PER_S}, pacing.queries_per_s: {ORDERS_PER_S}, "
        "loop.decide_every_ms: 500, guard.doubts_count.soft_enter: 50, guard.doubts_count.soft_exit: 20, "
        "guard.doubts_count.hard_enter: 200, guard.doubts_count.hard_exit: 100, "
        'account.gross_notional_max: "100000000", account.net_notional_max: "100000000"'
    )
    market = (
        f"rates.orders_per_s: {ORDERS_PER_S}, rates.burst: {ORDERS_PER_S}, venue.reads_per_s: {ORDERS_PER_S}, "
        'venue.publish_every_ms: 500, venue.deposit_usdt: "50000000", venue.book_levels: 5, '
        "symbols.BTCUSDT.flow.makers.orders_per_s: 4, symbols.BTCUSDT.flow.takers.orders_per_s: 0.5, "
        "symbols.BTCUSDT.flow.informed.looks_per_s: 1"
    )
    one = small_scenario(folder, seconds, faults=faults, calm_s=calm_s, overrides=overrides, market=market)
    names = tuple(f"S{number:04d}USDT" for number in range(symbols))
    profile, config = one.profile, one.config
    return one.model_copy(
        update={
            "market": one.market.model_copy(update={"symbols": names}),
            "profile": profile.model_copy(update={"symbols": dict.fromkeys(names, profile.symbols["BTCUSDT"])}),
            "config": config.model_copy(update={"symbols": dict.fromkeys(names, config.symbols["BTCUSDT"])}),
        }
    )


def crowd(
    folder: Path, symbols: int = 500, seconds: float = 10, *, seed: int = 1, factory: Any = Core, **kinds: Any
) -> World:
    """Build the world."""
    scenario = crowd_scenario(folder, symbols, seconds, **kinds)
    return World(scenario, expand(scenario, seed), factory)
