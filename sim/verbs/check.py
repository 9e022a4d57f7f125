"""``sim check``: read files as they would be run, say everything that is wrong, run nothing."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from strategy.exit_codes import ExitCode


@click.command("check", short_help="Validate scenario and config files; run nothing.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["plain", "json"]), default="plain", show_default=True)
def command(files: tuple[Path, ...], form: str) -> None:
    """Check FILES (scenarios, strategy and live configs, market profiles; folders are searched).

    What a file is shows from its keys. A scenario or a study is checked with all the files it names.

    Exit codes: 0 all right, 3 there are mistakes, 5 no file.
    """
    from sim.scenario.load import Desk
    from sim.scenario.profiles import profile_folder

    paths = list(_files(files))
    if not paths:
        click.echo("nothing to check: no YAML file there", err=True)
        sys.exit(ExitCode.NOTHING_SELECTED)
    desk = Desk(profile_folder())
    checked = [_check(desk, path) for path in paths]
    problems = desk.sorted_problems()
    wrong = {problem.path_text for problem in problems}
    # A study can be without a mistake of its own and name a scenario that is not: it has no title then.
    rows = [
        {"file": name, "kind": kind, "name": title, "ok": name not in wrong and bool(title or kind != "study")}
        for name, kind, title in checked
    ]
    if form == "json":
        click.echo(json.dumps({"files": rows, "problems": [_as_plain(each) for each in problems]}, indent=2))
    else:
        _say(rows, problems)
    if problems:
        many = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        click.echo(f"error[{problems[0].code}]: {many} in {len(wrong)} of {len(paths)} files", err=True)
        sys.exit(ExitCode.BAD_FILE)


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    """Replace folders by the YAML files in them and below."""
    for path in paths:
        if path.is_dir():
            yield from sorted(path.rglob("*.yaml"))
        else:
            yield path


def _check(desk: Any, path: Path) -> tuple[str, str, str]:
    """Read one file as what it is; give its name, its kind and what it calls itself."""
    from sim.scenario.kinds import MODELS, kind_of_text
    from sim.scenario.load import read_text

    name = path.as_posix()
    text = read_text(path, name, [])
    kind = "unknown" if text is None else kind_of_text(text)
    if kind in ("scenario", "unknown"):
        ready = desk.scenario(path)
        return name, kind, ready.name if ready is not None else ""
    if kind == "study":
        return name, kind, _study(desk, path)
    reading = desk.document(path, MODELS[kind], name)
    return name, kind, getattr(reading.value, "name", "") if reading is not None and reading.value is not None else ""


def _study(desk: Any, path: Path) -> str:
    """Read a study as a calibration would, the ends of its ranges tried; give its name, or none."""
    from sim.search.asked import read_study
    from strategy.errors import OperatorError

    try:
        return read_study(path, None, None, None).study.name
    except OperatorError as wrong:
        desk.problems += wrong.problems
        return ""


def _say(rows: list[dict[str, Any]], problems: tuple[Any, ...]) -> None:
    for row in rows:
        if row["ok"]:
            click.echo(f"ok  {row['file']}  {row['kind']} {row['name']}")
    for problem in problems:
        click.echo(problem.render())


def _as_plain(problem: Any) -> dict[str, Any]:
    return {
        "code": problem.code,
        "file": problem.path_text,
        "line": problem.line,
        "col": problem.col,
        "message": problem.message,
    }
