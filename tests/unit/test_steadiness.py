"""A private stream that falls again and again: it counts as down until it has lasted, and then is caught up with."""

import pytest
from seat import quoting

from strategy import commands, events, health
from strategy.steadiness import Steadiness
from strategy.units import NS_PER_S

LASTS_NS = 5 * NS_PER_S
DOWN, UP = events.StreamDown(events.PRIVATE), events.StreamUp(events.PRIVATE)


def lived(*lives_s: float) -> tuple[Steadiness, int]:
    """A stream that lived so long each time and is down for a tenth of a second between; and the instant it came back."""
    stream, now_ns = Steadiness(), 0
    for life_s in lives_s:
        stream.came(now_ns)
        now_ns += round(life_s * NS_PER_S)
        stream.fell(now_ns, LASTS_NS)
        now_ns += NS_PER_S // 10
    stream.came(now_ns)
    return stream, now_ns


@pytest.mark.parametrize(
    ("lives_s", "is_trusted"),
    [
        ((), True),
        ((1,), True),
        ((1, 1), False),
        ((4.9, 4.9), False),
        ((1, 5, 1), True),
        ((1, 1, 5), True),
        ((9, 9), True),
    ],
)
def test_two_short_lives_in_a_row_cost_the_next_its_credit(lives_s, is_trusted):
    stream, now_ns = lived(*lives_s)
    assert is_trusted is stream.is_steady(now_ns, LASTS_NS)
    assert is_trusted is stream.is_steady(now_ns + LASTS_NS - 1, LASTS_NS)
    assert stream.is_steady(now_ns + LASTS_NS, LASTS_NS)


def test_one_that_is_not_there_is_never_steady_and_cannot_fall():
    stream = Steadiness()
    for now_ns in range(3):
        stream.fell(now_ns, LASTS_NS)
    assert (False, 0) == (stream.is_steady(LASTS_NS, LASTS_NS), stream.short_lives)


def test_to_come_twice_is_to_come_once():
    stream, now_ns = lived(1, 1)
    stream.came(now_ns + LASTS_NS - 1)
    assert stream.is_steady(now_ns + LASTS_NS, LASTS_NS)


def settle(seat, leaving) -> None:
    """Answer everything, questions as well: nothing of ours is open once it is cancelled, and nothing traded."""
    waiting = list(leaving)
    while waiting:
        match waiting.pop(0):
            case commands.CancelAll(symbol=symbol):
                waiting += seat.hear(events.CancelAllAnswered(symbol, seat.now), 1)
            case commands.QueryFills() as asked:
                waiting += seat.hear(events.FillsReport(asked.symbol, asked.asked_ns, (), seat.now), 1)
            case commands.QueryOpenOrders() as asked:
                waiting += seat.hear(events.OpenOrdersReport(asked.symbol, asked.asked_ns, (), seat.now), 1)
            case command:
                waiting += seat.answer(command)


def flap(seat, times: int) -> None:
    """Have the private stream fall and come back as often, every second, answers given."""
    for _ in range(times):
        settle(seat, seat.hear(DOWN, 700))
        settle(seat, seat.hear(UP, 200))
        settle(seat, seat.beat())


def after_each_return(seat, times: int) -> list[str]:
    """Say why the last decision after each return placed nothing."""
    found = []
    for _ in range(times):
        flap(seat, 1)
        found.append(seat.core.last_context("BTCUSDT").blocked)
    return found


def test_the_first_return_is_believed_at_once_and_the_second_is_not(seat):
    settle(seat, quoting(seat))
    # The first life began with the process, and was short as well.
    assert ["", *[health.PRIVATE_UNSTEADY] * 3] == after_each_return(seat, 4)
    seat.hear(DOWN, 500)
    seat.beat()
    assert health.PRIVATE_DOWN == seat.core.last_context("BTCUSDT").blocked


def test_a_return_that_is_not_believed_asks_for_nothing_and_one_that_lasts_for_everything(seat):
    settle(seat, quoting(seat))
    flap(seat, 4)
    settle(seat, seat.hear(DOWN, 700))
    seat.core._state.watch.poll_ns = seat.now + 60 * NS_PER_S  # what is polled is another matter
    assert [] == [one for one in seat.hear(UP, 200) if isinstance(one, commands.QueryFills | commands.QueryOpenOrders)]
    seat.log.clear()
    for _ in range(60):
        settle(seat, seat.beat(100))
    kinds = seat.kinds(seat.log)
    assert {"QueryFills", "QueryOpenOrders", "CreateOrder"} <= set(kinds)
    assert kinds.index("QueryFills") < kinds.index("CreateOrder")


def test_a_stream_that_breaks_for_good_is_told_of_and_everything_is_taken_off(seat):
    settle(seat, quoting(seat))
    flap(seat, 10)
    told = [one.detail for one in seat.log if isinstance(one, commands.Alert) and one.code == "SQ-V004"]
    assert 1 == len(told)
    assert "private_" in told[0]
    assert not [one for one in seat.core._state.orders.live.values() if one.is_open]


def test_what_it_remembers_of_a_stream_survives_a_snapshot(seat):
    flap(seat, 3)
    assert seat.core._state.health == seat.core.twin()._state.health
    assert seat.core._state.health.private.short_lives > 1
