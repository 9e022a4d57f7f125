"""What a person asked for when the bot was started, beside what the files say."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from adapters.settings import Settings
from strategy.config import Config

PAPER: Final = "paper"
SHADOW: Final = "shadow"
REAL: Final = "real"
MODES: Final = (PAPER, SHADOW, REAL)


@dataclass(frozen=True)
class Terms:
    """``mode`` is one of ``MODES``. ``max_loss`` in quote currency a UTC day; None: what the config says."""

    mode: str
    journal: Path
    metrics_port: int
    duration_s: float | None = None
    max_loss: Decimal | None = None
    is_lifting_bar: bool = False
    is_clearing_latch: bool = False
    is_setting_aside: bool = False


def journal_of(settings: Settings, mode: str) -> Path:
    """Name the journal of a mode: what was only paper must never be taken for an account's own past."""
    path = settings.journal
    return path if mode == REAL else path.with_name(f"{path.stem}.{mode}{path.suffix}")


def place_of(settings: Settings, mode: str) -> str:
    """Say how and where a process trades, as its journal notes it."""
    return f"{mode}@{settings.venue_name}"


def config_of(settings: Settings, terms: Terms) -> Config:
    """Give the config with the day's loss budget: the smaller of the file's and the person's."""
    config = settings.config
    if terms.max_loss is None or terms.max_loss >= Decimal(config.account.loss_budget):
        return config
    account = config.account.model_copy(update={"loss_budget": str(terms.max_loss)})
    return config.model_copy(update={"account": account})
