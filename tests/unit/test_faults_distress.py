"""What a market in distress does to prices, to the book, and to what we hold."""

import pytest
from small_world import small_world

from sim.market.latent import STEP_NS
from strategy.units import BPS, NS_PER_S

_MICRO = 1_000_000


def watched(tmp_path, faults: str, seconds: float = 20, symbols: str = "[BTCUSDT]", **kinds):
    """Play a world whose prices, books and lots at the touch are noted at every step of the price."""
    world = small_world(tmp_path, seconds, faults=faults, symbols=symbols, **kinds)
    seen: list[list[tuple[float, int]]] = [[] for _ in world.markets]

    def look(step: int) -> None:
        for rows, market in zip(seen, world.markets, strict=True):
            rows.append((market.latent.micro / _MICRO, sum(sum(side.values()) for side in market.book.lots)))
        if (step + 1) * STEP_NS < seconds * NS_PER_S:
            world.kernel.at((step + 1) * STEP_NS + 1, look, step + 1)

    world.kernel.at(1, look, 0)
    assert "" == world.run().error
    assert [] == world.oracle.breaches
    return world, seen


def moved_bps(rows, other, at_s: float) -> float:
    """Give how far one world's price is from another's, in bps."""
    step = round(at_s * NS_PER_S / STEP_NS)
    return (rows[step][0] / other[step][0] - 1) * BPS


def ticks_after(rows, fill) -> float:
    """Give the price a second after a fill."""
    step = (fill.true_ns + NS_PER_S) // STEP_NS
    return rows[min(step, len(rows) - 1)][0]


def test_a_jump_moves_every_symbol_at_once_by_the_same_and_what_follows_is_what_would_have(tmp_path):
    symbols = "[BTCUSDT, ETHUSDT]"
    _, calm = watched(tmp_path, "", symbols=symbols)
    _, jumped = watched(tmp_path, "{at_s: 5, kind: price_jump, by_bps: -40}", symbols=symbols)
    for rows, other in zip(jumped, calm, strict=True):
        assert [0, -40, -40] == [pytest.approx(moved_bps(rows, other, at), abs=0.01) for at in (4.9, 5.2, 19)]


def test_one_symbol_can_jump_alone(tmp_path):
    symbols = "[BTCUSDT, ETHUSDT]"
    _, calm = watched(tmp_path, "", symbols=symbols)
    _, jumped = watched(tmp_path, "{at_s: 5, kind: price_jump, by_bps: 40, symbols: [ETHUSDT]}", symbols=symbols)
    assert [0, 40] == [pytest.approx(moved_bps(*pair, 9), abs=0.01) for pair in zip(jumped, calm, strict=True)]


def test_a_flash_crash_falls_while_it_lasts_and_comes_back(tmp_path):
    _, (calm,) = watched(tmp_path, "")
    fault = "{at_s: 4, for_s: 4, kind: flash_crash, depth_bps: 100, recover_s: 6}"
    _, (rows,) = watched(tmp_path, fault)
    fallen = [moved_bps(rows, calm, at) for at in (4, 6, 8.05, 11.05, 14.2, 19)]
    assert [0, -50, -100, -50, 0, 0] == [pytest.approx(one, abs=1.5) for one in fallen]


def test_vanished_liquidity_is_gone_at_once_and_grows_again(tmp_path):
    _, (calm,) = watched(tmp_path, "")
    fault = "{at_s: 5, for_s: 5, kind: liquidity_vanishes, kept: 0.2}"
    _, (rows,) = watched(tmp_path, fault)
    steps = [round(at * NS_PER_S / STEP_NS) for at in (4.9, 5.1, 9.9, 19)]
    left = [rows[step][1] / calm[step][1] for step in steps]
    assert 1 == left[0]
    assert all(0.05 < share < 0.4 for share in left[1:3]), "each by its own draw, our quotes beside"
    assert left[3] > 0.6


def test_an_empty_book_is_survived(tmp_path):
    watched(tmp_path, "{at_s: 5, for_s: 5, kind: liquidity_vanishes, kept: 0}", seconds=30)


def test_takers_who_know_leave_us_with_what_is_about_to_be_worth_less(tmp_path):
    """Where nobody else is informed and no sniper aims, the price goes against us after a fill by their doing."""
    flow = "symbols.BTCUSDT.flow"
    calm_market = f"{flow}.informed.looks_per_s: 0, {flow}.sniper.enabled: false"

    def mean_ticks(share: float) -> float:
        fault = f"{{at_s: 1, for_s: 98, kind: toxic_flow, share: {share}}}"
        world, (rows,) = watched(tmp_path, fault, seconds=120, market=calm_market)
        gains = [fill.event.side * (ticks_after(rows, fill) - fill.event.price_ticks) for fill in world.venue.fills]
        assert len(gains) >= 10
        return sum(gains) / len(gains)

    assert mean_ticks(1.0) < mean_ticks(0.0) - 1


def test_a_funding_shock_is_paid_by_what_is_held_and_counted_by_the_bot(tmp_path):
    faults = ", ".join(f"{{at_s: {at}, kind: funding_shock, rate_bps: 50}}" for at in range(3, 15))
    world, _ = watched(tmp_path, faults)
    holding = world.venue.account.holdings["BTCUSDT"]
    assert holding.funding_cash
    assert 0 == world.venue.account.zero_sum_cash()
    assert holding.cash == world.core.belief().symbols[0].cash


def test_a_rate_below_zero_is_received_by_who_is_long(tmp_path):
    paid = [
        watched(tmp_path, f"{{at_s: 9, kind: funding_shock, rate_bps: {rate}}}")[0].venue.funded[-1].cash
        for rate in (30, -30)
    ]
    assert paid[0] == -paid[1] != 0
