"""Connections that break, are dead without a word, close slowly, or cannot be made; and feeds that freeze."""

import pytest
from seen import Seen, played

from strategy import commands, events


def codes(seen: Seen, from_s=0.0, until_s=1e9):
    return [event.code for event in seen.of(events.Unanswered, from_s, until_s)]


@pytest.mark.parametrize(
    ("cut", "applied", "told"),
    [
        ("queued", False, "no_connection"),
        ("on_the_wire", False, "reset"),
        ("applied", True, "reset"),
        ("response_on_the_wire", True, "reset"),
    ],
)
def test_a_reset_hits_a_create_at_the_stage_it_names(tmp_path, cut, applied, told):
    fault = f"{{at_s: 3, for_s: 10, kind: reset, connections: [rest], cut: {cut}, requests: [create]}}"
    world, seen = played(tmp_path, fault)
    heard = [event for event in seen.of((events.Unanswered, events.NotSent)) if event.request == "create"]
    first = heard[0]
    assert told == getattr(first, "code", getattr(first, "reason", ""))
    assert applied == (first.client_id in world.venue.orders)


def test_a_reset_comes_again_as_often_as_it_says(tmp_path):
    once = "{at_s: 3, for_s: 10, kind: reset, connections: [public]}"
    again = "{at_s: 3, for_s: 10, kind: reset, connections: [public], every_s: 3}"
    downs = [len(played(tmp_path, fault)[1].of(events.StreamDown)) for fault in (once, again)]
    assert [1, 4] == downs


def test_half_open_is_silent_until_it_is_given_up_and_the_next_works(tmp_path):
    _, seen = played(tmp_path, "{at_s: 3, kind: half_open, connections: [private, rest]}")
    (down_s,) = [at_s for at_s, event in seen.log if isinstance(event, events.StreamDown)]
    assert 6 < down_s < 8.5
    assert not seen.of(events.OrderAccepted, 3.2, 7)
    assert "timeout" in codes(seen)
    assert seen.of(events.OrderAccepted, 10)


def test_a_slow_close_loses_without_a_word_and_then_it_is_down(tmp_path):
    _, seen = played(tmp_path, "{at_s: 3, kind: slow_close, connections: [public, rest], close_s: 2}")
    (down_s,) = [at_s for at_s, event in seen.log if isinstance(event, events.StreamDown)]
    assert 5 == pytest.approx(down_s)
    assert not seen.of(events.BookDelta, 3.1, 5)
    assert "reset" in codes(seen, 5, 5.01)
    assert [] == codes(seen, 0, 4.99)


def test_while_the_name_leads_nowhere_nothing_is_sent_and_nothing_is_in_doubt_for_it(tmp_path):
    fault = "{at_s: 3, for_s: 6, kind: dns_outage, connections: [rest, public, private]}"
    world, seen = played(tmp_path, fault, seconds=30)
    assert seen.of(events.NotSent, 3.2, 9)
    assert not seen.of((events.OrderAccepted, events.BookDelta, events.OrderReport), 3.2, 9)
    never = {event.client_id for event in seen.of(events.NotSent) if event.request == "create"}
    assert not any(client_id in world.venue.orders for client_id in never)
    assert seen.of(events.OrderAccepted, 12)


def test_who_is_connected_stays_so_when_the_name_leads_nowhere(tmp_path):
    fault = "{at_s: 3, for_s: 6, kind: dns_outage, connections: [rest, public, private], resets: false}"
    _, seen = played(tmp_path, fault)
    assert not seen.of((events.NotSent, events.StreamDown))


def test_a_handshake_that_fails_keeps_out_who_connects_and_not_who_is_connected(tmp_path):
    fault = "{at_s: 3, for_s: 6, kind: tls_failure, connections: [rest, public, private]%s}"
    (tmp_path / "kept").mkdir()
    _, kept = played(tmp_path / "kept", fault % ", resets: false")
    assert not kept.of((events.NotSent, events.StreamDown))
    world, seen = played(tmp_path, fault % "", seconds=30)
    assert seen.of(events.NotSent, 3.2, 9)
    assert not seen.of((events.OrderAccepted, events.BookDelta, events.OrderReport), 3.2, 9)
    assert seen.of(events.OrderAccepted, 12)
    assert world.bites[world.plan.faults[0].id] > 3, "attempt after attempt"


def test_each_handshake_fails_by_a_draw_of_its_own(tmp_path):
    """Half of them fail: connections come up one attempt after another, long before the fault is over."""
    fault = "{at_s: 3, for_s: 60, kind: tls_failure, connections: [public, private], prob: 0.5}"
    world, seen = played(tmp_path, fault, seconds=70, calm_s=65)
    ups = [at_s for at_s, event in seen.log if isinstance(event, events.StreamUp) and at_s > 3]
    assert 2 == len(ups)
    assert max(ups) < 60
    assert 0 < world.bites[world.plan.faults[0].id] < 12


def test_a_key_that_has_expired_is_told_and_whoever_signs_is_refused(tmp_path):
    world, seen = played(tmp_path, "{at_s: 3, for_s: 5, kind: auth_expiry}", seconds=40)
    assert [("private", True)] == [(event.stream, 3 <= at_s < 3.1) for at_s, event in seen.log if _is_down(event)]
    assert not [at_s for at_s, event in seen.log if isinstance(event, events.StreamUp) and 3 < at_s < 8]
    assert seen.of(events.BookDelta, 3.2, 8), "what needs no key goes on"
    assert "key" in {event.code for event in seen.of((events.CancelRefused, events.Unanswered), 3, 8)}
    refused = {event.client_id for event in seen.of(events.OrderRejected) if event.code == "key"}
    assert not any(client_id in world.venue.orders for client_id in refused)
    assert seen.of(events.ClockSampled, 3.2, 8) or not seen.of(commands.SampleClock, 3.2, 7.5)
    assert seen.of(events.OrderAccepted, 15)


def test_a_key_may_be_good_for_requests_alone(tmp_path):
    _, seen = played(tmp_path, "{at_s: 3, for_s: 5, kind: auth_expiry, requests: false}", seconds=40)
    assert not [event for event in seen.of((events.CancelRefused, events.OrderRejected)) if event.code == "key"]
    assert seen.of((events.OrderReport, events.OpenOrdersReport, events.FillsReport), 3.5, 8)
    assert not [at_s for at_s, event in seen.log if isinstance(event, events.StreamUp) and 3 < at_s < 8]


def _is_down(event):
    return isinstance(event, events.StreamDown)


def test_a_frozen_feed_is_silent_about_its_symbol_and_the_stream_stays_up(tmp_path):
    fault = "{at_s: 3, for_s: 10, kind: feed_frozen, symbols: [BTCUSDT]}"
    world, seen = played(tmp_path, fault, symbols="[BTCUSDT, ETHUSDT]")
    books = (events.BookDelta, events.BookHeartbeat, events.PublicTrade)
    assert {"ETHUSDT"} == {event.symbol for event in seen.of(books, 3.1, 13)}
    assert not seen.of(events.StreamDown)
    cancelled = [what for what in seen.of(commands.CancelOrder, 3, 8) if what.symbol == "BTCUSDT"]
    assert cancelled
    assert world.core.belief().symbols[0].book_ok


def test_where_reads_freeze_as_well_a_book_that_is_asked_for_does_not_come(tmp_path):
    fault = "{at_s: 3, for_s: 12, kind: feed_frozen, symbols: [BTCUSDT], reads: %s}"
    for reads, came in (("false", True), ("true", False)):
        (tmp_path / reads).mkdir()
        _, seen = played(tmp_path / reads, fault % reads, seconds=20, symbols="[BTCUSDT, ETHUSDT]")
        assert [what for what in seen.of(commands.RequestBook, 9, 15) if what.symbol == "BTCUSDT"]
        assert came == bool([what for what in seen.of(events.BookSnapshot, 9, 15) if what.symbol == "BTCUSDT"])


def test_who_finds_no_connection_does_not_spend_the_whole_budget_on_trying(tmp_path):
    """Once there is one again, the tokens are there: quotes are back within moments."""
    fault = "{at_s: 3, for_s: 10, kind: dns_outage, connections: [rest]}"
    _, seen = played(tmp_path, fault, seconds=25)
    tried = seen.of((commands.CreateOrder, commands.AmendOrder), 4, 13)
    assert 0 < len(tried) < 9 * 9
