"""How much memory something takes while it lasts."""

import tracemalloc
from collections.abc import Callable
from typing import Any

MB = 1_000_000


def grown(body: Callable[[], Any]) -> tuple[Any, int]:
    """Run something; give what came of it and the most memory it took meanwhile, in bytes."""
    tracemalloc.start()
    try:
        return body(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
