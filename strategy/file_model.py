"""What every model of a file a person writes has in common, and the types its fields are made of.

Nothing is coerced: ``true`` is no number, ``1.0`` is no count, a list is never read as one value.
Relations between fields are methods marked with ``relation``; all of them are checked, and each
may complain about several places at once.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Final, NamedTuple, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from strategy.units import NS_PER_S

CONTRADICTION: Final = "SQ-C011"

Where = tuple[str | int, ...]


class Complaint(NamedTuple):
    """A mistake at a place inside a model: ``at`` are keys and list positions from there."""

    code: str
    at: Where
    message: str
    at_key: bool = False


Check = TypeVar("Check", bound=Callable[[Any], Iterable[Complaint]])
_NEEDS: Final = "_relation_needs"


def relation(*needs: str) -> Callable[[Check], Check]:
    """Mark a method as a relation between the fields named in ``needs``."""

    def mark(check: Check) -> Check:
        setattr(check, _NEEDS, needs)
        return check

    return mark


class Written(BaseModel):
    """The base of every model that a person fills in."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    def complaints(self) -> Iterator[Complaint]:
        """Check every relation between the fields."""
        yield from complaints_of(self, type(self).model_fields)

    @model_validator(mode="after")
    def _check_relations(self) -> Self:
        owner = type(self).__name__
        errors = [_as_error(each, owner) for each in self.complaints()]
        if errors:
            raise ValidationError.from_exception_data(owner, errors)
        return self


class Document(Written):
    """The root of a file; ``SCHEMA_VERSION`` is the one version this program reads."""

    SCHEMA_VERSION: ClassVar[int] = 1


def complaints_of(model: Written, known: Iterable[str]) -> Iterator[Complaint]:
    """Check the relations whose fields are all in ``known`` (the others may be missing)."""
    have = tuple(known)
    for name, check in _relations_of(type(model)).items():
        if all(field in have for field in getattr(check, _NEEDS)):
            yield from getattr(model, name)()


def _relations_of(model: type[Written]) -> dict[str, Any]:
    """Collect the marked methods, base classes first; reading class dictionaries wakes no property."""
    return {
        name: value
        for owner in reversed(model.__mro__)
        for name, value in vars(owner).items()
        if hasattr(value, _NEEDS)
    }


def _as_error(complaint: Complaint, owner: str) -> InitErrorDetails:
    # The words go in as a value: braces in them would be taken for fields of a template.
    context = {"words": complaint.message, "code": complaint.code, "owner": owner}
    error = PydanticCustomError("complaint", "{words}", context)
    return InitErrorDetails(type=error, loc=complaint.at, input=None)


def complain(code: str, message: str) -> PydanticCustomError:
    """Make the error that a validator of one field raises; ``documents`` reads code and words back."""
    return PydanticCustomError("complaint", "{words}", {"words": message, "code": code})


def ordered(at: str, values: Mapping[str, float], *, strictly: bool = True) -> Iterator[Complaint]:
    """Complain where named values, given from low to high, do not rise; blame the field ``at``."""
    names = list(values)
    for low, high in pairwise(names):
        if values[low] > values[high] or (strictly and values[low] == values[high]):
            word = "below" if strictly else "at most"
            yield Complaint(CONTRADICTION, (at,), f"{low} ({values[low]:g}) must be {word} {high} ({values[high]:g})")


# Few enough digits that Decimal's 28 hold the value in cash exactly.
_DECIMAL: Final = re.compile(r"-?(?:[0-9]{1,12}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})")

_DIGITS: Final = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")


def _decimal(text: str) -> Decimal:
    # Decimal itself also reads "1_0", "Infinity", "1e5" and other scripts' digits: nobody means those.
    if _DIGITS.fullmatch(text) and not _DECIMAL.fullmatch(text):
        raise PydanticCustomError("decimal_text", "Input should have at most 12 digits, and 15 behind the point")
    if not _DECIMAL.fullmatch(text):
        raise PydanticCustomError("decimal_text", "Input should be a decimal number as text, like '0.05'")
    return Decimal(text)


def _decimal_above_zero(text: str) -> str:
    if _decimal(text) <= 0:
        raise PydanticCustomError("decimal_text", "Input should be greater than 0")
    return text


def _decimal_from_zero(text: str) -> str:
    if _decimal(text) < 0:
        raise PydanticCustomError("decimal_text", "Input should be greater than or equal to 0")
    return text


def _decimal_any(text: str) -> str:
    _decimal(text)
    return text


def _a_nanosecond(seconds: float) -> float:
    """Refuse a length of which nothing is left: time is counted in whole nanoseconds."""
    if not round(seconds * NS_PER_S):
        raise PydanticCustomError("length", "Input should be a nanosecond at least")
    return seconds


_UNSIGNED: Final = {"type": "string", "pattern": r"^(\d+(\.\d*)?|\.\d+)$"}
_SIGNED: Final = {"type": "string", "pattern": r"^-?(\d+(\.\d*)?|\.\d+)$"}

DecimalAboveZero = Annotated[str, AfterValidator(_decimal_above_zero), WithJsonSchema(_UNSIGNED)]
DecimalFromZero = Annotated[str, AfterValidator(_decimal_from_zero), WithJsonSchema(_UNSIGNED)]
DecimalText = Annotated[str, AfterValidator(_decimal_any), WithJsonSchema(_SIGNED)]

# More than a billion of anything is a slip of the pen, and would not fit whole nanoseconds.
AboveZero = Annotated[float, Field(gt=0, le=1e9)]
FromZero = Annotated[float, Field(ge=0, le=1e9)]
LengthS = Annotated[AboveZero, AfterValidator(_a_nanosecond)]
Share = Annotated[float, Field(ge=0, le=1)]
Percent = Annotated[float, Field(ge=0, le=100)]
CountAboveZero = Annotated[int, Field(gt=0)]
CountFromZero = Annotated[int, Field(ge=0)]
NAME_PATTERN: Final = r"^[a-z0-9][a-z0-9_-]*$"
SYMBOL_PATTERN: Final = r"^[A-Z0-9][A-Z0-9_-]*$"
Name = Annotated[str, Field(pattern=NAME_PATTERN, max_length=64)]
Symbol = Annotated[str, Field(pattern=SYMBOL_PATTERN, max_length=32)]
