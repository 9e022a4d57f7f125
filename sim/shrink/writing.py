"""A draft as the YAML a person reads: its story first, one line per fault, and above each what is known of it."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any, Final

from sim.scenario.writing import line_of
from sim.shrink.drafts import Draft
from sim.shrink.ranges import Range

_WIDTH: Final = 108
_HEAD: Final = ("schema_version", "name", "description", "tags")
# What is written first, where it is there.
_RUN: Final = ("duration_s", "warmup_s", "seeds", "first_seed")
_FAULT: Final = ("id", "at_s", "for_s", "kind")


def text_of(draft: Draft, story: Sequence[str], ranges: Mapping[str, Sequence[Range]]) -> str:
    """Write a draft; ``story`` are the paragraphs above it."""
    blocks = ["\n".join(_comment(story))]
    for key in _HEAD:
        if draft.get(key):
            blocks[0] += f"\n{key}: {line_of(draft[key])}"
    ordered = {**draft, "run": _in_order(draft["run"], _RUN)}
    blocks += ["\n".join(_mapping(key, ordered[key], "")) for key in ("run", "market", "strategy")]
    if draft.get("faults"):
        blocks.append("\n".join(["faults:", *_faults(draft["faults"], ranges)]))
    if draft.get("invariants"):
        blocks.append("\n".join(_mapping("invariants", draft["invariants"], "")))
    blocks.append("\n".join(["gates:", *(f"  - {line_of(gate)}" for gate in draft["gates"])]))
    return "\n\n".join(blocks) + "\n"


def _comment(paragraphs: Sequence[str], indent: str = "") -> list[str]:
    return [f"{indent}# {line}" for told in paragraphs for line in wrap(told, _WIDTH, break_long_words=False)]


def _faults(faults: Sequence[dict[str, Any]], ranges: Mapping[str, Sequence[Range]]) -> list[str]:
    lines = []
    for fault in faults:
        known = ranges.get(fault["id"], ())
        if known:
            lines += _comment([f"Still fails with {', '.join(map(str, known))}."], "  ")
        lines.append(f"  - {line_of(_in_order(fault, _FAULT))}")
    return lines


def _mapping(key: str, value: Any, indent: str) -> list[str]:
    """Write a key and its value: on one line where that is short enough, else one line for each of its own keys."""
    line = f"{indent}{line_of(key)}: {line_of(value)}"
    if len(line) <= _WIDTH or not isinstance(value, dict):
        return [line]
    return [f"{indent}{key}:", *(each for name, one in value.items() for each in _mapping(name, one, indent + "  "))]


def _in_order(value: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """Put some keys first."""
    return {key: value[key] for key in (*keys, *value) if key in value}


def placed(draft: Draft, source: Path, target: Path) -> Draft:
    """Have a draft that was read at ``source`` find its config from ``target`` as well."""
    config = os.path.relpath(source.parent / draft["strategy"]["config"], target.parent)
    return {**draft, "strategy": {**draft["strategy"], "config": Path(config).as_posix()}}
