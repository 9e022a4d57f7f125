"""The second road: what can be known of orders and books from words alone."""

from quoting import INSTRUMENT
from watching import BUY, NAME, PRICE, SELL, Scene, accepted, cancelled, cash_of, filled, read

from sim.oracle.evidence import Evidence
from sim.oracle.feed import Feed
from sim.oracle.known import Known
from strategy import commands, events
from strategy.units import NS_PER_S

AGE_NS = 2 * NS_PER_S


def evidence_of(*client_ids: str, side: int = BUY, size_lots: int = 10) -> Evidence:
    """Creates that left at instant 1 and must be through after 1100."""
    evidence = Evidence((INSTRUMENT,), 1000, 500)
    for client_id in client_ids:
        slot = f"{side}-{client_id}"
        command = commands.CreateOrder(
            client_id, NAME, slot, side, PRICE, size_lots, True, False, False, send_by_ns=100, cycle_id=1
        )
        evidence.created(1, command)
    return evidence


def amend(evidence: Evidence, client_id: str, price: int, size: int, now_ns: int = 10) -> None:
    evidence.amended(now_ns, commands.AmendOrder(client_id, NAME, price, size, send_by_ns=now_ns + 100, cycle_id=1))


def amended(client_id: str, price: int, size: int, venue_ns: int) -> events.OrderAmended:
    return events.OrderAmended(client_id, price, size, venue_ns)


def the(evidence: Evidence, client_id: str = "a") -> Known:
    return evidence.orders[client_id]


# Orders


def test_the_older_of_two_words_about_amends_changes_nothing():
    evidence = evidence_of("a")
    amend(evidence, "a", 9_990, 12)
    evidence.order_word(20, amended("a", 9_990, 12, venue_ns=5))
    amend(evidence, "a", 9_980, 14)
    evidence.order_word(30, amended("a", 9_980, 14, venue_ns=8))
    evidence.order_word(40, amended("a", 9_990, 12, venue_ns=5))
    assert (9_980, 14, []) == (the(evidence).price_ticks, the(evidence).size_lots, the(evidence).changes)


def test_a_read_from_the_millisecond_of_an_amend_does_not_undo_it():
    """Asked before the amend landed, answered in the same millisecond, delivered last."""
    evidence = evidence_of("a")
    amend(evidence, "a", 9_990, 5)
    evidence.order_word(20, amended("a", 9_990, 5, venue_ns=8))
    evidence.order_word(30, read("a", 15, events.OPEN, price=PRICE, size=10, venue_ns=8))
    assert (9_990, 5) == (the(evidence).price_ticks, the(evidence).size_lots)


def test_the_word_about_an_earlier_amend_leaves_the_later_one_open():
    evidence = evidence_of("a")
    amend(evidence, "a", 9_990, 12)
    amend(evidence, "a", 9_980, 14)
    evidence.order_word(30, amended("a", 9_990, 12, venue_ns=5))
    assert 14 == the(evidence).size_worst_lots
    assert 9_990 == the(evidence).reach_ticks
    evidence.order_word(31, events.AmendRefused("a", "gone", 6))
    assert 12 == the(evidence).size_worst_lots


def test_a_refusal_with_two_amends_under_way_says_of_neither_that_it_is_dead():
    evidence = evidence_of("a")
    amend(evidence, "a", 9_990, 12)
    amend(evidence, "a", 9_980, 14)
    evidence.order_word(30, events.AmendRefused("a", "gone", 6))
    assert 14 == the(evidence).size_worst_lots


def test_an_ask_reaches_as_low_as_any_of_its_prices():
    evidence = evidence_of("a", side=SELL)
    amend(evidence, "a", 9_990, 10)
    assert 9_990 == the(evidence).reach_ticks


def test_a_read_settles_the_amends_that_had_to_be_through():
    evidence = evidence_of("a")
    amend(evidence, "a", 9_990, 12)
    evidence.order_word(20, read("a", 15, events.OPEN, price=PRICE, size=10))
    assert 12 == the(evidence).size_worst_lots
    evidence.order_word(3000, read("a", 2000, events.OPEN, price=PRICE, size=10))
    assert (10, {}) == (the(evidence).size_worst_lots, the(evidence).waiting)


def test_a_read_that_shows_the_amended_order_settles_it_whenever_it_was_asked():
    evidence = evidence_of("a")
    amend(evidence, "a", 9_990, 12)
    evidence.order_word(20, read("a", 15, events.OPEN, price=9_990, size=12))
    assert (9_990, []) == (the(evidence).price_ticks, the(evidence).changes)


def test_an_amend_that_never_left_is_forgotten():
    evidence = evidence_of("a")
    amend(evidence, "a", 9_990, 12)
    evidence.order_word(20, events.NotSent("amend", "a", NAME, "late"))
    assert 10 == the(evidence).size_worst_lots


def test_a_late_acceptance_brings_an_absent_order_back_and_a_closed_one_not():
    evidence = evidence_of("a", "b")
    evidence.order_word(5000, read("a", 4000, events.MISSING))
    evidence.order_word(5000, cancelled("b"))
    assert ("absent", "told") == (the(evidence).over, the(evidence, "b").over)
    for client_id in ("a", "b"):
        evidence.order_word(6000, accepted(client_id))
        evidence.order_word(6000, amended(client_id, 9_990, 10, 9))
        evidence.order_word(6000, read(client_id, 5500, events.OPEN, price=9_990, size=10))
        evidence.order_word(6000, events.Unanswered("create", client_id, NAME, "timeout"))
    assert ("", "told") == (the(evidence).over, the(evidence, "b").over)


def test_an_order_that_traded_is_not_absent_while_its_fills_are_owed():
    evidence = evidence_of("a")
    evidence.order_word(50, read("a", 40, events.OPEN, total=4, price=PRICE, size=10))
    evidence.order_word(5000, read("a", 4000, events.MISSING))
    assert not the(evidence).over


def test_a_whole_fill_ends_an_order_and_a_partial_one_does_not():
    evidence = evidence_of("a")
    evidence.order_word(20, filled("a", "f1", 4, 4))
    assert ("", 6) == (the(evidence).over, the(evidence).worst_lots)
    evidence.order_word(21, filled("a", "f2", 6, 10))
    assert ("told", 0) == (the(evidence).over, the(evidence).worst_lots)
    assert {} == evidence.money[NAME].open


def test_fills_are_counted_once_by_stream_and_by_read():
    evidence = evidence_of("a")
    first, second = filled("a", "f1", 4, 4), filled("a", "f2", 6, 10)
    evidence.order_word(20, first)
    evidence.order_word(21, events.FillsReport(NAME, 5, (first, second), 0))
    evidence.order_word(22, second)
    money = evidence.money[NAME]
    assert (10, cash_of(first) + cash_of(second), 0) == (money.position_lots, money.cash, money.foreign_lots)


def test_funding_is_counted_once():
    evidence = evidence_of()
    for _ in range(2):
        evidence.order_word(1, events.FundingPaid(NAME, "x", -3, 0))
    evidence.order_word(1, events.FundingPaid("ELSE", "y", -3, 0))
    assert -3 == evidence.money[NAME].cash


def test_fills_of_strangers_are_ours_to_carry_and_not_our_doing():
    evidence = evidence_of()
    evidence.order_word(1, events.OpenOrdersReport(NAME, 1, ("s",), 0))
    evidence.order_word(2, read("s", 1, events.OPEN, price=PRICE, size=8))
    evidence.order_word(3, filled("s", "f1", 3, 3))
    evidence.order_word(3, filled("liquidation", "f2", 2, 2, side=SELL))
    money = evidence.money[NAME]
    assert (1, 1) == (money.position_lots, money.foreign_lots)
    assert (5, 5) == money.reach_lots()  # a side nobody told counts on both
    assert 7 == money.foreign_worst_lots(), "until its fills are read it may be one of ours, told without its name"
    evidence.order_word(4, events.FillsReport(NAME, 3, (), 3))
    assert 6 == money.foreign_worst_lots()


def test_a_cancel_that_did_not_do_it_must_be_tried_again():
    evidence = evidence_of("a")
    evidence.order_word(5, accepted("a"))
    evidence.cancelled(10, "a")
    evidence.order_word(20, read("a", 9, events.OPEN, price=PRICE, size=10))
    assert (10, 5) == (the(evidence).cancel_ns, the(evidence).free_ns)
    evidence.order_word(30, read("a", 15, events.OPEN, price=PRICE, size=10))
    assert (0, 30) == (the(evidence).cancel_ns, the(evidence).free_ns)


def test_a_cancel_that_never_left_is_no_doubt():
    evidence = evidence_of("a")
    evidence.order_word(2, accepted("a"))
    evidence.cancelled(10, "a")
    evidence.order_word(20, events.NotSent("cancel", "a", NAME, "closed"))
    assert "" == the(evidence).why_in_doubt(NS_PER_S, 0)


def test_a_request_answered_meanwhile_is_no_doubt_when_its_patience_ends():
    evidence = evidence_of("a")
    evidence.order_word(2, accepted("a"))
    evidence.order_word(20, events.Unanswered("create", "a", NAME, "timeout", sent_ns=1))
    assert "" == the(evidence).why_in_doubt(30, 100)


def test_cancel_all_is_an_attempt_for_everything_in_scope():
    evidence = evidence_of("a", "b")
    evidence.all_cancelled(7, "ELSE")
    assert 0 == the(evidence).cancel_ns
    evidence.all_cancelled(8, NAME)
    assert (8, 8) == (the(evidence).cancel_ns, the(evidence, "b").cancel_ns)


def test_a_verdict_missing_at_the_very_instant_it_left_is_a_doubt():
    evidence = evidence_of("a")
    evidence.order_word(20, events.Unanswered("create", "a", NAME, "timeout", sent_ns=1))
    assert "create without a verdict since 1 ms" == the(evidence).why_in_doubt(20 + NS_PER_S // 1000, NS_PER_S)


def test_silence_is_a_doubt_only_past_its_deadline():
    evidence = evidence_of("a")
    assert "" == the(evidence).why_in_doubt(101, 100)
    assert "create without an answer since 0 ms" == the(evidence).why_in_doubt(102, 100)


def test_what_was_said_of_an_order_later_stands_against_a_late_acceptance():
    evidence = evidence_of("a")
    evidence.order_word(5, accepted("a", 9_999, 8, venue_ns=2))
    assert (9_999, 8) == (the(evidence).price_ticks, the(evidence).size_lots)
    evidence.order_word(6, accepted("a", PRICE, 10, venue_ns=1))
    assert (9_999, 8) == (the(evidence).price_ticks, the(evidence).size_lots)
    evidence.order_word(7, read("a", 6, events.OPEN, price=9_990, size=7, venue_ns=1))
    assert (9_999, 8) == (the(evidence).price_ticks, the(evidence).size_lots)
    evidence.order_word(8, read("a", 6, events.OPEN, price=9_990, size=7, venue_ns=2))
    assert (9_990, 7) == (the(evidence).price_ticks, the(evidence).size_lots)


def test_of_two_amends_answered_the_request_waits_until_both_are():
    evidence = evidence_of("a")
    evidence.order_word(5, accepted("a"))
    amend(evidence, "a", 9_990, 12)
    amend(evidence, "a", 9_980, 14)
    evidence.order_word(30, amended("a", 9_990, 12, venue_ns=5))
    assert {"amend": 10} == the(evidence).waiting
    evidence.order_word(31, amended("a", 9_980, 14, venue_ns=6))
    assert {} == the(evidence).waiting


def test_an_absence_is_proved_by_a_read_asked_after_the_create_was_through_and_not_at_that_instant():
    evidence = evidence_of("a")
    evidence.order_word(1200, read("a", 1100, events.MISSING))
    assert "" == the(evidence).over
    evidence.order_word(1200, read("a", 1101, events.MISSING))
    assert "absent" == the(evidence).over


def test_one_of_two_amends_that_never_left_leaves_both_possible():
    evidence = evidence_of("a")
    amend(evidence, "a", 9_990, 12)
    amend(evidence, "a", 9_980, 14)
    evidence.order_word(20, events.NotSent("amend", "a", NAME, "late"))
    assert 14 == the(evidence).size_worst_lots


def test_words_to_the_unknown_are_ignored():
    evidence = evidence_of()
    evidence.amended(1, commands.AmendOrder("x", NAME, 1, 1, 1, 1))
    evidence.cancelled(1, "x")
    evidence.order_word(1, events.OrderRejected("x", "regime", 1))
    evidence.order_word(1, accepted("unnamed"))
    assert {} == evidence.money[NAME].open


# Books


def snapshot(seq: int, asked_ns: int = 0) -> events.BookSnapshot:
    return events.BookSnapshot(NAME, seq, ((PRICE, 1),), ((PRICE + 1, 1),), 0, asked_ns)


def delta(prev_seq: int, seq: int) -> events.BookDelta:
    return events.BookDelta(NAME, prev_seq, seq, (), (), 0)


def beat(seq: int) -> events.BookHeartbeat:
    return events.BookHeartbeat(NAME, seq, 0)


def test_a_book_that_was_never_there_is_no_ground():
    assert (0, "no book was ever consistent") == (
        Feed(AGE_NS).blind_since_ns(9, AGE_NS),
        Feed(AGE_NS).why_blind(9, AGE_NS),
    )


def test_what_joins_is_a_proof_of_life_and_what_is_old_is_none():
    feed = Feed(AGE_NS)
    feed.snapshot(10, snapshot(5))
    feed.delta(20, delta(5, 6))
    feed.delta(30, delta(4, 5))
    feed.heartbeat(40, beat(5))
    assert (20, True, PRICE) == (feed.proof_ns, feed.is_whole, feed.mark_ticks)
    feed.heartbeat(50, beat(6))
    assert 50 == feed.proof_ns


def test_a_gap_shows_with_the_next_delta_or_the_next_heartbeat():
    for shows in (lambda feed: feed.delta(20, delta(6, 7)), lambda feed: feed.heartbeat(20, beat(7))):
        feed = Feed(AGE_NS)
        feed.snapshot(10, snapshot(5))
        shows(feed)
        assert (20, "the sequence is broken") == (feed.blind_since_ns(30, AGE_NS), feed.why_blind(30, AGE_NS))


def test_deltas_kept_are_joined_to_the_snapshot_they_belong_to():
    feed = Feed(AGE_NS)
    feed.snapshot(10, snapshot(5))
    feed.delta(20, delta(7, 8))
    feed.delta(21, delta(8, 9))
    feed.heartbeat(22, beat(9))
    feed.snapshot(30, snapshot(6, asked_ns=25))  # older than what was kept: proves nothing
    assert not feed.is_whole
    feed.snapshot(31, snapshot(8, asked_ns=26))
    assert (9, True) == (feed.seq, feed.is_whole)
    feed.snapshot(32, snapshot(7, asked_ns=24))  # a slower answer to an older question
    assert 9 == feed.seq


def test_a_gap_among_the_kept_ones_leaves_it_broken_since_it_broke():
    feed = Feed(AGE_NS)
    feed.snapshot(10, snapshot(5))
    feed.delta(20, delta(7, 8))
    feed.delta(21, delta(9, 10))
    feed.snapshot(30, snapshot(8, asked_ns=25))
    assert 20 == feed.blind_since_ns(31, AGE_NS)


def test_a_pushed_snapshot_makes_everything_kept_obsolete():
    feed = Feed(AGE_NS)
    feed.lose(5)
    feed.delta(20, delta(7, 8))
    feed.snapshot(30, snapshot(3))
    assert (3, []) == (feed.seq, feed.kept)


def test_what_is_kept_is_bounded():
    feed = Feed(AGE_NS)
    for seq in range(2000):
        feed.delta(20, delta(seq, seq + 1))
    assert 1024 == len(feed.kept)


def test_silence_is_blindness_from_the_greatest_age_on():
    feed = Feed(AGE_NS)
    feed.snapshot(10, snapshot(5))
    assert 0 == feed.blind_since_ns(10 + AGE_NS, AGE_NS)
    assert 10 + AGE_NS == feed.blind_since_ns(11 + AGE_NS, AGE_NS)
    assert "2000 ms old" in feed.why_blind(11 + AGE_NS, AGE_NS)


def test_the_mark_is_the_last_price_seen():
    scene = Scene()
    scene.step(events.PublicTrade(NAME, 12_345, 1, BUY, 0))
    assert 12_345 == scene.oracle._feeds[NAME].mark_ticks


def test_what_a_late_read_shows_open_again_after_a_restart_is_over_once_its_fills_are_told_again():
    scene = Scene()
    scene.placed("a-1")
    last = filled("a-1", "f1")
    scene.step(last)
    scene.oracle.process_died(scene.now_ns)
    scene.oracle.process_started(scene.now_ns, {})
    scene.step(events.OpenOrdersReport(NAME, scene.now_ns, ("a-1",), 0))
    scene.step(read("a-1", scene.now_ns, events.OPEN, price=PRICE, size=10))
    evidence = scene.oracle._evidence
    assert "" == evidence.orders["a-1"].over
    scene.step(events.FillsReport(NAME, scene.now_ns, (last,), 9))
    assert ("told", (0, 0)) == (evidence.orders["a-1"].over, evidence.money[NAME].reach_lots())


def shown(prev_seq: int, bids=(), asks=()) -> events.BookDelta:
    return events.BookDelta(NAME, prev_seq, prev_seq + 1, bids, asks, 0)


def test_a_book_with_one_side_is_no_ground_until_the_other_is_back():
    feed = Feed(AGE_NS)
    feed.snapshot(10, snapshot(5))
    feed.delta(20, shown(5, asks=((PRICE + 1, 0),)))
    feed.delta(30, shown(6))
    assert (20, "a side of the book is empty") == (feed.blind_since_ns(40, AGE_NS), feed.why_blind(40, AGE_NS))
    feed.delta(50, shown(7, asks=((PRICE + 2, 3),)))
    assert 0 == feed.blind_since_ns(60, AGE_NS)


def test_a_crossed_book_is_broken_until_another_whole_one_joins_what_followed():
    feed = Feed(AGE_NS)
    feed.snapshot(10, snapshot(5))
    feed.delta(20, shown(5, bids=((PRICE + 1, 2),)))
    feed.delta(30, shown(6, bids=((PRICE + 1, 0),)))
    assert (20, "the book is crossed") == (feed.blind_since_ns(40, AGE_NS), feed.why_blind(40, AGE_NS))
    feed.snapshot(50, snapshot(6, asked_ns=25))
    assert (7, "") == (feed.seq, feed.why_blind(60, AGE_NS))


def test_a_word_that_came_late_proves_life_as_of_when_it_was_told():
    feed = Feed(AGE_NS)
    feed.snapshot(10, snapshot(5))
    feed.delta(AGE_NS, delta(5, 6), late_ns=AGE_NS - 500)
    assert 500 == feed.proof_ns
    feed.heartbeat(AGE_NS + 1, beat(6), late_ns=AGE_NS)
    assert 500 == feed.proof_ns, "it never goes back"


def test_what_seems_old_counts_anew_once_nothing_has_joined_for_the_greatest_age():
    for late in (
        lambda feed, at_ns: feed.delta(at_ns, delta(1, 2)),
        lambda feed, at_ns: feed.heartbeat(at_ns, beat(2)),
    ):
        feed = Feed(AGE_NS)
        feed.snapshot(10, snapshot(5))
        late(feed, 20)
        assert feed.is_whole
        late(feed, 11 + AGE_NS)
        assert not feed.is_whole


def test_a_fetched_copy_that_is_too_old_proves_nothing():
    feed = Feed(AGE_NS)
    feed.snapshot(10, snapshot(5))
    feed.delta(20, delta(7, 8))
    feed.snapshot(30, snapshot(9, asked_ns=25), late_ns=AGE_NS + 1)
    assert not feed.is_whole
