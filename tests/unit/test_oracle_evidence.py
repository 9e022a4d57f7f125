"""The second road: what can be known of orders from words alone."""

from quoting import INSTRUMENT
from watching import BUY, NAME, PRICE, SELL, Scene, accepted, cancelled, cash_of, filled, read

from sim.oracle.evidence import Evidence
from sim.oracle.known import Known
from strategy import commands, events
from strategy.units import NS_PER_S


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


def test_after_the_word_that_it_stands_no_read_proves_an_absence_that_may_lag_behind_it():
    evidence = evidence_of("a")
    evidence.order_word(1200, accepted("a"))
    evidence.order_word(1300, read("a", 1700, events.MISSING))
    assert "" == the(evidence).over
    evidence.order_word(1800, read("a", 1701, events.MISSING))
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


def test_what_has_all_traded_is_over_though_a_fill_of_it_is_shown_nowhere_yet():
    scene = Scene()
    scene.placed("a-1")
    last = filled("a-1", "f2", 4, 10)
    scene.step(last)
    scene.oracle.process_died(scene.now_ns)
    scene.oracle.process_started(scene.now_ns, {})
    scene.step(accepted("a-1"))
    evidence = scene.oracle._evidence
    assert "" == evidence.orders["a-1"].over
    scene.step(events.FillsReport(NAME, scene.now_ns, (last,), 9))
    assert "told" == evidence.orders["a-1"].over, "its last fill says that nothing of it is left"


def test_how_long_an_order_has_been_over_does_not_outlive_the_process():
    evidence = evidence_of("a")
    evidence.order_word(20, cancelled("a"))
    evidence.restarted(5_000, {"a": None})
    evidence.order_word(5_010, events.OpenOrdersReport(NAME, 5_400, ("a",), 0))
    assert "told" == the(evidence).over, "a copy may lag so far behind, and the process cannot tell"
    evidence.order_word(6_000, events.OpenOrdersReport(NAME, 5_600, ("a",), 0))
    assert "" == the(evidence).over
