"""``sim schema``: the JSON Schema of the files a person writes, made from the models."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from strategy.exit_codes import ExitCode

_STALE: Final = "SQ-C031"


@click.command("schema", short_help="Print or write the JSON Schema of a kind of file.")
@click.argument("kind", required=False, type=click.Choice(["scenario", "config", "profile", "live", "study"]))
@click.option("--write", is_flag=True, help="Write the schema files (all kinds, or KIND).")
@click.option("--check", is_flag=True, help="Fail when a written schema file is not current.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where the files are (default: inside the package).")
def command(kind: str | None, write: bool, check: bool, folder: Path | None) -> None:
    """Print the JSON Schema of KIND, or write or check the committed files.

    Exit codes: 0 all right, 2 wrong usage, 3 a committed schema is out of date.
    """
    from sim.scenario.kinds import MODELS

    if write and check:
        raise click.UsageError("--write and --check exclude each other")
    kinds = [kind] if kind else list(MODELS)
    if not write and not check:
        if kind is None:
            raise click.UsageError(f"say which schema to print: {', '.join(MODELS)}; or --write, or --check")
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
    from sim.scenario.kinds import MODELS

    model = MODELS[kind]
    schema = _without_titles(model.model_json_schema())
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"stormquote {kind}, version {model.SCHEMA_VERSION}",
    }
    return json.dumps(head | schema, indent=1, sort_keys=False, ensure_ascii=False) + "\n"


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
