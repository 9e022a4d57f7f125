"""``sim calibrate``: search weights, judge them on held-out seeds, propose a config."""

import sys
import time
from pathlib import Path

import click

from strategy.exit_codes import ExitCode


@click.command("calibrate", short_help="Search weights, judge on held-out seeds, propose a config.")
@click.argument("study", type=click.Path(path_type=Path))
@click.option("--trials", type=click.IntRange(1), help="How many points to try, instead of what the study says.")
@click.option("--sampler", type=click.Choice(["tpe", "cmaes", "random"]), help="The method, instead of the study's.")
@click.option("--holdout", metavar="SEEDS", help="Seeds to judge on, instead of the study's.")
@click.option("-w", "--workers", default="auto", show_default=True, help="Worker processes, or 'auto'.")
@click.option("--engine", default="local", show_default=True, help="Where they are: local, dask or tcp://HOST:PORT.")
@click.option("--data", "data_dir", envvar="STORMQUOTE_DATA", default="", help="Folder of recorded market data.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder (default: calibrations/NAME).")
@click.option("--resume", is_flag=True, help="Go on with what the folder holds; nothing is run twice.")
@click.option("--apply", is_flag=True, help="Write the proposal over the config, where one was shown to be better.")
def command(
    study: Path,
    trials: int | None,
    sampler: str | None,
    holdout: str | None,
    workers: str,
    engine: str,
    data_dir: str,
    out: Path | None,
    resume: bool,
    apply: bool,
) -> None:
    """Carry out STUDY: search its weights on the training seeds, judge the best on the held-out ones.

    Writes evidence.json and, where the best was shown to be better, proposed.yaml. The config itself
    is left alone without --apply. Any number of workers finds the same.

    Exit codes: 0 done, whatever was found; 1 with --apply, nothing to apply; 2 wrong usage; 3 a file
    is invalid; 5 nothing could run; 8 a worker was lost; 130 interrupted.
    """
    from importlib.util import find_spec

    if find_spec("optuna") is None or find_spec("cmaes") is None:
        raise click.UsageError("optuna is not installed; it comes with the extra: pip install 'stormquote[calibrate]'")
    from sim.runs.engine import Crew, workers_of
    from sim.search.asked import read_study
    from sim.search.calibration import EVIDENCE, PROPOSAL, PROPOSED, Unfinished, carry_out, in_words
    from sim.search.sweep import claim, exit_code

    started_s = time.monotonic()
    asked = read_study(study, holdout, trials, sampler)
    folder = out or Path("calibrations") / asked.study.name
    with Crew(engine, workers_of(workers)) as crew:
        claim(folder, resume)
        try:
            found = carry_out(asked, crew, folder, data_dir, lambda line: click.echo(line, err=True))
        except Unfinished as unfinished:
            code = exit_code(unfinished.gathered)
            whys = (one.skipped or one.refused for one in unfinished.gathered.results.values())
            why = next((why for why in (str(unfinished), *whys) if why), "not every run has a result")
            click.echo(f"not carried out to the end: {why}   exit {code}", err=True)
            sys.exit(code)
    click.echo(f"{found.verdict}: {in_words(asked, found)}")
    for setting in found.best.settings if found.best else ():
        click.echo(f"  {setting}")
    click.echo(f"in {time.monotonic() - started_s:.0f} s   data {folder / EVIDENCE}", err=True)
    if found.verdict == PROPOSAL:
        click.echo(f"proposed {folder / PROPOSED}", err=True)
    if apply:
        sys.exit(_apply(folder / PROPOSED, asked.config))


def _apply(proposed: Path, config: Path) -> ExitCode:
    """Put the proposal in the config's place, because that was said; without one there is nothing to do."""
    if not proposed.exists():
        click.echo(f"{config} is left as it is: there is no proposal", err=True)
        return ExitCode.FAILED
    config.write_text(proposed.read_text(encoding="utf-8"), encoding="utf-8")
    click.echo(f"{config} is the proposal now", err=True)
    return ExitCode.OK
