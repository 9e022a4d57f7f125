"""``--set KEY=VALUE``: one override from the command line, of the strategy config or of the scenario's ``run``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from strategy.document_tree import scalar_of
from strategy.errors import Problem
from strategy.file_model import Complaint

MALFORMED: Final = "SQ-C010"
OPTION: Final = "--set"
_OF_RUN: Final = "run."


@dataclass(frozen=True)
class Setting:
    """One override as it was typed, and as it is meant."""

    text: str
    key: str
    value: Any

    @property
    def is_of_run(self) -> bool:
        """Say whether it changes the scenario's ``run``: its length, its warm-up, its seeds."""
        return self.key.startswith(_OF_RUN)

    def problem(self, complaint: Complaint) -> Problem:
        """Point at the key for a key that is unknown, at the value for anything else."""
        col = 1 if complaint.at_key else len(self.key) + 2
        return Problem(complaint.code, OPTION, 1, col, complaint.message, self.text)


def read_settings(texts: Sequence[str], problems: list[Problem]) -> tuple[Setting, ...]:
    """Take settings apart; a malformed one is a problem with a caret under it."""
    settings: list[Setting] = []
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            words = f"{text!r} is not of the form KEY=VALUE, such as spread.base_bps=1.5"
            problems.append(Problem(MALFORMED, OPTION, 1, 1, words, text))
            continue
        settings.append(Setting(text, key, _meant(value)))
    return tuple(settings)


def _meant(value: str) -> Any:
    """Read a value as a config file would; quotes make it text there as well."""
    for quote in ("'", '"'):
        if len(value) > 1 and value.startswith(quote) and value.endswith(quote):
            return value[1:-1]
    return scalar_of(value)
