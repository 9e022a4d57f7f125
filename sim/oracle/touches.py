"""Which prices a book of late allows: a quote that meets the other side in every one of them is made of older inputs.

A delivered book is in force until the next one. Whoever quotes by any book that was in force within the
greatest age of inputs stays behind that book's other side, since what may take is no quote. So a price that all
of them have at or through the other side comes of none of them, however fresh the feed.
"""

from collections import deque

import msgspec

from strategy.units import BUY


class _Touch(msgspec.Struct):
    """A best price of one side, times the side that quotes against it; in force until ``until_ns`` (0: still)."""

    signed_ticks: int
    until_ns: int = 0


class Touches:
    """One symbol's best prices of late. Each line falls from its head to its tail, which is in force."""

    def __init__(self, age_ns: int = 1 << 62) -> None:
        """``age_ns`` is the greatest age of inputs; by default nothing is ever too old."""
        self._age_ns = age_ns
        self._lines: dict[int, deque[_Touch]] = {BUY: deque(), -BUY: deque()}

    def told(self, now_ns: int, best_bid_ticks: int, best_ask_ticks: int) -> None:
        """Take in the best prices of a book that is whole, as it is delivered."""
        for side, other_ticks in ((BUY, best_ask_ticks), (-BUY, best_bid_ticks)):
            line, signed_ticks = self._lines[side], side * other_ticks
            if line and line[-1].signed_ticks == signed_ticks:
                continue
            if line:
                line[-1].until_ns = now_ns
            while line and line[-1].signed_ticks <= signed_ticks:
                line.pop()
            line.append(_Touch(signed_ticks))
            self._forget(now_ns, line)

    def why_past(self, now_ns: int, side: int, price_ticks: int) -> str:
        """Say why a quote at a price can be of no book of late; empty where it can."""
        line = self._lines[side]
        self._forget(now_ns, line)
        if not line or side * price_ticks < line[0].signed_ticks:
            return ""
        name = "ask" if side == BUY else "bid"
        best, age_ms = abs(line[0].signed_ticks), self._age_ns // 1_000_000
        return f"no book of the last {age_ms} ms had its best {name} beyond {best} ticks"

    def _forget(self, now_ns: int, line: deque[_Touch]) -> None:
        while line and line[0].until_ns and line[0].until_ns < now_ns - self._age_ns:
            line.popleft()
