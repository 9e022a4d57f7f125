"""What the venue itself must say before a bot starts, row by row."""

import asyncio
import time

import pytest
from live_files import write_live

from adapters.preflight import FAIL, OK, WARN
from adapters.preflight_venue import venue_rows
from adapters.settings import load
from adapters.venue import Seen, Stock, VenueUnusable
from strategy.batching import SINGLE
from strategy.instrument import LINEAR, SPOT, make_instrument
from strategy.units import CASH_PER_QUOTE, NS_PER_S


def instrument(kind=LINEAR, **changes):
    rules = {
        "symbol": "BTCUSDT",
        "kind": kind,
        "tick": "0.1",
        "lot": "0.001",
        "size_min": "0.001",
        "size_max": "100",
        "notional_min": "5",
        "maker_fee_bps": "2",
        "taker_fee_bps": "5.5",
    }
    return make_instrument(**(rules | changes))


class Shown:
    """A venue that shows what it was given, or refuses."""

    name, capability = "shown", SINGLE

    def __init__(self, seen):
        self.seen = seen

    async def look(self, symbols):
        assert list(symbols) == ["BTCUSDT"]
        if isinstance(self.seen, Exception):
            raise self.seen
        return self.seen


def rows(tmp_path, seen):
    found = asyncio.run(venue_rows(load(write_live(tmp_path)), Shown(seen)))
    return {row.check: row for row in found}


def seen(*instruments, ahead_ns=0, warnings=(), stock=None):
    return Seen(instruments or (instrument(),), time.time_ns() + ahead_ns, warnings, stock=stock)


def test_a_venue_that_fits_has_rows_that_say_ok(tmp_path):
    found = rows(tmp_path, seen())
    assert [(name, row.state) for name, row in found.items()] == [
        ("venue", OK),
        ("clock", OK),
        ("symbol rules", OK),
        ("account", OK),
    ]
    assert "tick 0.1 lot 0.001 maker 200 ppm" in found["symbol rules"].detail


def test_a_venue_that_does_not_answer_is_the_only_row(tmp_path):
    (row,) = rows(tmp_path, VenueUnusable("SQ-V030", "no answer")).values()
    assert (row.state, "SQ-V030" in row.detail) == (FAIL, True)


@pytest.mark.parametrize(
    "ahead_s,state,words",
    [(-30, WARN, "30.0 s ahead of"), (30, WARN, "30.0 s behind"), (-0.7, WARN, "0.7 s ahead of"), (0, OK, "within")],
)
def test_clocks_that_differ_are_warned_of(tmp_path, ahead_s, state, words):
    row = rows(tmp_path, seen(ahead_ns=int(ahead_s * NS_PER_S)))["clock"]
    assert (row.state, words in row.detail) == (state, True)


def test_a_symbol_the_venue_has_not_got_fails(tmp_path):
    row = rows(tmp_path, seen(instrument(symbol="ETHUSDT")))["symbol rules"]
    assert (row.state, row.detail) == (FAIL, "the venue has no BTCUSDT")


def test_a_config_off_the_venues_grid_fails_with_its_place(tmp_path):
    row = rows(tmp_path, seen(instrument(lot="0.03", size_min="0.03", size_max="99.99")))["symbol rules"]
    assert row.state == FAIL
    assert "strategy.yaml:4:" in row.detail


def test_settings_a_market_maker_would_not_want_are_told(tmp_path):
    row = rows(tmp_path, seen(warnings=("margin is isolated", "leverage is 1")))["account"]
    assert (row.state, row.detail) == (WARN, "margin is isolated; leverage is 1")


# The config's position_max is 0.1 BTC, its gross_notional_max 100,000.


def test_spot_is_told_whether_its_stock_covers_what_the_config_may_want(tmp_path):
    enough = Stock({"BTCUSDT": 100}, 100_000 * CASH_PER_QUOTE)
    assert rows(tmp_path, seen(instrument(SPOT), stock=enough))["stock"].state == OK


@pytest.mark.parametrize(
    "stock,words",
    [
        (Stock({"BTCUSDT": 99}, 100_000 * CASH_PER_QUOTE), "BTCUSDT: 0.099 to sell, position_max is 0.1"),
        (Stock({"BTCUSDT": 100}, 99_999 * CASH_PER_QUOTE), "99999.00 to pay with, gross_notional_max is 100000"),
    ],
    ids=["too little to sell", "too little to pay with"],
)
def test_a_stock_that_does_not_is_warned_of(tmp_path, stock, words):
    row = rows(tmp_path, seen(instrument(SPOT), stock=stock))["stock"]
    assert (row.state, row.detail) == (WARN, words)
