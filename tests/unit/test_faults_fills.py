"""What the venue says of our trades: each kind bites as its page says, and each fill is booked exactly once."""

from collections import Counter

import pytest
from heard import played

from sim.venue import codes
from strategy import commands, events

STORM = "{{at_s: 3, for_s: 20, kind: {}}}"
CUT = ", {at_s: 12, for_s: 2, kind: dns_outage, connections: [private]}"


def storm(tmp_path, fault: str, seconds: float = 50, **kinds):
    text = fault if fault.startswith("{") else STORM.format(fault)
    world, heard, _ = played(tmp_path, text, seconds=seconds, **kinds)
    for fault_id, times in world.bites.items():
        assert times, fault_id
    assert [] == world.oracle.breaches
    assert 0 == world.venue.zero_sum_cash() == world.core.belief().doubts
    (one,) = world.core.belief().symbols
    assert (world.venue.position_lots("BTCUSDT"), world.venue.cash("BTCUSDT")) == (one.position_lots, one.cash)
    return world, heard


def fills(heard, from_s: float = 3, to_s: float = 23) -> list[events.OrderFilled]:
    return heard.all(events.OrderFilled, from_s, to_s)


@pytest.mark.parametrize("which", ["first", "second"])
def test_of_two_copies_one_names_no_order(tmp_path, which):
    _, heard = storm(tmp_path, f"fill_duplicate, prob: 1, after_s: 0.5, nameless: {which}")
    names: dict[str, list[str]] = {}
    for fill in fills(heard):
        names.setdefault(fill.fill_id, []).append(fill.client_id)
    pairs = [pair for pair in names.values() if len(pair) == 2]
    assert pairs
    assert [] == [pair for pair in pairs if pair[0 if which == "first" else 1]]
    assert all(pair[1 if which == "first" else 0] for pair in pairs)


def test_fills_are_told_again_to_who_connects_anew(tmp_path):
    _, heard = storm(tmp_path, STORM.format("fill_duplicate, prob: 1, again: reconnect") + CUT)
    (back_ns,) = [at_ns for at_ns, _, what in heard.log if what == events.StreamUp("private") and at_ns > 12e9]
    before = dict.fromkeys(one.fill_id for one in fills(heard, 3, 12))
    again = Counter(one.fill_id for one in fills(heard, back_ns / 1e9, back_ns / 1e9 + 0.5))
    assert before
    assert before.keys() <= again.keys()


def test_fills_are_told_again_to_a_process_that_begins_anew(tmp_path):
    crash = ", {at_s: 12, kind: crash, restart_after_s: 2, journal: lost}"
    world, heard, _ = played(tmp_path, STORM.format("fill_duplicate, prob: 1, again: reconnect") + crash, seconds=50)
    before = dict.fromkeys(one.fill_id for one in fills(heard, 3, 12))
    assert before
    assert before.keys() <= {one.fill_id for one in fills(heard, 14, 23)}
    (one,) = world.driver.core.belief().symbols
    assert world.venue.position_lots("BTCUSDT") == one.position_lots
    assert [] == world.oracle.breaches


def test_what_traded_as_the_stream_broke_is_told_by_no_stream_and_read(tmp_path):
    world, heard = storm(tmp_path, "{at_s: 5, for_s: 4, kind: fills_in_disconnect, prob: 1}")
    unheard = [one.event.fill_id for one in world.venue.fills if one.true_ns == 5 * 10**9]
    assert unheard
    assert [] == heard.all(events.OrderFilled, 5.1, 9)
    told = [one.fill_id for one in fills(heard, 0, 50)]
    assert [] == [one for one in unheard if one in told]
    read = [fill.fill_id for report in heard.all(events.FillsReport) for fill in report.fills]
    assert all(one in read for one in unheard)


def test_a_fill_comes_before_the_order_is_acknowledged(tmp_path):
    _, heard = storm(tmp_path, "fill_before_ack, prob: 0.5, ack_after_s: 0.4")
    accepted: dict[str, int] = {}
    for place, (_, _, what) in enumerate(heard.log):
        if isinstance(what, events.OrderAccepted):
            accepted.setdefault(what.client_id, place)
    first = [what for place, (_, _, what) in enumerate(heard.log) if isinstance(what, events.OrderFilled) and accepted.get(what.client_id, place) > place]  # fmt: skip
    assert len(first) > 5


def test_an_order_trades_as_its_amend_arrives(tmp_path):
    world, heard = storm(tmp_path, "fill_during_amend, prob: 0.5, whole: 0.5, told_after_s: 0.5")
    gone = {one.client_id for one in heard.all(events.AmendRefused, 3, 24) if one.code == codes.GONE}
    filled = {one.client_id for one in fills(heard, 3, 25)}
    assert gone
    assert gone <= filled
    parts = [one for one in heard.all(events.OrderAmended, 3, 24) if world.venue.orders[one.client_id].filled_lots]
    assert parts


def test_amends_are_answered_without_a_verdict_and_carried_out_later(tmp_path):
    _, heard = storm(tmp_path, "amend_races, unknown: 0.5, later_s: 1")
    unknown = [one for one in heard.all(events.Unanswered, 3, 23) if one.request == events.AMEND]
    assert {codes.DOWN} == {one.code for one in unknown}
    late = {one.client_id for one in heard.all(events.OrderAmended, 4, 25)}
    assert [one for one in unknown if one.client_id in late]


def test_an_amend_to_less_than_has_traded_is_refused_for_that(tmp_path):
    world, _, _ = played(tmp_path, STORM.format("amend_races, below_filled: 1"), seconds=10)
    venue = world.venue
    venue.handlers[commands.CreateOrder](
        commands.CreateOrder("a-1", "BTCUSDT", "x", 1, 100_000, 10, True, False, False, 0, 0), world.kernel.now_ns, 0
    )
    assert venue.is_open("a-1")
    venue.racing(commands.AmendOrder("a-1", "BTCUSDT", 100_000, 4, 0, 0), venue.open["a-1"], 5 * 10**9)
    answer = venue.handlers[commands.AmendOrder](
        commands.AmendOrder("a-1", "BTCUSDT", 100_000, 4, 0, 0), world.kernel.now_ns, 0
    )
    assert (4, codes.BELOW_FILLED) == (venue.orders["a-1"].filled_lots, answer.code)


def test_orders_show_what_they_traded_before_any_fill_does(tmp_path):
    world, heard = storm(tmp_path, "inferred_then_real, prob: 1, listed_after_s: 4, told_after_s: 6", seconds=60)
    since = [(one.event.fill_id, one.true_ns) for one in world.venue.fills if 4e9 < one.true_ns < 22e9]
    told = {what.fill_id: at_ns for at_ns, _, what in reversed(heard.log) if isinstance(what, events.OrderFilled)}
    listed = {fill.fill_id: at_ns for at_ns, _, what in reversed(heard.log) if isinstance(what, events.FillsReport) for fill in what.fills}  # fmt: skip
    assert since
    assert all(6.0 <= (told[fill_id] - true_ns) / 1e9 < 6.5 for fill_id, true_ns in since)
    assert min((listed[fill_id] - true_ns) / 1e9 for fill_id, true_ns in since if fill_id in listed) >= 4.0
    shown = [one for one in heard.all((events.OrderReport, events.OrderCancelled), 4, 23) if one.filled_lots_total]
    assert shown


def test_a_fill_that_two_keep_back_is_shown_when_the_last_lets_go(tmp_path):
    both = "{at_s: 3, for_s: 9, kind: inferred_then_real, prob: 1, listed_after_s: 4}, "
    both += "{at_s: 3, for_s: 9, kind: inferred_then_real, prob: 1, listed_after_s: 6}"
    world, heard = storm(tmp_path, both, seconds=40)
    since = [(one.event.fill_id, one.true_ns) for one in world.venue.fills if 4e9 < one.true_ns < 12e9]
    listed = {fill.fill_id: at_ns for at_ns, _, what in reversed(heard.log) if isinstance(what, events.FillsReport) for fill in what.fills}  # fmt: skip
    assert min((listed[fill_id] - true_ns) / 1e9 for fill_id, true_ns in since if fill_id in listed) >= 6.0
    assert {} == world.venue.unlisted


def test_a_position_is_closed_by_others_and_somebody_is_told(tmp_path):
    world, heard = storm(tmp_path, "foreign_fill, share: 0.5, every_s: 4")
    foreign = [one for one in fills(heard) if not one.client_id]
    assert len(foreign) >= 3
    assert "SQ-V003" in [one.code for one in world.driver.alerts]


def test_a_liquidation_takes_the_orders_with_it(tmp_path):
    world, heard = storm(tmp_path, "foreign_fill, cause: liquidation")
    (first, *_) = [one for one in fills(heard) if not one.client_id]
    ended = [one for one in heard.all(events.OrderCancelled, 3, 23) if one.venue_ns == first.venue_ns]
    assert {codes.BY_VENUE} == {one.code for one in ended if one.client_id}
    assert 1 == world.venue.liquidations


@pytest.mark.parametrize("how", ["bust", "correction, off_ticks: 3"])
def test_a_trade_is_taken_back_with_its_fee_and_perhaps_made_again_at_another_price(tmp_path, how):
    _, heard = storm(tmp_path, f"fill_busted, prob: 1, after_s: 1, how: {how}")
    made = {(one.side, one.price_ticks, one.size_lots, one.fee_cash) for one in fills(heard) if one.client_id}
    foreign = [one for one in fills(heard, 3, 25) if not one.client_id]
    undone = [one for one in foreign if (-one.side, one.price_ticks, one.size_lots, -one.fee_cash) in made]
    assert undone
    if "correction" in how:
        again = {(one.side, one.price_ticks, one.size_lots) for one in foreign}
        assert all((-one.side, one.price_ticks - 3 * one.side, one.size_lots) in again for one in undone)
    else:
        assert len(undone) == len(foreign)


def test_a_foreign_fill_that_no_stream_tells_is_found_by_the_next_look_at_all_fills(tmp_path):
    both = STORM.format("foreign_fill, every_s: 6") + ", " + STORM.format("fill_dropped, prob: 1")
    storm(tmp_path, both, seconds=60, seed=2)
