"""What happened. Past tense, made by a driver, frozen and flat; the core reads nothing else.

Clocks: ``asked_ns`` is our own clock when the question left (an answer carries its question),
``venue_ns`` is the venue's clock and is never compared with ours except in ``clock``.
Sides are ``BUY`` (+1) and ``SELL`` (-1). Levels are ``(price_ticks, size_lots)``, best first in a
snapshot; in a delta a size of 0 removes the level. A driver never queues, retries or drops
silently: what did not leave comes back as ``NotSent``.
"""

from typing import Final

import msgspec

Level = tuple[int, int]
Levels = tuple[Level, ...]

# Streams a driver can lose; REST is answered or not, call by call.
PUBLIC: Final = "public"
PRIVATE: Final = "private"

# What an answer is about.
CREATE: Final = "create"
AMEND: Final = "amend"
CANCEL: Final = "cancel"
CANCEL_ALL: Final = "cancel_all"
QUERY: Final = "query"
BOOK: Final = "book"

# What a read of one order found.
OPEN: Final = "open"
DONE: Final = "done"
MISSING: Final = "missing"


# Why a request never left, where that is not about the request itself.
NO_CONNECTION: Final = "no_connection"

# The venue knows an order of that id already: an earlier copy of the create got there.
DUPLICATE_ID: Final = "duplicate_id"
# A post-only order would have traded: it is as it was, and the price it was to have was wrong.
WOULD_CROSS: Final = "would_cross"


class _Event(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Common configuration only: no behaviour and no fields."""


class Started(_Event, frozen=True, gc=False):
    """The process began; ``session`` prefixes every client id and is never used twice."""

    session: str
    anchor_wall_ns: int


class Woke(_Event, frozen=True, gc=False):
    """The alarm the core asked for rang (perhaps early)."""


class Stopping(_Event, frozen=True, gc=False):
    """The operator or the driver wants a graceful end: cancel, quote no more."""


class StreamUp(_Event, frozen=True, gc=False):
    """A stream is connected, authenticated and subscribed again; nothing missed is replayed."""

    stream: str


class StreamDown(_Event, frozen=True, gc=False):
    """A stream is known to be lost."""

    stream: str


class BookSnapshot(_Event, frozen=True, gc=False):
    """The venue's book as of ``seq``; ``asked_ns`` is 0 when the stream pushed it."""

    symbol: str
    seq: int
    bids: Levels
    asks: Levels
    venue_ns: int
    asked_ns: int = 0


class BookDelta(_Event, frozen=True, gc=False):
    """Levels that changed after ``prev_seq`` up to ``seq``; sizes are absolute, 0 removes."""

    symbol: str
    prev_seq: int
    seq: int
    bids: Levels
    asks: Levels
    venue_ns: int


class BookHeartbeat(_Event, frozen=True, gc=False):
    """The feed of this symbol is alive and nothing changed after ``seq``."""

    symbol: str
    seq: int
    venue_ns: int


class PublicTrade(_Event, frozen=True, gc=False):
    """Somebody traded; ``side`` is the aggressor's."""

    symbol: str
    price_ticks: int
    size_lots: int
    side: int
    venue_ns: int


class OrderAccepted(_Event, frozen=True, gc=False):
    """The venue works this order at this price and size."""

    client_id: str
    venue_id: str
    price_ticks: int
    size_lots: int
    venue_ns: int
    side: int = 0  # 0 where the venue does not repeat it


class OrderRejected(_Event, frozen=True, gc=False):
    """The venue refused the create and says so: it never rested."""

    client_id: str
    code: str
    venue_ns: int


class OrderAmended(_Event, frozen=True, gc=False):
    """The venue changed the order; ``size_lots`` is the new total size, fills included."""

    client_id: str
    price_ticks: int
    size_lots: int
    venue_ns: int


class AmendRefused(_Event, frozen=True, gc=False):
    """The venue refused an amend; the order is as it was, or gone: ``code`` may say."""

    client_id: str
    code: str
    venue_ns: int


class OrderCancelled(_Event, frozen=True, gc=False):
    """The order is off the book, having traded ``filled_lots_total`` in all."""

    client_id: str
    filled_lots_total: int
    code: str
    venue_ns: int


class CancelTaken(_Event, frozen=True, gc=False):
    """The venue took a cancel to carry out: until a later word says so, the order may be on the book."""

    client_id: str
    venue_ns: int


class CancelRefused(_Event, frozen=True, gc=False):
    """The venue did not cancel: usually because the order is filled, gone or unknown."""

    client_id: str
    code: str
    venue_ns: int


class OrderFilled(_Event, frozen=True, gc=False):
    """Part of our order traded. ``fill_id`` is the venue's: a fill seen twice is one fill.

    ``fee_cash > 0`` is income. ``filled_lots_total`` is the order's sum including this fill.
    """

    client_id: str
    symbol: str
    side: int
    fill_id: str
    price_ticks: int
    size_lots: int
    filled_lots_total: int
    liquidity: str
    fee_cash: int
    venue_ns: int


class OrderReport(_Event, frozen=True, gc=False):
    """The answer to ``QueryOrder``: ``status`` is OPEN, DONE or MISSING as of the read.

    ``DONE`` and ``OPEN`` state the total filled; the fills themselves come by stream or by
    ``FillsReport``. ``MISSING`` has zeros.
    """

    client_id: str
    asked_ns: int
    status: str
    price_ticks: int
    size_lots: int
    filled_lots_total: int
    venue_ns: int
    side: int = 0  # 0 where the venue does not repeat it


class OpenOrdersReport(_Event, frozen=True, gc=False):
    """The answer to ``QueryOpenOrders``: client ids (perhaps not ours) open as of the read."""

    symbol: str
    asked_ns: int
    client_ids: tuple[str, ...]
    venue_ns: int


class FillsReport(_Event, frozen=True, gc=False):
    """The answer to ``QueryFills``: every fill of ours of that symbol since the asked instant."""

    symbol: str
    asked_ns: int
    fills: tuple[OrderFilled, ...]
    venue_ns: int


class Unanswered(_Event, frozen=True, gc=False):
    """A request ended without a verdict: timeout, 5xx, reset, unknown code, slow-down on a write.

    ``client_id`` is empty for requests that are not about one order; ``symbol`` then says which.
    ``sent_ns`` is our clock when the request left (0: not known): a verdict on an older request
    says nothing of a newer one.
    """

    request: str
    client_id: str
    symbol: str
    code: str
    sent_ns: int = 0


class NotSent(_Event, frozen=True, gc=False):
    """A request certainly never left our host: journal refused, no connection, ``send_by`` passed."""

    request: str
    client_id: str
    symbol: str
    reason: str


class CancelAllAnswered(_Event, frozen=True, gc=False):
    """The venue took a cancel-all; its list is no evidence, only a read is."""

    symbol: str
    venue_ns: int


class ClockSampled(_Event, frozen=True, gc=False):
    """The venue told its time (millisecond resolution) in answer to a question."""

    asked_ns: int
    venue_ns: int


class FundingPaid(_Event, frozen=True, gc=False):
    """Funding was settled; ``cash > 0`` is income, counted once by ``funding_id``."""

    symbol: str
    funding_id: str
    cash: int
    venue_ns: int


class MarginSeen(_Event, frozen=True, gc=False):
    """The account as of a read: equity and maintenance margin, in cash."""

    asked_ns: int
    equity_cash: int
    maintenance_cash: int
    venue_ns: int


class BudgetSeen(_Event, frozen=True, gc=False):
    """What the venue says is left of a rate budget, and when it is full again (our clock)."""

    bucket: str
    remaining: int
    resets_ns: int


class RegimeChanged(_Event, frozen=True, gc=False):
    """The venue announced another trading regime for a symbol."""

    symbol: str
    regime: str
    venue_ns: int


class RegimePlanned(_Event, frozen=True, gc=False):
    """The venue announced that another regime will hold for a symbol, from then or a little later on."""

    symbol: str
    regime: str
    at_venue_ns: int
    venue_ns: int


class TermsSeen(_Event, frozen=True, gc=False):
    """The rules of a symbol as the venue lists them now, in the ticks and lots that the core counts in.

    ``asked_ns`` is 0 where nobody asked. All but it are 0 for a grid that these units cannot write.
    """

    symbol: str
    asked_ns: int
    tick_times: int
    lot_times: int
    lots_min: int
    lots_max: int
    notional_min_cash: int
    venue_ns: int


class MemoryPressure(_Event, frozen=True, gc=False):
    """The host's accounted heap passed a mark: level 0 is none, 1 soft."""

    level: int


class OperatorSaid(_Event, frozen=True, gc=False):
    """A person spoke: ``halt``, ``resume``, ``flatten`` or ``clear_latch``."""

    word: str


Event = (
    Started
    | Woke
    | Stopping
    | StreamUp
    | StreamDown
    | BookSnapshot
    | BookDelta
    | BookHeartbeat
    | PublicTrade
    | OrderAccepted
    | OrderRejected
    | OrderAmended
    | AmendRefused
    | OrderCancelled
    | CancelTaken
    | CancelRefused
    | OrderFilled
    | OrderReport
    | OpenOrdersReport
    | FillsReport
    | Unanswered
    | NotSent
    | CancelAllAnswered
    | ClockSampled
    | FundingPaid
    | MarginSeen
    | BudgetSeen
    | RegimeChanged
    | RegimePlanned
    | TermsSeen
    | MemoryPressure
    | OperatorSaid
)
