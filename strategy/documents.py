"""Text in, a validated value or every problem out; each problem knows its line and column.

Pure: whoever calls has read the file. ``read`` keeps the tree, so that a caller who finds
something wrong later (a config that does not fit an instrument) can still point at the line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

from strategy import document_tree
from strategy.complaints import MISFIT, Checked, check
from strategy.document_tree import Mistake, Node, Place
from strategy.errors import Problem
from strategy.file_model import Complaint, Document, Where

M = TypeVar("M", bound=Document)

TOO_NEW: Final = "SQ-C020"
TOO_OLD: Final = "SQ-C021"

VERSION_KEY: Final = "schema_version"
_NOTHING: Final[Mapping[Where, Any]] = MappingProxyType({})


@dataclass(frozen=True)
class Reading(Generic[M]):
    """What came of one text: ``value`` is there exactly when ``problems`` is empty.

    ``parts`` are those of the root's fields that are right, also when others are not.
    """

    name: str
    value: M | None
    problems: tuple[Problem, ...]
    parts: Mapping[str, Any]
    tree: Node | None = field(repr=False)
    lines: list[str] = field(repr=False)

    def problem(self, complaint: Complaint) -> Problem:
        """Give a complaint about this file its place: at the value, or at its key."""
        place = Place(1, 1) if self.tree is None else _place(self.tree, complaint)
        return _placed(self.name, self.lines, complaint.code, place, complaint.message)


def parse(text: str, model: type[M], name: str) -> tuple[M | None, tuple[Problem, ...]]:
    """Read ``text`` as ``model``; give the value, or ``None`` and every problem. ``name`` is the file's."""
    reading = read(text, model, name)
    return reading.value, reading.problems


def read(text: str, model: type[M], name: str, given: Mapping[Where, Any] = _NOTHING) -> Reading[M]:
    """Read ``text`` as ``model`` and keep the places of everything in it.

    ``given`` values take the place of what the text says before anything is judged: what they replace is no mistake.
    """
    text = text.removeprefix("\ufeff")
    lines = document_tree.lines_of(text)
    tree, mistakes = document_tree.build(text)
    checked: Checked[M] = Checked(None, (), {})
    found = list(mistakes)
    if tree is not None:
        other_version = _version_mistake(tree, model.SCHEMA_VERSION)
        if other_version is None:
            checked = check(_with(tree.mapping(), given), model)
            found += (Mistake(each.code, _place(tree, each), each.message) for each in checked.complaints)
        else:
            found.append(other_version)
    problems = sorted(
        (_placed(name, lines, each.code, each.place, each.message) for each in found),
        key=lambda problem: (problem.line, problem.col),
    )
    return Reading(name, None if problems else checked.value, tuple(problems), checked.parts, tree, lines)


def _with(plain: dict[str, Any], given: Mapping[Where, Any]) -> dict[str, Any]:
    """Put values into plain data; what stands where a mapping should be is left for the model to refuse."""
    for (*above, last), value in given.items():
        inside: Any = plain
        for element in above:
            inside = inside.setdefault(element, {}) if isinstance(inside, dict) else None
        if isinstance(inside, dict):
            inside[last] = value
    return plain


def _placed(name: str, lines: list[str], code: str, place: Place, message: str) -> Problem:
    source_line = lines[place.line - 1] if place.line <= len(lines) else ""
    return Problem(code, name, place.line, place.col, message, source_line)


def _place(tree: Node, complaint: Complaint) -> Place:
    return place_of(tree, complaint.at, at_key=complaint.at_key)


def place_of(tree: Node, where: Where, *, at_key: bool = False) -> Place:
    """Find the place of a value (or of its key) by its path; what is not there leads to its parent.

    Elements that name no key are skipped: pydantic's paths also hold the tags of unions.
    """
    node, key_place = tree, tree.place
    for element in where:
        below = _child(node, element)
        if below is None:
            continue
        key_place = node.key_places.get(str(element), below.place)
        node = below
    is_empty = node.items is None and node.entries is None and node.scalar is None
    return key_place if at_key or is_empty else node.place


def _child(node: Node, element: str | int) -> Node | None:
    if node.entries is not None:
        return node.entries.get(str(element))
    if node.items is not None and isinstance(element, int) and element < len(node.items):
        return node.items[element]
    return None


def _version_mistake(tree: Node, known: int) -> Mistake | None:
    """Compare versions first: complaints about a file of another version would mislead."""
    node = (tree.entries or {}).get(VERSION_KEY)
    if node is None or type(node.scalar) is not int or node.scalar == known:
        return None
    if node.scalar > known:
        return Mistake(
            TOO_NEW, node.place, f"schema_version {node.scalar} is newer than {known}, the newest known here"
        )
    if node.scalar < 1:
        return Mistake(MISFIT, node.place, f"there never was a schema_version {node.scalar}, {known} is current")
    words = f"schema_version {node.scalar} is old, {known} is current: run `sim migrate` on this file"
    return Mistake(TOO_OLD, node.place, words)
