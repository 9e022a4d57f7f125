"""One instant of a run as records: what was true, what the bot believed, and what was on its way between them.

Prices and sizes are decimal text as the venue writes them; times are simulated seconds from the start of
the run. These records are what ``sim replay --format json`` prints.
"""

import msgspec

from sim.replay.rerun import Proof


class Mine(msgspec.Struct, frozen=True):
    """An order of ours on a level: what stands before it in truth, and what the bot believes does."""

    client_id: str
    lots: int
    ahead_lots: int
    believed_ahead_lots: float | None = None


class Level(msgspec.Struct, frozen=True):
    """One price of a book, with all that rests there, ours in the order of their queue."""

    price: str
    lots: int
    ours: tuple[Mine, ...] = ()


class Side(msgspec.Struct, frozen=True):
    """How an order stands, by one account of it."""

    state: str
    price: str
    size: str
    filled: str


class OrderSeen(msgspec.Struct, frozen=True):
    """One order, in truth and in belief; None where that side does not know it. ``differs`` names what does."""

    client_id: str
    symbol: str
    slot: str
    side: str
    truth: Side | None
    belief: Side | None
    differs: str = ""


class Holding(msgspec.Struct, frozen=True):
    """What is held of a symbol, and the cash (USDT) that came of it, in truth and in belief."""

    position: str
    believed_position: str | None
    cash_usdt: float
    believed_cash_usdt: float | None


class Reason(msgspec.Struct, frozen=True):
    """A guard trigger that is not at rest."""

    code: str
    value: float
    threshold: float


class Part(msgspec.Struct, frozen=True):
    """What one stage added to the bid and to the ask, in ticks."""

    stage: str
    bid_ticks: float
    ask_ticks: float


class Decision(msgspec.Struct, frozen=True):
    """One decision: from the mid, stage by stage, to the prices that were wanted. ``no_quote`` says why none."""

    at_s: float
    mid_ticks: float
    bid: str
    ask: str
    width_bps: float
    parts: tuple[Part, ...]
    level: str
    action: str
    reasons: tuple[Reason, ...]
    no_quote: str
    moves: tuple[str, ...]


class SymbolSeen(msgspec.Struct, frozen=True):
    """One symbol: book, holding, and the last decisions about it, the youngest at the end."""

    symbol: str
    regime: str
    mid: float
    fair: float | None
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    believed_bid: str | None
    believed_ask: str | None
    is_book_believed: bool | None
    holding: Holding
    decisions: tuple[Decision, ...]


class InFlight(msgspec.Struct, frozen=True):
    """A message on a link."""

    link: str
    kind: str
    about: str
    sent_s: float
    arrives_s: float


class FaultSeen(msgspec.Struct, frozen=True):
    """A planned fault; ``end_s`` is None where it never ends. ``bites``: how often it had changed anything."""

    id: str
    kind: str
    start_s: float
    end_s: float | None
    is_active: bool
    bites: int
    params: dict[str, object]


class BucketSeen(msgspec.Struct, frozen=True):
    """A rate budget of the bot: whole tokens there are, what the venue says is left, and how many come a second."""

    name: str
    tokens: int
    burst: int
    per_s: int
    kept_for_cancels: int
    held_until_s: float | None


class BotSeen(msgspec.Struct, frozen=True):
    """The bot's process and host. ``clock_off_ms``: what its clocks show beyond true time."""

    is_alive: bool
    boot: int
    steps: int
    waiting: int
    under_way: int
    clock_off_ms: float
    wall_off_ms: float
    venue_clock_off_ms: float
    connections: dict[str, bool]
    facts: tuple[str, ...]
    pnl_today_usdt: float | None
    doubts: int | None
    refusals: dict[str, int]


class Broken(msgspec.Struct, frozen=True):
    """An invariant that had broken by then, and the evidence that puts the bot at fault."""

    code: str
    at_s: float
    detail: str
    evidence: str


class Moment(msgspec.Struct, frozen=True):
    """Everything at one instant. ``ended`` says why the run goes no further; empty while it does."""

    scenario: str
    seed: int
    at_s: float
    wall_utc: str
    ended: str
    symbols: tuple[SymbolSeen, ...]
    orders: tuple[OrderSeen, ...]
    in_flight: tuple[InFlight, ...]
    faults: tuple[FaultSeen, ...]
    budgets: tuple[BucketSeen, ...]
    bot: BotSeen
    broken: tuple[Broken, ...]


class Shown(msgspec.Struct, frozen=True):
    """What a replay says: the moment that was asked for, the lines around it, and how far the run is proven."""

    moment: Moment | None
    lines: "tuple[Line, ...]"
    proof: Proof


class Line(msgspec.Struct, frozen=True):
    """One thing that happened, in the order of true time. ``about`` holds the client ids it concerns."""

    at_s: float
    kind: str
    text: str
    about: tuple[str, ...] = ()
