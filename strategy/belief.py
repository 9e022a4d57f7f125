"""What the core says it believes: the seam through which an oracle compares it with truth.

Only for those who look from outside (the oracle, status, reports). Nothing in ``strategy``
reads it back.
"""

import msgspec


class OrderBelief(msgspec.Struct, frozen=True, gc=False):
    """One order as the core sees it. ``state`` is a name from ``order_states``."""

    client_id: str
    symbol: str
    slot: str
    side: int
    state: str
    price_ticks: int
    size_lots: int
    filled_lots: int


class SymbolBelief(msgspec.Struct, frozen=True, gc=False):
    """One symbol as the core sees it; ``worst_lots`` counts every order possibly alive."""

    symbol: str
    position_lots: int
    cash: int
    worst_lots: int
    book_seq: int
    book_ok: bool
    guard_level: str
    guard_action: str
    width_bps: float
    bid_wanted_ticks: int | None
    ask_wanted_ticks: int | None


class Belief(msgspec.Struct, frozen=True, gc=False):
    """The whole account. ``doubts`` counts orders whose outcome is unknown.

    ``pnl_today_cash`` is the UTC day's, at liquidation value, as far as it was last looked at.
    """

    symbols: tuple[SymbolBelief, ...]
    orders: tuple[OrderBelief, ...]
    doubts: int
    halted: bool
    pnl_today_cash: int = 0
