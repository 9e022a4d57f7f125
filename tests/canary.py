"""The canary: a bot with a planted bug and a sound one are put into the same few worlds of a swarm.

A swarm that finds nothing is good news or a dead harness, and one that blames everybody finds every bug; this
tells which. The planted bug must be found by a promise that it breaks, and the sound bot must break none. Run as
a program: ``python tests/canary.py [SEEDS]``; it ends with 0 when the canary lives, with 1 when it is dead, with 2
when the swarm gave no answer.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
# It takes an unanswered create for a rejection, and quotes a second time where the first may stand.
CORE: Final = "planted.doubts:silence_is_rejection"
# What that breaks: no order beside a doubted one, at the check of what leaves; no way back from an end, at the check
# of states. Whatever else is found may be of another's making.
BREAKS: Final = ("S3 ", "S6 CREATING/CLOSED at states._judge")
SOUND: Final = "strategy.core:Core"
SEEDS: Final = "1-8"
_OK, _FOUND = 0, 1
_TAIL: Final = 3


class NoAnswer(Exception):
    """The swarm ended without a table of what it found."""


class Sung(NamedTuple):
    """What a swarm said: its exit code, and its failures in the order of their seeds."""

    code: int
    failures: list[dict[str, Any]]


def sing(seeds: str, core: str, base: str = "") -> Sung:
    """Run the swarm with a core; raises ``NoAnswer`` where it wrote no table."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["swarm", *([base] if base else []), "--seeds", seeds, "--out", folder, "--core", core]
        done = subprocess.run(
            [sys.executable, "-c", "from sim.cli import main; main()", *words],
            env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        table = Path(folder) / "swarm.json"
        if not table.exists():
            said = " / ".join(done.stderr.strip().splitlines()[-_TAIL:])
            raise NoAnswer(f"`sim {' '.join(words)}` ended with {done.returncode} and wrote no swarm.json: {said}")
        return Sung(done.returncode, json.loads(table.read_text(encoding="utf-8"))["failures"])


def why_dead(planted: Sung, sound: Sung) -> str:
    """Say why the canary is dead, from what was said of both bots; empty where it lives."""
    if sound.code != _OK or sound.failures:
        return f"a sound bot was blamed (exit {sound.code}): {_told(sound.failures)}"
    if planted.code != _FOUND or not planted.failures:
        return f"a planted bug was not found (exit {planted.code})"
    if not found_by(planted):
        return f"a planted bug was found by nothing that it breaks: {_told(planted.failures)}"
    return ""


def found_by(sung: Sung) -> list[dict[str, Any]]:
    """Give the failures that are the planted bug's own."""
    return [one for one in sung.failures if one["identity"].startswith(BREAKS)]


def _told(failures: list[dict[str, Any]]) -> str:
    if not failures:
        return "nothing failed"
    first = failures[0]
    return f"seed {first['seed']}: {first['identity']}: {first['detail']}"


def main(seeds: str = SEEDS, core: str = CORE, sound: str = SOUND, base: str = "") -> int:
    """Let both sing, and say what came of it."""
    try:
        planted = sing(seeds, core, base)
        dead = why_dead(planted, sing(seeds, sound, base))
    except NoAnswer as error:
        print(f"the canary could not be asked: {error}", file=sys.stderr)
        return 2
    said = (
        f"THE CANARY IS DEAD: {dead}" if dead else f"the canary lives: {_told(found_by(planted))}; a sound bot passes"
    )
    print(said, file=sys.stderr)
    return 1 if dead else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
