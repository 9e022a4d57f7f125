"""What can be seen on this host before a bot starts: one row a fact, ok, warn or FAIL, with the fix."""

import importlib.metadata
import json
import os
import shutil
import socket
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

import adapters
import strategy
from adapters import heartbeat, keys, lockfile
from adapters.bar import Bar
from adapters.settings import Settings
from adapters.terms import MODES, REAL, journal_of
from strategy.journal_table import Damaged

OK: Final = "ok"
WARN: Final = "warn"
FAIL: Final = "FAIL"

_MB: Final = 1_000_000
_DISK_MB_MIN: Final = 100
_DISK_MB_LOW: Final = 1000
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


class Row(NamedTuple):
    """One fact."""

    check: str
    state: str
    detail: str
    fix: str = ""


def host_rows(settings: Settings) -> Iterator[Row]:
    """Look at everything that needs no connection; nothing is changed but the state folder made."""
    yield _program()
    yield Row("config", OK, f"{settings.path.as_posix()}, {settings.venue_name}, {' '.join(settings.live.symbols)}")
    yield _keys(settings.keys_dir)
    folder = _folder(settings.state_dir)
    yield folder
    yield _instance(settings.state_dir)
    yield _bar(settings.state_dir)
    if folder.state != FAIL:
        yield _disk(settings.state_dir)
    yield _journal(settings.journal)
    yield _budget(settings)
    yield _limits(settings)
    yield _port(settings.live.metrics.port)


def _program() -> Row:
    """Look whether the package that was loaded is the one that was installed with the command."""
    root = Path(adapters.__file__).resolve().parent.parent
    if Path(strategy.__file__).resolve().parent.parent != root:
        return Row(
            "program", FAIL, f"adapters comes from {root}, strategy from elsewhere (SQ-S030)", "use a fresh environment"
        )
    try:
        distribution = importlib.metadata.distribution("stormquote")
    except importlib.metadata.PackageNotFoundError:
        return Row("program", WARN, f"runs from {root}, not installed", "install it into a virtual environment")
    own = {Path(str(distribution.locate_file(each))).resolve() for each in distribution.files or ()}
    if Path(adapters.__file__).resolve() in own or root == _editable_root(distribution):
        return Row("program", OK, f"stormquote {distribution.version}, {root}")
    return Row("program", WARN, f"runs from {root}, which is not what was installed", "look at PYTHONPATH")


def _editable_root(distribution: importlib.metadata.Distribution) -> Path | None:
    text = distribution.read_text("direct_url.json")
    url = json.loads(text).get("url", "") if text else ""
    return Path(url.removeprefix("file://")).resolve() if url.startswith("file://") else None


def _keys(folder: Path) -> Row:
    problems = keys.problems_of(folder)
    if problems:
        words = "; ".join(f"{each.path_text}: {each.message} ({each.code})" for each in problems)
        return Row(
            "keys", FAIL, words, "a folder of mode 0700 with files api_key and api_secret of mode 0600, this user's own"
        )
    return Row("keys", OK, f"{folder}, mode 0700, files 0600, {len(keys.FILES)} of {len(keys.FILES)}")


def _folder(folder: Path) -> Row:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
        probe = folder / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        words = f"{folder}: {error.strerror} (SQ-O033)"
        return Row("state folder", FAIL, words, "a folder this user may write, on a local disk")
    if found.st_mode & _OTHERS_WRITE:
        mode = stat.S_IMODE(found.st_mode)
        return Row("state folder", WARN, f"{folder}, others may write to it (mode {mode:04o})", "chmod 700")
    return Row("state folder", OK, f"{folder}, writable")


def _instance(folder: Path) -> Row:
    try:
        pid = lockfile.holder(folder)
    except OSError as error:
        return Row("instance", FAIL, f"the lock cannot be read: {error.strerror} (SQ-O033)", "mend the state folder")
    if pid is not None:
        who = f"process {pid}" if pid else "a process that cannot be seen from here"
        return Row("instance", FAIL, f"{who} is running (SQ-O030)", "live stop")
    beat = heartbeat.last_beat(folder)
    if beat is not None and beat.state != heartbeat.STOPPED:
        return Row("instance", OK, f"none; the last one ended while {beat.state}, process {beat.pid}")
    return Row("instance", OK, "none")


def _bar(folder: Path) -> Row:
    bar = Bar(folder)
    if not folder.is_dir() or not bar.is_barred():
        return Row("bar", OK, "not barred")
    reason = bar.reason()
    words = "no reason given" if reason is None else f"by {reason.who}: {reason.words}"
    return Row("bar", FAIL, f"barred {words} (SQ-R030)", "see that nothing is left, then live run --lift-bar")


def _disk(folder: Path) -> Row:
    free_mb = shutil.disk_usage(folder).free / _MB
    if free_mb < _DISK_MB_MIN:
        return Row("disk", FAIL, f"{free_mb:.0f} MB free (SQ-O033)", f"at least {_DISK_MB_MIN} MB")
    if free_mb < _DISK_MB_LOW:
        return Row("disk", WARN, f"{free_mb:.0f} MB free", f"{_DISK_MB_LOW} MB leave room for days")
    return Row("disk", OK, f"{free_mb:.0f} MB free")


def _journal(path: Path) -> Row:
    # Loaded here: a kill needs the rows and nothing of this.
    from adapters.journal_reader import JournalReader, NoneYet

    try:
        with JournalReader(path) as reader:
            reader.prove()
            if reader.has_begun():
                reader.last_state()
    except NoneYet:
        return Row("journal", OK, f"{path}, none yet")
    except Damaged as error:
        words = f"{error} ({error.code})"
        return Row("journal", FAIL, words, "a good copy, or live run --set-journal-aside (sim explain SQ-O010)")
    if not os.access(path, os.W_OK):
        return Row("journal", FAIL, f"{path} may not be written (SQ-O033)", "chmod u+w")
    return Row("journal", OK, f"{path}, whole and writable")


def _budget(settings: Settings) -> Row:
    """Look whether a start would end at once, because a budget was spent and nobody has looked into it."""
    latched = {mode: symbols for mode in MODES if (symbols := _latched(journal_of(settings, mode)))}
    if not latched:
        return Row("budget", OK, "none is spent")
    words = "; ".join(f"{mode}: {' '.join(symbols)}" for mode, symbols in latched.items())
    state = FAIL if REAL in latched else WARN
    return Row("budget", state, f"spent, {words} (SQ-R033)", "find out why, then live run --clear-latch")


def _latched(path: Path) -> list[str]:
    """Name the symbols that a journal keeps from quoting; what is wrong with it another row says."""
    from adapters.journal_reader import JournalReader

    try:
        with JournalReader(path) as reader:
            desks = reader.last_state().desks if reader.has_begun() else []
    except Damaged:
        return []
    return [desk.symbol for desk in desks if desk.memory.latched]


def _limits(settings: Settings) -> Row:
    account = settings.config.account
    sizes = [f"{symbol} {settings.config.symbols[symbol].position_max}" for symbol in settings.live.symbols]
    words = f"loss {account.loss_budget} a day, gross {account.gross_notional_max}, positions {', '.join(sizes)}"
    return Row("limits", OK, words)


def _port(port: int) -> Row:
    if not port:
        return Row("metrics", OK, "switched off")
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return Row("metrics", FAIL, f"port {port}: {error.strerror}", "another metrics.port, or 0")
    return Row("metrics", OK, f"127.0.0.1:{port} is free")
