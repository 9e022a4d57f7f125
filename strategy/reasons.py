"""The words by which the bot says why it does not quote, or quotes less: what each means, and what to do.

A person meets them in alerts, in `live status`, in metrics and in `sim replay`. Each is a constant where it is
found out; here are its words, which `sim explain` and the docs page print. A test keeps both the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

NOT_QUOTED: Final = "why a symbol is not quoted"
NOT_SENT: Final = "why an order did not leave"
GUARDED: Final = "what the guard goes by"

_BY_ITSELF: Final = "Nothing: quoting comes back by itself."
_ONE_SIDED: Final = (
    "The book has no bid, or no ask: there is no mid to quote around.",
    "Quotes of the symbol are taken off until both sides are there again.",
    "Look at the market: it may be in distress, or about to close. Quoting comes back by itself.",
)
_SOFT: Final = "SOFT: smaller and wider quotes."


@dataclass(frozen=True, slots=True)
class ReasonWords:
    """One reason in words; ``about`` says what it is a reason of."""

    name: str
    about: str
    meaning: str
    what_system_does: str
    what_you_do: str


def _of(about: str, *rows: tuple[str, str, str, str]) -> tuple[ReasonWords, ...]:
    return tuple(ReasonWords(name, about, *words) for name, *words in rows)


_QUOTES: Final = _of(
    NOT_QUOTED,
    (
        "not_started",
        "The process has not been told yet that it is started.",
        "It takes in what it hears, and sends nothing.",
        "Nothing: it lasts until the first word of the driver.",
    ),
    (
        "not_decided",
        "Nothing has been decided about the symbol since the process started.",
        "The first decision waits for a book.",
        "If it lasts, look whether the public stream is up and the symbol is traded.",
    ),
    (
        "stopping",
        "A stop was asked for.",
        "All orders are taken off; it is done once a read has shown that none is left (SQ-O003).",
        "Nothing. Start it again to quote again.",
    ),
    (
        "operator_halt",
        "It was told to halt. No verb of `live` says so; a scenario, or a driver of one's own, does.",
        "All quotes are taken off, whatever the market does, and over a restart too.",
        "Tell it to resume from where it was told to halt.",
    ),
    (
        "private_down",
        "The private stream is down: fills and ends of orders would not be heard of.",
        "All quotes are taken off; fills and orders are read every `feed.poll_fills_s`. After `feed.retreat_after_s` "
        "everything is cancelled and a person is told (SQ-V004). Once it is up, what was missed is read first.",
        "If it lasts, look at the network, at the key, and at the venue's own page of its state.",
    ),
    (
        "private_unsteady",
        "The private stream is there, but fell twice in a row before it had lasted for `feed.steady_after_s`.",
        "What it says is taken in, but it counts as down, as in `private_down`, until it has lasted that long.",
        "Look why it keeps falling: the network, a second user of the key, the venue. "
        "Once it lasts, quoting comes back by itself.",
    ),
    (
        "public_down",
        "The public stream is down, and no book that was read by REST is good enough to quote on.",
        "Quotes of the symbol are taken off; books are read by REST, and serve as long as they are fresh.",
        "If it lasts, look at the network and at the venue's own page of its state.",
    ),
    (
        "regime",
        "The venue says that the symbol trades in a way that takes no quotes: an auction, a halt, a closure.",
        "Its quotes are taken off, and nothing is placed until the venue says that it is open or post-only.",
        _BY_ITSELF,
    ),
    (
        "regime_ahead",
        "The venue has announced a closure, and it is less than `regimes.lead_s` away or may still come.",
        "Quotes are gone before it begins; they come back when the venue says that it is over, or when "
        "nothing has come of it `regimes.grace_s` after its announced end.",
        _BY_ITSELF,
    ),
    (
        "regime_refused",
        "The venue refused a request for how the symbol trades just now, or because it knows no such symbol.",
        "It is left alone for `regimes.refused_pause_s`, 15 s where it is not known; then one quote finds out.",
        "If it lasts, look at the venue whether the symbol was delisted.",
    ),
    (
        "open_orders_unread",
        "The process has just begun, and no read has shown yet that no order of an earlier one is left.",
        "All that may be left is cancelled, and open orders are read until none is there.",
        "If it lasts, look whether the venue answers: `live reconcile` compares the journal with it.",
    ),
    (
        "fills_unread",
        "The process has just begun and has not read the symbol's fills: what is held is not known.",
        "Fills are read; nothing is placed before they are all in.",
        "If it lasts, look whether the venue answers: `live reconcile` compares the journal with it.",
    ),
    (
        "banned",
        "The venue has banned us, or its budget of requests is closed to us for as long as a ban would last.",
        "Nothing is sent until it ends. Then cancels leave first, questions next, quotes last (SQ-V002).",
        "Look who else uses the account or the address.",
    ),
    (
        "venue_unreachable",
        "No question has been answered for longer than `feed.retreat_after_s`.",
        "All orders are taken off by whatever path works, and questions go on until one is answered (SQ-V004).",
        "Look at the network and at the venue's own page of its state; cancel there by hand if the bot cannot.",
    ),
    (
        "cancel_all_under_way",
        "A cancel-all of the symbol has left, and no read has shown yet that nothing is left of it.",
        "Open orders are read until none is there; nothing is placed before.",
        "Nothing. What led to it has a reason and an alert of its own.",
    ),
    (
        "book_gap",
        "There is no whole book: none has come yet, or words about it were lost on the way.",
        "Quotes of the symbol are taken off and a whole book is asked for; after `feed.retreat_after_s` all of it is "
        "cancelled.",
        "Nothing, unless it happens often: then look at the network and at the load of the machine.",
    ),
    (
        "stale_book",
        "The last proof that the book is alive is older than `feed.age_ms_max`: it says nothing, or comes late.",
        "Quotes of the symbol are taken off; after `feed.retreat_after_s` all of it is cancelled.",
        "Nothing, unless it lasts: then look at the network, the load of the machine, and the venue.",
    ),
    ("one_sided_book", *_ONE_SIDED),
    ("ONE_SIDED_BOOK", *_ONE_SIDED),
    (
        "grid_unsure",
        "An order was refused or cancelled as if the venue had another grid of prices or sizes than we know.",
        "The venue is asked by which rules it trades the symbol; it is not quoted until the answer.",
        "Nothing: the answer ends it. If the venue refuses on, SQ-V006 tells.",
    ),
    (
        "grid_not_in_our_units",
        "The venue trades the symbol by a grid that cannot be written in the ticks and lots this process counts in.",
        "What is off the new grid is cancelled, nothing is placed, and the grid is read now and then (SQ-V008).",
        "Stop it, write the new tick and lot into the config, and start it again.",
    ),
    (
        "HALTED",
        "The guard halts or is latched, or a fact forbids quotes: its other reasons say which.",
        "Quotes are taken off and none is placed. A halt lasts `guard.halt_ms` at least, then until what led to it "
        "is healthy again; a latch lasts until a person clears it.",
        "Look at the reasons beside it. After a latch find out why, then start with `live run --clear-latch`.",
    ),
    (
        "WIDTH_CEILING",
        "The width that the market asks for is above `spread.width_bps_ceiling`.",
        "The symbol is not quoted until the width is below it again.",
        "Nothing, unless it never quotes: then the ceiling is too low for this market.",
    ),
)

_ORDERS: Final = _of(
    NOT_SENT,
    (
        "POSITION_LIMIT",
        "With it the symbol's position could, at its worst, go beyond `position_max`.",
        "It is refused and counted; whatever only shrinks the position may leave.",
        "Look at the position and at orders in doubt: both count in full. After a minute SQ-R002 tells.",
    ),
    (
        "GROSS_LIMIT",
        "With it all symbols together could, at their worst, go beyond `account.gross_notional_max`.",
        "It is refused and counted; whatever only shrinks a position may leave.",
        "Look at the positions and at orders in doubt: both count in full. After a minute SQ-R002 tells.",
    ),
    (
        "NET_LIMIT",
        "With it the net of all symbols, weighted by beta, could go beyond `account.net_notional_max`.",
        "It is refused and counted; whatever only shrinks a position may leave.",
        "Look whether all symbols lean to one side. After a minute SQ-R002 tells.",
    ),
    (
        "CLOCK_UNSURE",
        "The venue refused our time stamp, and its clock has not been read anew: a stamp made now may be refused.",
        "The clock is asked, and the order waits for the answer (SQ-V001).",
        "If it lasts, look at the machine's clock.",
    ),
    (
        "RATE_BUDGET",
        "The budget of requests has no token for it: some are kept for cancels, and for what is more urgent.",
        "It waits for the next token.",
        "Nothing, unless it is many: quote fewer symbols, or look at `pacing` in the config.",
    ),
    (
        "SLOT_IN_DOUBT",
        "An order of the same side has an unknown outcome, or something is asked of it already.",
        "The side gets no new order until it is known; the venue is asked.",
        "Nothing. If it lasts, SQ-O001 tells.",
    ),
    (
        "WOULD_SELF_TRADE",
        "It would trade with an order of ours that may be alive.",
        "It is refused; the order in its way is moved or cancelled first.",
        "Nothing.",
    ),
    (
        "NOT_LEAVING",
        "The last ones never left our host, were refused by a rule that we do not know, or were lost on the way.",
        "The symbol waits before it tries again, longer each time; cancels and questions go on.",
        "Look at the alerts beside it: SQ-O004, SQ-V006.",
    ),
)

_GUARD: Final = _of(
    GUARDED,
    (
        "volatility",
        "The price moves much: `guard.volatility_bps_per_sqrt_s`.",
        f"{_SOFT} HARD: only orders that shrink the position.",
        _BY_ITSELF,
    ),
    (
        "round_trip",
        "Orders take long to be answered: `guard.round_trip_ms`, the 95th percentile of a window.",
        f"{_SOFT} HARD: halt.",
        "If it lasts, look at the network, the load of the machine, and the venue.",
    ),
    (
        "pnl_deviation",
        "It loses more than is usual for its own window: `guard.pnl_deviation_sigma`.",
        f"{_SOFT} HARD: only orders that shrink the position.",
        "Nothing, unless it comes often: then somebody may know more than we do.",
    ),
    (
        "inventory",
        "The position is large, in percent of its limit: `guard.inventory_pct`.",
        f"{_SOFT} HARD: only orders that shrink the position.",
        _BY_ITSELF,
    ),
    (
        "taker_fills",
        "We took many times in a window: `guard.taker_fills_count`.",
        f"{_SOFT} HARD: quoting goes on, nothing is taken.",
        _BY_ITSELF,
    ),
    (
        "feed_silence",
        "Nothing has come of the symbol's book for longer than is usual: `guard.feed_silence_ms`.",
        f"{_SOFT} HARD: halt.",
        "If it lasts, look at the public stream.",
    ),
    (
        "rejects",
        "The venue refuses many of our requests: `guard.rejects_pct`.",
        f"{_SOFT} HARD: halt.",
        "Look at the codes of the refusals in the metrics or the journal.",
    ),
    (
        "doubts",
        "The outcome of orders of the account is unknown: `guard.doubts_count`.",
        f"{_SOFT} HARD: halt. They are asked about until they are known.",
        "If it lasts, look at the venue whether they are open (SQ-O001).",
    ),
    (
        "clock_uncertainty",
        "The venue's clock is not known well: `guard.clock_uncertainty_ms`.",
        f"{_SOFT} HARD: halt. The clock is asked again and again.",
        "If it lasts, look at the machine's clock and at the network.",
    ),
    (
        "margin",
        "The maintenance margin is much of the equity: `guard.margin_pct`; at 100 the venue liquidates.",
        f"{_SOFT} HARD: only orders that shrink the position.",
        "Bring in collateral, or make the limits smaller.",
    ),
    (
        "loss",
        "Today's loss is much of `account.loss_budget`: `guard.loss_pct`.",
        f"{_SOFT} HARD: latched, no quotes until a person clears it (SQ-R001).",
        "Find out why; then `live run --clear-latch`.",
    ),
    (
        "drawdown",
        "The fall from the day's peak is much of `account.drawdown_budget`: `guard.drawdown_pct`.",
        f"{_SOFT} HARD: latched, no quotes until a person clears it (SQ-R001).",
        "Find out why; then `live run --clear-latch`.",
    ),
    (
        "memory",
        "The process takes much memory.",
        f"{_SOFT} Where it is tight: only orders that shrink the position, and what can be done without is shed.",
        "If it lasts, look what else the machine runs, and at `memory.soft_mark_mb` of the live config.",
    ),
    (
        "latched",
        "A budget of the day was spent, of this symbol or of the account, and nobody has cleared it yet.",
        "No quotes, whatever the readings say; a restart changes nothing (SQ-R001).",
        "Find out why; then `live run --clear-latch`.",
    ),
)


def _table(*groups: tuple[ReasonWords, ...]) -> Mapping[str, ReasonWords]:
    table: dict[str, ReasonWords] = {}
    for entry in (entry for group in groups for entry in group):
        if entry.name in table:
            raise ValueError(f"{entry.name} has two entries")
        table[entry.name] = entry
    return MappingProxyType(table)


REASONS: Final[Mapping[str, ReasonWords]] = _table(_QUOTES, _ORDERS, _GUARD)
