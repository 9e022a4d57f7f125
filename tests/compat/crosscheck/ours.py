"""Our side: the venue on a recorded market, with the orders arriving one latency after they are sent."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from compat.crosscheck.orders import Fill, Order, actions

from sim.clocks import Clock
from sim.market.tape.pit import TapeMarket
from sim.market.tape.queue_model import QueueModel
from sim.market.tape.timeline import Timed
from sim.venue.engine import Rules, Venue
from strategy import commands, events
from strategy.instrument import make_instrument
from strategy.units import CASH_PER_QUOTE


class Outcome(NamedTuple):
    """What came of the orders: every fill in order of time, who was refused, position and cash of the fills."""

    fills: list[Fill]
    refused: list[int]
    position_lots: int
    cash_ticklots: int


def outcome(fills: list[Fill], refused: list[int], orders: Sequence[Order]) -> Outcome:
    """Add the fills up."""
    position = sum(orders[fill.order].side * fill.size_lots for fill in fills)
    cash = -sum(orders[fill.order].side * fill.size_lots * fill.price_ticks for fill in fills)
    return Outcome(sorted(fills, key=lambda fill: (fill.at_ns, fill.order)), sorted(refused), position, cash)


def play(
    items: tuple[Timed, ...],
    orders: Sequence[Order],
    model: QueueModel,
    latency_ns: int,
) -> Outcome:
    """Play the orders into the records; fees are nothing, and money is counted in ticks and lots."""
    instrument = make_instrument(
        symbol="X", kind="linear", tick="1", lot="0.001", size_min="0.001", size_max="1000000000", notional_min="0",
        maker_fee_bps="0", taker_fee_bps="0",
    )  # fmt: skip
    rules = Rules(
        start_cash=10**9 * CASH_PER_QUOTE, maintenance_ppm=5000, orders_per_s=10**6, burst=10**6, reads_per_s=10**6,
        window_ns=10**18,
    )  # fmt: skip
    venue = Venue([instrument], rules, Clock())
    fills: list[Fill] = []

    def made(order: Any, price: int, lots: int, mid2: int, now_ns: int) -> None:
        fills.append(Fill(int(order.client_id[2:]), now_ns, price, lots))
        venue.made(order, price, lots, mid2, now_ns)

    market = TapeMarket("X", items, venue.traded, made, model)
    venue.open_market(market)
    refused: list[int] = []
    for sent_ns, what, number in actions(orders):
        arrives_ns = sent_ns + latency_ns
        while market.advance(arrives_ns) < arrives_ns:
            pass
        order, name = orders[number], f"s-{number}"
        if what == 0:
            command = commands.CreateOrder(
                client_id=name, symbol="X", slot="bid0", side=order.side, price_ticks=order.price_ticks,
                size_lots=order.size_lots, send_by_ns=arrives_ns, cycle_id=0, post_only=True, reduce_only=False,
                taking=False,
            )  # fmt: skip
            if not isinstance(venue.handle(command, arrives_ns, arrives_ns), events.OrderAccepted):
                refused.append(number)
        else:
            venue.handle(commands.CancelOrder(name, "X", 0), arrives_ns, arrives_ns)
    while market.advance(2**61) < 2**61:
        pass
    return outcome(fills, refused, orders)
