"""What may not stand in the source of ``strategy``: found by reading it, not by running it.

Holes it has: a name reached through a string (``getattr(module, "ti" + "me")``) goes unseen; so
does what a library does by itself. The run-time fence looks there.
"""

import ast
from collections.abc import Iterator

BANNED_MODULES = frozenset(
    "asyncio builtins ctypes datetime gc httpx importlib io logging multiprocessing numpy os pathlib random secrets "
    "select signal simpy sim adapters socket subprocess sys tempfile threading time uuid weakref".split()
)
BANNED_CALLS = frozenset({"id", "hash", "open", "print", "input", "eval", "exec", "compile", "__import__", "globals"})


def complaints(source: str) -> list[str]:
    """List everything impure about a module's source."""
    tree = ast.parse(source)
    constants = _constant_frozensets(tree)
    return [*_walk(tree, constants)]


def _walk(tree: ast.Module, constants: set[int]) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (f"imports {name.name}" for name in names if name.name.split(".")[0] in BANNED_MODULES)
            case ast.ImportFrom(module=module) if (module or "").split(".")[0] in BANNED_MODULES:
                yield f"imports from {module}"
            case ast.Call(func=ast.Name(id=name)) if name in BANNED_CALLS:
                yield f"calls {name}"
            case ast.Call(func=ast.Name(id=("set" | "frozenset") as name)) if id(node) not in constants:
                yield f"makes a {name}, whose order is nobody's"
            case ast.Set() if id(node) not in constants:
                yield "has a set, whose order is nobody's"
            case ast.SetComp():
                yield "has a set comprehension, whose order is nobody's"
            case ast.Global():
                yield "has a global"
            case ast.Nonlocal():
                yield "has a nonlocal"
            case ast.ExceptHandler(type=None):
                yield "has a bare except"
            case ast.AsyncFunctionDef() | ast.Await():
                yield "is asynchronous"
            case ast.FunctionDef() | ast.Lambda():
                yield from _mutable_defaults(node.args)
            case ast.Attribute(attr="__hash__" | "__dict__" | "__globals__" as name):
                yield f"reads {name}"


def _mutable_defaults(arguments: ast.arguments) -> Iterator[str]:
    for default in (*arguments.defaults, *arguments.kw_defaults):
        if isinstance(default, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp):
            yield "has a mutable default"


def _constant_frozensets(tree: ast.Module) -> set[int]:
    """Find frozensets bound once to an upper-case name of the module and only ever tested with ``in``."""
    found: dict[str, list[int]] = {}
    for node in tree.body:
        value = getattr(node, "value", None)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        name = getattr(targets[0], "id", "")
        is_frozen = isinstance(value, ast.Call) and getattr(value.func, "id", "") == "frozenset"
        if is_frozen and name.strip("_").isupper():
            found[name] = [id(value), *(id(argument) for argument in value.args)]
    tested = {
        id(comparator)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and all(isinstance(op, ast.In | ast.NotIn) for op in node.ops)
        for comparator in node.comparators
    }
    used = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in found]
    misused = {node.id for node in used if isinstance(node.ctx, ast.Load) and id(node) not in tested}
    return {number for name, numbers in found.items() if name not in misused for number in numbers}
