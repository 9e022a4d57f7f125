"""What changes while the bot runs: closures told ahead, symbols that stop trading, grids, limits and fees."""

import asyncio

import pytest
from bybit_desk import FEES, LINEAR_ROW, NOW_MS, Desk, book, page
from scripted import played

from adapters.bybit.alerts import Alerts
from strategy import events

LISTED = "/v5/market/instruments-info"
FEE_RATE = "/v5/account/fee-rate"
STATUS = "/v5/system/status"
NOW_NS = NOW_MS * 1_000_000


def rounds(*answers):
    """Connect, then let a round pass with each of the answers; give words and alerts."""

    async def main():
        desk = Desk()
        try:
            await desk.connect()
            await asyncio.sleep(0.1)
            for answer in answers:
                desk.rest.answers |= answer
                await asyncio.sleep(300)
        finally:
            await desk.venue.close()
        words = [
            one for one in desk.fed if isinstance(one, events.RegimeChanged | events.RegimePlanned | events.TermsSeen)
        ]
        return words, [alert.detail for alert in desk.alerts if alert.code == "SQ-V044"]

    return played(main)


def row(**more):
    return {LISTED: {"list": [{**LINEAR_ROW, **more}]}}


def test_nothing_is_said_while_nothing_changes():
    assert ([], []) == rounds({}, {}, {})


def test_a_symbol_that_stops_trading_is_told_once_and_so_is_its_return():
    words, alerts = rounds(row(status="Settling"), {}, row())
    assert [("closed", NOW_NS), ("open", NOW_NS)] == [(word.regime, word.venue_ns) for word in words]
    assert ["BTCUSDT is not trading: Settling", "BTCUSDT trades again"] == alerts


@pytest.mark.parametrize(
    "changed",
    [
        row(priceFilter={"tickSize": "0.05"}),
        row(priceFilter={"tickSize": "0.25"}),
        row(lotSizeFilter={**LINEAR_ROW["lotSizeFilter"], "qtyStep": "0.0001", "minOrderQty": "0.0001"}),
        row(lotSizeFilter={**LINEAR_ROW["lotSizeFilter"], "qtyStep": "0"}),
    ],
)
def test_a_symbol_whose_grid_our_units_cannot_write_is_not_quoted_any_more(changed):
    words, alerts = rounds(changed, {})
    (terms, regime) = words
    assert ("cancel_only", (0, 0)) == (regime.regime, (terms.tick_times, terms.lot_times))
    assert 1 == len(alerts)


def test_a_coarser_grid_is_told_in_the_units_the_core_began_with_and_so_is_its_end():
    sizes = {**LINEAR_ROW["lotSizeFilter"], "qtyStep": "0.01", "minOrderQty": "0.02"}
    words, alerts = rounds(row(priceFilter={"tickSize": "0.50"}, lotSizeFilter=sizes), {}, row(), {})
    grids = [(one.asked_ns, one.tick_times, one.lot_times, one.lots_min, one.lots_max) for one in words]
    assert [(0, 5, 10, 20, 1_190_000), (0, 1, 1, 1, 1_190_000)] == grids
    assert ["tick_times 1 -> 5" in alerts[0], "tick_times 5 -> 1" in alerts[1]] == [True, True]


@pytest.mark.parametrize(("said", "rounds_looked"), [("off", 1), ("on", 0)])
def test_a_book_off_our_grid_has_the_rules_looked_at_at_once_and_a_flood_of_them_does_so_seldom(said, rounds_looked):
    async def main():
        desk = Desk()
        try:
            ends = await desk.connect()
            desk.rest.answers |= row(priceFilter={"tickSize": "0.05"})
            text = book(7).replace('"100.0"', '"100.05"' if said == "off" else '"100.1"')
            for _ in range(20):
                ends["public"].say(text)
                await asyncio.sleep(0.2)
            await asyncio.sleep(3)
        finally:
            await desk.venue.close()
        return [one for one in desk.fed if isinstance(one, events.TermsSeen)]

    told = played(main)
    assert [0] * rounds_looked == [one.tick_times for one in told]


def test_other_limits_and_fees_are_told_to_a_person():
    sizes = {**LINEAR_ROW["lotSizeFilter"], "maxOrderQty": "500"}
    words, alerts = rounds(row(lotSizeFilter=sizes), {FEE_RATE: {"list": [{**FEES, "makerFeeRate": "0.0001"}]}}, {})
    assert [500_000] == [word.lots_max for word in words]
    assert ["lots_max 1190000 -> 500000" in alerts[0], "maker_fee_ppm 200 -> 100" in alerts[1]] == [True, True]


def test_a_symbol_that_is_not_listed_any_more_is_not_quoted_any_more():
    words, alerts = rounds({LISTED: {"list": []}}, {}, row())
    assert ["cancel_only", "open"] == [word.regime for word in words]
    assert "BTCUSDT is not listed any more" == alerts[0]


@pytest.mark.parametrize("answer", [page(502), {"list": [7]}, {"list": 7}])
def test_a_round_without_an_answer_is_left_out(answer):
    assert ([], []) == rounds({LISTED: answer})


CLOSURE = {
    "id": "a",
    "state": "scheduled",
    "begin": str(NOW_MS + 600_000),
    "end": str(NOW_MS + 900_000),
    "product": [1],
    "serviceTypes": [2, 3],
}


def test_maintenance_that_is_announced_is_told_ahead_and_once():
    words, _ = rounds({STATUS: {"list": [CLOSURE]}}, {}, {})
    assert [("closed", NOW_NS + 600 * 10**9), ("open", NOW_NS + 900 * 10**9)] == [
        (word.regime, word.at_venue_ns) for word in words
    ]


@pytest.mark.parametrize("more", [{"state": "completed"}, {"product": [2, 3]}, {"begin": "soon"}, {"id": 7}])
def test_maintenance_that_is_over_or_of_another_product_or_unreadable_is_nobodys(more):
    words, _ = rounds({STATUS: {"list": [{**CLOSURE, **more}]}}, {})
    assert [] == words


def test_a_mistake_that_ends_the_looking_is_seen():
    async def main():
        told = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context["exception"]))
        desk = Desk()
        await desk.venue.look(["BTCUSDT"])
        del desk.rest.answers[STATUS]
        await desk.venue.connect(desk.fed.append)
        await asyncio.sleep(0.1)
        await desk.venue.close()
        return told

    assert ["KeyError"] == [type(mistake).__name__ for mistake in played(main)]


def test_a_venue_that_repeats_itself_is_not_repeated():
    async def main():
        told = []
        alerts = Alerts(told.append)
        for _ in range(100):
            alerts.say("SQ-V043", "what?")
            alerts.say("SQ-V042", "no")
            await asyncio.sleep(1)
        return [(alert.code, alert.detail) for alert in told], alerts.counts

    told, counts = played(main)
    assert {"SQ-V042": 100, "SQ-V043": 100} == counts
    assert 8 == len(told)
    assert ("SQ-V043", "what? (and 29 more since the last time)") == told[2]
