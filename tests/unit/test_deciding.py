"""What goes into a decision beside the book: where the mid is thought to go."""

import pytest
from msgspec.structs import replace
from seat import Seat, quoting

from strategy import events
from strategy.knobs import FairKnobs
from strategy.units import BPS, BUY, SELL

MID = 120_000


def fair_bps(seat: Seat) -> float:
    """Give how far the last decision's fair value is above the mid."""
    return BPS * (seat.core.last_context("BTCUSDT").fair_ticks / MID - 1)


def seated(knobs, **fair: float) -> Seat:
    seat = Seat(replace(knobs, fair=FairKnobs(**fair)))
    seat.boot()
    quoting(seat)
    return seat


def trade(seat: Seat, side: int, number: int) -> None:
    seat.hear(events.PublicTrade("BTCUSDT", MID, 5, side, seat.now + number * 1_000_000))


@pytest.mark.parametrize(("side", "expected"), [(BUY, 0.06), (SELL, -0.06)])
def test_takers_move_the_fair_value_their_way(knobs, side, expected):
    seat = seated(knobs, taker_bps=0.02, shift_bps_max=1.0)
    for number in range(3):
        trade(seat, side, number)
    seat.hear(events.OperatorSaid("resume"))
    assert fair_bps(seat) == pytest.approx(expected)


def test_no_crowd_moves_it_further_than_allowed(knobs):
    seat = seated(knobs, taker_bps=0.02, shift_bps_max=0.05)
    for number in range(9):
        trade(seat, SELL, number)
    seat.hear(events.OperatorSaid("resume"))
    assert fair_bps(seat) == pytest.approx(-0.05)


def test_a_fuller_bid_moves_it_up(knobs):
    seat = seated(knobs, imbalance_bps=0.2, shift_bps_max=1.0)
    seq = seat.seq["BTCUSDT"] + 1
    seat.hear(events.BookSnapshot("BTCUSDT", seq, ((MID - 10, 300),), ((MID + 10, 100),), seat.now), 200)
    assert fair_bps(seat) == pytest.approx(0.1)


def test_without_weights_it_is_the_mid(knobs):
    seat = seated(knobs)
    trade(seat, BUY, 0)
    seat.hear(events.OperatorSaid("resume"))
    assert seat.core.last_context("BTCUSDT").fair_ticks == MID
