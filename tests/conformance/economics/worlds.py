"""Whole worlds: identities that are exact on every run, and controls that must look bad."""

import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

from conformance.economics.table import Row
from small_world import small_scenario, small_world

from sim.market.figures import figures_of, played_market
from sim.runs.job import Job
from sim.runs.metrics import ledger_of
from sim.runs.resampling import interval_of_mean
from sim.runs.seed import run_seed
from sim.scenario.load import load_scenarios
from sim.world import World

_IDENTITY = "1 identity"
_CONTROL = "7 control"
_VIP0 = Path(__file__).resolve().parents[3] / "scenarios" / "economics" / "btc_vip0.yaml"


def identities(world: World) -> dict[str, int]:
    """Give what must be nothing, in whole cash: money from nowhere, and earnings without a cause."""
    end_ns = world.kernel.now_ns
    causes = booked = 0
    mids = {}
    for symbol in world.standing:
        ledger = ledger_of(world, symbol, 0)
        figures = ledger.figures(end_ns)
        named = figures.capture_cash + figures.fee_cash + figures.funding_cash + figures.inventory_cash
        causes += abs(figures.pnl_cash - named)
        booked += figures.pnl_cash
        mids[symbol] = ledger.mid2_ticks
    account = world.venue.account
    return {
        "made from nothing over all accounts": world.venue.zero_sum_cash(),
        "gained without a cause": causes,
        "gained beside the venue's account": booked - account.equity_cash(mids) + account.start_cash,
    }


def rows(quick: bool) -> Iterator[Row]:
    """Give the identities of a world with two symbols and rebates, and the controls."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _identities(Path(folder), quick)
        yield from _touch(quick)
        yield from _memoryless(Path(folder), quick)


def _identities(folder: Path, quick: bool) -> Iterator[Row]:
    left: dict[str, int] = {}
    fills = 0
    for seed in range(1, 2 if quick else 33):
        world = small_world(folder, 40, seed=seed, symbols="[BTCUSDT, ETHUSDT]")
        world.run()
        fills += len(world.venue.fills)
        for name, cash in identities(world).items():
            left[name] = left.get(name, 0) + abs(cash)
    for name, cash in left.items():
        yield Row(_IDENTITY, name, 0.0, float(cash), 0.0)
    yield Row(_IDENTITY, "fills judged", 20.0, float(fills), 0.0, is_floor=True)


def _touch(quick: bool) -> Iterator[Row]:
    """Quote the touch at today's ordinary fee of 2 bps: a simulator that reports profit there is wrong."""
    (ready,) = load_scenarios([_VIP0], settings=[f"run.duration_s={60 if quick else 600}"])
    played = [run_seed(Job(ready.of_control("touch"), seed)).metrics for seed in range(1, 7 if quick else 33)]
    lost = [-figures["net_bps"]["value"] for figures in played]
    interval = interval_of_mean("the touch", lost)
    assert interval is not None
    yield Row(_CONTROL, "the touch at a fee of 2 bps loses, bps", 1.5, fmean(lost), 0.0, is_floor=True)
    yield Row(_CONTROL, "and with 95 % certainty at least", 1.5, interval[0], 0.0, is_floor=True)
    fills = fmean(figures["fills_per_h"]["value"] for figures in played)
    yield Row(_CONTROL, "its fills an hour", 1000.0, fills, 0.0, is_floor=True)


def _memoryless(folder: Path, quick: bool) -> Iterator[Row]:
    """Takers without memory show neither clusters nor persistent sides: recorded markets show both."""
    flow = small_scenario(folder).profile.symbols["BTCUSDT"].flow
    assert flow is not None
    alone = flow.model_copy(update={"informed": flow.informed.model_copy(update={"looks_per_s": 0.0})})
    for_s = 600 if quick else 6_000
    figures = figures_of(*played_market("BTCUSDT", alone, 120_000, 9, for_s))
    clusters = figures.clusters_per_s * figures.span_s
    fano = 4 * math.sqrt(2 / (for_s / 10))
    yield Row(_CONTROL, "Poisson takers: Fano factor, 10 s (recorded: 12 and 40)", 1.0, figures.fano_10s, fano)
    acf = 4 / math.sqrt(clusters)
    yield Row(_CONTROL, "Poisson takers: sign ACF, lag 1 (recorded: .21 and .25)", 0.0, figures.sign_acf_1, acf)
    yield Row(_CONTROL, "Poisson takers: sign ACF, lag 20 (recorded: .03 and .10)", 0.0, figures.sign_acf_20, acf)
