"""Text in, a validated value or every problem out; each problem knows its line and column.

Pure: whoever calls has read the file. ``read`` keeps the tree, so that a caller who finds
something wrong later (a config that does not fit an instrument) can still point at the line.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from pydantic import ValidationError, create_model
from pydantic_core import ErrorDetails

from strategy import document_tree
from strategy.document_tree import Mistake, Node, Place
from strategy.errors import Problem
from strategy.file_model import Complaint, Document, Where, Written, complaints_of
from strategy.hints import UNITS, carries_unit, did_you_mean, same_noun, split_unit
from strategy.model_walk import keys_at

M = TypeVar("M", bound=Document)

MISFIT: Final = "SQ-C010"
WRONG_UNIT: Final = "SQ-C012"
TOO_NEW: Final = "SQ-C020"
TOO_OLD: Final = "SQ-C021"

VERSION_KEY: Final = "schema_version"
_NUMBER_ERRORS: Final = frozenset({"int_type", "float_type"})
_WORD_CHOICES: Final = frozenset({"literal_error"})


@dataclass(frozen=True)
class Reading(Generic[M]):
    """What came of one text: ``value`` is there exactly when ``problems`` is empty."""

    name: str
    value: M | None
    problems: tuple[Problem, ...]
    tree: Node | None = field(repr=False)
    lines: list[str] = field(repr=False)

    def problem(self, complaint: Complaint, *, at_key: bool = False) -> Problem:
        """Give a complaint about this file its place: at the value, or at its key."""
        return _placed(self.name, self.lines, complaint.code, self._place(complaint.at, at_key), complaint.message)

    def _place(self, where: Where, at_key: bool) -> Place:
        return Place(1, 1) if self.tree is None else place_of(self.tree, where, at_key=at_key)


def parse(text: str, model: type[M], name: str) -> tuple[M | None, tuple[Problem, ...]]:
    """Read ``text`` as ``model``; give the value, or ``None`` and every problem. ``name`` is the file's."""
    reading = read(text, model, name)
    return reading.value, reading.problems


def read(text: str, model: type[M], name: str) -> Reading[M]:
    """Read ``text`` as ``model`` and keep the places of everything in it."""
    text = text.removeprefix("\ufeff")
    lines = document_tree.lines_of(text)
    tree, mistakes = document_tree.build(text)
    value: M | None = None
    found = list(mistakes)
    if tree is not None:
        value, more = _validate(tree, model)
        found += more
    problems = sorted(
        (_placed(name, lines, each.code, each.place, each.message) for each in found),
        key=lambda problem: (problem.line, problem.col),
    )
    return Reading(name, None if problems else value, tuple(problems), tree, lines)


def _placed(name: str, lines: list[str], code: str, place: Place, message: str) -> Problem:
    source_line = lines[place.line - 1] if place.line <= len(lines) else ""
    return Problem(code, name, place.line, place.col, message, source_line)


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


def _validate(tree: Node, model: type[M]) -> tuple[M | None, list[Mistake]]:
    other_version = _version_mistake(tree, model.SCHEMA_VERSION)
    if other_version is not None:
        return None, [other_version]
    plain = tree.plain()
    assert isinstance(plain, dict)
    try:
        return model.model_validate(plain), []
    except ValidationError as error:
        details = error.errors(include_url=False)
    mistakes = [_explain(tree, model, detail) for detail in details]
    mistakes += (
        Mistake(each.code, place_of(tree, each.at), _sentence(each.at, each.message))
        for each in _relations_despite(model, plain, details)
    )
    return None, mistakes


def _version_mistake(tree: Node, known: int) -> Mistake | None:
    """Compare versions first: complaints about a file of another version would mislead."""
    node = (tree.entries or {}).get(VERSION_KEY)
    if node is None or type(node.scalar) is not int or node.scalar == known:
        return None
    if node.scalar > known:
        return Mistake(
            TOO_NEW, node.place, f"schema_version {node.scalar} is newer than {known}, the newest known here"
        )
    words = f"schema_version {node.scalar} is old, {known} is current: run `sim migrate` on this file"
    return Mistake(TOO_OLD, node.place, words)


def _relations_despite(
    model: type[Document], plain: dict[str, Any], details: list[ErrorDetails]
) -> Iterator[Complaint]:
    """Check the root's relations between fields that are right, although others are wrong.

    Pydantic gives up on a model's relations once any field is wrong, and a person would meet the
    rest of the mistakes only after mending the first ones.
    """
    if any(detail.get("ctx", {}).get("owner") == model.__name__ for detail in details):
        return  # the fields were all right, and the relations have complained already
    wrong = frozenset(detail["loc"][0] for detail in details)
    right = {name: info for name, info in model.model_fields.items() if name not in wrong}
    fields: dict[str, Any] = {name: (info.annotation, info) for name, info in right.items()}
    part = create_model("Part", __base__=Written, **fields).model_validate(
        {name: value for name, value in plain.items() if name in right}
    )
    values = {name: getattr(part, name) for name in right}
    yield from complaints_of(model.model_construct(**values), values)


def _sentence(where: Where, message: str) -> str:
    path = ".".join(str(element) for element in where)
    return f"{path}: {message}" if path else message


def _explain(tree: Node, model: type[Document], detail: ErrorDetails) -> Mistake:
    """Turn one of pydantic's complaints into ours: a code, a place, and words that help."""
    where: Where = detail["loc"]
    kind = detail["type"]
    context = detail.get("ctx", {})
    if kind == "complaint":
        return Mistake(str(context["code"]), place_of(tree, where), _sentence(where, str(context["words"])))
    if kind == "extra_forbidden":
        code, words = _unknown_key(str(where[-1]), keys_at(model, where[:-1]))
        return Mistake(code, place_of(tree, where, at_key=True), words)
    if kind == "missing":
        return _missing(tree, where[:-1], str(where[-1]))
    if kind == "union_tag_not_found":
        return _missing(tree, where, str(context["discriminator"]).strip("'"))
    if kind == "union_tag_invalid":
        return _unknown_tag(tree, where, context)
    if where and where[-1] == "[key]":
        return Mistake(MISFIT, place_of(tree, where[:-1], at_key=True), _sentence(where[:-1], f"key: {detail['msg']}"))
    code, words = _wrong_value(where, detail)
    return Mistake(code, place_of(tree, where), _sentence(where, words))


def _unknown_key(key: str, known: Iterable[str]) -> tuple[str, str]:
    other_unit = same_noun(key, known)
    if other_unit is not None:
        unit = split_unit(other_unit)[1]
        return WRONG_UNIT, f"unknown key {key!r}: this is counted in {UNITS[unit]}, write {other_unit!r}"
    return MISFIT, f"unknown key {key!r}{did_you_mean(key, known)}"


def _missing(tree: Node, parent: Where, key: str) -> Mistake:
    inside = f" in {'.'.join(str(element) for element in parent)!r}" if parent else ""
    return Mistake(MISFIT, place_of(tree, parent, at_key=True), f"missing key {key!r}{inside}")


def _unknown_tag(tree: Node, where: Where, context: Mapping[str, Any]) -> Mistake:
    tag = str(context["tag"])
    key = str(context["discriminator"]).strip("'")
    known = [each.strip(" '") for each in str(context["expected_tags"]).split(",")]
    words = f"unknown {key} {tag!r}{did_you_mean(tag, known)}; known are {', '.join(known)}"
    return Mistake(MISFIT, place_of(tree, (*where, key)), _sentence(where, words))


def _wrong_value(where: Where, detail: ErrorDetails) -> tuple[str, str]:
    """Say what is wrong with a value and what would help: the unit, quotes, the nearest word."""
    value, kind, words = detail["input"], detail["type"], detail["msg"]
    shown = f"{words} (got {_shown(value)})"
    if kind in _NUMBER_ERRORS and carries_unit(value):
        unit = next((split_unit(each)[1] for each in reversed(where) if isinstance(each, str)), "")
        counted = f", counted in {UNITS[unit]}" if unit else ""
        return WRONG_UNIT, f"{shown}: write a bare number{counted}"
    if kind == "string_type" and isinstance(value, int | float) and not isinstance(value, bool):
        return MISFIT, f"{shown}: put it in quotes"
    if kind in _WORD_CHOICES and isinstance(value, str):
        known = str(detail.get("ctx", {}).get("expected", "")).replace(" or ", ", ").split(", ")
        return MISFIT, f"{shown}{did_you_mean(value, [each.strip(chr(39)) for each in known])}"
    return MISFIT, shown


def _shown(value: object) -> str:
    """Show a value as a person wrote it; a whole structure only by its kind."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)
