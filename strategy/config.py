"""The strategy config: what a person may turn, from text to the core's own knobs.

Three steps, each pure: ``read_config`` (text -> model, or every problem), ``misfits`` (model
against the instruments it will trade), ``knobs`` (model -> integers). Defaults live in the
models beside their description; ``scenarios/configs/default.yaml`` writes them out.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from strategy.config_core import Account, Feed, Loop, Orders, Pacing, Regimes, Signals
from strategy.config_guard import Guard
from strategy.config_quote import ClosedForm, Fair, Placement, Queue, Skew, Spread, SymbolSizes, Symmetric
from strategy.documents import Reading, read
from strategy.file_model import Complaint, Document, Name, Symbol, relation

SCHEMA_VERSION: Final = 2


class Config(Document):
    """A strategy config, version 2."""

    SCHEMA_VERSION: ClassVar[int] = SCHEMA_VERSION

    schema_version: Annotated[int, Field(ge=1)]
    """Version of this file's layout; `sim migrate` raises it."""
    name: Name
    """A short name that appears in results."""
    description: str = ""
    """What this config is for, in one sentence."""
    model: Literal["pipeline", "symmetric", "avellaneda_stoikov", "glft"] = "pipeline"
    """The quoting model: the five-stage pipeline, the symmetric control, or a published formula."""
    symbols: Annotated[dict[Symbol, SymbolSizes], Field(min_length=1)]
    """Size and limit of each symbol we may quote."""
    account: Account = Account()
    """Limits that all symbols share."""
    loop: Loop = Loop()
    """How often to decide, and how commands travel."""
    guard: Guard = Guard()
    """When to quote less and when to stop."""
    fair: Fair = Fair()
    """Where the mid is thought to go."""
    spread: Spread = Spread()
    """The width of the quotes."""
    skew: Skew = Skew()
    """How inventory moves the quotes."""
    queue: Queue = Queue()
    """What a place in the queue is worth."""
    placement: Placement = Placement()
    """How working orders may be moved."""
    symmetric: Symmetric = Symmetric()
    """The control's own settings."""
    closed_form: ClosedForm = ClosedForm()
    """What the published formulas are told."""
    orders: Orders = Orders()
    """Deadlines of the order machine."""
    regimes: Regimes = Regimes()
    """How closures are met."""
    pacing: Pacing = Pacing()
    """The rate budget."""
    signals: Signals = Signals()
    """Half-lives and windows of the estimators."""
    feed: Feed = Feed()
    """What freshness means."""

    @relation("symbols", "spread")
    def _symbol_spreads_hold(self) -> Iterator[Complaint]:
        for symbol, sizes in self.symbols.items():
            yield from _spread_complaints(self.spread, symbol, sizes)


def _spread_complaints(base: Spread, symbol: str, sizes: SymbolSizes) -> Iterator[Complaint]:
    """Check what an override makes of the common spread: each value may be fine, together not."""
    merged = base.model_copy(update=_written(sizes))
    for complaint in merged.complaints():
        at = complaint.at if complaint.at[0] in sizes.spread.model_fields_set else ()
        yield Complaint(complaint.code, ("symbols", symbol, "spread", *at), complaint.message)


def _written(sizes: SymbolSizes) -> dict[str, Any]:
    override = sizes.spread
    values = {name: getattr(override, name) for name in type(override).model_fields}
    return {name: value for name, value in values.items() if value is not None}


def spread_of(config: Config, symbol: str) -> Spread:
    """Give the spread settings in force for one symbol."""
    return config.spread.model_copy(update=_written(config.symbols[symbol]))


def read_config(text: str, name: str) -> Reading[Config]:
    """Read a config of the current version; ``name`` is the file's, for the problems."""
    return read(text, Config, name)


def with_overrides(plain: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Set dotted keys (``spread.base_bps``) in a config's plain data; the data itself is not changed.

    A path through something that is no mapping puts a mapping there, and validation will say so.
    """
    result = dict(plain)
    for dotted, value in overrides.items():
        *parents, last = dotted.split(".")
        group = result
        for parent in parents:
            below = group.get(parent)
            group[parent] = dict(below) if isinstance(below, dict) else {}
            group = group[parent]
        group[last] = value
    return result


def symbols_lacking(config: Config, symbols: Sequence[str]) -> tuple[str, ...]:
    """Name the symbols the config has no sizes for, in the order asked."""
    return tuple(symbol for symbol in symbols if symbol not in config.symbols)
