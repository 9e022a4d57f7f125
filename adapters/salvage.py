"""Settings from files that may be broken: whatever stops a bot must not stop what stops it.

What is wrong is told, and whatever can still be read is used: the fields of the live config that are
right, else the copy that the bot kept in its state folder as it started. How to quote is of no concern
here, so defaults take the place of a strategy config that cannot be read.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from adapters.settings import Settings, document
from strategy.config import SCHEMA_VERSION, Config
from strategy.config_live import LiveConfig, LiveStrategy
from strategy.documents import Reading, read
from strategy.errors import OperatorError, Problem

COPY: Final = "started-with.json"
_NEEDED: Final = ("venue", "symbols", "files")
_NONE: Final = "none"


class Started(msgspec.Struct, frozen=True):
    """The live config that a bot started with: where it stood, and its text."""

    path: str
    text: str


class Salvaged(msgspec.Struct, frozen=True):
    """Settings, and what was wrong with the files they come from."""

    settings: Settings
    wrong: tuple[Problem, ...] = ()


def keep_copy(settings: Settings) -> None:
    """Keep the live config in the state folder, for a day on which the file itself is gone or broken.

    There are no keys in it. Raises ``OSError`` where it cannot be kept.
    """
    started = Started(os.path.abspath(settings.path), settings.path.read_text(encoding="utf-8"))
    new = settings.state_dir / f"{COPY}.new"
    new.write_bytes(msgspec.json.encode(started))
    new.replace(settings.state_dir / COPY)


def salvage(path: Path, state_dir: Path | None = None) -> Salvaged:
    """Read what can be read; ``state_dir`` says where a copy is when even that cannot be read.

    Raises ``OperatorError`` where no venue, no symbols or no folders are to be found anywhere.
    """
    problems: list[Problem] = []
    reading = document(path, LiveConfig, path.as_posix(), problems)
    live = None if reading is None else _pieced_together(reading)
    if live is None:
        path, live = _copy_of(path, state_dir) or (path, None)
    if live is None:
        raise OperatorError(problems)
    config = _config(path, live, problems)
    return Salvaged(Settings(live, config.value or _stand_in(live.symbols), path, config), tuple(problems))


def _pieced_together(reading: Reading[LiveConfig]) -> LiveConfig | None:
    """Make a live config of the fields that are right; None where one that is needed is not."""
    if reading.value is not None:
        return reading.value
    parts = {name: reading.parts[name] for name in LiveConfig.model_fields if name in reading.parts}
    if any(name not in parts for name in _NEEDED):
        return None
    return LiveConfig.model_construct(**{"name": _NONE, "strategy": LiveStrategy(config=_NONE), **parts})


def _copy_of(path: Path, state_dir: Path | None) -> tuple[Path, LiveConfig] | None:
    """Find the copy that a bot kept of its live config."""
    for folder in (state_dir, path.parent / "state"):
        if folder is None:
            continue
        try:
            started = msgspec.json.decode((folder / COPY).read_bytes(), type=Started)
        except (OSError, msgspec.MsgspecError):
            continue
        live = _pieced_together(read(started.text, LiveConfig, (folder / COPY).as_posix()))
        if live is not None:
            return Path(started.path), live
    return None


def _config(path: Path, live: LiveConfig, problems: list[Problem]) -> Reading[Config]:
    target = path.parent / live.strategy.config
    reading = document(target, Config, target.as_posix(), problems)
    return reading if reading is not None else read("", Config, target.as_posix())


def _stand_in(symbols: Sequence[str]) -> Config:
    """Give the defaults: how long requests are valid is all that is asked of them."""
    sizes = {symbol: {"quote_size": "1", "position_max": "1"} for symbol in symbols}
    return Config.model_validate({"schema_version": SCHEMA_VERSION, "name": _NONE, "symbols": sizes})
