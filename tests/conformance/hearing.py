"""What a venue tells whoever trades on it, behaviour by behaviour: or does not, twice, too late, to nobody."""

from itertools import pairwise
from typing import Any

from conformance.behaviour import BEHAVIOURS, Behaviour, Story, behaviour, is_open, story
from conformance.stage import BID, SELL, Stage

from strategy import commands, events
from strategy.units import BUY, NS_PER_S

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
