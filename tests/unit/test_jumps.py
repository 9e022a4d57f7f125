"""Noise, jumps, and the sniper as a part of its own."""

import pytest

from sim.dice import Dice
from sim.market.jumps import JumpMarket, Jumps
from sim.market.sniper import MICRO, Sniper
from sim.venue.matching import LimitBook, Resting
from sim.venue.orders import VenueOrder
from strategy.units import BUY, NS_PER_S, SELL


def order(side, price_ticks, number=1):
    return VenueOrder(number, f"s-{number}", "X", "", side, price_ticks, 9, post_only=True, reduce_only=False)


def standing(side, price_ticks, number=1):
    return Resting(side, price_ticks, 9, order(side, price_ticks, number))


@pytest.mark.parametrize(
    "side, price, fair, aims", [(BUY, 101, 100, 1), (BUY, 101, 100.5, 0), (SELL, 99, 100, 1), (SELL, 99, 99.5, 0)]
)
def test_only_a_whole_tick_beyond_the_fair_price_is_stale(side, price, fair, aims):
    sniper = Sniper(10, 1)
    sniper.look([standing(side, price)], int(fair * MICRO), 5)
    assert [16] * aims == [at_ns for at_ns, *_ in sniper.aims]


def test_a_quote_is_aimed_at_once_and_everything_before_it_is_taken_too():
    sniper, book, quote = Sniper(10, 1), LimitBook(), standing(BUY, 101)
    for resting in (Resting(BUY, 102, 4), Resting(BUY, 101, 3), quote):
        book.rest(resting)
    for now_ns in (0, 1):
        sniper.look([quote], 100 * MICRO, now_ns)
    assert 1 == len(sniper.aims)
    assert (quote, 4 + 3 + 9) == sniper.shoot(book, 100 * MICRO, True)
    assert ([], 9, False) == (sniper.aims, sniper.sniped, quote.owner.is_aimed_at)


def test_a_quote_that_is_amended_in_the_instant_it_was_aimed_at_is_aimed_at_again():
    sniper, book = Sniper(10, 1), LimitBook()
    was = standing(BUY, 101)
    sniper.look([was], 100 * MICRO, 5)
    was.owner.is_aimed_at = False  # as the venue does with what is amended
    became = Resting(BUY, 102, 9, was.owner)
    sniper.look([became], 100 * MICRO, 5)
    book.rest(became)
    was.lots = 0
    assert sniper.shoot(book, 100 * MICRO, True) is None
    assert (became, 9) == sniper.shoot(book, 100 * MICRO, True)


@pytest.mark.parametrize("why", ["withdrawn", "fair again", "closed"])
def test_it_does_not_shoot_at_what_is_gone(why):
    sniper, book, quote = Sniper(10, 1), LimitBook(), standing(SELL, 99)
    book.rest(quote)
    sniper.look([quote], 100 * MICRO, 0)
    if why == "withdrawn":
        book.shrink(quote, 9)
    fair = 99 if why == "fair again" else 100
    assert sniper.shoot(book, fair * MICRO, why != "closed") is None
    assert (0, False) == (sniper.sniped, quote.owner.is_aimed_at)


def test_jumps_and_takers_are_drawn_by_number_whoever_quotes():
    jumped, sides = [], []
    for quotes in ({}, {BUY: 990, SELL: 1010}):
        leaps = []
        market = JumpMarket("X", Jumps(3.0, 0.5, 7, 100), 1000, Dice(2), lambda *_: None, leaps.append)
        for side, price in quotes.items():
            market.enter(order(side, price, 1 if side == BUY else 2), 1000, 0)
        while market.advance(60 * NS_PER_S) < 60 * NS_PER_S:
            pass
        jumped.append((leaps, market.value_ticks))
        sides.append(market.sniped)
    assert jumped[0] == jumped[1]
    assert 15 < len(jumped[0][0]) < 50
    assert (0, True) == (sides[0], sides[1] > 0)


def test_the_loop_stops_at_a_jump_because_everybody_hears_of_it():
    heard = []
    market = JumpMarket("X", Jumps(3.0, 0.5, 7, 100), 1000, Dice(2), lambda *_: None, heard.append)
    assert [market.advance(60 * NS_PER_S)] == heard
    assert 7 == abs(market.value_ticks - 1000)
