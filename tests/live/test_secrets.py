"""The keys appear nowhere: not in logs, journal, metrics, tracebacks, nor in what a process shows of itself."""

import socket
import traceback
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from live_files import SECRET, write_keys, write_live
from serving import Serving, serving
from trading import CALM, Trading

from adapters.keys import read_keys
from adapters.settings import load
from adapters.venues import make_venue
from strategy.exit_codes import ExitCode


@pytest.fixture(scope="module")
def venue() -> Iterator[Serving]:
    with serving(CALM) as running:
        yield running


@pytest.fixture
def trading(tmp_path: Path, venue: Serving) -> Trading:
    return Trading(tmp_path, venue)


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return int(probe.getsockname()[1])


def leaks(trading: Trading, *texts: str) -> list[str]:
    """Name what shows a key: texts by their place, files by their name."""
    secrets = (trading.venue.key.encode(), trading.venue.secret.encode())
    found = [f"text {place}" for place, text in enumerate(texts) if any(one in text.encode() for one in secrets)]
    files = [path for path in trading.folder.rglob("*") if path.is_file() and path.parent.name != "keys"]
    assert len(files) > 5
    return found + [path.name for path in files if any(one in path.read_bytes() for one in secrets)]


def test_nothing_that_a_bot_or_a_verb_writes_shows_a_key(trading: Trading) -> None:
    port = free_port()
    with trading.started("guard"), trading.quoting("--metrics-port", port) as bot:
        page = httpx.get(f"http://127.0.0.1:{port}/metrics").text
        proc = Path(f"/proc/{bot.pid}")
        shown = [(proc / name).read_bytes().decode(errors="replace") for name in ("cmdline", "environ")]
        verbs = ("check", "status", "reconcile", "report", "flatten")
        said = [trading.verb(verb, *(("--dry-run",) if verb == "flatten" else ())) for verb in verbs]
        assert "stormquote_" in page
        # Refused with a key that is wrong: what the venue says of it may repeat it.
        write_keys(trading.folder / "keys", trading.venue.key, "x" + trading.venue.secret[1:])
        said.append(trading.verb("check"))
        assert ExitCode.PREFLIGHT == said[-1].returncode
        write_keys(trading.folder / "keys", trading.venue.key, trading.venue.secret)
        said.append(trading.verb("kill"))
        bot.wait(10)
    texts = [text for one in said for text in (one.stdout, one.stderr)]
    assert [] == leaks(trading, page, *shown, *texts)


def test_a_leak_would_be_found(trading: Trading) -> None:
    trading.state.mkdir()
    for number in range(6):
        (trading.state / f"file{number}").write_text(trading.venue.secret if number == 3 else "", encoding="utf-8")
    assert ["text 1", "file3"] == leaks(trading, "nothing", f"key {trading.venue.key}")


def test_a_traceback_through_keys_and_venue_shows_none(tmp_path: Path) -> None:
    settings = load(write_live(tmp_path))
    keys = read_keys(settings.keys_dir)
    made = make_venue(settings, keys)
    try:
        raise RuntimeError(keys, made, vars(made))
    except RuntimeError as failure:
        told = "".join(traceback.TracebackException.from_exception(failure, capture_locals=True).format())
    assert "SecretStr" in told
    assert SECRET not in told
