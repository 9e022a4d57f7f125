"""Venues that other people's programs are let loose on: one that trades a contract, one that trades a pair."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from serving import Serving, serving
from small_world import small_scenario

SYMBOL = "BTCUSDT"
CATEGORIES = ("linear", "spot")
_PATIENCE_S = 15.0


@contextmanager
def open_venue(folder: Path, category: str) -> Iterator[Serving]:
    """Serve one symbol of a category, at real speed and without a fault."""
    market = f"symbols.{SYMBOL}.instrument.kind: {category}"
    small_scenario(folder, 600, market=market)
    with serving(folder / "small.yaml") as venue:
        yield venue


def until(is_so: Callable[[], Any]) -> Any:
    """Wait until something is so, and give it; fails after a while."""
    end_s = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end_s:
        what = is_so()
        if what:
            return what
        time.sleep(0.01)
    raise AssertionError("it never came to be")
