"""Market profiles: what is traded and who else is there, as data with sources.

A profile is ``sim/data/profiles/<name>.yaml``, inside the package so that an installed program
finds it.
"""

from collections.abc import Iterator
from importlib.resources import files
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from sim.market.flow_model import Flow
from sim.market.rate_model import RateFlow
from strategy.file_model import (
    CONTRADICTION,
    AboveZero,
    Complaint,
    CountAboveZero,
    DecimalAboveZero,
    DecimalFromZero,
    DecimalText,
    Document,
    FromZero,
    Name,
    Symbol,
    Written,
    relation,
)
from strategy.hints import did_you_mean
from strategy.instrument import ImpossibleInstrument, Instrument, make_instrument, price_ticks_of

IMPOSSIBLE: Final = "SQ-C010"


class InstrumentRules(Written):
    """One instrument: its grid, its limits, its fees. Prices and sizes are decimal text."""

    kind: Literal["linear", "spot"]
    """A linear contract, or a spot pair whose fees are in quote currency."""
    tick: DecimalAboveZero
    """The price grid, in quote currency."""
    lot: DecimalAboveZero
    """The size grid, in base currency."""
    size_min: DecimalAboveZero
    """The least size of an order, in base currency."""
    size_max: DecimalAboveZero
    """The greatest size of an order, in base currency."""
    notional_min: DecimalFromZero
    """The least value of an order, in quote currency."""
    maker_fee_bps: DecimalText
    """Fee of a maker, in bps of notional as decimal text; a rebate is negative."""
    taker_fee_bps: DecimalText
    """Fee of a taker, in bps of notional as decimal text."""
    source: Annotated[str, Field(min_length=1)]
    """Where these numbers come from, or the word `synthetic`."""

    def build(self, symbol: str) -> Instrument:
        """Make the instrument the program computes with."""
        return make_instrument(symbol=symbol, **self.model_dump(exclude={"source"}))

    @relation("kind", "tick", "lot", "size_min", "size_max", "notional_min", "maker_fee_bps", "taker_fee_bps")
    def _can_be_traded_exactly(self) -> Iterator[Complaint]:
        try:
            self.build("")
        except ImpossibleInstrument as impossible:
            field = str(impossible).partition(":")[0]
            if field in type(self).model_fields:
                yield Complaint(IMPOSSIBLE, (field,), str(impossible).removeprefix(f"{field}: "))
            else:
                yield Complaint(IMPOSSIBLE, (), str(impossible))


class Delay(Written):
    """A one-way delay: lognormal around its median."""

    median_ms: FromZero
    """Half of the messages take at most this long, in milliseconds."""
    sigma: Annotated[float, Field(ge=0, le=3)]
    """Spread of the delay's logarithm; 0 is constant."""


class Links(Written):
    """The delays of each directed link."""

    rest_up: Delay
    """Our requests to the venue."""
    rest_down: Delay
    """The venue's answers."""
    public: Delay
    """Market data."""
    private: Delay
    """Our own orders and fills."""
    source: Annotated[str, Field(min_length=1)]
    """Where these numbers come from, or the word `synthetic`."""


class RateTier(Written):
    """What the venue allows us."""

    orders_per_s: CountAboveZero
    """Requests per second."""
    burst: CountAboveZero
    """Requests at once."""
    batch_max: CountAboveZero = 1
    """How many creates, amends or cancels one request may carry; each of them counts as one."""
    source: Annotated[str, Field(min_length=1)]
    """Where these numbers come from, or the word `synthetic`."""


class Funding(Written):
    """Payments between longs and shorts."""

    every_s: AboveZero
    """How often it is settled, in simulated seconds."""
    rate_bps: Annotated[float, Field(ge=-100, le=100)]
    """What longs pay of their notional each time, in bps, at most two decimals."""


class VenueRules(Written):
    """How the venue treats our account, and how often it speaks."""

    deposit_usdt: DecimalAboveZero
    """What the account starts with, in quote currency."""
    maintenance_pct: AboveZero
    """Maintenance margin, in percent of the positions' notional."""
    leverage: CountAboveZero | None = None
    """Each position answers alone with this part of its notional; without it the whole account does."""
    band_pct: AboveZero | None = None
    """No buy further above the mid, no sell further below it, in percent; no band without it."""
    book_levels: CountAboveZero = 50
    """How many levels of each side the public feed shows."""
    window_ms: CountAboveZero
    """How old a signed request may be on arrival, in milliseconds."""
    engine_ms: FromZero
    """From a request's arrival to its matching, in milliseconds."""
    publish_every_ms: CountAboveZero
    """How often market data are published, in milliseconds."""
    public_stream: bool = True
    """Whether market data come as a stream; without one books are read by request only."""
    reads_per_s: CountAboveZero
    """Questions per second."""
    funding: Funding | None = None
    """Funding payments; none without it."""
    source: Annotated[str, Field(min_length=1)]
    """Where these numbers come from, or the word `synthetic`."""


class SymbolProfile(Written):
    """One symbol of a profile."""

    instrument: InstrumentRules
    """Grid, limits and fees."""
    flow: Flow | None = None
    """Who else trades, and how; a recorded market brings its own."""
    rates: RateFlow | None = None
    """Instead of `flow`: a published market without a fair price, and so without informed takers and sniper."""

    @relation("flow", "rates")
    def _one_market(self) -> Iterator[Complaint]:
        if self.flow is not None and self.rates is not None:
            yield Complaint(CONTRADICTION, ("rates",), "a symbol has flow or rates, not both")

    @relation("instrument", "flow", "rates")
    def _starts_on_the_grid(self) -> Iterator[Complaint]:
        for name, market in (("flow", self.flow), ("rates", self.rates)):
            if market is not None:
                try:
                    price_ticks_of(self.instrument.build(""), market.price)
                except ImpossibleInstrument as impossible:
                    if str(impossible).startswith("price: "):  # the rest is told of the instrument itself
                        yield Complaint(IMPOSSIBLE, (name, "price"), str(impossible).removeprefix("price: "))


class Profile(Document):
    """A market profile, version 1."""

    SCHEMA_VERSION: ClassVar[int] = 1

    schema_version: Annotated[int, Field(ge=1)]
    """Version of this file's layout."""
    name: Name
    """The name scenarios use."""
    status: Literal["real", "counterfactual", "synthetic"]
    """Whether this market exists, existed otherwise, or is made up."""
    description: Annotated[str, Field(min_length=1)]
    """What this market is and what may be claimed from it."""
    symbols: Annotated[dict[Symbol, SymbolProfile], Field(min_length=1)]
    """What can be traded."""
    links: Links
    """How long messages take."""
    rates: RateTier
    """How many requests the venue allows, unless a scenario names a tier."""
    tiers: Annotated[dict[Name, RateTier], Field(default_factory=dict)]
    """What it allows accounts of other ranks, by name."""
    venue: VenueRules
    """How the venue treats our account."""

    def instruments(self, symbols: tuple[str, ...]) -> tuple[Instrument, ...]:
        """Build the instruments of some symbols, in the order asked."""
        return tuple(self.symbols[symbol].instrument.build(symbol) for symbol in symbols)


def profile_folder() -> Any:
    """Give the folder of the profiles that come with the program."""
    return files("sim") / "data" / "profiles"


def profile_names(folder: Any) -> tuple[str, ...]:
    """Name the profiles in a folder, sorted."""
    if not folder.is_dir():
        return ()
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml")))


def why_no_profile(name: str, folder: Any) -> str:
    """Say that no profile is called so, and which are; empty where one is."""
    known = profile_names(folder)
    if name in known:
        return ""
    return f"no market profile {name!r}{did_you_mean(name, known)} (known are {', '.join(known) or 'none'})"
