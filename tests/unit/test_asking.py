"""One request and its outcome, without a driver."""

import asyncio

from scripted_venue import HandClock, ScriptedVenue

from adapters.asking import ask, venue_ahead_ns
from strategy import commands, events

MS = 10**6


def test_the_outcome_is_what_the_venue_said_first():
    venue, word = ScriptedVenue(), events.CancelAllAnswered("", 1)

    async def story():
        asked = asyncio.ensure_future(ask(venue, (commands.CancelAll(""),), 7, 1.0))
        await asyncio.sleep(0)
        venue.answer(0, word)
        venue.answer(0)
        return await asked

    assert ((word,), [7]) == (asyncio.run(story()), venue.signed)


def test_silence_is_no_outcome():
    assert () == asyncio.run(ask(ScriptedVenue(), (commands.CancelAll(""),), 7, 0.01))


def test_the_venues_clock_is_ahead_by_what_it_says_less_the_time_the_answer_took():
    venue, clock = ScriptedVenue(), HandClock(1000 * MS)

    def at_once(one):
        clock.time_ns += 30 * MS
        return [events.BudgetSeen("queries", 1, 1), events.ClockSampled(one[0].asked_ns, 1500 * MS)]

    venue.at_once = at_once
    assert 470 * MS == asyncio.run(venue_ahead_ns(venue, clock))


def test_a_venue_that_does_not_say_is_taken_to_have_our_time():
    venue = ScriptedVenue()
    venue.at_once = lambda one: [events.Unanswered(events.QUERY, "", "", "timeout")]
    assert 0 == asyncio.run(venue_ahead_ns(venue, HandClock()))
