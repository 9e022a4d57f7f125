"""The canary: a bot with a planted bug is put into a few worlds of a swarm, and must be found.

A swarm that finds nothing is good news or a dead harness; this tells which. Run as a program:
``python tests/canary.py [SEEDS [CORE]]``; it ends with 0 when the bug was found, and says by which seed.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# It takes an unanswered create for a rejection, and quotes a second time where the first may stand.
CORE = "planted.doubts:silence_is_rejection"
SEEDS = "1-8"
FOUND = 1


def sing(seeds: str = SEEDS, core: str = CORE, base: str = "") -> str:
    """Run the swarm; give the line of the first failure, empty where nothing was found."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["swarm", *([base] if base else []), "--seeds", seeds, "--out", folder, "--core", core]
        done = subprocess.run(
            [sys.executable, "-c", "from sim.cli import main; main()", *words],
            env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
            stdout=subprocess.DEVNULL,
            check=False,
        )
        failures = json.loads((Path(folder) / "swarm.json").read_text())["failures"]
    if done.returncode != FOUND or not failures:
        return ""
    first = failures[0]
    return f"seed {first['seed']}: {first['identity']}: {first['detail']}"


def main() -> int:
    """Sing, and say what came of it."""
    found = sing(*sys.argv[1:])
    print(f"the canary lives: {found}" if found else "THE CANARY IS DEAD: a planted bug was not found", file=sys.stderr)
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
