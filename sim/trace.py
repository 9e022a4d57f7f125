"""What happened, as one canonical stream of bytes, and its running hash.

Two runs are the same run if and only if their digests are equal. A checkpoint every
``CHECKPOINT_EVERY`` records says between which records two runs part. The last records are kept
as text for whoever must find out why a run ended.
"""

import hashlib
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec

CHECKPOINT_EVERY: Final = 256
# The kind of a record that is (an event, the commands that answer it).
STEP: Final = "step"
# Records told in the time of the bot's clock; every other kind is told in true time since the start of the run.
HOSTS_KINDS: Final = frozenset({STEP, "out of memory"})
_KEPT: Final = 200
_DIGEST_BYTES: Final = 16


class Trace:
    """Append records; ask for the digest at the end."""

    def __init__(self) -> None:
        """Start with nothing said."""
        self._hash = hashlib.blake2b(digest_size=_DIGEST_BYTES)
        self._encode = msgspec.json.Encoder().encode
        self._last: deque[bytes] = deque(maxlen=_KEPT)
        # Told of every record as it is made.
        self.heard: Callable[[str, int, object], None] | None = None
        self.records = 0
        self.checkpoints: list[str] = []

    def record(self, kind: str, now_ns: int, what: object) -> None:
        """Append one record. ``what`` is made of structs, tuples, integers and text."""
        line = self._encode((kind, now_ns, what))
        self._hash.update(line)
        self._last.append(line)
        self.records += 1
        if self.records % CHECKPOINT_EVERY == 0:
            self.checkpoints.append(self._hash.hexdigest())
        if self.heard is not None:
            self.heard(kind, now_ns, what)

    def digest(self) -> str:
        """Give the hash of everything so far."""
        return self._hash.hexdigest()

    def last_lines(self) -> tuple[str, ...]:
        """Give the end of the trace as lines of JSON."""
        return tuple(line.decode() for line in self._last)
