"""``sim swarm``: random worlds, drawn from seeds and run."""

import sys
from pathlib import Path
from typing import Any

import click


@click.command("swarm", short_help="Draw a storm from each seed, run them all, group what failed.")
@click.argument("scenario", required=False, type=click.Path(path_type=Path))
@click.option("-s", "--seeds", "--seed", "seeds", default="1-100", show_default=True, metavar="SEEDS", help="Which.")
@click.option("-w", "--workers", default="auto", show_default=True, help="Worker processes, or 'auto'.")
@click.option("--engine", default="local", show_default=True, help="Where they are: local, dask or tcp://HOST:PORT.")
@click.option("--core", default="", metavar="MODULE:FACTORY", help="Put another core into the same worlds.")
@click.option("--through", default="", metavar="ARM", help="Run some seeds once more through the real adapter: live.")
@click.option("--every", type=click.IntRange(1), default=50, show_default=True, help="Of --through: one seed in N.")
@click.option("--data", "data_dir", envvar="STORMQUOTE_DATA", default="", help="Folder of recorded market data.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to write (default: swarms/NAME).")
@click.option("--must-reach", is_flag=True, help="Fail where a rare state was never reached.")
@click.option("--resume", is_flag=True, help="Go on with what the folder holds; nothing is run twice.")
@click.option("--format", "form", type=click.Choice(["plain", "json", "github"]), default="plain", show_default=True)
def command(**options: Any) -> None:
    """Draw a world from each seed (faults, settings, how the storm ends) and run it once.

    SCENARIO is what all worlds have in common: market, bot, length, calm; without one, an ordinary
    market of two symbols. Each world is written as a scenario file of its own, so that whatever fails
    is run again, made smaller or looked into like any other: the line of a failure ends with the command.

    Every result is written down as it arrives; what was killed goes on with --resume. Exit codes: 0 all
    held, 1 an invariant or gate failed, too many runs were excused or a rare state was missed, 2 wrong
    usage, 3 a file is invalid, 4 the strategy or the world raised, 5 nothing could run, 8 a worker was
    lost, 130 interrupted.
    """
    from sim.swarm.swarm import Options, Swarm

    sys.exit(Swarm(Options(**options)).run())
