"""A core made of code with one small mistake in it, beside the sound code that the world is made of.

Only the modules that reach the mistake are loaded anew; events, commands and knobs stay the ones everybody
else has, so that world and oracle judge the core with sound eyes.
"""

import ast
import importlib
import importlib.util
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORE = "strategy.core"


def core_of(module: str, source: str):
    """Give the class ``Core`` of a program in which ``module`` (``strategy/orders``) reads ``source``."""
    name = module.replace("/", ".")
    anew = _depending_on(name)
    kept = {one: sys.modules.pop(one) for one in anew if one in sys.modules}
    attributes = {one: getattr(sys.modules["strategy"], one.split(".")[1], None) for one in anew}
    try:
        _load(name, source)
        return importlib.import_module(CORE).Core
    finally:
        for one in anew:
            sys.modules.pop(one, None)
        sys.modules.update(kept)
        for one, was in attributes.items():
            if was is not None and one.count(".") == 1:
                setattr(sys.modules["strategy"], one.split(".")[1], was)


def _load(name: str, source: str) -> None:
    """Import a module from another text than its file's."""
    found = importlib.util.find_spec(name)
    assert found is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    exec(compile(source, str(found.origin), "exec"), module.__dict__)
    parent, _, last = name.rpartition(".")
    setattr(sys.modules[parent], last, module)


def _depending_on(name: str) -> list[str]:
    """Name a module and all modules of ``strategy`` that import it, however far away."""
    reached = {name}
    while True:
        more = {one for one, needs in _imports().items() if one not in reached and needs & reached}
        if not more:
            return sorted(reached)
        reached |= more


@cache
def _imports() -> dict[str, set[str]]:
    """Give the imports of every module of ``strategy``."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "strategy").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        needs = found.setdefault(name, set())
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                needs |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
            elif isinstance(node, ast.Import):
                needs |= {each.name for each in node.names}
    return found
