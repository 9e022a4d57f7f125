"""``sim run``: scenarios over seeds, gates judged, a run folder written."""

import sys
import time
from pathlib import Path
from typing import Any

import click

from sim.verbs.seconds import Seconds
from strategy.exit_codes import ExitCode


@click.command("run", short_help="Run scenarios over seeds and judge their gates.")
@click.argument("scenarios", nargs=-1, type=click.Path(path_type=Path))
@click.option("-s", "--seed", "seeds", metavar="SEEDS", help="Seeds to run, such as 7 or 1,3 or 101-164.")
@click.option("-w", "--workers", default="auto", show_default=True, help="Worker processes, or 'auto'.")
@click.option("--engine", default="local", show_default=True, help="Where they are: local, dask or tcp://HOST:PORT.")
@click.option("-k", "expression", help="Only scenarios whose name contains this.")
@click.option("--tag", help="Only scenarios with this tag.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Override a strategy setting, or run.KEY.")
@click.option("--baseline", metavar="REF|PATH", help="Judge drops against this: a commit, a folder, a run.")
@click.option("--save-baseline", is_flag=True, help="Keep this run's figures as the baseline beside each scenario.")
@click.option(
    "--confirm", type=click.IntRange(min=2), help="A drop counts only with N times the seeds, if it has them."
)
@click.option("-x", "--fail-fast", is_flag=True, help="Start nothing more after the first failure.")
@click.option("--until", "until_s", type=Seconds(min=0, min_open=True), help="Stop after S simulated seconds.")
@click.option("--check-determinism", is_flag=True, help="Run everything twice, differently, and compare digests.")
@click.option("--fault-costs", is_flag=True, help="Run each seed without each fault, too: what each one costs.")
@click.option("--fills", is_flag=True, help="Keep every fill of every seed, explained: fills.ndjson.")
@click.option("--core", default="", metavar="MODULE:FACTORY", help="Put another core into the same world.")
@click.option("--through", default="", metavar="ARM", help="Run the bot through the real adapter: live.")
@click.option("--from-journal", type=click.Path(path_type=Path), help="Make a scenario of a live journal; run it.")
@click.option("--incident", type=click.Path(path_type=Path, file_okay=False), help="Folder to write that scenario to.")
@click.option("--data", "data_dir", envvar="STORMQUOTE_DATA", default="", help="Folder of recorded market data.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to write (default: runs/<id>).")
@click.option("--junit", type=click.Path(path_type=Path), help="Write the JUnit file here as well.")
@click.option(
    "--format", "form", type=click.Choice(["auto", "plain", "json", "github"]), default="auto", show_default=True
)
@click.option("-q", "--quiet", is_flag=True, help="Only the overview and the verdict.")
@click.option("--dry-run", is_flag=True, help="Check the files, list what would run, run nothing.")
def command(**options: Any) -> None:
    """Run SCENARIOS (files or folders) over their seeds and judge their gates.

    Exit codes: 0 all held, 1 a gate or invariant failed, 3 a file is invalid, 4 the strategy or
    the world raised, 5 nothing was selected, 6 not deterministic, 7 no baseline to compare with,
    8 a worker was lost, 130 interrupted (what had finished is written).
    """
    from sim.runs.session import Options, Session

    journal, incident = options.pop("from_journal"), options.pop("incident")
    if journal is not None:
        options |= _incident(journal, incident, options["scenarios"])
    if options["confirm"] and not options["baseline"]:
        raise click.UsageError("--confirm looks again at a drop against a baseline: it needs --baseline")
    if not options["scenarios"]:
        _say_what_to_type()
    session = Session(Options(**options, started_ns=time.time_ns(), argv=tuple(sys.argv[1:])))
    sys.exit(session.run())


def _incident(journal: Path, folder: Path | None, scenarios: tuple[Path, ...]) -> dict[str, Any]:
    """Make a scenario of a live journal; give the options that run it."""
    from sim.incident.writing import write_incident
    from sim.journal_file import NotAJournal, opened
    from strategy.journal_table import Damaged

    if scenarios:
        raise click.UsageError("--from-journal makes a scenario of its own: name no other")
    try:
        with opened(journal) as file:
            folder = folder or Path("incidents") / file.boots[-1].session
            path = write_incident(file, folder)
    except (NotAJournal, Damaged) as error:
        click.echo(f"error[{error.code}]: {error}", err=True)
        sys.exit(ExitCode.BAD_FILE)
    click.echo(f"wrote {path}; again: sim run {path} --data {folder}", err=True)
    return {"scenarios": (path,), "data_dir": str(folder)}


def _say_what_to_type() -> None:
    """List what is there and what to type; leave with the code of wrong usage."""
    found = sorted(Path("scenarios").glob("*.yaml"))
    if found:
        click.echo("scenarios here:", err=True)
        for path in found:
            click.echo(f"  {path}", err=True)
    click.echo("say which to run, for example: sim run scenarios/*.yaml", err=True)
    sys.exit(ExitCode.USAGE)
