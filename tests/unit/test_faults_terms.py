"""What the venue takes and charges, when it changes: each kind bites as its page says, and somebody is told."""

import pytest
from heard import Heard, played
from msgspec.structs import replace
from planted.wrapped import Wrapped
from small_world import small_scenario, small_world

from sim.venue import codes
from strategy import commands, events
from strategy.errors import OperatorError

STORM = "{{at_s: 3, for_s: 12, kind: {}}}"
REFUSALS = (events.OrderRejected, events.AmendRefused)


def storm(tmp_path, fault: str, seconds: float = 40, **kinds):
    text = fault if fault.startswith("{") else STORM.format(fault)
    world, heard, _ = played(tmp_path, text, seconds=seconds, **kinds)
    assert all(world.bites.values())
    assert [] == world.oracle.breaches
    assert 0 == world.venue.zero_sum_cash() == world.core.belief().doubts
    (one,) = world.core.belief().symbols
    assert (world.venue.position_lots("BTCUSDT"), world.venue.cash("BTCUSDT")) == (one.position_lots, one.cash)
    assert heard.all(commands.CreateOrder, 16, 40), "it quotes again afterwards"
    return world, heard


def told(world) -> list[str]:
    return [one.code for one in world.driver.alerts]


@pytest.mark.parametrize("which", ["asked", "real"])
def test_an_order_stands_elsewhere_than_asked(tmp_path, which):
    _, heard = storm(tmp_path, f"silent_reprice, prob: 1, ticks: 4, requests: [create], told: {which}")
    made = {one.client_id: one for one in heard.all(commands.CreateOrder, 3.5, 14)}
    accepted = {one.client_id: one for one in reversed(heard.all(events.OrderAccepted, 3.5, 15))}
    both = [(made[client_id], accepted[client_id]) for client_id in made if client_id in accepted]
    assert both
    moved = 4 if which == "real" else 0
    assert all(asked.price_ticks - asked.side * moved == said.price_ticks for asked, said in both)


def test_what_was_moved_without_a_word_stands_elsewhere_in_truth(tmp_path):
    world = small_world(tmp_path, faults=STORM.format("silent_reprice, prob: 1, ticks: 4, requests: [create]"))
    heard, world.venue.history.is_kept = Heard(world), True
    assert "" == world.run().error
    asked = [one for one in heard.all(commands.CreateOrder, 3.2, 14.5) if one.client_id in world.venue.orders]
    stood = [world.venue.history._versions[one.client_id][0] for one in asked]
    assert asked
    rested = [(one.price_ticks - 4 * one.side, then.price_ticks) for one, then in zip(asked, stood, strict=True) if then.state == "open"]  # fmt: skip
    assert rested
    assert all(expected == real for expected, real in rested)


@pytest.mark.parametrize("cancels", ["newest", "oldest, within_s: 1"])
def test_our_order_goes_for_the_sake_of_another_account(tmp_path, cancels):
    _, heard = storm(tmp_path, f"self_trade, prob: 0.6, cancels: {cancels}")
    gone = [one for one in heard.all(events.OrderCancelled, 3, 16) if one.code == codes.SELF_TRADE]
    accepted = {one.client_id for one in heard.all(events.OrderAccepted)}
    assert gone
    assert all(one.client_id in accepted for one in gone)


def test_prices_outside_a_band_are_refused_and_what_stands_there_is_cancelled(tmp_path):
    world, heard = storm(tmp_path, "price_band, band_bps: 0.2, cancels_orders: true")
    refused = [one for one in heard.all(REFUSALS, 3, 16) if one.code == codes.PRICE_BAND]
    cancelled = [one for one in heard.all(events.OrderCancelled, 3, 16) if one.code == codes.PRICE_BAND]
    assert cancelled
    assert 3 <= len(refused) <= 12 * 2, "it tries more and more seldom"
    assert "SQ-V006" in told(world)


def test_a_frozen_reference_refuses_one_side_once_the_market_has_gone_on(tmp_path):
    _, heard = storm(tmp_path, "price_band, band_bps: 3, reference: frozen", seed=2)
    made = {one.client_id: one.side for one in heard.all((commands.CreateOrder,))}
    refused = [one for one in heard.all(REFUSALS, 3, 16) if one.code == codes.PRICE_BAND]
    assert {1} == {abs(made[one.client_id]) for one in refused}


def off_grid(heard, from_s: float, to_s: float = 1e9) -> list:
    return [one for one in heard.all((*REFUSALS, events.OrderCancelled), from_s, to_s) if one.code == codes.OFF_GRID]


def test_off_the_new_grid_nothing_is_taken_and_the_bot_asks_for_the_new_one(tmp_path):
    world, heard = storm(tmp_path, "tick_lot_change, tick_times: 100")
    assert 1 <= len(off_grid(heard, 3, 16)) <= 6
    (question, *_) = heard.all(commands.QueryTerms)
    (answer, *_) = [one for one in heard.all(events.TermsSeen) if one.asked_ns == question.asked_ns]
    assert (100, 1) == (answer.tick_times, answer.lot_times)
    accepted = heard.all((events.OrderAccepted, events.OrderAmended), 3.1, 15)
    assert accepted
    assert all(one.price_ticks % 100 == 0 for one in accepted)
    assert "SQ-V008" in told(world)


def stands(world, ticks: int, lots: int) -> list[int]:
    """Give the sides of the quotes that stand at the end; each must be on a grid."""
    orders = world.venue.open_orders()
    assert [] == [one for one in orders if one.price_ticks % ticks or one.size_lots % lots]
    return sorted(one.side for one in orders)


def test_a_grid_that_changes_for_good_is_quoted_on_without_a_new_process(tmp_path):
    world, heard = storm(tmp_path, "{at_s: 3, kind: tick_lot_change, tick_times: 13, lot_times: 2}", calm_s=39.5)
    assert 1 == world.driver.boots
    assert [-1, 1] == stands(world, 13, 2)
    assert [] == off_grid(heard, 5)
    assert heard.all(events.OrderFilled, 10)


def test_a_change_that_is_taken_back_is_noticed_and_the_finer_grid_is_used_again(tmp_path):
    world, heard = storm(tmp_path, "tick_lot_change, tick_times: 100", seconds=90)
    assert [100, 1] == [one.tick_times for one in heard.all(events.TermsSeen)][:: len(heard.all(events.TermsSeen)) - 1]
    assert [one for one in heard.all(events.OrderAccepted, 80) if one.price_ticks % 100]
    assert None is world.core._state.desks[0].rules


def test_while_nobody_answers_nothing_is_created_and_the_new_grid_comes_with_the_answer(tmp_path):
    change = "{at_s: 3, for_s: 40, kind: tick_lot_change, tick_times: 50}"
    mute = "{at_s: 3, for_s: 12, kind: endpoint_status, requests: [query]}"
    _, heard = storm(tmp_path, f"{change}, {mute}", seconds=40)
    assert 3 <= len(heard.all(commands.QueryTerms, 3, 15)) <= 15
    assert [] == heard.all((commands.CreateOrder, commands.AmendOrder), 6, 15)
    assert [one for one in heard.all(events.OrderAccepted, 16, 30) if not one.price_ticks % 50]


class HearsNoGrid(Wrapped):
    """Takes every answer about rules for one that says nothing new."""

    def hear(self, now_ns, event):
        return replace(event, tick_times=1) if isinstance(event, events.TermsSeen) else event


def test_a_core_that_goes_on_as_before_is_found_by_what_it_was_told(tmp_path):
    fault = "{at_s: 3, kind: tick_lot_change, tick_times: 13}"
    world = small_world(tmp_path, seconds=30, faults=fault, calm_s=29, factory=HearsNoGrid)
    world.run()
    assert "S8" in {one.code for one in world.oracle.breaches}


@pytest.mark.parametrize("at_s", [3.05, 3.2, 5])
def test_a_process_that_dies_in_the_middle_of_a_change_quotes_on_the_new_grid(tmp_path, at_s):
    change = "{at_s: 3, kind: tick_lot_change, tick_times: 13, lot_times: 2}"
    kill = f"{{at_s: {at_s}, kind: operator_kill, restart_after_s: 2}}"
    world, heard = storm(tmp_path, f"{change}, {kill}", calm_s=39.5)
    assert 2 == world.driver.boots
    assert [-1, 1] == stands(world, 13, 2)
    assert [] == off_grid(heard, 15)


def test_a_grid_that_is_announced_comes_in_a_window_that_finds_no_quote(tmp_path):
    world, heard = storm(tmp_path, "tick_lot_change, tick_times: 100, notice_s: 5")
    assert ["cancel_only", "open"] == [one.regime for one in heard.all(events.RegimePlanned)]
    assert [] == heard.all((commands.CreateOrder, commands.AmendOrder), 8.1, 9.9)
    assert [] == [one for one in heard.all(events.OrderCancelled, 8, 10.2) if one.code == codes.OFF_GRID]
    assert 1 <= len(off_grid(heard, 10, 16)) <= 6
    assert "SQ-V008" in told(world)


def test_a_symbol_that_is_taken_off_settles_and_is_known_to_nobody(tmp_path):
    world, heard = storm(tmp_path, "{at_s: 10, for_s: 12, kind: symbol_delist}", seconds=61, seed=2)
    assert [] == heard.all((events.BookDelta, events.BookHeartbeat, events.PublicTrade), 10.2, 22)
    assert 1 == len([one for one in heard.all(events.OrderFilled, 10, 11) if not one.client_id])
    assert heard.all((commands.CreateOrder, commands.AmendOrder, commands.RequestBook), 10.2, 22)
    assert {codes.UNKNOWN_SYMBOL} >= {one.code for one in heard.all(REFUSALS, 10.3, 22)}
    assert codes.UNKNOWN_SYMBOL in {one.code for one in heard.all(events.Unanswered, 10.2, 22)}
    assert [] == [one for one in world.venue.fills if 10.1e9 < one.true_ns < 22e9]


def test_a_symbol_whose_end_is_announced_is_left_before_it(tmp_path):
    world, heard = storm(tmp_path, "symbol_delist, notice_s: 6", seconds=60)
    assert ["closed"] == [one.regime for one in heard.all(events.RegimePlanned)]
    assert [] == heard.all((commands.CreateOrder, commands.AmendOrder), 6.2, 15)
    assert [] == [one for one in heard.all(events.OrderCancelled, 8.9, 9.3) if one.code == codes.BY_VENUE]
    assert "SQ-V006" not in told(world)


def test_other_fees_are_booked_as_they_are_charged_and_somebody_is_told(tmp_path):
    world, heard = storm(tmp_path, "fee_change, maker_more_bps: 5")
    rates = [1e4 * one.fee_cash / (one.price_ticks * one.size_lots * world.venue.instruments["BTCUSDT"].cash_per_ticklot) for one in heard.all(events.OrderFilled)]  # fmt: skip
    assert 2 == len({round(rate, 2) for rate in rates})
    assert 5 == pytest.approx(max(rates) - min(rates))
    assert ["SQ-V007"] == told(world)


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ("kind: tick_lot_change, tick_times: 1", "changes nothing"),
        ("kind: fee_change", "no change"),
        ("kind: self_trade, prob: 0.5, within_s: 3", "changes nothing here"),
        ("kind: symbol_delist, notice_s: 12", "never off the list"),
        ("kind: price_band, band_bps: 0", "greater than 0"),
        ("kind: silent_reprice, prob: 0.5, requests: [cancel]", "requests"),
    ],
)
def test_what_makes_no_sense_is_refused_before_it_runs(tmp_path, fault, complaint):
    with pytest.raises(OperatorError, match=complaint):
        small_scenario(tmp_path, faults=f"{{at_s: 3, for_s: 10, {fault}}}")
