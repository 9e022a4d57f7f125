"""``live flatten``: cancel, then trade the position to zero."""

from pathlib import Path

import click

from adapters.verbs import options
from adapters.verbs.table import say_rows


@click.command("flatten", short_help="Cancel, then trade the position to zero.")
@options.config
@options.venue
@click.option("--symbol", "symbols", multiple=True, metavar="NAME", help="Only this one; may be repeated.")
@click.option(
    "--max-slippage-bps",
    type=click.FloatRange(min=0, max=1000),
    default=20.0,
    show_default=True,
    help="How far from the mid as first seen an order may be.",
)
@click.option("--taker", is_flag=True, help="Take at once. Otherwise orders rest at our side of the spread.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(min=1), default=120.0, show_default=True)
@click.option("--dry-run", is_flag=True, help="Say what is open and held; send nothing.")
@options.form
def command(
    config_path: Path,
    venue_name: str | None,
    symbols: tuple[str, ...],
    max_slippage_bps: float,
    taker: bool,
    timeout_s: float,
    dry_run: bool,
    form: str,
) -> None:
    """Stop the bot if one runs, cancel everything, trade what the venue says we hold to zero.

    Every order only reduces. A bar does not keep from it. Exit codes: 0 flat, 1 the bot did not stop,
    3 a file is invalid, 11 the venue cannot be asked, 12 a position is left.
    """
    import asyncio

    from adapters.endings import Ended
    from adapters.flattening import Terms
    from adapters.going_flat import looked_at, made_flat
    from adapters.keys import read_keys
    from adapters.preflight import OK
    from adapters.settings import load
    from strategy.exit_codes import ExitCode

    settings = load(config_path)
    options.must_be_about(venue_name, settings.venue_name)
    for symbol in symbols:
        if symbol not in settings.live.symbols:
            known = ", ".join(settings.live.symbols)
            raise click.BadParameter(f"{symbol} is not quoted; there is {known}", param_hint="--symbol")
    chosen = list(symbols or settings.live.symbols)
    keys = read_keys(settings.keys_dir)
    if dry_run:
        say_rows(asyncio.run(looked_at(settings, keys, chosen)), form, is_ok=True)
        return
    rows = made_flat(settings, keys, chosen, Terms(max_slippage_bps, taker, timeout_s))
    left = [row for row in rows if row.state != OK]
    say_rows(rows, form, is_ok=not left)
    if left:
        raise Ended("SQ-R031", f"left: {', '.join(row.check for row in left)}", ExitCode.NOT_FLAT)
