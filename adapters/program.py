"""Which program this is, as a journal names it."""

import importlib.metadata
from pathlib import Path
from typing import Final

import strategy
from strategy.journal_table import Program, program_of

_UNKNOWN: Final = "unknown"


def this_program() -> Program:
    """Name the version that is installed, and the strategy's code as it was loaded from."""
    try:
        version = importlib.metadata.version("stormquote")
    except importlib.metadata.PackageNotFoundError:
        version = _UNKNOWN
    root = Path(strategy.__file__).parent
    files = sorted(root.rglob("*.py"))
    return program_of(version, ((path.relative_to(root).as_posix(), path.read_bytes()) for path in files))
