"""What ``strategy`` may not call while it runs: watched from inside the interpreter.

Holes it has (on Python 3.11, ``sys.setprofile``): a clock wrapped in ``functools.partial``, or
passed as a sort key, is called from C and is not seen. The source fence sees its import.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_BANNED_OWNERS = frozenset({"time", "random", "_random", "posix", "io", "_io", "_socket", "_datetime", "gc", "_thread"})
_BANNED_NAMES = frozenset({"id", "hash", "print", "input", "open", "urandom", "now", "utcnow", "today"})


@contextmanager
def watched(is_ours: Callable[[str], bool]) -> Iterator[list[str]]:
    """Give a list that fills with banned C calls made from frames of files that are ours."""
    seen: list[str] = []

    def look(frame: FrameType, event: str, called: object) -> None:
        if event != "c_call" or not is_ours(frame.f_code.co_filename):
            return
        owner = getattr(called, "__module__", None) or type(getattr(called, "__self__", None)).__module__
        name = getattr(called, "__name__", "")
        if owner in _BANNED_OWNERS or name in _BANNED_NAMES:
            seen.append(f"{frame.f_code.co_filename.rsplit('/', 1)[-1]}:{frame.f_lineno} calls {owner}.{name}")

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield seen
    finally:
        sys.setprofile(before)
