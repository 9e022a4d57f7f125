"""What an error code is: its form, and the words it must have."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

AREAS: Final[Mapping[str, str]] = MappingProxyType(
    {"C": "files a person writes", "S": "simulator", "V": "venue", "R": "risk", "O": "orders", "G": "gates"}
)
_FORM: Final = re.compile(r"SQ-[CSVROG]\d{3}")

NOTHING_STARTS: Final = "Nothing starts. Every mistake found in every file is listed, each with its place."


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One code in words. ``retry_after_s`` is ``None`` where trying again changes nothing."""

    code: str
    title: str
    cause: str
    what_system_does: str
    what_you_do: str
    recoverable: bool = True
    retry_after_s: int | None = None

    def __post_init__(self) -> None:
        if not _FORM.fullmatch(self.code):
            raise ValueError(f"{self.code!r} is not of the form SQ-Lnnn")
