"""How a tape is refused: the file, the line, the reason and a stable code. Never half a tape."""

from typing import Final, NoReturn

from strategy.errors import OperatorError, Problem

UNREADABLE: Final = "SQ-S101"
NOT_A_TAPE: Final = "SQ-S102"
MALFORMED: Final = "SQ-S103"
OUT_OF_ORDER: Final = "SQ-S104"
CHAIN_GAP: Final = "SQ-S105"
CROSSED: Final = "SQ-S106"
NOT_POSITIVE: Final = "SQ-S107"
OFF_GRID: Final = "SQ-S108"
WRONG_UNIT: Final = "SQ-S109"

# Ticks, lots, ids and times are kept in eight bytes; a number beyond that is a slip of the pen.
COUNTED_MAX: Final = 2**63 - 1

# A raw line with a snapshot has a hundred thousand characters; nobody wants to read it again.
_QUOTED_MAX: Final = 120


class RowRefused(ValueError):
    """A value that cannot be taken; the reader that knows the line turns it into ``TapeRefused``.

    ``text`` is the offending piece of the line, where there is one to point at.
    """

    def __init__(self, code: str, reason: str, text: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.text = text


class TapeRefused(OperatorError):
    """The operator's tape cannot be used. ``line`` is 0 when the whole file is meant."""

    def __init__(self, code: str, path: str, line: int, reason: str, *, row: str = "", text: str = "") -> None:
        short = len(row) <= _QUOTED_MAX
        col = 1 + max(0, row.find(text)) if short and text else 1
        quoted = row if short else row[:_QUOTED_MAX] + " ..."
        self.problem = Problem(code, path, line, col, reason, quoted)
        super().__init__([self.problem])


def refuse(path: str, line: int, mistake: ValueError, expected: str, row: str = "") -> NoReturn:
    """Turn a mistake found while reading a line into a refusal that names the place."""
    if isinstance(mistake, RowRefused):
        raise TapeRefused(mistake.code, path, line, mistake.reason, row=row, text=mistake.text) from mistake
    raise TapeRefused(MALFORMED, path, line, f"{mistake}; expected {expected}", row=row) from mistake
