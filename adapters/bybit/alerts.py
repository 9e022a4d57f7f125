"""What a person should know, said once in a while: a venue that repeats itself is not repeated."""

import asyncio
from collections.abc import Callable
from typing import Final

from strategy.commands import Alert

_EVERY_S: Final = 30.0

Told = Callable[[Alert], None]


class Alerts:
    """Says each code at most once in thirty seconds, and how many were held back meanwhile."""

    def __init__(self, told: Told) -> None:
        """``told`` hears what is said."""
        self._told = told
        self._said_s: dict[str, float] = {}
        self._held: dict[str, int] = {}
        self.counts: dict[str, int] = {}  # by code, held back or not

    def say(self, code: str, words: str) -> None:
        """Say a registered code with words of this once."""
        self.counts[code] = self.counts.get(code, 0) + 1
        now_s = asyncio.get_running_loop().time()
        if now_s - self._said_s.get(code, -_EVERY_S) < _EVERY_S:
            self._held[code] = self._held.get(code, 0) + 1
            return
        self._said_s[code] = now_s
        held = self._held.pop(code, 0)
        self._told(Alert(code, f"{words} (and {held} more since the last time)" if held else words))
