"""With a token a second every order whose cancels fail has its turn, and every symbol whose quotes are missing."""

from collections import Counter

import pytest
from msgspec.structs import replace
from seat import Seat
from small_world import small_scenario

from strategy import commands, events
from strategy.config_knobs import knobs as knobs_of

SIDES = 2


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    ready = small_scenario(tmp_path_factory.mktemp("two"), symbols="[BTCUSDT, ETHUSDT]")
    return knobs_of(ready.config, ready.instruments)


def refused(seat: Seat, leaving) -> None:
    """Have every cancel refused for the rate, and every question answered: it stands."""
    waiting = list(leaving)
    while waiting:
        match waiting.pop(0):
            case commands.CancelOrder() as cancel:
                waiting += seat.hear(
                    events.Unanswered("cancel", cancel.client_id, cancel.symbol, "rate_limit", seat.now), 1
                )
            case commands.QueryOrder() as asked:
                order = seat.core._state.orders.live[asked.client_id]
                standing = (order.price_ticks, order.size_lots, 0, seat.now, order.side)
                waiting += seat.hear(events.OrderReport(asked.client_id, asked.asked_ns, events.OPEN, *standing), 1)
            case _:
                pass


def test_cancels_that_fail_take_turns(two) -> None:
    seat = Seat(two)
    seat.boot()
    mids = {"BTCUSDT": 120_000, "ETHUSDT": 60_000}
    for symbol in seat.seq:
        for create in seat.book(mids[symbol] - 10, mids[symbol] + 10, symbol=symbol):
            seat.accept(create)
    standing = len(seat.core._state.orders.live)
    assert standing == SIDES * len(mids)
    for _ in range(400):  # nothing is heard of any book: all is stale before long
        refused(seat, seat.hear(events.Woke(), 50))
    cancels = [one.client_id for one in seat.log if isinstance(one, commands.CancelOrder)]
    late = Counter(cancels[-2 * standing :])
    assert {2} == set(late.values()), "none takes the token of another"
    assert standing == len(late)


def test_quotes_that_are_missing_take_turns(two) -> None:
    """The first symbol trades at once whatever it quotes, so that it lacks a quote at every token."""
    seat = Seat(replace(two, pacing=replace(two.pacing, orders_per_s=1, burst=4)))
    seat.boot()
    mids = {"BTCUSDT": 120_000, "ETHUSDT": 60_000}
    made: Counter[str] = Counter()
    for _ in range(400):
        for symbol, mid in mids.items():
            for create in seat.book(mid - 10, mid + 10, symbol=symbol, after_ms=25):
                if isinstance(create, commands.CreateOrder):
                    made[create.symbol] += 1
                    seat.accept(create)
                    seat.hear(events.OrderCancelled(create.client_id, 0, "by_venue", seat.now), 1)
    assert made["BTCUSDT"] > 4
    assert abs(made["BTCUSDT"] - made["ETHUSDT"]) <= 2
