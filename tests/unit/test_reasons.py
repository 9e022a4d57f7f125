"""Every word by which the bot says why it does not quote, or not as usual, can be explained.

The words are constants where they are found out. Here they are gathered from the code itself, so that a new one
fails until it has its entry, and an entry of none that is left fails too.
"""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

import strategy
from adapters import standing
from sim.verbs import explain
from strategy import retreat
from strategy.errors import RefusalCode
from strategy.reasons import REASONS, ReasonWords, _table
from strategy.stages import guard

_ROOT = Path(strategy.__file__).parent
# Functions whose name begins so give a reason, or nothing; but one says why an order moves.
_GIVES = "why_"
_OF_MOVES = "_why_pull"
_FIELD = "no_quote_reason"


def modules() -> Iterator[tuple[ModuleType, ast.Module]]:
    for path in sorted(_ROOT.rglob("*.py")):
        parts = path.relative_to(_ROOT.parent).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        yield importlib.import_module(name), ast.parse(path.read_text(encoding="utf-8"))


def words_in(tree: ast.Module, names: dict[str, object]) -> set[str]:
    """Give the reasons that functions of a module can give, or that its stages can set."""
    found: set[str] = set()
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef) or function.name == _OF_MOVES:
            continue
        told = [node.value for node in ast.walk(function) if isinstance(node, ast.keyword) and node.arg == _FIELD]
        is_stage = bool(told)
        for node in ast.walk(function):
            is_reason = isinstance(node, ast.Assign) and [ast.unparse(one) for one in node.targets] == ["reason"]
            if is_stage and is_reason:
                told.append(node.value)
            if isinstance(node, ast.Return) and node.value is not None:
                told += [node.value] if function.name.removeprefix("_").startswith((_GIVES, _FIELD)) else []
        found |= {_word(part, names) for value in told for part in _branches(value)}
    return found - {""}


def _branches(value: ast.expr) -> list[ast.expr]:
    """Give what an expression can come to; what it only asks is none of it."""
    match value:
        case ast.IfExp():
            return [*_branches(value.body), *_branches(value.orelse)]
        case ast.BoolOp():
            return [part for each in value.values for part in _branches(each)]
        case ast.Attribute(attr="value"):
            return _branches(value.value)
    return [value]


def _word(part: ast.expr, names: dict[str, object]) -> str:
    """Give the text a constant or a member of the codes stands for; nothing for a variable."""
    match part:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name) if name.isupper():
            return str(names[name])
        case ast.Attribute(value=ast.Name(id=holder), attr=name) if name.isupper():
            return str(getattr(names[holder], name))
    return ""


def words_of_the_code() -> set[str]:
    found = {word for module, tree in modules() for word in words_in(tree, vars(module))}
    triggers = {name for name, _ in guard.TABLE} | {guard.MEMORY, guard.LATCHED}
    return found | triggers | set(RefusalCode) | {standing.NOT_DECIDED}


def test_every_reason_in_the_code_has_its_words_and_every_entry_a_reason() -> None:
    assert words_of_the_code() == set(REASONS)


@pytest.mark.parametrize(
    "source",
    [
        "def why_not(desk):\n    if desk:\n        return NEW\n    return OLD if desk.one else ''\n",
        "def why_blocked(desk):\n    return desk.why or words.NEW\n",
        "def _no_quote_reason(verdict):\n    return 'new' if verdict else ''\n",
        "def set_width(context):\n    reason = context.reason\n    if context:\n        reason = reason or NEW\n"
        "    return replace(context, no_quote_reason=reason)\n",
        "def quote(context):\n    return replace(context, no_quote_reason=context.reason or NEW)\n",
    ],
)
def test_a_new_reason_is_found_wherever_one_can_be_given(source: str) -> None:
    names = {"NEW": "new", "OLD": "old", "words": type("words", (), {"NEW": "new"})}
    assert "new" in words_in(ast.parse(source), names)


def test_what_blocks_a_decision_is_among_what_is_gathered() -> None:
    gathered = {"not_started", "private_unsteady", retreat.BANNED, "stale_book", "grid_unsure", "regime_ahead"}
    assert gathered <= words_of_the_code()


def test_a_name_with_two_entries_is_refused() -> None:
    entry = ReasonWords("one", "two", "", "", "")
    with pytest.raises(ValueError, match="one has two entries"):
        _table((entry,), (entry,))


def test_a_reason_that_is_a_metric_as_well_is_explained_as_both() -> None:
    told = CliRunner().invoke(explain.command, ["doubts"]).output
    assert told.startswith("doubts, in ")
    assert f"\n\ndoubts: {REASONS['doubts'].about}\n" in told
