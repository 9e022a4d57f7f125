"""Sample small mistakes in the code and see which of them no test notices.

    python tests/mutate.py 50 --seed 1
    python tests/mutate.py 50 --only adapters/bybit

Works on a copy in a temporary folder. A mutant that survives is a line whose meaning no test
holds: look at it. Some cannot be noticed, because both versions mean the same.
"""

import argparse
import ast
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

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
_COMPARE = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
_ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult}
_NAMES = {"max": "min", "min": "max", "floor_to_ticks": "ceil_to_ticks", "ceil_to_ticks": "floor_to_ticks"}


class Mutator(ast.NodeTransformer):
    """Counts the places where a mistake could be made, and makes the one that is asked for."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.count, self.made = wanted, 0, ""

    def _here(self, node: ast.AST, what: str) -> bool:
        self.count += 1
        if self.count - 1 == self.wanted:
            self.made = f"line {node.lineno}: {what}"
            return True
        return False

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        # Whether a record is frozen, or collected, says nothing that a test of its meaning could notice.
        return node if node.arg in ("frozen", "gc") else self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        swap = _COMPARE.get(type(node.ops[0]))
        if len(node.ops) == 1 and swap and self._here(node, f"{type(node.ops[0]).__name__} -> {swap.__name__}"):
            node.ops = [swap()]
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        swap = _ARITHMETIC.get(type(node.op))
        if swap and self._here(node, f"{type(node.op).__name__} -> {swap.__name__}"):
            node.op = swap()
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        if self._here(node, "and <-> or"):
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.Not | ast.USub) and self._here(node, f"{type(node.op).__name__} dropped"):
            return node.operand
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = getattr(node.func, "id", "")
        if name in _NAMES and self._here(node, f"{name} -> {_NAMES[name]}"):
            node.func = ast.Name(_NAMES[name], ast.Load())
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if type(node.value) is int and self._here(node, f"{node.value} -> {node.value + 1}"):
            return ast.copy_location(ast.Constant(node.value + 1), node)
        if type(node.value) is bool and self._here(node, f"{node.value} -> {not node.value}"):
            return ast.copy_location(ast.Constant(not node.value), node)
        return node


def mutant_of(source: str, wanted: int) -> tuple[str, str]:
    """Give the source with one mistake, and its description; an empty one past the last place."""
    mutator = Mutator(wanted)
    tree = mutator.visit(ast.parse(source))
    return ast.unparse(ast.fix_missing_locations(tree)), mutator.made


def chosen(count: int, seed: int, only: str) -> list[tuple[str, int]]:
    """Draw places, all modules alike by their number of places, the same for the same seed."""
    places = []
    for module in (name for name in MODULES if name.startswith(only)):
        mutator = Mutator(-1)
        mutator.visit(ast.parse((ROOT / f"{module}.py").read_text()))
        places += [(module, place) for place in range(mutator.count)]
    return sorted(places, key=lambda one: hashlib.blake2b(f"{seed}/{one}".encode()).digest())[:count]


def survives(folder: Path, module: str, place: int) -> str:
    """Run a module's tests on one mutant; give its description if they all pass."""
    path = folder / f"{module}.py"
    source = path.read_text()
    text, made = mutant_of(source, place)
    path.write_text(text)
    names = MODULES[module].split()
    tests = [str(found) for name in names for found in sorted((folder / "tests").rglob(f"{name}.py"))]
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    env = {**os.environ, "PYTHONPATH": str(folder)}
    try:
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, timeout=120)
        return f"{module}.py {made}" if done.returncode == 0 else ""
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
