"""Standard output and standard error whose reader may leave: `sim explain --list | head -1`.

Who closes the pipe has seen enough. A command then ends as one that SIGPIPE ends, quietly and with the code
that a shell gives to that: 1, which is Python's and click's, would say that a gate failed. SIGPIPE itself stays
as Python has it: it would also come for a socket, or for a worker that died.
"""

import io
import os
import sys
from typing import Any, Final, TextIO

from strategy.exit_codes import ExitCode

_OUT_FD: Final = 1
_ERR_FD: Final = 2


class _Outgoing(io.FileIO):
    """A descriptor that nobody may read any more; ``ends`` says whether the program ends."""

    def __init__(self, fd: int, *, ends: bool) -> None:
        super().__init__(fd, "wb", closefd=False)
        self._ends = ends

    def write(self, data: Any, /) -> int:
        """Write; where nobody reads, whatever is still said goes nowhere."""
        try:
            return super().write(data)
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
        if self._ends:
            raise SystemExit(ExitCode.PIPE_CLOSED)
        return len(data)


def watch() -> None:
    """Watch both streams of a command; without a reader of what goes wrong it does its work all the same."""
    if sys.stdout is not None and sys.stdout is sys.__stdout__:
        sys.stdout = _watched(sys.stdout, _OUT_FD, ends=True)
    if sys.stderr is not None and sys.stderr is sys.__stderr__:
        sys.stderr = _watched(sys.stderr, _ERR_FD, ends=False)


def _watched(stream: Any, fd: int, *, ends: bool) -> TextIO:
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Outgoing(fd, ends=ends)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
