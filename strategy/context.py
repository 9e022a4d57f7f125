"""What flows through the quote pipeline: one frozen context per symbol and decision.

The core fills the inputs; each stage answers with a new context in which its own outputs are
set. What a stage must remember goes in and comes out as ``memory``. Nothing here computes.

Widths are full bid-ask widths in bps of the mid. A ``share`` is what one stage added to a price:
twice-the-mid / 2 + the sum of all shares of a side is the price of that side, so that every
fill can be explained by stage.
"""

from typing import Final

import msgspec

from strategy.knobs import SymbolKnobs

# Guard levels, mildest first.
NONE: Final = "NONE"
SOFT: Final = "SOFT"
HARD: Final = "HARD"

# Guard actions, mildest first; the strongest of all triggers is the verdict's.
NO_ACTION: Final = "none"
SOFTEN: Final = "soft"
NO_TAKING: Final = "no_taking"
REDUCE_ONLY: Final = "reduce_only"
HALT: Final = "halt"
LATCHED: Final = "latched"

# What placement can ask for.
CREATE: Final = "create"
AMEND: Final = "amend"
CANCEL: Final = "cancel"
TAKE: Final = "take"

# Slots: at most one order may live in each.
BID_SLOT: Final = "bid0"
ASK_SLOT: Final = "ask0"
TAKE_SLOT: Final = "take0"

# How many triggers the guard has; its table is in ``stages.guard``.
TRIGGER_COUNT: Final = 12

# No limit from the account: more lots than any instrument accepts.
_ROOM_UNLIMITED: Final = 2**62


class Readings(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One number per guard trigger, in the order and by the names of ``GuardKnobs``.

    NaN means that the number could not be had, which the guard reads as the worst.
    """

    volatility: float = 0.0  # bps per square root of a second
    round_trip: float = 0.0  # ms, p95 of the window
    pnl_deviation: float = 0.0  # sigma; losses positive
    inventory: float = 0.0  # |position| in % of the symbol's limit
    taker_fills: float = 0.0  # count in the window
    feed_silence: float = 0.0  # ms beyond the feed's expected interval
    rejects: float = 0.0  # % of answers in the window
    doubts: float = 0.0  # orders of the account whose outcome is unknown
    clock_uncertainty: float = 0.0  # ms
    margin: float = 0.0  # maintenance margin as % of equity
    loss: float = 0.0  # % of the day's budget
    drawdown: float = 0.0  # % of the budget, from the day's peak


class Reason(msgspec.Struct, frozen=True, gc=False):
    """Why the guard is not at rest: a trigger, its reading, the threshold it reached or has yet to come back to."""

    code: str
    value: float
    threshold: float


class GuardVerdict(msgspec.Struct, frozen=True, gc=False):
    """The guard's word.

    ``may_take``: unwinding may take. ``is_halted``: an input cannot be trusted, so not even the
    operator's flatten may take; a latch alone does not forbid that.
    """

    level: str = NONE
    action: str = NO_ACTION
    reasons: tuple[Reason, ...] = ()
    may_take: bool = True
    is_halted: bool = False


class StageMemory(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What the stages of one symbol remember from one decision to the next."""

    levels: tuple[int, ...] = (0,) * TRIGGER_COUNT  # per trigger: 0 NONE, 1 SOFT, 2 HARD
    since_ns: tuple[int, ...] = (0,) * TRIGGER_COUNT  # when that level was entered
    latched: bool = False
    heavy_since_ns: int | None = None  # inventory above its HARD mark, without a break, since
    width_bps: float = 0.0  # the last width, 0 before the first
    width_ns: int = 0
    took_ns: int | None = None  # the last time placement asked to take


class Share(msgspec.Struct, frozen=True, gc=False):
    """What one stage added to the bid and to the ask, in ticks (signed, fractional)."""

    stage: str
    bid_ticks: float
    ask_ticks: float


class Working(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An order of ours that may be alive, as placement needs to know it.

    ``is_settled``: working, with nothing asked of it in flight; anything else is busy and its
    slot takes no second order. ``leaves_lots`` is the worst case while it is busy. ``cancelled_ns`` is when a
    cancel of it last left (0: none did).
    """

    client_id: str
    price_ticks: int
    leaves_lots: int
    size_lots: int  # total, fills included
    filled_lots: int = 0
    placed_ns: int = 0  # when it got its present price and place
    ahead_lots: float = 0.0  # believed size in front of us at our price
    is_settled: bool = True
    is_cancellable: bool = False  # for a busy order: a cancel may be sent all the same
    reduce_only: bool = False
    reach_ticks: int = 0  # the most aggressive price it may be working at; 0 means price_ticks
    cancelled_ns: int = 0


class Wanted(msgspec.Struct, frozen=True, gc=False):
    """A quote we want to rest: ``size_lots`` is what should be left to trade."""

    side: int
    price_ticks: int
    size_lots: int
    reduce_only: bool = False


class Move(msgspec.Struct, frozen=True, gc=False):
    """One thing to ask of the venue. ``size_lots`` of an AMEND is the new total, fills included.

    ``client_id`` is empty for CREATE and TAKE. TAKE is immediate-or-cancel and reduce-only.
    """

    kind: str
    slot: str
    side: int
    price_ticks: int
    size_lots: int
    client_id: str
    reduce_only: bool
    reason: str


class QuoteContext(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Everything one decision about one symbol reads and says."""

    # Inputs, filled by the core.
    now_ns: int
    symbol: SymbolKnobs
    best_bid_ticks: int  # 0 when that side is empty, and so for the ask
    best_bid_lots: int
    best_ask_ticks: int
    best_ask_lots: int
    mid2_ticks: int  # 0 when a side is empty
    fair_ticks: float
    readings: Readings = Readings()
    thinness: float = 0.0  # 1 - liquidity near the mid / the symbol's own norm
    adverse_bps: float = 0.0  # expected move against us after a fill; a cost is positive
    bid_drain_lots_per_s: float = 0.0  # how fast sellers eat the bid's queue; 0 is unknown
    ask_drain_lots_per_s: float = 0.0
    position_lots: int = 0
    worst_buy_lots: int = 0  # every buy of ours possibly alive
    worst_sell_lots: int = 0
    buy_room_lots: int = _ROOM_UNLIMITED  # most the account lets us have on the bid
    sell_room_lots: int = _ROOM_UNLIMITED
    working_bid: Working | None = None
    working_ask: Working | None = None
    working_take: Working | None = None
    is_flattening: bool = False  # the operator wants the position gone
    pressure: int = 0  # how short memory is: 0 not, 1 soft, 2 tight
    blocked: str = ""  # a fact (stream down, regime, operator) that forbids quoting and taking
    memory: StageMemory = StageMemory()

    # 1. guard
    verdict: GuardVerdict = GuardVerdict()
    size_factor: float = 1.0
    widen_bps: float = 0.0

    # 2. adaptive_spread, 3. inventory_skew: believed prices, fractional
    width_bps: float = 0.0
    no_quote_reason: str = ""
    bid_fair_ticks: float = 0.0
    ask_fair_ticks: float = 0.0

    # 3. rounded outward, 4. queue_aware: prices wanted, whole; 0 is none
    bid_ticks: int = 0
    ask_ticks: int = 0
    shares: tuple[Share, ...] = ()

    # 5. order_placement
    wanted_bid: Wanted | None = None
    wanted_ask: Wanted | None = None
    wanted_take: Wanted | None = None
    moves: tuple[Move, ...] = ()
