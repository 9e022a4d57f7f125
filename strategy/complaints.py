"""From pydantic's complaints to ours: a code, a path into the file, and words that help.

Nothing here knows lines and columns; ``documents`` turns paths into places.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, Generic, NamedTuple, TypeVar

from pydantic import ValidationError, create_model
from pydantic_core import ErrorDetails

from strategy.file_model import NAME_PATTERN, SYMBOL_PATTERN, Complaint, Document, Where, Written, complaints_of
from strategy.hints import UNITS, carries_unit, did_you_mean, same_noun, split_unit
from strategy.model_walk import keys_at

M = TypeVar("M", bound=Document)

MISFIT: Final = "SQ-C010"
WRONG_UNIT: Final = "SQ-C012"

_LISTED_MAX: Final = 12
_NUMBER_ERRORS: Final = frozenset({"int_type", "float_type"})

# Pydantic speaks of Python's types; whoever writes YAML knows lists, mappings and text.
_OTHER_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "tuple_type": "Input should be a list",
        "dict_type": "Input should be a mapping",
        "model_type": "Input should be a mapping",
        "model_attributes_type": "Input should be a mapping",
        "string_type": "Input should be text",
        "int_type": "Input should be a whole number",
        "float_type": "Input should be a number",
        "bool_type": "Input should be true or false",
        "finite_number": "Input should be a finite number",
    }
)

_PATTERNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        NAME_PATTERN: "Input should be a name of small letters, digits, '-' and '_'",
        SYMBOL_PATTERN: "Input should be a symbol as the venue writes it, in capitals",
    }
)


class Checked(NamedTuple, Generic[M]):
    """What came of checking: ``value`` is there exactly when ``complaints`` is empty.

    ``parts`` are the root's fields that are right on their own, whatever is wrong with the others.
    """

    value: M | None
    complaints: tuple[Complaint, ...]
    parts: Mapping[str, Any]


def check(plain: dict[str, Any], model: type[M]) -> Checked[M]:
    """Make a model from plain data, or say everything that is wrong with it."""
    try:
        value = model.model_validate(plain)
    except ValidationError as error:
        details = [detail for detail in error.errors(include_url=False) if not _follows(detail)]
    else:
        return Checked(value, (), {name: getattr(value, name) for name in model.model_fields})
    complaints = [_explain(model, detail) for detail in details]
    parts = _right_parts(model, plain, details)
    if not any(detail.get("ctx", {}).get("owner") == model.__name__ for detail in details):
        # Pydantic gives up on a model's relations once any field is wrong, and a person would meet
        # the rest of the mistakes only after mending the first ones.
        complaints += (
            each._replace(message=sentence(each.at, each.message))
            for each in complaints_of(model.model_construct(**parts), parts)
        )
    return Checked(None, tuple(complaints), parts)


def _follows(detail: ErrorDetails) -> bool:
    """Tell whether a complaint only follows from others: items that were refused are not counted."""
    context = detail.get("ctx", {})
    return detail["type"] == "too_short" and len(detail["input"]) >= context["min_length"]


def _right_parts(model: type[Document], plain: dict[str, Any], details: list[ErrorDetails]) -> dict[str, Any]:
    wrong = tuple(detail["loc"][0] for detail in details if detail["loc"])
    right = {name: info for name, info in model.model_fields.items() if name not in wrong}
    fields: dict[str, Any] = {name: (info.annotation, info) for name, info in right.items()}
    given = {name: value for name, value in plain.items() if name in right}
    part = create_model("Part", __base__=Written, **fields).model_validate(given)
    return {name: getattr(part, name) for name in right}


def sentence(where: Where, message: str) -> str:
    """Put the path before a message."""
    path = ".".join(str(element) for element in where)
    return f"{path}: {message}" if path else message


def _explain(model: type[Document], detail: ErrorDetails) -> Complaint:
    """Turn one of pydantic's complaints into ours."""
    where: Where = detail["loc"]
    kind = detail["type"]
    context = detail.get("ctx", {})
    if kind == "complaint":
        return Complaint(str(context["code"]), where, sentence(where, str(context["words"])))
    if kind == "extra_forbidden":
        code, words = _unknown_key(str(where[-1]), keys_at(model, where[:-1]))
        return Complaint(code, where, words, at_key=True)
    if kind == "missing":
        return _missing(where[:-1], str(where[-1]))
    if kind == "union_tag_not_found":
        return _missing(where, str(context["discriminator"]).strip("'"))
    if kind == "union_tag_invalid":
        return _unknown_tag(where, context)
    if where and where[-1] == "[key]":
        return Complaint(MISFIT, where[:-1], sentence(where[:-1], f"key: {_worded(detail)}"), at_key=True)
    code, words = _wrong_value(where, detail)
    return Complaint(code, where, sentence(where, words))


def _unknown_key(key: str, known: Iterable[str]) -> tuple[str, str]:
    other_unit = same_noun(key, known)
    if other_unit is not None:
        unit = split_unit(other_unit)[1]
        return WRONG_UNIT, f"unknown key {key!r}: this is counted in {UNITS[unit]}, write {other_unit!r}"
    return MISFIT, f"unknown key {key!r}{did_you_mean(key, known)}"


def _missing(parent: Where, key: str) -> Complaint:
    inside = f" in {'.'.join(str(element) for element in parent)!r}" if parent else ""
    return Complaint(MISFIT, parent, f"missing key {key!r}{inside}", at_key=True)


def _unknown_tag(where: Where, context: Mapping[str, Any]) -> Complaint:
    tag = str(context["tag"])
    key = str(context["discriminator"]).strip("'")
    known = [each.strip(" '") for each in str(context["expected_tags"]).split(",")]
    near = did_you_mean(tag, known)
    listed = f" (known are {', '.join(known)})"
    if len(known) > _LISTED_MAX:
        # One near name says more than eighty others, which nobody can read on a line.
        listed = "" if near else f"; {len(known)} are known, and `sim faults` lists them"
    words = f"unknown {key} {tag!r}{near}{listed}"
    return Complaint(MISFIT, (*where, key), sentence(where, words))


def _wrong_value(where: Where, detail: ErrorDetails) -> tuple[str, str]:
    """Say what is wrong with a value and what would help: the unit, quotes, the nearest word."""
    value, kind = detail["input"], detail["type"]
    shown = f"{_worded(detail)} (got {_shown(value)})"
    if kind in _NUMBER_ERRORS and carries_unit(value):
        unit = next((split_unit(each)[1] for each in reversed(where) if isinstance(each, str)), "")
        counted = f", counted in {UNITS[unit]}" if unit else ""
        return WRONG_UNIT, f"{shown}: write a bare number{counted}"
    if kind == "string_type" and isinstance(value, int | float) and not isinstance(value, bool):
        return MISFIT, f"{shown}: put it in quotes"
    if kind == "literal_error" and isinstance(value, str):
        known = str(detail.get("ctx", {}).get("expected", "")).replace(" or ", ", ").split(", ")
        return MISFIT, f"{shown}{did_you_mean(value, [each.strip(chr(39)) for each in known])}"
    return MISFIT, shown


def _worded(detail: ErrorDetails) -> str:
    """Put pydantic's own words into those of whoever writes a file."""
    kind = detail["type"]
    if kind == "too_short":
        return "Input should not be empty"
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(str(detail["ctx"]["pattern"]), detail["msg"])
    return _OTHER_WORDS.get(kind, detail["msg"])


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
