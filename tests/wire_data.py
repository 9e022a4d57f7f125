"""Recordings of the real wire, where they are: read by name, skipped visibly where they are not."""

import json
import os
from pathlib import Path
from typing import Any

import pytest


def wire_file(name: str) -> Path:
    """Give a recording's path, or skip the test: none of them is part of the repository."""
    root = os.environ.get("STORMQUOTE_WIRE_DATA")
    beside = os.environ.get("STORMQUOTE_DATA")
    if root is None and beside is not None:
        root = str(Path(beside).parent / "wire")
    if root is None or not (Path(root) / name).exists():
        pytest.skip(f"no recording {name}: set STORMQUOTE_WIRE_DATA to the folder that has it")
    return Path(root) / name


def wire_json(name: str) -> Any:
    """Read a recording that is one JSON value."""
    return json.loads(wire_file(name).read_text())
