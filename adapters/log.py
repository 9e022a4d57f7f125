"""The log: one line of JSON a fact, for people and their tools. Nothing is ever decided by it.

It is bounded: a file that is full becomes ``<name>.1``, and the one before it goes. A disk that takes
no line loses it and nothing else.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import structlog

BYTES_MAX: Final = 64 * 1024 * 1024
_NS: Final = 1e9


class Log:
    """An open log. Facts are texts and numbers; who writes them keeps secrets out."""

    def __init__(self, path: Path, wall_ns: Callable[[], int], bytes_max: int = BYTES_MAX) -> None:
        """Open it for appending; raises ``OSError``."""
        self._path = path
        self._wall_ns = wall_ns
        self._bytes_max = bytes_max
        self.lost = 0
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._open()

    def tell(self, what: str, **facts: Any) -> None:
        """Write that something happened."""
        at = datetime.fromtimestamp(self._wall_ns() / _NS, UTC).isoformat(timespec="milliseconds")
        try:
            if self._file.tell() >= self._bytes_max:
                self._turn_over()
            self._logger.msg(what, at=at, **facts)
        except (OSError, ValueError):
            self.lost += 1

    def close(self) -> None:
        """Close it."""
        self._file.close()

    def _open(self) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace")
        self._file.seek(0, os.SEEK_END)
        self._logger: Any = structlog.wrap_logger(
            structlog.WriteLogger(self._file), processors=[structlog.processors.JSONRenderer()]
        )

    def _turn_over(self) -> None:
        self._file.close()
        os.replace(self._path, self._path.with_name(self._path.name + ".1"))
        self._open()
