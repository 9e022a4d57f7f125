"""What a venue does to whoever trades on it, behaviour by behaviour: one body, whatever arm carries it."""

from itertools import pairwise
from typing import Any

from conformance.behaviour import BEHAVIOURS, Behaviour, Story, behaviour, is_open, story
from conformance.stage import ASK, BID, SELL, Stage
from msgspec.structs import replace

from strategy import commands, events
from strategy.units import BUY, NS_PER_S

# Orders


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
    stage.do(stage.create("a", price=BID + 10))
    stage.send(stage.cancel("a"))
    stage.trade(SELL, 10, BID)
    stage.wait(1)
    return story(stage.hear(), is_open(stage))


@behaviour()
def an_amend_meets_a_fill_on_its_way(stage):
    stage.do(stage.create("a", price=BID + 10))
    stage.send(stage.amend("a"))
    stage.trade(SELL, 10, BID)
    stage.wait(1)
    return story(stage.hear(), is_open(stage))


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


# Silence


def _lost(kind: str, request: str) -> str:
    return f"{{at_s: 1, for_s: 60, kind: {kind}, requests: [{request}], nth: [1]}}"


@behaviour(faults=_lost("ack_lost_not_applied", "create"), calm_s=300)
def a_create_is_lost(stage):
    return story(stage.do(stage.create("a"), seconds=8), is_open(stage))


@behaviour(faults=_lost("ack_lost", "create"), calm_s=300)
def the_answer_to_a_create_is_lost(stage):
    return story(stage.do(stage.create("a"), seconds=8), is_open(stage))


@behaviour(faults=_lost("ack_lost", "cancel"), calm_s=300)
def the_answer_to_a_cancel_is_lost(stage):
    stage.do(stage.create("a"))
    return story(stage.do(stage.cancel("a"), seconds=8), is_open(stage))


@behaviour(faults=_lost("ack_lost", "amend"), calm_s=300)
def the_answer_to_an_amend_is_lost(stage):
    stage.do(stage.create("a"))
    return story(stage.do(stage.amend("a"), seconds=8), is_open(stage))


@behaviour(faults=_lost("ack_lost", "create"), calm_s=300)
def the_answer_to_a_batch_is_lost(stage):
    return story(stage.do(stage.create("a"), stage.create("b"), seconds=8), is_open(stage))


@behaviour(faults="{at_s: 6, for_s: 7, kind: partition, links: [rest_down], mode: jam}", calm_s=300)
def an_answer_comes_when_nobody_waits_any_more(stage):
    stage.wait(2)
    return story(stage.do(stage.create("a"), seconds=10), is_open(stage))


@behaviour(faults="{at_s: 1, for_s: 60, kind: applied_later, prob: 1, later_s: 3, requests: [create]}", calm_s=300)
def a_create_is_turned_away_and_carried_out_later(stage):
    return story(stage.do(stage.create("a"), seconds=5), is_open(stage))


def _cut(stage: Stage) -> Story:
    stage.wait(2)
    heard = stage.do(stage.create("a"), seconds=3)
    return story(heard + stage.do(stage.query("a")), is_open(stage))


def _reset(at: str) -> str:
    return f"{{at_s: 6, for_s: 60, kind: reset, connections: [rest], cut: {at}, requests: [create]}}"


for _at in ("queued", "on_the_wire", "applied", "response_on_the_wire"):
    BEHAVIOURS[f"the_connection_breaks_{_at}"] = Behaviour(_cut, faults=_reset(_at), calm_s=300)


def _down(stage: Stage) -> Story:
    stage.do(stage.create("a"))
    stage.wait(4)  # into the downtime
    heard = stage.hear() + stage.do(stage.create("b"), stage.query("a"), seconds=8)
    stage.wait(10)  # and out of it
    heard += stage.hear()
    return story(heard + stage.do(stage.query("b"), stage.query("a")), is_open(stage))


def _downtime(answers: str, streams: str, memory: str) -> dict[str, Any]:
    kinds = f"answers: {answers}, streams: {streams}, memory: {memory}"
    return {"faults": f"{{at_s: 8, for_s: 12, kind: downtime, {kinds}}}", "calm_s": 300}


BEHAVIOURS["a_venue_that_is_down_says_busy"] = Behaviour(_down, **_downtime("busy", "silent", "kept"))
BEHAVIOURS["a_venue_that_is_down_says_nothing"] = Behaviour(_down, **_downtime("nothing", "reset", "kept"))
BEHAVIOURS["a_venue_that_is_down_refuses_and_forgets"] = Behaviour(_down, **_downtime("refused", "reset", "purged"))


# Questions


@behaviour()
def one_asks_what_became_of_orders(stage):
    stage.do(stage.create("rests"), stage.take("took"))
    stage.do(stage.create("went", price=BID - 20))
    stage.do(stage.cancel("went"))
    asked = [stage.query(name) for name in ("rests", "took", "went", "never")]
    return story(stage.do(*asked, stage.query_open(), stage.query_fills()), is_open(stage))


@behaviour()
def one_asks_the_time_the_margin_and_the_book(stage):
    now_ns = stage.now_ns()
    stage.puppet.heard.clear()
    stage.send(commands.SampleClock(now_ns), commands.QueryMargin(now_ns), commands.RequestBook("BTCUSDT", now_ns))
    stage.wait(1)
    answers = [one for one in stage.puppet.heard if getattr(one, "asked_ns", 0) == now_ns]
    clocks = [one for one in answers if isinstance(one, events.ClockSampled)]
    margins = [one for one in answers if isinstance(one, events.MarginSeen)]
    books = [one for one in answers if isinstance(one, events.BookSnapshot)]
    within = [0 < clock.venue_ns - now_ns < NS_PER_S and not clock.venue_ns % 1_000_000 for clock in clocks]
    tops = [(book.symbol, book.bids[0], book.asks[0], len(book.bids), len(book.asks)) for book in books]
    return [("clock", *within), ("margin", *((one.equity_cash, one.maintenance_cash) for one in margins)), *tops]


def _rules(stage):
    now_ns = stage.now_ns()
    stage.puppet.heard.clear()
    stage.send(commands.QueryTerms("BTCUSDT", now_ns))
    stage.wait(1)
    told = [one for one in stage.puppet.heard if isinstance(one, events.TermsSeen) and one.asked_ns == now_ns]
    return [
        (one.symbol, one.tick_times, one.lot_times, one.lots_min, one.lots_max, one.notional_min_cash) for one in told
    ]


@behaviour(faults="{at_s: 6, kind: tick_lot_change, tick_times: 10, lot_times: 3}", calm_s=300)
def one_asks_by_which_rules_it_is_traded(stage):
    before = _rules(stage)
    stage.wait(8)
    return [*before, *_rules(stage)]


@behaviour(faults="{at_s: 1, for_s: 60, kind: read_lag, lag_s: 30}", calm_s=300)
def a_read_shows_the_past(stage):
    return story(stage.do(stage.create("a")) + stage.do(stage.query("a"), stage.query_open()), is_open(stage))


# Streams


@behaviour(faults="{at_s: 6, kind: reset, connections: [private]}", calm_s=300)
def the_private_stream_breaks(stage):
    heard = stage.do(seconds=1.5) + stage.do(stage.create("a"), seconds=4)
    return story([word for word in heard if word[0].startswith("Stream")], is_open(stage))


@behaviour(faults="{at_s: 6, kind: reset, connections: [public]}", calm_s=300)
def the_public_stream_breaks_and_begins_with_a_book(stage):
    stage.puppet.heard.clear()
    stage.wait(5)
    words = [type(word).__name__ for word in stage.puppet.heard]
    back = words.index("StreamUp")
    return [(*dict.fromkeys(words[:back]),), ("BookSnapshot" in words[words.index("StreamDown") :],)]


@behaviour(faults="{at_s: 6, kind: feed_gap, lost_messages: 1}", calm_s=300)
def an_update_of_the_book_is_lost(stage):
    stage.hear_market()
    for place in range(20):
        stage.move(BUY, BID - 5 - place, 3)
        stage.wait(0.2)
    deltas = [one for one in stage.hear_market() if isinstance(one, events.BookDelta)]
    gaps = sum(one.seq < two.prev_seq for one, two in pairwise(deltas))
    return [("gaps", gaps), ("changed", BID - 24, dict(deltas[-1].bids).get(BID - 24))]


@behaviour()
def the_book_is_followed(stage):
    stage.hear_market()
    stage.move(BUY, BID - 5, 3)
    stage.wait(0.5)
    stage.trade(SELL, 4, BID)
    stage.wait(0.5)
    words = stage.hear_market()
    changed = [level for one in words if isinstance(one, events.BookDelta) for level in one.bids]
    trades = [(one.price_ticks, one.size_lots, one.side) for one in words if isinstance(one, events.PublicTrade)]
    return [("changed", *changed), ("traded", *trades)]


@behaviour(faults="{at_s: 1, for_s: 60, kind: fill_duplicate, prob: 1, after_s: 1}", calm_s=300)
def a_fill_is_told_twice(stage):
    stage.puppet.heard.clear()
    stage.do(stage.take("a"), seconds=0)
    stage.wait(4)
    fills = [one.fill_id for one in stage.puppet.heard if isinstance(one, events.OrderFilled)]
    return [("fills", len(fills), len(dict.fromkeys(fills)))]


@behaviour(faults="{at_s: 1, for_s: 60, kind: fill_dropped, prob: 1}", calm_s=300)
def a_fill_is_never_told_and_read_afterwards(stage):
    heard = stage.do(stage.take("a"))
    return story(heard) + story(stage.do(stage.query_fills()))


# Our own process


@behaviour(faults="{at_s: 7, kind: crash, restart_after_s: 3}", calm_s=300)
def a_process_dies_and_another_begins(stage):
    stage.send(stage.create("a"))
    stage.wait(1)
    stage.world.kernel.run(7 * NS_PER_S - 1)
    stage.send(stage.create("b"))  # its answer finds nobody
    stage.wait(6)
    names = dict.fromkeys(word[0] for word in stage.hear())
    heard = stage.do(stage.query("a"), stage.query("b"))
    return [("heard", *sorted(names)), *story(heard, is_open(stage))]
