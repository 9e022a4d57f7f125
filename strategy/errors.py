"""Whose fault it was, and how it is told.

Four ways a thing can go wrong, four shapes. *Ours*: ``OurMistake``, stop and cancel all. *The
operator's file*: ``OperatorError`` with every ``Problem`` found, nothing starts. *The venue's*:
an event, that order in doubt. *Nobody's, a limit said no*: a value with a ``RefusalCode``.
Text is for people, codes are for tests, counters and ``sim explain``; the codes' own words are
in ``error_codes``.
"""

from collections.abc import Iterable
from enum import StrEnum, unique
from typing import ClassVar, Final

import msgspec

from strategy.error_codes import REGISTRY, ErrorCode

__all__ = [
    "REGISTRY",
    "ErrorCode",
    "OperatorError",
    "OurMistake",
    "Problem",
    "RefusalCode",
    "StormquoteError",
    "render_all",
]

OUR_MISTAKE: Final = "SQ-S001"
BAD_FILE: Final = "SQ-C010"

_NUMBER_WIDTH: Final = 6


@unique
class RefusalCode(StrEnum):
    """Why a limit of ours said no; counted, never raised."""

    POSITION_LIMIT = "POSITION_LIMIT"
    GROSS_LIMIT = "GROSS_LIMIT"
    NET_LIMIT = "NET_LIMIT"
    CLOCK_UNSURE = "CLOCK_UNSURE"
    RATE_BUDGET = "RATE_BUDGET"
    SLOT_IN_DOUBT = "SLOT_IN_DOUBT"
    WOULD_SELF_TRADE = "WOULD_SELF_TRADE"
    WIDTH_CEILING = "WIDTH_CEILING"
    HALTED = "HALTED"
    NOT_LEAVING = "NOT_LEAVING"


class StormquoteError(Exception):
    """Anything we raise on purpose. ``code`` is in the registry."""

    code: ClassVar[str]


class OurMistake(StormquoteError):
    """A bug of ours: a step that raises this sends nothing, and the driver cancels everything."""

    code = OUR_MISTAKE


class Problem(msgspec.Struct, frozen=True):
    """One mistake in a file a person wrote, with the place it was made.

    ``line`` and ``col`` count from 1; ``line`` 0 means the file as a whole, and then nothing is
    quoted. ``path_text`` is the file's name as the person gave it.
    """

    code: str
    path_text: str
    line: int
    col: int
    message: str
    source_line: str = ""

    def render(self) -> str:
        """Write the place, the code and the message; below them the line and a caret."""
        if not self.line:
            return f"{self.path_text}: error[{self.code}]: {self.message}"
        head = f"{self.path_text}:{self.line}:{self.col}: error[{self.code}]: {self.message}"
        # Tabs stay tabs in the padding, so that the caret lands under its character anyway.
        padding = "".join("\t" if letter == "\t" else " " for letter in self.source_line[: self.col - 1])
        padding = padding.ljust(self.col - 1)
        quoted = f"{self.line:>{_NUMBER_WIDTH}} | {self.source_line}".rstrip()
        return f"{head}\n{quoted}\n{'':>{_NUMBER_WIDTH}} | {padding}^"


def render_all(problems: Iterable[Problem]) -> str:
    """Write problems one below the other, in the order given."""
    return "\n".join(problem.render() for problem in problems)


class OperatorError(StormquoteError):
    """The operator's files cannot be used; carries every problem found, and nothing starts."""

    code = BAD_FILE

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        if not self.problems:
            raise OurMistake("an OperatorError needs at least one problem")
        super().__init__(render_all(self.problems))
