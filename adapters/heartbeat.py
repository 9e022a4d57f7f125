"""The heartbeat: what a running bot says of itself, in a file that anybody on this host can read.

It is written in place into room that was taken at the start, so that a full disk does not silence
a healthy bot. A checksum tells a whole record from one that was read while it was written. Its age
is judged by the monotonic clock, which all processes of one boot share and nobody can set.
"""

import os
import time
import zlib
from pathlib import Path
from typing import Final

import msgspec

NAME: Final = "heartbeat"
SIZE: Final = 16384

# What a bot may be doing.
STARTING: Final = "starting"
QUOTING: Final = "quoting"
HALTED: Final = "halted"
BARRED: Final = "barred"
STOPPING: Final = "stopping"
STOPPED: Final = "stopped"

_CRC_DIGITS: Final = 8
_BOOT: Final = "/proc/sys/kernel/random/boot_id"


class SymbolState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One symbol in a person's own units."""

    symbol: str
    position: str = "0"
    bid: str = ""
    ask: str = ""
    open_orders: int = 0
    in_doubt: int = 0
    guard: str = "NONE"
    reasons: tuple[str, ...] = ()


class Told(msgspec.Struct, frozen=True):
    """Something a person was told."""

    wall_ns: int
    code: str
    words: str


class Beat(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One beat. Times are stamped by ``Heart``; money is text in the quote currency.

    ``gates`` are figures of the process so far, by the names that scenarios have gates on.
    """

    state: str
    mode: str
    session: str
    venue: str
    pid: int = 0
    boot: str = ""
    monotonic_ns: int = 0
    wall_ns: int = 0
    started_wall_ns: int = 0
    silence_s: float = 0.0
    pnl_today: str = ""
    loss_budget: str = ""
    gates: dict[str, float] = {}
    symbols: tuple[SymbolState, ...] = ()
    told: tuple[Told, ...] = ()


class Heart:
    """Writes the beats of one process."""

    def __init__(self, folder: Path) -> None:
        """Take the room for it; raises ``OSError`` where there is none."""
        self._descriptor = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(self._descriptor, 0, SIZE)
        except OSError:
            os.close(self._descriptor)
            raise
        self._boot = boot_id()

    def beat(self, beat: Beat) -> None:
        """Write one, stamped with this process and the clocks; the oldest words go where room is short."""
        stamped = msgspec.structs.replace(
            beat, pid=os.getpid(), boot=self._boot, monotonic_ns=time.monotonic_ns(), wall_ns=time.time_ns()
        )
        body = msgspec.json.encode(stamped)
        while len(body) > SIZE - _CRC_DIGITS - 2 and stamped.told:
            stamped = msgspec.structs.replace(stamped, told=stamped.told[1:])
            body = msgspec.json.encode(stamped)
        line = b"%08x %s\n" % (zlib.crc32(body), body)
        os.pwrite(self._descriptor, line.ljust(SIZE), 0)

    def close(self) -> None:
        """Leave the last beat as it is."""
        os.close(self._descriptor)


def last_beat(folder: Path) -> Beat | None:
    """Read the last beat; ``None`` where there was none or it cannot be read."""
    try:
        with open(folder / NAME, "rb") as file:
            for _ in range(3):  # while it is being written it may be read in two halves
                file.seek(0)
                beat = _beat(file.read(SIZE))
                if beat is not None:
                    return beat
    except OSError:
        return None
    return None


def age_s(beat: Beat) -> float:
    """Give a beat's age in seconds; one of another boot is infinitely old."""
    if beat.boot != boot_id():
        return float("inf")
    return max(0.0, (time.monotonic_ns() - beat.monotonic_ns) / 1e9)


def boot_id() -> str:
    """Name this boot of the host; empty where the host does not say."""
    try:
        with open(_BOOT, encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def _beat(data: bytes) -> Beat | None:
    line, found, _ = data.partition(b"\n")
    body = line[_CRC_DIGITS + 1 :]
    if not found or line[:_CRC_DIGITS] != b"%08x" % zlib.crc32(body):
        return None
    try:
        return msgspec.json.decode(body, type=Beat)
    except msgspec.MsgspecError:
        return None
