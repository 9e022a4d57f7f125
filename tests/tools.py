"""Programs of the system that a test may need: found, or the test is skipped, visibly."""

import shutil
import subprocess

import pytest

PATIENCE_S = 60


def tool(name: str) -> str:
    """Give a program's path, or skip the test."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"no {name} on this host")
    return path


def promtool(*words: object) -> str:
    """Run promtool and give what it said; raises ``CalledProcessError`` where it finds fault."""
    said = subprocess.run(
        [tool("promtool"), *map(str, words)], capture_output=True, text=True, check=True, timeout=PATIENCE_S
    )
    return said.stdout
