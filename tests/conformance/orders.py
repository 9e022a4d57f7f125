"""What a venue does with orders, behaviour by behaviour: alone, in batches, within its limits and its time."""

from conformance.behaviour import behaviour, is_open, story
from conformance.stage import ASK, BID, SELL
from msgspec.structs import replace

from strategy import commands
from strategy.units import NS_PER_S

# Orders


def met_by_a_fill(stage, request):
    """Have an order trade whole while a request about it is on its way."""
    stage.do(stage.create("a", price=BID + 10))
    stage.send(request("a"))
    stage.trade(SELL, 10, BID)
    stage.wait(1)
    return story(stage.hear(), is_open(stage))


@behaviour()
def a_create_rests(stage):
    return story(stage.do(stage.create("a")), is_open(stage))


@behaviour()
def a_create_takes(stage):
    return story(stage.do(stage.take("a")), is_open(stage))


@behaviour()
def a_maker_is_filled_in_parts(stage):
    heard = stage.do(stage.create("a", price=BID + 10))
    for lots in (4, 6):
        stage.trade(SELL, lots, BID)
        stage.wait(1)
        heard += stage.hear()
    return story(heard, is_open(stage))


@behaviour()
def an_order_is_moved(stage):
    stage.do(stage.create("a"))
    return story(stage.do(stage.amend("a", BID - 50, 7)), is_open(stage))


@behaviour()
def an_order_is_cancelled(stage):
    stage.do(stage.create("a"))
    return story(stage.do(stage.cancel("a")), is_open(stage))


@behaviour()
def a_partly_filled_order_is_cancelled(stage):
    stage.do(stage.create("a", price=BID + 10))
    stage.trade(SELL, 4, BID)
    stage.wait(1)
    return story(stage.do(stage.cancel("a")), is_open(stage))


@behaviour()
def a_cancel_meets_a_fill_on_its_way(stage):
    return met_by_a_fill(stage, stage.cancel)


@behaviour()
def an_amend_meets_a_fill_on_its_way(stage):
    return met_by_a_fill(stage, stage.amend)


@behaviour()
def an_id_is_used_twice(stage):
    stage.do(stage.create("a"))
    return story(stage.do(stage.create("a", price=BID - 300)), is_open(stage))


@behaviour()
def an_order_that_is_gone_is_cancelled_and_moved(stage):
    stage.do(stage.create("a"))
    stage.do(stage.cancel("a"))
    return story(stage.do(stage.cancel("a")) + stage.do(stage.amend("a")), is_open(stage))


@behaviour()
def an_order_nobody_knows_is_cancelled_and_moved(stage):
    return story(stage.do(stage.cancel("never")) + stage.do(stage.amend("never")), is_open(stage))


@behaviour()
def a_post_only_create_would_take(stage):
    return story(stage.do(stage.create("a", price=ASK)), is_open(stage))


@behaviour()
def a_post_only_order_is_moved_into_the_market(stage):
    stage.do(stage.create("a"))
    return story(stage.do(stage.amend("a", ASK)), is_open(stage))


@behaviour(faults="{at_s: 1, for_s: 60, kind: post_only_refused_late, prob: 1}", calm_s=300)
def a_post_only_create_is_refused_late(stage):
    return story(stage.do(stage.create("a")), is_open(stage))


@behaviour()
def an_immediate_order_finds_nobody(stage):
    return story(stage.do(stage.create("a", price=BID, post_only=False, taking=True)), is_open(stage))


@behaviour()
def an_order_for_all_or_nothing_gets_nothing(stage):
    too_much = stage.take("a", lots=100, fill_or_kill=True)
    return story(stage.do(replace(too_much, price_ticks=ASK)), is_open(stage))


@behaviour()
def an_order_to_reduce_has_nothing_to_reduce(stage):
    return story(stage.do(stage.create("a", SELL, ASK + 100, reduce_only=True)), is_open(stage))


@behaviour()
def an_order_to_reduce_reduces(stage):
    stage.do(stage.take("a"))
    return story(stage.do(stage.take("b", SELL, reduce_only=True)), is_open(stage))


@behaviour()
def a_size_is_too_small(stage):
    return story(stage.do(stage.create("a", lots=0)), is_open(stage))


@behaviour()
def everything_is_cancelled(stage):
    stage.do(*(stage.create(name, price=BID - 10 * place) for place, name in enumerate("abc")))
    return story(stage.do(commands.CancelAll("")), is_open(stage))


@behaviour()
def a_symbol_is_cancelled(stage):
    stage.do(*(stage.create(name, price=BID - 10 * place) for place, name in enumerate("ab")))
    return story(stage.do(commands.CancelAll("BTCUSDT")), is_open(stage))


# Batches


@behaviour()
def a_batch_is_taken_whole(stage):
    many = [stage.create(name, price=BID - 10 * place) for place, name in enumerate("abc")]
    heard = stage.do(*many)
    heard += stage.do(*(stage.amend(name, BID - 200 - place) for place, name in enumerate("abc")))
    return story(heard + stage.do(*(stage.cancel(name) for name in "abc")), is_open(stage))


@behaviour()
def one_of_a_batch_is_refused(stage):
    stage.do(stage.create("b"))
    heard = stage.do(*(stage.create(name, price=BID - 10 * place) for place, name in enumerate("abc")))
    return story(heard + stage.do(*(stage.cancel(name) for name in ("a", "x", "c"))), is_open(stage))


@behaviour(faults="{at_s: 1, for_s: 60, kind: batch_partial, prob: 1}", calm_s=300)
def every_item_of_a_batch_is_busy(stage):
    return story(stage.do(stage.create("a"), stage.create("b")), is_open(stage))


# Limits and time


@behaviour(faults="{at_s: 1, for_s: 60, kind: rate_limit, orders_per_s: 1, burst: 2}", calm_s=300)
def the_rate_limit_is_met(stage):
    heard = [word for name in "abc" for word in stage.do(stage.create(name), seconds=0.2)]
    stage.wait(1)
    return story(heard + stage.hear(), is_open(stage))


@behaviour(faults="{at_s: 1, for_s: 60, kind: rate_limit, orders_per_s: 1, burst: 2}", calm_s=300)
def the_tail_of_a_batch_meets_the_rate_limit(stage):
    return story(stage.do(*(stage.create(name, price=BID - 10) for name in "abc")), is_open(stage))


@behaviour(
    faults="{at_s: 1, for_s: 60, kind: rate_limit, orders_per_s: 5, burst: 5, ban_after: 5, ban_s: 30, banned: true}",
    calm_s=300,
)
def the_account_is_banned(stage):
    return story(stage.do(stage.create("a")) + stage.do(stage.query("a")), is_open(stage))


@behaviour()
def the_stamp_is_too_old(stage):
    stage.sign_with(lambda now_ns: now_ns - 60 * NS_PER_S)
    return story(stage.do(stage.create("a")), is_open(stage))


@behaviour()
def the_stamp_is_ahead(stage):
    stage.sign_with(lambda now_ns: now_ns + 2 * NS_PER_S)
    return story(stage.do(stage.create("a")) + stage.do(stage.cancel("a")), is_open(stage))


@behaviour()
def a_create_has_waited_too_long(stage):
    late = stage.create("a", send_by_ns=stage.now_ns() - 1)
    return story(stage.do(late), is_open(stage))


@behaviour(faults="{at_s: 1, for_s: 60, kind: disk_full, error: ENOSPC}", calm_s=300)
def the_journal_refuses(stage):
    return story(stage.do(stage.create("a"), stage.cancel("b")), is_open(stage))
