"""The account's PnL as it went, symbol by symbol in order of time, and how deep it fell on its way."""

import heapq
from collections.abc import Mapping, Sequence

# (at_ns, PnL of one symbol in cash from then on), in order of time.
Course = Sequence[tuple[int, int]]


def drawdown_cash(courses: Mapping[str, Course]) -> int:
    """Give the greatest fall of the PnL over all symbols below the highest it had been, from zero on."""
    steps = heapq.merge(*([(at_ns, symbol, cash) for at_ns, cash in course] for symbol, course in courses.items()))
    held = dict.fromkeys(courses, 0)
    total = peak = deepest = before = 0
    now_ns: int | None = None
    for at_ns, symbol, cash in steps:
        if at_ns != now_ns:
            # What happens at one instant is one change: between its parts nobody held the account.
            peak, deepest = max(peak, before), max(deepest, peak - before)
            now_ns = at_ns
        total += cash - held[symbol]
        held[symbol] = cash
        before = total
    return max(deepest, max(peak, before) - before)
