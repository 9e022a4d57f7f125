"""``sim shrink``: the smallest scenario that still fails the same way."""

import sys
from pathlib import Path
from typing import Any

import click

from sim.dice import SEED_MAX


@click.command("shrink", short_help="Make a failing seed as small as it can be.")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("-s", "--seed", type=click.IntRange(0, SEED_MAX), required=True, help="The seed that fails.")
@click.option("--gate", default="", metavar="METRIC", help="Keep failing this gate.")
@click.option("--invariant", default="", metavar="CODE", help="Keep breaking this invariant, such as S3.")
@click.option("--code", default="", metavar="CODE", help="Keep raising this error, such as SQ-S001.")
@click.option("--max-runs", "runs_max", type=click.IntRange(1), default=200, show_default=True, help="How many runs.")
@click.option(
    "-o", "out", type=click.Path(path_type=Path, dir_okay=False), help="File to write; never one that is there."
)
@click.option("--promote", is_flag=True, help="Write it into scenarios/regressions/ as well.")
@click.option("-w", "--workers", default="auto", show_default=True, help="Worker processes, or 'auto'.")
@click.option("--engine", default="local", show_default=True, help="Where they are: local, dask or tcp://HOST:PORT.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override a strategy setting.")
@click.option("--core", default="", metavar="MODULE:FACTORY", help="Put another core into the same world.")
@click.option("--through", default="", metavar="ARM", help="Run the bot through the real adapter: live.")
@click.option("--data", "data_dir", envvar="STORMQUOTE_DATA", default="", help="Folder of recorded market data.")
def command(gate: str, invariant: str, code: str, **options: Any) -> None:
    """Cut SCENARIO with one seed down to what it takes to fail in the same way.

    The same way is the same invariant or gate, the same states of the order it is about, and the same
    place in the code. Without --gate, --invariant or --code it is the first failure of the run. The
    horizon is cut, faults are dropped, lengths and magnitudes halved, symbols and other traders sent
    home; then each fault that is left is told with the ranges in which it still fails.

    Exit codes: 0 written, 2 wrong usage, 3 a file is invalid, 5 the seed does not fail like that, 8 no
    worker is left, 130 interrupted (the smallest that was found is written).
    """
    from sim.runs.failing import Wanted
    from sim.scenario.invariants import INVARIANTS
    from sim.scenario.metrics import METRICS
    from sim.shrink.shrinking import Options, Shrinking
    from strategy.error_codes import REGISTRY
    from strategy.hints import did_you_mean

    invariant, code = invariant.upper(), code.upper()
    if sum(map(bool, (gate, invariant, code))) > 1:
        raise click.UsageError("one failure at a time: --gate, --invariant or --code")
    for value, known, option in (
        (gate, METRICS, "--gate"),
        (invariant, INVARIANTS, "--invariant"),
        (code, REGISTRY, "--code"),
    ):
        if value and value not in known:
            raise click.BadParameter(f"unknown {value!r}{did_you_mean(value, known)}", param_hint=option)
    sys.exit(Shrinking(Options(**options, wanted=Wanted(gate, invariant, code))).run())
