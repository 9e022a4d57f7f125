"""What we ask. Imperative, made by the core, frozen and flat; a driver carries them out in order.

``send_by_ns`` is our clock: a driver that cannot send by then answers ``NotSent`` instead.
``cycle_id`` names the quote cycle that caused the command (0 when none did).
``slot`` names an intent, such as ``bid0``: at most one order may live per symbol and slot.
"""

import msgspec


class _Command(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Common configuration only: no behaviour and no fields."""


class CreateOrder(_Command, frozen=True, gc=False):
    """Place a limit order: good till cancelled, or immediate-or-cancel when ``taking``.

    ``fill_or_kill`` is all of it at once or nothing.
    """

    client_id: str
    symbol: str
    slot: str
    side: int
    price_ticks: int
    size_lots: int
    post_only: bool
    reduce_only: bool
    taking: bool
    send_by_ns: int
    cycle_id: int
    fill_or_kill: bool = False


class AmendOrder(_Command, frozen=True, gc=False):
    """Change price and total size (fills included) of a working order."""

    client_id: str
    symbol: str
    price_ticks: int
    size_lots: int
    send_by_ns: int
    cycle_id: int


class CancelOrder(_Command, frozen=True, gc=False):
    """Take one order off the book; always allowed, never waits for the journal."""

    client_id: str
    symbol: str
    cycle_id: int


class CancelAll(_Command, frozen=True, gc=False):
    """Take every order of ours off the book: of one symbol, or of the account when empty."""

    symbol: str


class QueryOrder(_Command, frozen=True, gc=False):
    """Ask what became of one order, by client id."""

    client_id: str
    symbol: str
    asked_ns: int


class QueryOpenOrders(_Command, frozen=True, gc=False):
    """Ask which orders of ours are open in a symbol."""

    symbol: str
    asked_ns: int


class QueryFills(_Command, frozen=True, gc=False):
    """Ask for our fills of a symbol since an instant of the venue's clock."""

    symbol: str
    since_venue_ns: int
    asked_ns: int


class RequestBook(_Command, frozen=True, gc=False):
    """Ask for a snapshot of a symbol's book."""

    symbol: str
    asked_ns: int


class SampleClock(_Command, frozen=True, gc=False):
    """Ask the venue for its time."""

    asked_ns: int


class QueryMargin(_Command, frozen=True, gc=False):
    """Ask for the account's equity and maintenance margin."""

    asked_ns: int


class QueryTerms(_Command, frozen=True, gc=False):
    """Ask by which grid and which least and largest sizes a symbol is traded now."""

    symbol: str
    asked_ns: int


class Alert(_Command, frozen=True, gc=False):
    """Tell a person; ``code`` is a registered error code."""

    code: str
    detail: str


Command = (
    CreateOrder
    | AmendOrder
    | CancelOrder
    | CancelAll
    | QueryOrder
    | QueryOpenOrders
    | QueryFills
    | RequestBook
    | SampleClock
    | QueryMargin
    | QueryTerms
    | Alert
)
