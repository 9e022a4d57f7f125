"""What the venue does to us: each kind of fault bites, in the way its page says."""

import pytest
from heard import Heard, played
from small_world import small_world

from sim.venue import codes
from strategy import commands, events

DOWN = "{{at_s: 5, for_s: 4, kind: downtime, {}}}"
CHANGES = (commands.CreateOrder, commands.AmendOrder, commands.CancelOrder)


def down(tmp_path, how: str, **kinds):
    return played(tmp_path, DOWN.format(how), **kinds)


@pytest.mark.parametrize("streams", ["reset", "silent"])
def test_while_the_venue_is_down_no_stream_says_anything(tmp_path, streams):
    _, heard, _ = down(tmp_path, f"streams: {streams}")
    told = (events.BookDelta, events.BookHeartbeat, events.PublicTrade, events.OrderFilled)
    assert [] == heard.all(told, 5.2, 9.0)
    assert heard.all(told, 10, 20)
    assert (streams == "reset") is bool(heard.all(events.StreamDown, 5, 6))


def test_a_busy_venue_leaves_every_fate_open_and_a_refused_connection_none(tmp_path):
    _, busy, _ = down(tmp_path, "answers: busy")
    assert {codes.DOWN} == {one.code for one in busy.all(events.Unanswered, 5.1, 9)}
    assert [] == busy.all((events.OrderAccepted, events.OrderCancelled), 5.2, 9)
    _, refused, _ = down(tmp_path, "answers: refused")
    assert {"no_connection"} == {one.reason for one in refused.all(events.NotSent, 5.1, 9)}
    assert [] == refused.all(events.Unanswered, 5.3, 9)


def test_a_venue_without_a_word_is_found_out_by_patience(tmp_path):
    _, heard, _ = down(tmp_path, "answers: nothing, streams: silent")
    assert [] == [one for one in heard.all(events.Unanswered, 5.1, 9) if one.code == codes.DOWN]
    assert {"timeout", "reset"} >= {one.code for one in heard.all(events.Unanswered, 9, 16)} > set()


def test_a_frozen_engine_trades_nothing_and_one_behind_a_closed_door_goes_on(tmp_path):
    spans = []
    for matching in ("false", "true"):
        world, _, _ = down(tmp_path, f"matching: {matching}")
        spans.append([fill for fill in world.venue.fills if 5e9 < fill.true_ns < 9e9])
    assert [] == spans[0]
    assert spans[1]


def test_memory_kept_leaves_orders_where_they_stood(tmp_path):
    kept, heard, _ = down(tmp_path, "memory: kept")
    before = _open_at(heard, kept, 5)
    assert before
    assert all(kept.venue.orders[client_id].is_known for client_id in before)


def test_memory_purged_forgets_every_order_and_no_trade(tmp_path):
    world, heard, _ = down(tmp_path, "memory: purged")
    early = [one.client_id for one in heard.all(commands.CreateOrder, 0, 5)]
    assert not any(world.venue.orders[client_id].is_known for client_id in early if client_id in world.venue.orders)
    assert [] == [client_id for client_id in early if world.venue.is_open(client_id)]
    assert 0 == world.venue.zero_sum_cash()
    assert world.core.belief().symbols[0].position_lots == world.venue.position_lots("BTCUSDT")


def test_an_old_snapshot_brings_back_what_was_cancelled_and_loses_what_came_after(tmp_path):
    gap = "{at_s: 4.2, kind: feed_gap, lost_messages: 2}"
    fault = DOWN.format("memory: rolled_back, rolled_back_s: 0.8")
    world, heard, _ = played(tmp_path, f"{gap}, {fault}", seed=2)
    cancelled = {one.client_id: None for one in heard.all(events.OrderCancelled, 4.2, 5)}
    assert cancelled
    risen = [client_id for client_id in cancelled if world.venue.history.at(client_id, 9_000_000_000).state == "open"]
    assert risen == list(cancelled)
    late = [one.client_id for one in heard.all(events.OrderAccepted, 4.3, 5)]
    assert late
    assert not any(world.venue.orders[client_id].is_known for client_id in late)
    assert [] == [client_id for client_id in risen if world.venue.is_open(client_id)]
    assert world.core.belief().symbols[0].position_lots == world.venue.position_lots("BTCUSDT")
    assert [] == world.oracle.breaches


def test_what_was_turned_away_is_carried_out_later(tmp_path):
    world, heard, _ = played(
        tmp_path, "{at_s: 4, for_s: 6, kind: applied_later, prob: 1, later_s: 3, requests: [create]}"
    )
    turned = [one.client_id for one in heard.all(events.Unanswered, 4, 10) if one.request == events.CREATE]
    assert turned
    assert world.venue.orders[turned[0]].number, "it got there"
    told = next(at_ns for at_ns, _, what in heard.log if getattr(what, "client_id", "") == turned[0] and isinstance(what, events.OrderAccepted))  # fmt: skip
    sent = next(at_ns for at_ns, _, what in heard.log if getattr(what, "client_id", "") == turned[0])
    assert 3.0 <= (told - sent) / 1e9 < 3.3


STEPS = "steps: [{regime: post_only, for_s: 2}, {regime: halted, for_s: 4}, {regime: cancel_only, for_s: 2}]"


def test_an_announced_closure_finds_no_quote_of_ours(tmp_path):
    fault = f"{{at_s: 3, kind: maintenance, announced_s: 5, {STEPS}}}"
    world, heard, _ = played(tmp_path, fault, seconds=30)
    assert ["post_only", "halted", "cancel_only", "open"] == [one.regime for one in heard.all(events.RegimePlanned)]
    changes = [one.regime for one in heard.all(events.RegimeChanged)]
    assert ["post_only", "halted", "cancel_only", "open"] == list(dict.fromkeys(changes))
    adds = heard.all((commands.CreateOrder, commands.AmendOrder), 7.1, 16)
    assert [] == adds, "three seconds before the halt at 10 s, and until it is over"
    assert [] == heard.all(events.CancelRefused, 10, 14)
    assert heard.all(commands.CreateOrder, 16, 20), "it resumes by itself"
    assert world.oracle.checks["S11"]


def test_a_closure_without_an_announcement_is_obeyed_from_its_word_on(tmp_path):
    fault = "{at_s: 5, kind: maintenance, steps: [{regime: halted, for_s: 4}], cancels_orders: true}"
    world, heard, _ = played(tmp_path, fault, seconds=25)
    assert [] == heard.all((commands.CreateOrder, commands.AmendOrder), 5.3, 9)
    assert {codes.BY_VENUE} <= {one.code for one in heard.all(events.OrderCancelled, 5, 6)}
    assert [] == [fill for fill in world.venue.fills if 5e9 < fill.true_ns < 9e9], "nothing trades in a halt"
    assert heard.all(commands.CreateOrder, 9, 14)


def test_a_regime_that_no_word_told_of_is_found_out_by_refusals_and_left_alone(tmp_path):
    world = small_world(
        tmp_path, seconds=20, seed=2, faults="{at_s: 5, kind: maintenance, steps: [{regime: cancel_only, for_s: 8}]}"
    )
    heard, say = Heard(world), world.venue.public

    def without_words(symbol, told):
        say(symbol, [one for one in told if not isinstance(one, events.RegimeChanged)])

    world.venue.public = without_words
    world.run()
    refused = [
        one for one in heard.all((events.OrderRejected, events.AmendRefused), 5, 13) if one.code == "cancel_only"
    ]
    assert 1 <= len(refused) <= 6, "a few find out, now and then, and nobody hammers"
    assert heard.all(events.OrderAccepted, 13, 20)


def test_a_gray_engine_lets_orders_wait_and_questions_not(tmp_path):
    fault = "{at_s: 4, for_s: 10, kind: gray_engine, factor: 800}"
    _, heard, _ = played(tmp_path, fault)
    waits, asks = _waits(heard, commands.CreateOrder, events.OrderAccepted), _waits(heard, commands.QueryOrder, events.OrderReport)  # fmt: skip
    assert min(waits) > 0.8
    assert max(asks) < 0.3


def test_a_replica_that_lags_tells_of_the_past_and_says_so(tmp_path):
    fault = "{at_s: 3, for_s: 12, kind: read_lag, lag_s: 3}"
    world, heard, _ = played(tmp_path, fault)
    olds = [
        (at_ns - (one.venue_ns - world.start_wall_ns)) / 1e9
        for at_ns, _, one in heard.log
        if isinstance(one, events.OrderReport | events.FillsReport | events.OpenOrdersReport) and 3e9 < at_ns < 15e9
    ]
    assert len(olds) >= 3
    assert 0.5 < max(olds) < 3.3
    assert [] == world.oracle.breaches


def test_a_limit_below_ours_is_met_by_refusals_that_say_when(tmp_path):
    fault = "{at_s: 3, for_s: 10, kind: rate_limit, orders_per_s: 1, burst: 1}"
    _, heard, _ = played(tmp_path, fault)
    limited = [one for one in heard.all(events.Unanswered) if one.code == codes.RATE_LIMIT]
    assert limited
    assert [one for one in heard.all(events.BudgetSeen, 3, 13) if one.remaining == 0]
    # What an answer's header says comes before the answer.
    place = next(n for n, (_, _, what) in enumerate(heard.log) if what is limited[0])
    assert isinstance(heard.log[place - 1][2], events.BudgetSeen)


def test_some_items_of_a_batch_are_refused_and_each_has_an_outcome_of_its_own(tmp_path):
    world, heard, _ = played(tmp_path, "{at_s: 0, for_s: 14, kind: batch_partial, prob: 0.5}", seconds=30)
    kinds = (events.OrderRejected, events.AmendRefused, events.CancelRefused)
    refused = [one for one in heard.all(kinds) if one.code == codes.BUSY]
    assert refused
    assert heard.all(events.OrderAccepted, 0, 14), "and the other items of the same requests were carried out"
    assert [] == world.oracle.breaches
    assert 0 == world.core.belief().doubts


def test_a_post_only_create_is_acknowledged_and_taken_back(tmp_path):
    _, heard, _ = played(tmp_path, "{at_s: 3, for_s: 10, kind: post_only_refused_late, prob: 1}")
    late = [one for one in heard.all(events.OrderCancelled, 3, 13) if one.code == codes.WOULD_CROSS]
    accepted = {one.client_id for one in heard.all(events.OrderAccepted)}
    assert late
    assert all(one.client_id in accepted for one in late)


def test_a_fill_told_twice_counts_once_and_one_never_told_is_read(tmp_path):
    twice = played(tmp_path, "{at_s: 0, for_s: 15, kind: fill_duplicate, prob: 1, after_s: 0.5}")
    ids = [one.fill_id for one in twice[1].all(events.OrderFilled, 0, 14)]
    assert len(ids) > 1.5 * len(dict.fromkeys(ids))
    never = played(tmp_path, "{at_s: 0, for_s: 14, kind: fill_dropped, prob: 1}", seconds=40)
    assert [] == never[1].all(events.OrderFilled, 0, 13.9)
    for world, _, _ in (twice, never):
        assert [] == world.oracle.breaches
        assert world.core.belief().symbols[0].position_lots == world.venue.position_lots("BTCUSDT")


# What is quoted is cancelled when its book skips, and again and again.
GAPS = ", ".join(f"{{at_s: {at_s}, kind: feed_gap, lost_messages: 3}}" for at_s in (4, 8, 12, 16, 20, 24))
RACE = "{{at_s: 0, for_s: 28, kind: cancel_races_fill, prob: 1, {}}}, "


def test_a_cancel_that_comes_too_late_is_refused_and_the_fill_is_told(tmp_path):
    world, heard, _ = played(tmp_path, RACE.format("whole: 1") + GAPS, seconds=40)
    refused = {one.client_id for one in heard.all(events.CancelRefused) if one.code == codes.GONE}
    filled = {one.client_id for one in heard.all(events.OrderFilled)}
    assert refused
    assert refused <= filled
    _all_is_known(world)


def test_a_cancelled_order_may_have_traded_and_be_told_of_it_afterwards(tmp_path):
    world, heard, _ = played(tmp_path, RACE.format("whole: 0, told_after_s: 0.5") + GAPS, seconds=40)
    ended = {one.client_id: one for one in heard.all(events.OrderCancelled) if one.code == codes.BY_CLIENT}
    raced = [one for one in ended.values() if one.filled_lots_total]
    assert raced
    waits = _waits(heard, events.OrderCancelled, events.OrderFilled, 0, 40)
    assert 0.4 < max(waits) < 0.7, "the word of its end comes first"
    _all_is_known(world)


def _all_is_known(world):
    assert [] == world.oracle.breaches
    assert 0 == world.venue.zero_sum_cash() == world.core.belief().doubts
    assert world.core.belief().symbols[0].position_lots == world.venue.position_lots("BTCUSDT")


def _open_at(heard, world, at_s: float) -> list[str]:
    created = [one.client_id for one in heard.all(events.OrderAccepted, 0, at_s)]
    ended = {one.client_id for one in heard.all(events.OrderCancelled, 0, at_s)}
    return [client_id for client_id in dict.fromkeys(created) if client_id not in ended]


def _waits(heard, asked, answered, from_s: float = 4.1, to_s: float = 13.0) -> list[float]:
    sent = {}
    waits = []
    for at_ns, _, what in heard.log:
        client_id = getattr(what, "client_id", "")
        if isinstance(what, asked) and from_s < at_ns / 1e9 < to_s:
            sent[client_id] = at_ns
        elif isinstance(what, answered) and client_id in sent:
            waits.append((at_ns - sent.pop(client_id)) / 1e9)
    return waits
