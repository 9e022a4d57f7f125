"""``sim sweep``: a grid of settings, or random ones, times seeds."""

import sys
from pathlib import Path
from typing import Any

import click

from sim.dice import SEED_MAX
from sim.verbs.seconds import Seconds


@click.command("sweep", short_help="Try a grid of settings, or random ones, over seeds.")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("-p", "parameters", multiple=True, required=True, metavar="KEY=VALUES", help="What to try; see below.")
@click.option("--random", type=click.IntRange(1), metavar="N", help="Draw N points instead of the whole grid.")
@click.option(
    "--draw-seed", type=click.IntRange(0, SEED_MAX), default=1, show_default=True, help="Names the draws of --random."
)
@click.option("-s", "--seeds", "--seed", "seeds", metavar="SEEDS", help="Seeds to run, such as 7 or 1,3 or 101-164.")
@click.option("-w", "--workers", default="auto", show_default=True, help="Worker processes, or 'auto'.")
@click.option("--engine", default="local", show_default=True, help="Where they are: local, dask or tcp://HOST:PORT.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override a setting at every point.")
@click.option("--metric", "metrics", multiple=True, metavar="NAME", help="Figures to show; the first decides the best.")
@click.option("--until", "until_s", type=Seconds(min=0, min_open=True), help="Stop after S simulated seconds.")
@click.option("--core", default="", metavar="MODULE:FACTORY", help="Put another core into the same world.")
@click.option("--data", "data_dir", envvar="STORMQUOTE_DATA", default="", help="Folder of recorded market data.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to write (default: sweeps/NAME).")
@click.option("--resume", is_flag=True, help="Go on with what the folder holds; nothing is run twice.")
@click.option("--format", "form", type=click.Choice(["plain", "json"]), default="plain", show_default=True)
def command(**options: Any) -> None:
    """Run SCENARIO at every point over the same seeds and show the figures of each.

    -p spread.base_bps=0.6:2.5:9 tries nine values from 0.6 to 2.5; -p model=pipeline,symmetric tries
    those two. With --random N a range needs no count: -p spread.base_bps=0.6:2.5.

    Every result is written down as it arrives. Gates are not judged. Exit codes: 0 done, 1 an
    invariant broke, 2 wrong usage, 3 a file or setting is invalid, 4 the strategy or the world
    raised, 5 nothing could run, 8 a worker was lost, 130 interrupted.
    """
    from sim.scenario.metrics import METRICS
    from sim.search.sweep import Options, sweep
    from strategy.hints import did_you_mean

    options["metrics"] = options["metrics"] or ("net_bps", "net_ex_fees_bps", "fills", "two_sided_uptime_pct")
    for name in options["metrics"]:
        if name not in METRICS:
            raise click.BadParameter(f"unknown metric {name!r}{did_you_mean(name, METRICS)}", param_hint="--metric")
    sys.exit(sweep(Options(**options)))
