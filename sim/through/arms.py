"""How the live adapter is found without being imported: by an entry point of whatever is installed.

The group is ``stormquote.arms``; a name in it is what ``sim run --through NAME`` takes. What it
loads makes one process of a bot out of what the world gives it (``sim.through.seat``).
"""

from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from strategy.errors import OperatorError, Problem

GROUP: Final = "stormquote.arms"
NO_SUCH_ARM: Final = "SQ-S021"


def arm(name: str) -> Any:
    """Load an arm by name; raises ``OperatorError`` where none of that name is installed, or none that works."""
    found = _found(name)
    try:
        return found.load()
    except (ImportError, AttributeError) as broken:
        raise _problem(f"the arm {name!r} ({found.value}) cannot be loaded: {broken}") from None


def module_of(name: str) -> str:
    """Say in which module an arm is; raises ``OperatorError`` where none of that name is installed."""
    return _found(name).module


def _found(name: str) -> EntryPoint:
    """Give the one of that name; installed twice, the one that is found first on the path counts."""
    found = next(iter(entry_points(group=GROUP, name=name)), None)
    if found is None:
        there = ", ".join(sorted({one.name for one in entry_points(group=GROUP)})) or "none"
        raise _problem(f"no arm {name!r} is installed (there is: {there}); install this project: pip install -e .")
    return found


def _problem(words: str) -> OperatorError:
    return OperatorError([Problem(NO_SUCH_ARM, "--through", 0, 0, words)])
