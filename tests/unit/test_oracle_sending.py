"""What leaves the bot is judged by what it could know: S1, S3, S4, S7, S8."""

import pytest
from msgspec.structs import replace
from watching import ACCOUNT, BUY, NAME, PRICE, SELL, Scene, TrueFill, accepted, cancelled, filled, read

from strategy import commands, events
from strategy.units import CASH_PER_QUOTE

# S1: the limit of the stage is 100 lots.


def test_s1_orders_possibly_alive_count_at_their_worst():
    scene = Scene()
    scene.placed("a-1", size_lots=60)
    scene.send(scene.create("a-2", size_lots=41, slot="bid1"))
    assert ["S1"] == scene.codes
    assert "101 lots" in scene.oracle.breaches[0].detail


@pytest.mark.parametrize(
    "word",
    [cancelled("a-1"), events.OrderRejected("a-1", "regime", 1), events.NotSent("create", "a-1", NAME, "late")],
)
def test_s1_an_order_whose_end_was_delivered_does_not_count(word):
    scene = Scene()
    scene.send(scene.create("a-1", size_lots=60))
    scene.step(word)
    scene.send(scene.create("a-2", size_lots=41))
    assert [] == scene.codes


def test_s1_an_amend_in_flight_counts_with_the_larger_size():
    scene = Scene()
    scene.placed("a-1", size_lots=60)
    scene.send(scene.amend("a-1", PRICE - 5, 90))
    scene.send(scene.create("a-2", size_lots=11, slot="bid1"))
    assert ["S1"] == scene.codes


def test_s1_an_amend_that_was_refused_counts_no_more():
    scene = Scene()
    scene.placed("a-1", size_lots=60)
    scene.send(scene.amend("a-1", PRICE - 5, 90))
    scene.step(events.AmendRefused("a-1", "would_cross", 2))
    scene.send(scene.create("a-2", size_lots=40, slot="bid1"))
    assert [] == scene.codes


def test_s1_fills_the_venue_spoke_of_count_until_they_are_here():
    scene = Scene()
    scene.placed("a-1", size_lots=60)
    scene.step(cancelled("a-1", filled_lots=60))
    scene.send(scene.create("a-2", size_lots=41))
    assert ["S1"] == scene.codes


def test_s1_a_fill_counts_once_however_often_it_is_told():
    scene = Scene()
    scene.placed("a-1", size_lots=60)
    for _ in range(3):
        scene.step(filled("a-1", "f1", 60, 60))
    scene.send(scene.create("a-2", size_lots=40))
    assert [] == scene.codes
    scene.send(scene.create("a-3", size_lots=1, slot="bid1"))
    assert ["S1"] == scene.codes


def test_s1_what_only_brings_us_nearer_to_flat_is_never_too_much():
    scene = Scene()
    scene.placed("a-1", size_lots=100)
    scene.step(filled("a-1", "f1", 150, 150))  # the venue gave more than it was asked for
    scene.send(scene.create("a-2", SELL, size_lots=100))
    assert [] == scene.codes


def test_s1_limits_of_the_account_are_judged_at_the_last_price_seen():
    tight = replace(ACCOUNT, gross_cash_max=10 * (PRICE - 1) * CASH_PER_QUOTE // 10_000)
    scene = Scene(account=tight)
    scene.send(scene.create("a-1", size_lots=10))
    assert [] == scene.codes
    scene.send(scene.create("a-2", size_lots=1, slot="bid1"))
    assert ["S1"] == scene.codes
    assert "gross" in scene.oracle.breaches[0].detail


# S3


def doubtful(ms: float) -> Scene:
    scene = Scene()
    scene.send(scene.create("a-1"))
    scene.wait(ms)
    return scene


def test_s3_silence_past_the_bots_own_deadline_is_a_doubt():
    scene = doubtful(700)
    scene.send(scene.create("a-2", slot="bid1"))
    assert ["S3"] == scene.codes
    assert "create without an answer" in scene.oracle.breaches[0].evidence


def test_s3_silence_is_no_doubt_before_the_deadline():
    scene = doubtful(500)
    scene.send(scene.create("a-2", slot="bid1"))
    assert [] == scene.codes


def test_s3_an_answer_without_a_verdict_is_a_doubt_at_once():
    scene = doubtful(50)
    scene.step(events.Unanswered("create", "a-1", NAME, "timeout"))
    scene.send(scene.create("a-2", slot="bid1"))
    assert ["S3"] == scene.codes
    assert "without a verdict" in scene.oracle.breaches[0].evidence


def test_s3_the_other_side_is_free():
    scene = doubtful(700)
    scene.send(scene.create("a-2", SELL))
    assert [] == scene.codes


def test_s3_what_only_reduces_is_free():
    scene = doubtful(700)
    scene.send(scene.create("a-2", slot="take", reduce_only=True))
    assert [] == scene.codes


@pytest.mark.parametrize("status", [events.OPEN, events.DONE])
def test_s3_a_read_that_finds_the_order_ends_the_doubt(status):
    scene = doubtful(700)
    scene.step(read("a-1", scene.now_ns - 1, status, price=PRICE, size=10))
    scene.send(scene.create("a-2", slot="bid1"))
    assert [] == scene.codes


def test_s3_a_read_that_finds_nothing_proves_nothing_while_the_create_may_still_land():
    scene = doubtful(700)
    scene.step(read("a-1", scene.now_ns - 1, events.MISSING))
    scene.send(scene.create("a-2", slot="bid1"))
    assert ["S3"] == scene.codes


def test_s3_a_read_asked_after_the_create_had_to_be_through_proves_an_absence():
    scene = doubtful(2200)
    scene.step(read("a-1", scene.now_ns - 1, events.MISSING))
    scene.send(scene.create("a-2"))
    assert [] == scene.codes


def test_s3_an_order_in_doubt_is_not_amended_except_to_shrink_it():
    scene = Scene()
    scene.placed("a-1")
    scene.send(scene.cancel("a-1"))
    scene.step(events.CancelRefused("a-1", "gone", 2))
    scene.send(scene.amend("a-1", PRICE - 5, 5))
    assert [] == scene.codes
    scene.send(scene.amend("a-1", PRICE - 4, 5))
    assert ["S3"] == scene.codes


def test_s3_a_cancel_refused_late_is_no_doubt_once_a_read_after_it_finds_the_order():
    """The cancel overtook the create, and its refusal came after a read that had shown the order."""
    scene = Scene()
    scene.placed("a-1")
    scene.send(scene.cancel("a-1"))
    scene.step(read("a-1", scene.now_ns, events.OPEN, price=PRICE, size=10))
    scene.step(events.CancelRefused("a-1", "gone", 2))
    asked_ns = scene.now_ns
    scene.step(read("a-1", asked_ns, events.OPEN, price=PRICE, size=10))
    scene.send(scene.amend("a-1", PRICE - 4, 5))
    assert [] == scene.codes


def test_s3_a_refusal_for_a_known_id_says_that_the_first_copy_lives():
    scene = doubtful(100)
    scene.step(events.OrderRejected("a-1", "duplicate_id", 1))
    scene.send(scene.create("a-2", size_lots=95, slot="bid1"))
    assert ["S1"] == scene.codes


# S4, what is sent


def test_s4_nothing_leaves_without_a_book():
    scene = Scene(book=False)
    scene.send(scene.create("a-1"))
    assert ["S4"] == scene.codes
    assert "no book" in scene.oracle.breaches[0].evidence


def test_s4_nothing_leaves_on_an_old_book():
    scene = Scene()
    scene.wait(2501, alive=False)
    scene.send(scene.create("a-1"))
    assert ["S4"] == scene.codes


def test_s4_a_quiet_market_that_shows_life_is_not_old():
    scene = Scene()
    scene.wait(2400)
    scene.wait(2400, alive=False)
    scene.send(scene.create("a-1"))
    assert [] == scene.codes


def test_s4_nothing_leaves_after_a_gap_until_a_snapshot_joins():
    scene = Scene()
    scene.placed("a-1")
    scene.step(events.BookDelta(NAME, 5, 6, (), (), 0))
    scene.send(scene.amend("a-1", PRICE, 10))
    assert ["S4"] == scene.codes
    again = Scene()
    again.step(events.BookDelta(NAME, 5, 6, (), (), 0))
    again.step(events.BookSnapshot(NAME, 6, ((PRICE, 9),), ((PRICE + 1, 9),), 0, asked_ns=again.now_ns))
    again.send(again.create("a-1"))
    assert [] == again.codes


def test_s4_a_lost_stream_leaves_no_ground():
    scene = Scene()
    scene.step(events.StreamDown(events.PUBLIC))
    scene.send(scene.create("a-1"))
    assert ["S4"] == scene.codes


def test_s4_a_new_process_has_no_book_yet():
    scene = Scene()
    scene.step(events.Started("b", scene.now_ns))
    scene.send(scene.create("b-1"))
    assert ["S4"] == scene.codes


def test_s4_what_was_kept_from_before_a_lost_stream_joins_nothing():
    scene = Scene()
    scene.step(events.BookDelta(NAME, 5, 6, (), (), 0))
    scene.step(events.StreamDown(events.PUBLIC))
    scene.step(events.BookDelta(NAME, 8, 9, (), (), 0))
    scene.step(events.BookSnapshot(NAME, 9, ((PRICE, 9),), ((PRICE + 1, 9),), 0, asked_ns=scene.now_ns))
    scene.send(scene.create("a-1"))
    assert [] == scene.codes


def test_s4_what_a_slow_step_gives_too_late_does_not_leave():
    scene = Scene()
    create = scene.create("a-1")
    scene.wait(3000, alive=False)
    scene.send(create)
    assert [] == scene.codes
    scene.send(scene.create("a-2", slot="bid1"))
    assert ["S4"] == scene.codes


# S7


def test_s7_an_id_is_used_once_over_restarts_too():
    scene = Scene()
    scene.placed("a-1")
    scene.step(cancelled("a-1"))
    scene.step(events.Started("a", scene.now_ns))
    scene.step(events.BookSnapshot(NAME, 1, ((PRICE, 9),), ((PRICE + 1, 9),), 0))
    scene.send(scene.create("a-1"))
    assert ["S7"] == scene.codes


@pytest.mark.parametrize("client_id", ["", "a 1", "a" * 37, "a-ä"])
def test_s7_an_id_is_one_the_venue_takes(client_id):
    scene = Scene()
    scene.send(scene.create(client_id))
    assert ["S7"] == scene.codes


# S8


def test_s8_a_bid_never_meets_an_ask_of_ours_that_may_be_alive():
    scene = Scene()
    scene.send(scene.create("a-1", SELL, price_ticks=PRICE))
    scene.send(scene.create("a-2", BUY, price_ticks=PRICE))
    assert ["S8"] == scene.codes
    assert "a-1 may stand at 10000" == scene.oracle.breaches[0].evidence


def test_s8_an_amend_in_flight_may_already_stand_there():
    scene = Scene()
    scene.placed("a-1", SELL, price_ticks=PRICE + 5)
    scene.send(scene.amend("a-1", PRICE, 10))
    scene.send(scene.create("a-2", BUY, price_ticks=PRICE))
    assert ["S8"] == scene.codes


def test_s8_an_ask_whose_end_was_delivered_is_met_by_nobody():
    scene = Scene()
    scene.placed("a-1", SELL, price_ticks=PRICE)
    scene.step(cancelled("a-1"))
    scene.send(scene.create("a-2", BUY, price_ticks=PRICE))
    assert [] == scene.codes


@pytest.mark.parametrize("wrong", [{"size_lots": 0}, {"size_lots": 10**9}, {"price_ticks": 0}, {"price_ticks": 1.5}])
def test_s8_sizes_and_prices_are_the_instruments(wrong):
    scene = Scene()
    scene.send(scene.create("a-1", **wrong))
    assert "S8" in scene.codes


@pytest.mark.parametrize(("price_ticks", "size_lots"), [(PRICE - PRICE % 7 + 1, 9), (PRICE - PRICE % 7, 10)])
def test_s8_from_the_word_on_what_is_sent_keeps_to_the_grid_that_was_told(price_ticks, size_lots):
    def sends(scene, name):
        scene.send(scene.create(name, price_ticks=price_ticks, size_lots=size_lots, slot=name))
        return scene.codes

    scene = Scene()
    assert [] == sends(scene, "a-1")
    scene.step(events.TermsSeen(NAME, 0, 7, 3, 3, 9999, 0, scene.now_ns))
    assert ["S8"] == sends(scene, "a-2")
    assert "off the grid that the venue told" in scene.oracle.breaches[0].detail
    other = Scene()
    other.step(events.TermsSeen(NAME, 0, 7, 3, 3, 9999, 0, other.now_ns))
    other.step(events.TermsSeen(NAME, 0, 1, 1, 1, 9999, 0, other.now_ns))
    assert [] == sends(other, "a-1")


def test_s8_what_is_worth_too_little_may_only_reduce():
    scene = Scene(notional_min_cash=10**30)
    scene.send(scene.create("a-1", reduce_only=True))
    assert [] == scene.codes
    scene.send(scene.create("a-2", slot="bid1"))
    assert ["S8"] == scene.codes


def test_s8_only_what_reduces_may_take():
    scene = Scene()
    scene.send(scene.create("a-1", post_only=False, reduce_only=True))
    assert [] == scene.codes
    scene.send(scene.create("a-2", slot="bid1", post_only=False))
    assert [("S8", "it left without post-only")] == [(one.code, one.evidence) for one in scene.oracle.breaches]


def test_s8_a_trade_with_ourselves_that_nobody_could_foresee_is_a_cost():
    scene = Scene()
    scene.venue.self_trades = 1
    scene.venue.fills = [TrueFill(filled("a-1", "f1"))]
    scene.oracle.truth_changed(scene.now_ns)
    assert ([], ["S8"]) == (scene.codes, scene.costs)


# All of them


def test_every_command_counts_as_a_look():
    scene = Scene()
    scene.placed("a-1")
    scene.send(scene.amend("a-1", PRICE, 10))
    checks = scene.oracle.checks
    assert (2, 2, 2, 1, 2) == tuple(checks[code] for code in ("S1", "S3", "S4", "S7", "S8"))


def test_words_about_strangers_and_foreign_symbols_are_no_trouble():
    scene = Scene()
    scene.step(accepted("stranger"))
    scene.step(events.OpenOrdersReport(NAME, 1, ("other",), 0))
    scene.step(replace(filled("x", "f1"), symbol="ELSE"))
    scene.step(cancelled("nobody"))
    scene.step(events.CancelAllAnswered(NAME, 0))
    scene.step(events.Unanswered("query", "other", NAME, "timeout"))
    scene.send(
        scene.amend("nobody", PRICE, 10),
        scene.amend("other", PRICE, 10),
        commands.CancelAll(""),
        scene.cancel("nobody"),
    )
    scene.send(scene.create("a-1"))
    assert [] == scene.codes


def test_a_promise_switched_off_is_neither_judged_nor_counted():
    scene = Scene(off=("S7",))
    scene.send(scene.create(""))
    assert [] == scene.codes
    assert "S7" not in scene.oracle.checks
