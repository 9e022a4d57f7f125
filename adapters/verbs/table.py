"""Rows of a check or of an errand, as a table or as JSON."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from adapters.preflight import Row


def say_rows(rows: "Sequence[Row]", form: str, *, is_ok: bool) -> None:
    """Print what was found, in the form that was asked for."""
    if form == "json":
        plain = [{"check": row.check, "state": row.state, "detail": row.detail, "fix": row.fix} for row in rows]
        click.echo(json.dumps({"ok": is_ok, "rows": plain}, indent=2))
        return
    width = max(len("check"), *(len(row.check) for row in rows))
    click.echo(f" {'check':<{width}}  state  detail")
    for row in rows:
        fix = f". Fix: {row.fix}" if row.fix else ""
        click.echo(f" {row.check:<{width}}  {row.state:<5}  {row.detail}{fix}")
