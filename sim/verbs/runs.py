"""``sim runs``: the run folders there are; some pinned, some deleted."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from strategy.exit_codes import ExitCode

if TYPE_CHECKING:
    from sim.runs.shelf import Run

_MIB: Final = 2**20


@click.command("runs", short_help="List, pin and delete run folders.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=Path("runs"), show_default=True)
@click.option("--pin", "pinned", multiple=True, metavar="RUN", help="Keep this run for good; may be repeated.")
@click.option("--unpin", "unpinned", multiple=True, metavar="RUN", help="Let this run go with the others.")
@click.option("--delete", "deleted", multiple=True, metavar="RUN", help="Delete this run; a pinned one is refused.")
@click.option(
    "--keep", type=click.IntRange(min=0), metavar="N", help="Delete all but the N youngest, and those pinned."
)
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, delete nothing.")
@click.option("--format", "form", type=click.Choice(["plain", "json"]), default="plain", show_default=True)
def command(
    folder: Path,
    pinned: tuple[str, ...],
    unpinned: tuple[str, ...],
    deleted: tuple[str, ...],
    keep: int | None,
    dry_run: bool,
    form: str,
) -> None:
    """List the run folders in --folder, the youngest first, after what was asked for is done.

    Nothing but folders with a manifest is ever listed or deleted.

    Exit codes: 0 done; 2 wrong usage; 3 no such run, or it is pinned (then nothing was deleted).
    """
    from sim.runs import shelf

    try:
        for name in unpinned:
            shelf.unpin(folder, name)
        for name in pinned:
            shelf.pin(folder, name)
        going = dict.fromkeys([*deleted, *(shelf.beyond(folder, keep) if keep is not None else [])])
        if not dry_run:
            shelf.delete(folder, tuple(going))
    except shelf.NoSuchRun as error:
        click.echo(f"error[{error.code}]: {error}", err=True)
        sys.exit(ExitCode.BAD_FILE)
    for name in going:
        click.echo(f"{'would delete' if dry_run else 'deleted'} {folder / name}", err=True)
    _say(folder, shelf.runs_in(folder), form)


def _say(folder: Path, runs: "list[Run]", form: str) -> None:
    if form == "json":
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(runs), indent=2).decode())
        return
    if not runs:
        click.echo(f"no run in {folder}", err=True)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=True, header_style="dim")
    for head in ("run", "started", "verdict", "scenarios", "seeds", "commit", "MiB", ""):
        table.add_column(head, justify="right" if head in ("scenarios", "seeds", "MiB") else "left")
    style = {"passed": "green", "failed": "bold red", "damaged": "yellow"}
    for one in runs:
        verdict = f"[{style[one.verdict]}]{one.verdict}[/]"
        size = f"{one.size_bytes / _MIB:.1f}"
        pin = "pinned" if one.is_pinned else ""
        table.add_row(one.name, one.started_utc, verdict, str(one.scenarios), str(one.seeds), one.commit, size, pin)
    Console(width=None if sys.stdout.isatty() else 140).print(table)
