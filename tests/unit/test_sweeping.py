"""Taking everything off without a core: only a read that shows none, asked late enough, ends it."""

import asyncio

from scripted_venue import HandClock, ScriptedVenue

from adapters.sweeping import sweep
from strategy import commands, events

S = 10**9


class Ticking(HandClock):
    """Passes half a second each time it is read, so that nothing waits for real."""

    def now_ns(self):
        self.time_ns += S // 2
        return self.time_ns


def swept(answers, **kinds):
    """Give what ``sweep`` found and what it sent; ``answers`` says, by kind of request, who is still open."""
    venue, clock = ScriptedVenue(), Ticking()

    def at_once(one):
        command = one[0]
        if isinstance(command, commands.CancelAll):
            return [events.CancelAllAnswered("", 0)]
        return [answers(command)]

    venue.at_once = at_once
    kinds = {"within_s": 20, **kinds}

    async def story():
        return await sweep(venue, ["A", "B"], clock, **kinds)

    return asyncio.run(story()), [one[0] for one in venue.sent]


def none_open(read):
    return events.OpenOrdersReport(read.symbol, read.asked_ns, (), 0)


def test_it_ends_with_a_read_of_every_symbol_that_shows_none():
    assert (True, ["", "A", "B"]) == (lambda found, sent: (found, [one.symbol for one in sent]))(*swept(none_open))


def test_it_cancels_again_where_a_read_shows_some_and_asks_only_there():
    shown = {"A": [()], "B": [("x",), ("x",), ()]}

    def answer(read):
        return events.OpenOrdersReport(read.symbol, read.asked_ns, shown[read.symbol].pop(0), 0)

    found, sent = swept(answer)
    assert (True, ["", "A", "B", "", "B", "", "B"]) == (found, [one.symbol for one in sent])


def test_an_unanswered_read_proves_nothing_and_time_runs_out():
    found, sent = swept(lambda read: events.Unanswered("query", "", read.symbol, "timeout"), within_s=6)
    assert (False, True) == (found, len(sent) > 3)


def test_a_read_from_before_a_stray_create_could_have_arrived_proves_nothing():
    found, sent = swept(none_open, settle_s=2.5)
    assert (True, True) == (found, [one.symbol for one in sent].count("A") > 1)


def test_an_answer_that_was_swallowed_does_not_hold_up_the_next_request():
    venue, clock, swallowed = ScriptedVenue(), HandClock(), []

    def at_once(one):
        if isinstance(one[0], commands.CancelAll):
            return [events.CancelAllAnswered("", 0)]
        if not swallowed:
            swallowed.append(one)
            return None
        return [none_open(one[0])]

    venue.at_once = at_once

    async def story():
        return await asyncio.wait_for(sweep(venue, ["A"], clock, within_s=600), 20)

    assert asyncio.run(story())
