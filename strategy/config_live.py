"""The live config: where the bot quotes, with which strategy, and where it keeps its files.

Paths are relative to the folder of the file they stand in. Keys are never written here: the file
names the folder that holds them.
"""

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Final, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from strategy.file_model import CONTRADICTION, AboveZero, Complaint, Document, Name, Symbol, Written, relation

SCHEMA_VERSION: Final = 1

_URL: Final = re.compile(r"(https?|wss?)://(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
_PLAIN: Final = ("http", "ws")
_PORT_MAX: Final = 65535


def _url(schemes: tuple[str, str], text: str) -> str:
    found = _URL.fullmatch(text)
    if found is None or found[1] not in schemes:
        wanted = " or ".join(f"{scheme}://" for scheme in reversed(schemes))
        raise PydanticCustomError("url", "Input should be a URL that begins with {wanted}", {"wanted": wanted})
    if found[1] in _PLAIN and found[2] not in _LOOPBACK:
        # The signature protects an order from being changed, not from being read.
        words = "Input should be encrypted ({scheme}s://): only this host may be spoken to in the clear"
        raise PydanticCustomError("url", words, {"scheme": found[1]})
    if found[3] and not 0 < int(found[3][1:]) <= _PORT_MAX:
        raise PydanticCustomError("url", "Input should have a port from 1 to {most}", {"most": _PORT_MAX})
    return text.rstrip("/")


def _rest_url(text: str) -> str:
    return _url(("http", "https"), text)


def _stream_url(text: str) -> str:
    return _url(("ws", "wss"), text)


RestUrl = Annotated[str, AfterValidator(_rest_url)]
StreamUrl = Annotated[str, AfterValidator(_stream_url)]
FileName = Annotated[str, Field(min_length=1, max_length=1024)]


class Urls(Written):
    """The addresses of a venue that is none of the known ones: a simulated one, a proxy, a regional host."""

    rest: RestUrl
    """Where REST calls go, without the path, such as `http://127.0.0.1:8080`."""
    streams: StreamUrl
    """Where streams are dialled, without the path, such as `ws://127.0.0.1:8080`."""


class Place(Written):
    """The venue, and which of its worlds."""

    name: Name
    """The venue's name."""
    environment: Literal["mainnet", "testnet", "demo", "custom"]
    """Which of the venue's worlds: real money, its test network, its demo accounts, or the `urls` given here."""
    category: Literal["linear", "spot"] = "linear"
    """Linear contracts, or spot pairs."""
    order_entry: Literal["stream", "rest"] = "stream"
    """How orders go in: over the venue's order-entry stream while it is up, or by REST calls alone."""
    urls: Urls | None = None
    """The addresses, for the environment `custom` and for no other."""

    @relation("environment", "urls")
    def _urls_exactly_for_custom(self) -> Iterator[Complaint]:
        if self.environment == "custom" and self.urls is None:
            yield Complaint(CONTRADICTION, ("environment",), "environment custom needs urls")
        if self.environment != "custom" and self.urls is not None:
            words = f"urls belong to environment custom; {self.environment} has its own addresses"
            yield Complaint(CONTRADICTION, ("urls",), words, at_key=True)


class Files(Written):
    """Where the bot keeps what must outlive it, and where it finds its keys."""

    state_dir: FileName
    """Folder for lock, heartbeat, bar, journal and log. One for each account, on a local disk."""
    keys_dir: FileName
    """Folder that holds `api_key` and `api_secret`, readable by their owner alone."""
    journal: FileName = "journal.sqlite"
    """The journal; a relative path is below `state_dir`."""
    log: FileName = "live.ndjson"
    """The log; a relative path is below `state_dir`."""


class Watchdog(Written):
    """When the guard steps in."""

    silence_s: Annotated[float, Field(ge=1, le=3600)] = 5.0
    """A heartbeat older than this is silence: everything is cancelled and trading barred. In seconds."""


class Metrics(Written):
    """Where the figures are served, on this host only."""

    port: Annotated[int, Field(ge=0, le=65535)] = 9464
    """TCP port on 127.0.0.1; 0 serves nothing."""


class Memory(Written):
    """How much memory is normal."""

    soft_mark_mb: AboveZero = 512
    """Above this resident size the bot sheds what it can do without, in megabytes."""


class LiveStrategy(Written):
    """What is to be quoted, and how."""

    config: FileName
    """The strategy config."""


class LiveConfig(Document):
    """A live config, version 1."""

    SCHEMA_VERSION: ClassVar[int] = SCHEMA_VERSION

    schema_version: Annotated[int, Field(ge=1)]
    """Version of this file's layout; `sim migrate` raises it."""
    name: Name
    """A short name that appears in logs and client ids."""
    description: str = ""
    """What this file is for, in one sentence."""
    venue: Place
    """Where to quote."""
    symbols: Annotated[list[Symbol], Field(min_length=1)]
    """What to quote; each must have sizes in the strategy config."""
    strategy: LiveStrategy
    """How to quote."""
    files: Files
    """Folders and files."""
    watchdog: Watchdog = Watchdog()
    """When the guard steps in."""
    metrics: Metrics = Metrics()
    """Where figures are served."""
    memory: Memory = Memory()
    """How much memory is normal."""

    @relation("symbols")
    def _symbols_once(self) -> Iterator[Complaint]:
        for place, symbol in enumerate(self.symbols):
            if symbol in self.symbols[:place]:
                yield Complaint(CONTRADICTION, ("symbols", place), f"{symbol} is listed twice")
