"""Results that outlive the process which made them: one line each, written as they arrive.

A line is found again by what decides its result: the program, the scenario with its settings, and the
seed. So a search that goes on takes whatever is still true of it, after any change, and nothing else.
"""

import hashlib
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from msgspec.structs import replace

from sim.runs.job import Job, SeedResult


class _Line(msgspec.Struct, frozen=True):
    key: str
    result: SeedResult


class Ledger:
    """The file of results. Use it in a ``with``; a half-written last line is passed over."""

    def __init__(self, path: Path) -> None:
        """Read what is there."""
        self._path = path
        self._known: dict[str, SeedResult] = {}
        content = path.read_bytes() if path.exists() else b""
        for line in content.splitlines():
            try:
                read = msgspec.json.decode(line, type=_Line)
            except msgspec.DecodeError:
                continue
            self._known[read.key] = read.result
        self._needs_break = bool(content) and not content.endswith(b"\n")

    def __enter__(self) -> Self:
        self._file = self._path.open("ab")
        if self._needs_break:
            self._file.write(b"\n")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._file.close()

    def find(self, key: str) -> SeedResult | None:
        """Give the result of a job by its key; None where there is none yet."""
        return self._known.get(key)

    def keep(self, key: str, result: SeedResult) -> None:
        """Write a result down at once. One that a missing tape or a bad file prevented is asked for again."""
        if result.skipped or result.refused:
            return
        short = replace(result, plan=b"", last_events=(), checkpoints=())
        self._known[key] = short
        self._file.write(msgspec.json.encode(_Line(key, short)) + b"\n")
        self._file.flush()


def key_of(job: Job) -> str:
    """Name a job by everything that decides its result."""
    hashed = hashlib.blake2b(_program().encode(), digest_size=16)
    rest = (job.seed, job.core, job.through, job.data_dir, job.until_s, job.without)
    hashed.update(f"{job.scenario.model_dump_json()} {rest}".encode())
    return hashed.hexdigest()


@cache
def _program() -> str:
    """Hash the program itself: a result of other code is the answer to another question."""
    import sim
    import strategy

    hashed = hashlib.blake2b(digest_size=16)
    for package in (sim, strategy):
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob("*.py")):
            hashed.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return hashed.hexdigest()
