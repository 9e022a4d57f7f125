"""Processes of a test's own: started, spoken to, and certainly ended."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIVE = (sys.executable, "-c", "from adapters.cli import main; main()")
PATIENCE_S = 60.0


def environment() -> dict[str, str]:
    """Give the environment of a process that runs this repository's packages, and nobody else's settings."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("STORMQUOTE_LIVE")}
    return plain | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}


def live(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``live`` to its end."""
    return subprocess.run(
        [*LIVE, *map(str, words)], env=environment(), cwd=cwd, capture_output=True, text=True, timeout=PATIENCE_S
    )


@contextmanager
def python(code: str, *words: object) -> Iterator[subprocess.Popen[str]]:
    """Start a Python process that says a line when it is ready; it is killed at the end.

    Its input is a pipe that nobody writes to: what waits for a word waits, whatever the input of the tests is.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.strip() == "ready", line
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.stdout.close()
