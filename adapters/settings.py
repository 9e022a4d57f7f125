"""The files a live bot is started with: every mistake in all of them is told at once."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from strategy.config import Config
from strategy.config_live import LiveConfig
from strategy.documents import Reading, read
from strategy.errors import OperatorError, Problem
from strategy.file_model import Complaint, Document
from strategy.hints import SAME_SYMBOL, did_you_mean

UNREADABLE: Final = "SQ-C001"
NOWHERE: Final = "SQ-C022"
MISFIT: Final = "SQ-C030"

VENUES: Final = ("bybit",)

M = TypeVar("M", bound=Document)


@dataclass(frozen=True)
class Settings:
    """Everything the files say, read once; paths are absolute."""

    live: LiveConfig
    config: Config
    path: Path
    config_reading: Reading[Config]

    @property
    def venue_name(self) -> str:
        """The venue and its world, as a person must type it to trade there with real orders."""
        return f"{self.live.venue.name}-{self.live.venue.environment}"

    @property
    def state_dir(self) -> Path:
        """The folder of what must outlive the process."""
        return self._beside(self.live.files.state_dir)

    @property
    def keys_dir(self) -> Path:
        """The folder of the keys."""
        return self._beside(self.live.files.keys_dir)

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.state_dir / self.live.files.journal

    @property
    def log(self) -> Path:
        """The log's file."""
        return self.state_dir / self.live.files.log

    def _beside(self, name: str) -> Path:
        return Path(os.path.abspath(self.path.parent / Path(name).expanduser()))


def load(path: Path) -> Settings:
    """Read a live config and the strategy config it names; raises ``OperatorError`` with every mistake."""
    problems: list[Problem] = []
    reading = document(path, LiveConfig, path.as_posix(), problems)
    config = None
    if reading is not None:
        problems += (reading.problem(each) for each in _unknown_venue(reading))
        config = _strategy(path, reading, problems)
        if config is not None:
            problems += (reading.problem(each) for each in _without_sizes(reading, config))
    if problems or reading is None or reading.value is None or config is None or config.value is None:
        raise OperatorError(problems)
    return Settings(reading.value, config.value, path, config)


def document(path: Path, model: type[M], name: str, problems: list[Problem]) -> Reading[M] | None:
    """Read a file as ``model``, and add what is wrong with it to ``problems``; None where it is no text."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        problems.append(Problem(UNREADABLE, name, 0, 0, "not UTF-8 text"))
        return None
    except OSError as error:
        problems.append(Problem(UNREADABLE, name, 0, 0, f"cannot be read: {error.strerror}"))
        return None
    reading = read(text, model, name)
    problems += reading.problems
    return reading


def _strategy(path: Path, reading: Reading[LiveConfig], problems: list[Problem]) -> Reading[Config] | None:
    """Read the strategy config that the live config names, where it names one."""
    strategy = reading.parts.get("strategy")
    if strategy is None:
        return None
    target = path.parent / strategy.config
    if not target.is_file():
        complaint = Complaint(NOWHERE, ("strategy", "config"), f"no config at {target.as_posix()}")
        problems.append(reading.problem(complaint))
        return None
    return document(target, Config, target.as_posix(), problems)


def _unknown_venue(reading: Reading[LiveConfig]) -> Iterator[Complaint]:
    venue = reading.parts.get("venue")
    if venue is not None and venue.name not in VENUES:
        hint = did_you_mean(venue.name, VENUES)
        words = f"no venue {venue.name!r}{hint or '; there is ' + ', '.join(VENUES)}"
        yield Complaint(NOWHERE, ("venue", "name"), words)


def _without_sizes(reading: Reading[LiveConfig], config: Reading[Config]) -> Iterator[Complaint]:
    known = config.parts.get("symbols")
    if known is None:
        return
    for place, symbol in enumerate(reading.parts.get("symbols", ())):
        if symbol not in known:
            hint = did_you_mean(symbol, known, SAME_SYMBOL)
            yield Complaint(MISFIT, ("symbols", place), f"no sizes for {symbol} in {config.name}{hint}")
