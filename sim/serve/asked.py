"""What a request of the wire asks of the venue: the strategy's own commands, with what the wire adds to them.

They are subclasses, so that faults, limits and regimes treat them as what they are. ``attend`` teaches
a venue to carry them out.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from sim.serve.codes import OK, Verdict, verdict
from sim.serve.site import Site
from sim.serve.slips import Terms
from sim.venue import codes
from sim.venue.history import Past
from sim.venue.orders import CANCELLED
from strategy import commands, events
from strategy.commands import Command
from strategy.units import BUY, PPM

# What may be open at a time: in a symbol of contracts, in all of spot.
OPEN_ORDERS_MAX: Final = 500
TOO_MANY_ORDERS: Final = "too_many_orders"
# Whose new order goes on where it meets an older one of ours.
_SPARES_TAKER: Final = ("CancelMaker", "CancelBoth")

Look = Callable[[Any], Any]


class CreateOrder(commands.CreateOrder, frozen=True, gc=False, kw_only=True):
    """A create, and how it was asked for."""

    terms: Terms


class AmendOrder(commands.AmendOrder, frozen=True, gc=False):
    """An amend; a price or size of 0 is to stay what it is."""


class CancelAll(commands.CancelAll, frozen=True, gc=False, kw_only=True):
    """A cancel-all of some symbols of one category."""

    symbols: tuple[str, ...]


class Question(commands.SampleClock, frozen=True, gc=False, kw_only=True):
    """A question that anybody may ask; ``look`` makes the answer of the venue as it is."""

    look: Look


class Private(commands.QueryMargin, frozen=True, gc=False, kw_only=True):
    """A question about the account."""

    look: Look


class Orders(commands.QueryOpenOrders, frozen=True, gc=False, kw_only=True):
    """A question about orders; a replica answers it, perhaps from the past."""

    look: Look


class Fills(commands.QueryFills, frozen=True, gc=False, kw_only=True):
    """A question about executions; a replica answers it, perhaps from the past."""

    look: Look


class Looked(msgspec.Struct, frozen=True, gc=False):
    """The answer to a question, as it stood when the venue came to it."""

    result: Any


class Swept(msgspec.Struct, frozen=True, gc=False):
    """The answer to a cancel-all: the orders that went, by client id."""

    client_ids: tuple[str, ...]


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What the envelope of an answer holds."""

    verdict: Verdict = OK
    result: Any = {}
    ext: Any = {}


class Plan(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What becomes of a request: commands for the venue, and how their answers are shown.

    Without commands the door answers by itself. ``category`` says in which numbers refusals are told;
    an unsigned request has no budget to tell of.
    """

    commands: tuple[Command, ...] = ()
    show: Callable[[tuple[Any, ...]], Outcome]
    category: str = ""
    is_signed: bool = True
    signed_ns: int = 0
    window_ns: int | None = None


class Refused(Exception):
    """A request is refused before it asks anything of the venue."""

    def __init__(self, verdict: Verdict) -> None:
        """Say why."""
        super().__init__(verdict.text)
        self.verdict = verdict


def refused(verdict: Verdict, *, is_signed: bool = True) -> Plan:
    """Answer a request at the door."""
    return Plan(show=lambda _answers: Outcome(verdict), is_signed=is_signed)


def looked(question: commands.Command, *, is_signed: bool = True, category: str = "") -> Plan:
    """Ask one question and show what was seen."""

    def show(answers: tuple[Any, ...]) -> Outcome:
        seen = answers[0]
        return Outcome(result=seen.result) if isinstance(seen, Looked) else Outcome(verdict(seen.code, category))

    return Plan(commands=(question,), show=show, category=category, is_signed=is_signed)


def attend(site: Site) -> None:
    """Have the venue carry out the requests of the wire."""
    venue = site.venue
    handlers = venue.handlers
    create, amend, cancel_all = (
        handlers[kind] for kind in (commands.CreateOrder, commands.AmendOrder, commands.CancelAll)
    )

    def made(command: CreateOrder, now_ns: int, venue_ns: int) -> events.Event | None:
        if sum(order.symbol == command.symbol for order in venue.open_orders()) >= OPEN_ORDERS_MAX:
            return events.OrderRejected(command.client_id, TOO_MANY_ORDERS, venue_ns)
        if command.terms.smp_type in _SPARES_TAKER:
            _give_way(site, command, now_ns)
        site.slips.terms = command.terms
        answer = create(replace(command, price_ticks=_within_band(site, command)), now_ns, venue_ns)
        site.slips.terms = Terms()
        return answer

    def amended(command: AmendOrder, now_ns: int, venue_ns: int) -> events.Event | None:
        order = venue.open.get(command.client_id)
        if order is None:
            return events.AmendRefused(command.client_id, codes.GONE, venue_ns)
        price_ticks, size_lots = command.price_ticks or order.price_ticks, command.size_lots or order.size_lots
        return amend(replace(command, price_ticks=price_ticks, size_lots=size_lots), now_ns, venue_ns)

    def swept(command: CancelAll, now_ns: int, venue_ns: int) -> Any:
        gone = tuple(order.client_id for order in venue.open_orders() if order.symbol in command.symbols)
        for symbol in command.symbols:
            cancel_all(commands.CancelAll(symbol), now_ns, venue_ns)
        return Swept(gone)

    def seen(command: Any, now_ns: int, _venue_ns: int) -> Any:
        lag_ns = venue.read_lag_ns(command, now_ns)
        return Looked(command.look(Past(venue, max(0, now_ns - lag_ns)) if lag_ns else venue))

    handlers[CreateOrder], handlers[AmendOrder], handlers[CancelAll] = made, amended, swept
    handlers.update(dict.fromkeys((Question, Private, Orders, Fills), seen))


def _give_way(site: Site, command: CreateOrder, now_ns: int) -> None:
    """Cancel the orders of ours that a new one would meet: it asked for that, or the new one would go."""
    venue = site.venue
    if venue.instruments[command.symbol].lots_min > command.size_lots or command.post_only:
        return  # refused anyway, or never meets anybody
    met = [
        order
        for order in venue.open_orders()
        if order.symbol == command.symbol
        and order.side == -command.side
        and command.side * (command.price_ticks - order.price_ticks) >= 0
    ]
    for order in met:
        venue.end(order, CANCELLED, codes.SELF_TRADE, now_ns)


def _within_band(site: Site, command: CreateOrder) -> int:
    """Give the price an order gets: moved to the edge of the band, where the account is set so."""
    instrument, ppm = site.venue.instruments[command.symbol], site.venue.rules.band_ppm
    mid2 = site.venue.mids2()[command.symbol]
    if not (ppm and mid2 and site.moves_price[instrument.kind]):
        return command.price_ticks
    edge = mid2 * (PPM + command.side * ppm)
    if command.side == BUY:
        return min(command.price_ticks, edge // (2 * PPM))
    return max(command.price_ticks, -(-edge // (2 * PPM)))
