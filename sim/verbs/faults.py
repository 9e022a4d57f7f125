"""``sim faults``: the kinds of fault, or one kind's fields, units and an example."""

import json
import sys
from typing import Any

import click

from strategy.exit_codes import ExitCode


@click.command("faults", short_help="List the faults, or one fault's fields and example.")
@click.argument("kind", required=False)
@click.option("--format", "form", type=click.Choice(["plain", "json"]), default="plain", show_default=True)
def command(kind: str | None, form: str) -> None:
    """List every kind of fault, or show KIND: what it does, its fields with units, an example."""
    from sim.scenario.faults import KINDS
    from strategy.hints import did_you_mean

    if kind is None:
        click.echo(json.dumps([_describe(each) for each in KINDS], indent=2) if form == "json" else _list())
        return
    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS) or "; `sim faults` lists all"
        click.echo(f"unknown kind {kind!r}{hint}", err=True)
        sys.exit(ExitCode.USAGE)
    described_one = _describe(kind)
    click.echo(json.dumps(described_one, indent=2) if form == "json" else _words(described_one))


def _list() -> str:
    """Write every kind with the first sentence of what it does, room by room."""
    from sim.scenario.faults import KINDS, ROOMS

    width = max(len(each) for each in KINDS)
    lines: list[str] = []
    for about, kinds in ROOMS.items():
        lines += ["", about] if lines else [about]
        for kind in kinds:
            effect = (KINDS[kind].__doc__ or "").strip().partition("\n\n")[0]
            lines.append(f"  {kind:<{width}}  {' '.join(effect.split())}")
    return "\n".join([*lines, "", "`sim faults KIND` shows the fields of one, with units and an example."])


def _describe(kind: str) -> dict[str, Any]:
    from sim.scenario.faults import EXAMPLES, KINDS
    from strategy.hints import UNITS, split_unit

    model = KINDS[kind]
    properties = model.model_json_schema()["properties"]
    fields = [
        {
            "field": name,
            "required": info.is_required(),
            "unit": UNITS.get(split_unit(name)[1], ""),
            "default": "" if info.is_required() else _default(properties[name]),
            "meaning": info.description,
            "swarm": model.SWARM[name].words() if name in model.SWARM else "",
        }
        for name, info in model.model_fields.items()
        if name != "kind"
    ]
    return {"kind": kind, "effect": (model.__doc__ or "").strip(), "fields": fields, "example": EXAMPLES[kind]}


def _default(schema: dict[str, Any]) -> str:
    value = schema.get("default")
    return "" if value in (None, "", []) else json.dumps(value)


def _words(described: dict[str, Any]) -> str:
    width = max(len(field["field"]) for field in described["fields"])
    lines = [f"{described['kind']}: {described['effect']}", ""]
    for field in described["fields"]:
        note = "required" if field["required"] else f"default {field['default']}" if field["default"] else "optional"
        lines.append(f"  {field['field']:<{width}}  {field['meaning']} ({note})")
    lines += ["", "what `sim swarm` draws:"]
    lines += [f"  {field['field']:<{width}}  {field['swarm']}" for field in described["fields"] if field["swarm"]]
    return "\n".join([*lines, "", f"  - {described['example']}"])
