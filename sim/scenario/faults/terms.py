"""What the venue takes and charges, when it changes: prices, grids, fees, symbols."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, Strict

from sim.scenario.faults.base import Fault, Lasting, Symbols, unheeded
from sim.scenario.faults.ranges import AnySymbols, Choice, Draw, LogUniform, Maybe, Subset, Uniform, Where
from strategy.file_model import CONTRADICTION, AboveZero, Complaint, CountAboveZero, FromZero, Share, relation

Bps = Annotated[float, Field(ge=-100, le=100)]
Adding = Literal["create", "amend"]


class SilentReprice(Lasting):
    """The venue puts an order at another price than was asked, further from the market, and takes it all the same."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 180),
        "prob": Uniform(0.02, 0.5),
        "ticks": LogUniform(1, 50, whole=True),
        "told": Choice(("asked", "real")),
        "requests": Maybe(0.5, Subset(("create", "amend"))),
    }

    kind: Literal["silent_reprice"]
    """`silent_reprice`: accepted at another price than asked."""
    prob: Share
    """How likely each create or amend is hit, from 0 to 1."""
    ticks: CountAboveZero = 1
    """How much further from the market it stands than asked, in ticks."""
    told: Literal["asked", "real"] = "asked"
    """Which price its acknowledgement tells; a read shows the real one."""
    requests: Annotated[tuple[Adding, ...], Strict(False), Field(min_length=1)] = ("create", "amend")
    """Which requests are hit."""


class SelfTrade(Lasting):
    """Orders are cancelled to prevent a trade with ourselves, though what they would meet is not this bot's."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 180),
        "prob": Uniform(0.02, 0.5),
        "cancels": Choice(("newest", "oldest")),
        "within_s": Where(("cancels",), LogUniform(0.1, 10), among=("oldest",)),
    }

    kind: Literal["self_trade"]
    """`self_trade`: another account of the same owner stands there."""
    prob: Share
    """How likely each create is hit, from 0 to 1."""
    cancels: Literal["newest", "oldest"] = "newest"
    """`newest`: ours goes as soon as it is accepted. `oldest`: ours rests, and goes when somebody else's comes."""
    within_s: AboveZero = 2
    """How long an order that is hit may rest at most, in simulated seconds; only with `cancels: oldest`."""

    @relation("cancels", "within_s")
    def _nothing_is_unheeded(self) -> Iterator[Complaint]:
        if self.cancels != "oldest":
            yield from unheeded(self, "'cancels: oldest'", "within_s")


class PriceBand(Lasting):
    """The venue takes no price further than so much from a reference, which may be a stale one."""

    STAYS = True
    ALONE_BY = "symbols"
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(2, 120),
        "band_bps": LogUniform(0.2, 20),
        "reference": Choice(("mid", "frozen")),
        "cancels_orders": Choice((False, True)),
        "symbols": AnySymbols(),
    }

    kind: Literal["price_band"]
    """`price_band`: prices too far from a reference are refused."""
    band_bps: AboveZero
    """How far from the reference a price may be on either side, in bps of it."""
    reference: Literal["mid", "frozen"] = "mid"
    """`mid`: the mid of now. `frozen`: the mid as the fault began, while the market goes on."""
    cancels_orders: bool = False
    """Whether orders that stand outside the band are cancelled, twice a second; otherwise they stay."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""


class TickLotChange(Lasting):
    """Prices and sizes must be multiples of more than before; who does not know is refused, who asks is told."""

    STAYS = True
    ALONE_BY = "symbols"
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 120),
        "tick_times": LogUniform(2, 100, whole=True),
        "lot_times": Choice((1, 1, 2, 10)),
        "notice_s": Maybe(0.5, LogUniform(2, 30)),
        "symbols": AnySymbols(),
    }

    kind: Literal["tick_lot_change"]
    """`tick_lot_change`: a coarser grid of prices and sizes."""
    tick_times: CountAboveZero = 10
    """The new tick, in ticks of the instrument."""
    lot_times: CountAboveZero = 1
    """The new lot, in lots of the instrument."""
    notice_s: FromZero = 0
    """From the announcement (of a window for cancels only, two seconds long, before the change) on, in seconds;
    0 announces nothing and has no window."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""

    @relation("tick_times", "lot_times")
    def _bites(self) -> Iterator[Complaint]:
        if self.tick_times == self.lot_times == 1:
            yield Complaint(CONTRADICTION, ("tick_times",), "a grid of once the old tick and lot changes nothing")


class SymbolDelist(Lasting):
    """A symbol is taken off: orders are cancelled, the position is settled at the mid, and nobody knows its name."""

    STAYS = True
    ALONE_BY = "symbols"
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(31, 180),
        "notice_s": Maybe(0.5, LogUniform(1, 30)),
        "symbols": AnySymbols(),
    }

    kind: Literal["symbol_delist"]
    """`symbol_delist`: nothing of that name is traded any more; as the fault ends it is listed again."""
    notice_s: FromZero = 0
    """From the announcement to the last trade, in simulated seconds; 0 announces nothing, and no stream tells of it."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""

    @relation("for_s", "notice_s")
    def _is_gone_for_a_while(self) -> Iterator[Complaint]:
        if self.for_s is not None and self.notice_s >= self.for_s:
            words = f"announced for {self.notice_s:g} s of {self.for_s:g} it is never off the list"
            yield Complaint(CONTRADICTION, ("notice_s",), words)


class FeeChange(Lasting):
    """Trades cost more, or less, than the fees we were told: only what a fill was charged shows it."""

    STAYS = True
    ALONE_BY = "symbols"
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(5, 180),
        "maker_more_bps": Uniform(-3, 10),
        "taker_more_bps": Maybe(0.5, Uniform(0, 10)),
        "symbols": AnySymbols(),
    }

    kind: Literal["fee_change"]
    """`fee_change`: other fees than the instrument's."""
    maker_more_bps: Bps = 0.0
    """How much more a maker pays, in bps of notional (below zero: less), to a hundredth."""
    taker_more_bps: Bps = 0.0
    """How much more a taker pays, in bps of notional (below zero: less), to a hundredth."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""

    @relation("maker_more_bps", "taker_more_bps")
    def _bites(self) -> Iterator[Complaint]:
        if not self.maker_more_bps and not self.taker_more_bps:
            yield Complaint(CONTRADICTION, ("maker_more_bps",), "fees that are 0 bps more are no change")


MODELS: Final[tuple[type[Fault], ...]] = (SilentReprice, SelfTrade, PriceBand, TickLotChange, SymbolDelist, FeeChange)
EXAMPLES: Final[dict[str, str]] = {
    "silent_reprice": "{at_s: 10, for_s: 20, kind: silent_reprice, prob: 0.2, ticks: 3}",
    "self_trade": "{at_s: 10, for_s: 20, kind: self_trade, prob: 0.2, cancels: oldest, within_s: 3}",
    "price_band": "{at_s: 10, for_s: 20, kind: price_band, band_bps: 2, reference: frozen}",
    "tick_lot_change": "{at_s: 10, for_s: 20, kind: tick_lot_change, tick_times: 10, notice_s: 5}",
    "symbol_delist": "{at_s: 10, for_s: 30, kind: symbol_delist, notice_s: 5, symbols: [BTCUSDT]}",
    "fee_change": "{at_s: 10, for_s: 20, kind: fee_change, maker_more_bps: 4}",
}
