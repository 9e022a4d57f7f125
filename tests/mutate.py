"""Sample small mistakes in the code and see which of them no test notices.

    python tests/mutate.py 50 --seed 1
    python tests/mutate.py 50 --only adapters/bybit

The mistakes are mutmut's, as on the scoreboard (`small_mistakes.py`), run here on the few tests that should hold a
module. Works on a copy in a temporary folder. A mutant that survives is a line whose meaning no test
holds: look at it. Some cannot be noticed, because both versions mean the same.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from small_mistakes import mistake_at, places_in

ROOT = Path(__file__).resolve().parent.parent
# Module -> the tests that should hold it.
MODULES = {
    "strategy/orders": "test_order_stories test_order_absences test_order_questions test_order_states test_core",
    "strategy/order_words": "test_order_stories test_order_absences test_order_questions test_order_states test_core",
    "strategy/order_chase": "test_order_stories test_order_absences test_order_questions test_core",
    "strategy/order": "test_order_stories test_order_absences test_order_questions",
    "strategy/limits": "test_limits",
    "strategy/position": "test_position",
    "strategy/book": "test_book test_core",
    "strategy/stages/guard": "test_guard test_guard_triggers",
    "strategy/stages/adaptive_spread": "test_adaptive_spread test_spread_invariants",
    "strategy/stages/inventory_skew": "test_inventory_skew test_inventory_math",
    "strategy/stages/queue_aware": "test_queue_aware",
    "strategy/stages/order_placement": "test_order_placement test_taking test_inventory_math",
    "strategy/stages/taking": "test_taking test_core",
    "adapters/asking": "test_asking",
    "adapters/bar": "test_bar",
    "adapters/day": "test_report",
    "adapters/flattening": "test_flatten",
    "adapters/gates": "test_gates_so_far",
    "adapters/going_flat": "test_flatten",
    "adapters/health": "test_status_and_stop",
    "adapters/journal_notes": "test_killing test_report",
    "adapters/journal_reader": "test_journal_reader test_report test_reconcile",
    "adapters/killing": "test_killing test_status_and_stop",
    "adapters/reconciling": "test_reconcile",
    "adapters/salvage": "test_salvage test_killing",
    "adapters/sweeping": "test_sweeping",
    "adapters/watchdog": "test_guard_verb",
    "adapters/bybit/answers": "test_bybit_answers test_bybit_codes test_bybit_orders",
    "adapters/bybit/control": "test_bybit_control test_bybit_trade",
    "adapters/bybit/errors": "test_bybit_codes",
    "adapters/bybit/executions": "test_bybit_private",
    "adapters/bybit/levels": "test_bybit_public test_bybit_codec",
    "adapters/bybit/market": "test_bybit_market test_bybit_requests test_bybit_codec",
    "adapters/bybit/memory": "test_bybit_private test_bybit_answers test_bybit_orders test_bybit_codec test_bybit_market",
    "adapters/bybit/private": "test_bybit_private test_bybit_orders",
    "adapters/bybit/public": "test_bybit_public test_bybit_recorded",
    "adapters/bybit/reads": "test_bybit_reads test_bybit_look",
    "adapters/bybit/requests": "test_bybit_requests",
    "adapters/bybit/rows": "test_bybit_answers test_bybit_codec test_bybit_public",
    "adapters/bybit/signing": "test_bybit_signing test_bybit_requests",
    "adapters/bybit/trade": "test_bybit_trade",
}


def chosen(count: int, seed: int, only: str) -> list[tuple[str, int]]:
    """Draw places, all modules alike by their number of places, the same for the same seed."""
    places = []
    for module in (name for name in MODULES if name.startswith(only)):
        _, found = places_in((ROOT / f"{module}.py").read_text())
        places += [(module, place) for place in range(len(found))]
    return sorted(places, key=lambda one: hashlib.blake2b(f"{seed}/{one}".encode()).digest())[:count]


def survives(folder: Path, module: str, place: int) -> str:
    """Run a module's tests on one mutant; give its description if they all pass."""
    path = folder / f"{module}.py"
    source = path.read_text()
    tree, places = places_in(source)
    mistake = mistake_at(source, tree, places[place])
    path.write_text(mistake.text)
    names = MODULES[module].split()
    tests = [str(found) for name in names for found in sorted((folder / "tests").rglob(f"{name}.py"))]
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    env = {**os.environ, "PYTHONPATH": str(folder)}
    try:
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, timeout=120)
        return f"{module}.py line {mistake.number}: {mistake.change}" if done.returncode == 0 else ""
    except subprocess.TimeoutExpired:
        return ""
    finally:
        path.write_text(source)


def main() -> None:
    """Sample, run, and print the survivors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="modules whose names begin so")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("strategy", "sim", "adapters", "tests", "scenarios"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        survivors = []
        places = chosen(options.count, options.seed, options.only)
        for number, (module, place) in enumerate(places, start=1):
            survivor = survives(folder, module, place)
            print(f"{number}/{len(places)} {module}.py {'SURVIVED ' + survivor if survivor else 'noticed'}", flush=True)
            survivors += [survivor] if survivor else []
    print(f"{len(places) - len(survivors)} of {len(places)} noticed")
    for survivor in survivors:
        print(f"  {survivor}")


if __name__ == "__main__":
    main()
