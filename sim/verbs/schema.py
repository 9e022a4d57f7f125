"""``sim schema``: the JSON Schema of the files a person writes, and of what a run writes, made from their models."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from strategy.exit_codes import ExitCode

_STALE: Final = "SQ-C031"
# Written by a run, and by nobody else.
_SUMMARY: Final = "summary"
_KINDS: Final = ("scenario", "config", "profile", "live", "study", _SUMMARY)


@click.command("schema", short_help="Print or write the JSON Schema of a kind of file.")
@click.argument("kind", required=False, type=click.Choice(_KINDS))
@click.option("--write", is_flag=True, help="Write the schema files (all kinds, or KIND).")
@click.option("--check", is_flag=True, help="Fail when a written schema file is not current.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where the files are (default: inside the package).")
def command(kind: str | None, write: bool, check: bool, folder: Path | None) -> None:
    """Print the JSON Schema of KIND, or write or check the committed files.

    Exit codes: 0 all right, 2 wrong usage, 3 a committed schema is out of date.
    """
    if write and check:
        raise click.UsageError("--write and --check exclude each other")
    kinds = [kind] if kind else list(_KINDS)
    if not write and not check:
        if kind is None:
            raise click.UsageError(f"say which schema to print: {', '.join(_KINDS)}; or --write, or --check")
        click.echo(schema_text(kind), nl=False)
        return
    target = folder or _folder()
    if write:
        target.mkdir(parents=True, exist_ok=True)
        for each in kinds:
            (target / _name(each)).write_text(schema_text(each), encoding="utf-8")
            click.echo((target / _name(each)).as_posix())
        return
    stale = list(_stale(kinds, target))
    for path in stale:
        click.echo(f"error[{_STALE}]: {path.as_posix()} is out of date; run `sim schema --write`", err=True)
    if stale:
        sys.exit(ExitCode.BAD_FILE)


def schema_text(kind: str) -> str:
    """Write one kind's schema; equal models give equal bytes."""
    schema, version = _schema_of(kind)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"stormquote {kind}, version {version}",
    }
    return json.dumps(head | _without_titles(schema), indent=1, sort_keys=False, ensure_ascii=False) + "\n"


def _schema_of(kind: str) -> tuple[dict[str, Any], int]:
    """Give a kind's schema, and the version of the file it describes."""
    if kind == _SUMMARY:
        from sim.runs import summary_file

        return _with_plain_words(summary_file.json_schema()), summary_file.SCHEMA_VERSION
    from sim.scenario.kinds import MODELS

    return MODELS[kind].model_json_schema(), MODELS[kind].SCHEMA_VERSION


def _with_plain_words(node: Any) -> Any:
    """Write docstrings as one line of words: what stands in the code for a reader of it is no text of a schema."""
    if isinstance(node, list):
        return [_with_plain_words(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        key: " ".join(value.replace("``", "`").split())
        if key == "description" and isinstance(value, str)
        else _with_plain_words(value)
        for key, value in node.items()
    }


def _without_titles(node: Any) -> Any:
    """Drop the titles pydantic makes up: an editor would show "Seeds || Seeds"."""
    if isinstance(node, list):
        return [_without_titles(each) for each in node]
    if not isinstance(node, dict):
        return node
    # A property may itself be called "title"; a made-up title is always text.
    return {
        key: _without_titles(value) for key, value in node.items() if not (key == "title" and isinstance(value, str))
    }


def _name(kind: str) -> str:
    return f"{kind}.schema.json"


def _folder() -> Path:
    import sim

    return Path(sim.__file__).parent / "data" / "schema"


def _stale(kinds: list[str], folder: Path) -> Iterator[Path]:
    for kind in kinds:
        path = folder / _name(kind)
        if not path.is_file() or path.read_text(encoding="utf-8") != schema_text(kind):
            yield path
