"""How long to wait before trying again: twice as long each time, up to a bound."""

from typing import Final

_DOUBLINGS_MAX: Final = 40


def pause_ns(first_ns: int, tries: int, most_ns: int) -> int:
    """Give the pause after ``tries`` earlier tries failed: ``first_ns`` after none, never above ``most_ns``."""
    return min(first_ns << min(tries, _DOUBLINGS_MAX), max(first_ns, most_ns))
