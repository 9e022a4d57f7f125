"""The bot's own rate budget and the bans it was told of: S10, L6. The stage allows 10 a second, 20 at once."""

import pytest
from watching import NAME, SELL, Scene, accepted

from strategy import commands, events
from strategy.batching import of_size
from strategy.units import NS_PER_S


def burst(scene: Scene, count: int) -> None:
    for k in range(count):
        scene.send(scene.create(f"a-{k}", SELL if k % 2 else 1, size_lots=1, slot=f"s{k}"))


def test_s10_creates_leave_the_cancels_their_share():
    scene = Scene(off=("S1", "S2", "S3"))
    burst(scene, 14)
    assert [] == scene.codes
    burst(scene, 1)
    assert "S10" in scene.codes
    assert "the cancels' share is 6" in next(one.detail for one in scene.oracle.breaches if one.code == "S10")


def test_s10_cancels_may_use_what_there_is_and_no_more():
    scene = Scene()
    for _ in range(20):
        scene.send(scene.cancel("x"))
    assert [] == scene.codes
    scene.send(scene.cancel("x"))
    assert ["S10"] == scene.codes


def test_s10_tokens_come_back_with_time_to_the_nanosecond():
    scene = Scene()
    scene.send(*[scene.cancel("x")] * 20)
    scene.now_ns += NS_PER_S // 10 - 1
    scene.send(scene.cancel("x"))
    assert ["S10"] == scene.codes
    again = Scene()
    again.send(*[again.cancel("x")] * 20)
    again.now_ns += NS_PER_S // 10
    again.send(again.cancel("x"))
    assert [] == again.codes


def test_s10_questions_have_a_budget_of_their_own():
    scene = Scene()
    scene.send(*[commands.QueryMargin(scene.now_ns)] * 5, *[scene.cancel("x")] * 20)
    assert [] == scene.codes
    scene.send(commands.SampleClock(scene.now_ns))
    assert ["S10"] == scene.codes


def test_s10_a_request_of_many_costs_one_token_where_requests_are_counted():
    scene = Scene()
    scene.oracle._pace._capability = of_size(10, per_item=False)
    for _ in range(20):
        scene.send(*[scene.cancel("x")] * 10)
    assert [] == scene.codes
    scene.send(scene.cancel("x"))
    assert ["S10"] == scene.codes


def test_s10_a_new_process_has_no_new_budget_beyond_the_cancels_share():
    scene = Scene()
    scene.send(*[scene.cancel("x")] * 20)
    scene.oracle.process_died(scene.now_ns)
    scene.oracle.process_started(scene.now_ns, {})
    scene.send(*[scene.cancel("x")] * 6)
    assert [] == scene.codes
    scene.send(scene.cancel("x"))
    assert ["S10"] == scene.codes


def banned(seconds: float = 10, *, bucket: str = "account", remaining: int = 0) -> Scene:
    scene = Scene()
    scene.placed("a-1")
    scene.wait(1000)
    scene.step(events.BudgetSeen(bucket, remaining, scene.now_ns + round(seconds * NS_PER_S)))
    return scene


@pytest.mark.parametrize("command", [commands.SampleClock(0), commands.CancelAll(NAME)])
def test_s10_nothing_leaves_while_a_ban_lasts_that_was_told(command):
    scene = banned()
    scene.pass_s(9)
    scene.oracle.stepped(scene.now_ns, (command,), events.Woke())
    assert ["S10"] == scene.codes
    assert "before the end of a ban" in scene.oracle.breaches[0].detail


@pytest.mark.parametrize("scene", [banned(bucket="orders"), banned(bucket="queries"), banned(remaining=1)])
def test_s10_only_an_empty_account_is_a_ban(scene):
    scene.pass_s(1)
    scene.send(scene.cancel("a-1"))
    assert [] == scene.codes


def test_s10_a_ban_that_was_lengthened_ends_later():
    scene = banned(5)
    scene.step(events.BudgetSeen("account", 0, scene.now_ns + 8 * NS_PER_S))
    scene.pass_s(6)
    scene.send(scene.cancel("a-1"))
    assert ["S10"] == scene.codes


def test_s10_after_its_end_a_ban_forbids_nothing():
    scene = banned()
    scene.pass_s(10)
    scene.send(scene.cancel("a-1"))
    scene.send(commands.SampleClock(scene.now_ns))
    scene.oracle.findings.finish(scene.now_ns + 181 * NS_PER_S)
    assert ([], 1) == (scene.codes, scene.oracle.checks["L6"])


def test_l6_a_ban_that_ended_just_before_the_run_did_shows_no_end_of_a_back_off():
    scene = banned()
    scene.pass_s(10)
    scene.send(scene.cancel("a-1"))
    scene.oracle.findings.finish(scene.now_ns + 170 * NS_PER_S)
    assert ([], 0) == (scene.codes, scene.oracle.checks["L6"])


def turned_away(scene: Scene, ago_s: float = 0.1) -> Scene:
    """Have something be answered with a ban of which nobody says when it ends."""
    sent_ns = scene.now_ns - round(ago_s * NS_PER_S) if ago_s else 0
    scene.step(events.Unanswered("query", "", NAME, "banned", sent_ns))
    return scene


@pytest.mark.parametrize("command", [commands.SampleClock(0), commands.CancelAll(NAME)])
@pytest.mark.parametrize(("seconds", "broken"), [(0, ["S10"]), (29, ["S10"]), (30, [])])
def test_s10_a_ban_whose_end_nobody_told_is_kept_for_as_long_as_the_config_waits(command, seconds, broken):
    scene = turned_away(Scene())
    scene.pass_s(seconds)
    scene.oracle.stepped(scene.now_ns, (command,), events.Woke())
    assert broken == scene.codes


@pytest.mark.parametrize("bucket", ["orders", "queries", "shut_out"])
def test_s10_where_something_was_told_to_be_empty_that_may_be_the_end_of_the_ban(bucket):
    scene = turned_away(banned(3, bucket=bucket))
    scene.pass_s(1)
    scene.send(scene.cancel("a-1"))
    assert [] == scene.codes
    scene.pass_s(2)
    turned_away(scene).send(scene.cancel("a-1"))
    assert ["S10"] == scene.codes


@pytest.mark.parametrize(("ago_s", "broken"), [(31, []), (0, []), (5, ["S10"])])
def test_s10_an_answer_to_what_left_before_the_ban_was_told_makes_it_no_longer(ago_s, broken):
    scene = turned_away(Scene())
    scene.pass_s(30)
    turned_away(scene, ago_s).send(scene.cancel("x"))
    assert broken == scene.codes


@pytest.mark.parametrize(("ago_s", "broken"), [(6, []), (0, []), (1, ["S10"])])
def test_s10_a_word_that_bound_nobody_was_told_all_the_same(ago_s, broken):
    scene = turned_away(banned(1, bucket="queries"))
    scene.pass_s(5)
    turned_away(scene, ago_s).pass_s(25)
    scene.send(scene.cancel("a-1"))
    assert broken == scene.codes, "thirty seconds were kept from the first word on"


def test_s10_a_new_process_was_told_of_no_ban():
    scene = turned_away(Scene())
    scene.oracle.process_died(scene.now_ns)
    scene.oracle.process_started(scene.now_ns, {})
    scene.send(commands.SampleClock(scene.now_ns))
    assert [] == scene.codes


def test_l6_after_a_ban_whose_end_nobody_told_cancels_go_first_and_none_has_to_go_soon():
    scene = Scene()
    scene.placed("a-1")
    scene.wait(1000)
    turned_away(scene).pass_s(240)
    assert [] == scene.codes
    scene.send(scene.create("a-2", SELL))
    assert ["L6"] == scene.codes


def test_l6_a_quote_before_the_cancels_that_were_wanted():
    scene = banned()
    scene.pass_s(10)
    scene.send(scene.create("a-2", SELL))
    assert ["L6"] == scene.codes
    assert "a-1 stood through it" in scene.oracle.breaches[0].evidence


def test_l6_a_quote_first_where_nothing_had_to_go():
    scene = banned()
    scene.step(events.OrderCancelled("a-1", 0, "", 0))
    scene.pass_s(10)
    scene.send(scene.create("a-2", SELL))
    assert [] == scene.codes


def test_l6_a_quote_first_after_a_ban_shorter_than_inputs_may_be_old():
    scene = banned(2)
    scene.pass_s(2)
    scene.send(scene.create("a-2", SELL))
    assert [] == scene.codes


def test_l6_an_order_nobody_knew_to_stand_was_not_wanted_gone():
    scene = Scene()
    scene.send(scene.create("a-1"))
    scene.step(events.BudgetSeen("account", 0, scene.now_ns + 10 * NS_PER_S))
    scene.pass_s(10)
    scene.step(accepted("a-1"))
    scene.send(scene.create("a-2", SELL))
    assert "L6" not in scene.codes


def test_l6_a_back_off_ends():
    scene = banned()
    scene.pass_s(10)
    scene.send(scene.cancel("a-1"))
    scene.pass_s(179)
    assert [] == scene.codes
    scene.pass_s(3)
    assert ["L6"] == scene.codes


def test_l6_a_restart_knows_nothing_of_the_ban():
    scene = banned()
    scene.oracle.process_died(scene.now_ns)
    scene.oracle.process_started(scene.now_ns, {})
    scene.step(events.StreamUp(events.PRIVATE))
    scene.pass_s(200)
    assert [] == scene.codes
