"""``sim migrate``: raise files to the current version, comments kept."""

import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from strategy.exit_codes import ExitCode

if TYPE_CHECKING:
    from strategy.migrations import Migrated


@click.command("migrate", short_help="Raise scenario and config files to the current version.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--to", "to_version", type=click.IntRange(1), help="Stop at this version instead of the current one.")
@click.option("--check", is_flag=True, help="Write nothing; fail when a file is old.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
def command(files: tuple[Path, ...], to_version: int | None, check: bool, diff: bool) -> None:
    """Raise FILES to the current version of their kind.

    Every file is read before any is written. Files are never lowered, and nothing is raised above what
    this program reads. Exit codes: 0 done, 3 a file is invalid or, with --check, old.
    """
    from sim.scenario.kinds import MODELS, kind_of_text
    from sim.scenario.load import read_text
    from strategy.errors import OperatorError, Problem
    from strategy.migrations import CHAINS, migrate

    problems: list[Problem] = []
    raised: list[tuple[Path, str, Migrated]] = []
    for path in files:
        text = read_text(path, path.as_posix(), problems)
        if text is None:
            continue
        kind = kind_of_text(text)
        newest = MODELS[kind].SCHEMA_VERSION
        migrated, found = migrate(text, path.as_posix(), CHAINS[kind], min(to_version or newest, newest))
        problems += found
        if migrated is not None:
            raised.append((path, text, migrated))
    if problems:
        raise OperatorError(problems)
    for path, text, migrated in raised:
        _say(path, text, migrated, diff=diff)
        if not check and not diff and migrated.text != text:
            path.write_text(migrated.text, encoding="utf-8")
    if check and any(migrated.text != text for _, text, migrated in raised):
        sys.exit(ExitCode.BAD_FILE)


def _say(path: Path, text: str, migrated: "Migrated", *, diff: bool) -> None:
    """Tell what became of one file."""
    name = path.as_posix()
    if diff:
        lines = difflib.unified_diff(text.splitlines(True), migrated.text.splitlines(True), name, name)
        click.echo("".join(lines), nl=False)
        return
    if migrated.from_version == migrated.to_version:
        click.echo(f"{name}: version {migrated.to_version}, current")
        return
    click.echo(f"{name}: version {migrated.from_version} to {migrated.to_version}")
    for note in migrated.notes:
        click.echo(f"  {note}")
