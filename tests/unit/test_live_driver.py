"""The live driver: one inbox, cancels at once, quotes after the journal, an outcome for everything."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_venue import HandClock, ScriptedCore, ScriptedVenue, accepted, cancel, create

from adapters.driver import Ending, LiveDriver
from adapters.inbox import Inbox
from adapters.journal import NoJournal
from strategy import commands, events
from strategy.errors import OurMistake


class HandJournal(NoJournal):
    """Commits when told; notes the order of everything."""

    def __init__(self) -> None:
        self.log, self.waiting = [], []

    def heard(self, _now_ns, event):
        self.log.append(event)

    def decided(self, leaving):
        self.log.append(leaving)

    def raised(self):
        self.log.append("raised")

    def intends(self, _now_ns, command):
        self.log.append(command)

    def commit(self, then):
        self.waiting.append(then)

    def settle(self, is_safe=True):
        waiting, self.waiting = self.waiting, []
        for then in waiting:
            then(is_safe)


class Bench:
    """A driver between a scripted core and a scripted venue."""

    def __init__(self, answer=lambda event, now_ns: (), journal=None, dispatch="batched", **kinds) -> None:
        self.venue, self.core, self.clock = ScriptedVenue(), ScriptedCore(answer), HandClock()
        self.journal = NoJournal() if journal is None else journal
        self.driver = LiveDriver(self.venue, self.journal, self.clock, **kinds)
        self.driver.start(self.core, "s", dispatch)

    async def turn(self, turns=3):
        for _ in range(turns):
            await asyncio.sleep(0)

    @property
    def never(self):
        return [(one.client_id, one.reason) for one in self.core.heard if isinstance(one, events.NotSent)]


def says(word, *leaving):
    """Give those commands for a word from an operator, nothing for anything else."""
    return lambda event, now_ns: leaving if event == events.OperatorSaid(word) else ()


def run(story):
    asyncio.run(asyncio.wait_for(story(), 20))


def test_a_cancel_leaves_in_the_step_that_asked_and_a_quote_once_it_is_written():
    async def story():
        bench = Bench(says("go", create(1), cancel(9), create(2)), HandJournal())
        bench.driver.feed(events.OperatorSaid("go"))
        await bench.turn()
        assert [["s-9"]] == bench.venue.ids
        bench.journal.settle()
        assert [["s-9"], ["s-1", "s-2"]] == bench.venue.ids

    run(story)


def test_what_the_journal_refuses_never_leaves_and_its_cancels_do():
    async def story():
        bench = Bench(says("go", create(1), cancel(9)), HandJournal())
        bench.driver.feed(events.OperatorSaid("go"))
        await bench.turn()
        bench.journal.settle(is_safe=False)
        await bench.turn()
        assert [["s-9"]] == bench.venue.ids
        assert [("s-1", "journal_refused")] == bench.never

    run(story)


def test_the_quotes_of_one_turn_are_written_by_one_commit():
    async def story():
        numbers = iter(range(1, 9))
        bench = Bench(lambda event, _: [create(next(numbers))] if event == events.Woke() else [], HandJournal())
        for _ in range(3):
            bench.driver.feed(events.Woke())
        await bench.turn()
        assert 1 == len(bench.journal.waiting)
        bench.journal.settle()
        assert [["s-1", "s-2", "s-3"]] == bench.venue.ids

    run(story)


def slow_bench(step_ns):
    """A core whose every word from an operator makes a quote, and takes so long."""
    numbers = iter(range(1, 999))

    def answer(event, now_ns):
        bench.clock.time_ns += step_ns
        return [create(next(numbers))] if event == events.Woke() else []

    bench = Bench(answer, HandJournal())
    return bench


@pytest.mark.parametrize(("step_us", "turns"), [(100, 1), (2_000, 2), (60_000, 6)])
def test_a_turn_that_has_lasted_long_ends_and_what_it_led_to_is_written(step_us, turns):
    async def story():
        bench = slow_bench(step_us * 1000)
        for _ in range(5):  # behind the word that the core has started
            bench.driver.feed(events.Woke())
        await bench.turn(1)
        assert 6 // turns == len(bench.core.heard)
        await bench.turn(turns)
        assert 6 == len(bench.core.heard)
        # One commit a turn, but for one that took in only that the core has started.
        assert min(turns, 5) == len(bench.journal.waiting)

    run(story)


def test_a_turn_lasts_as_long_as_the_processor_is_at_work_though_the_clock_stands_still():
    async def story():
        bench = Bench()
        worked = iter(range(0, 10**12, 60_000_000))
        bench.driver.at_work_ns = lambda: next(worked)
        for _ in range(5):
            bench.driver.feed(events.Woke())
        for heard in range(1, 7):
            await bench.turn(1)
            assert heard == len(bench.core.heard)

    run(story)


def test_a_cancel_takes_a_quote_that_still_waits_for_the_journal_with_it():
    async def story():
        answers = {"go": [create(1), create(2, "ETHUSDT")], "back": [commands.CancelAll("BTCUSDT")]}
        bench = Bench(lambda event, _: answers.get(getattr(event, "word", ""), []), HandJournal())
        bench.driver.feed(events.OperatorSaid("go"))
        await bench.turn()
        bench.driver.feed(events.OperatorSaid("back"))
        await bench.turn()
        bench.journal.settle()
        await bench.turn()
        assert [["CancelAll"], ["s-2"]] == bench.venue.ids
        assert [("s-1", "cancelled in line")] == bench.never

    run(story)


def test_a_quote_whose_time_passed_while_it_was_written_never_leaves():
    async def story():
        bench = Bench(says("go", create(1, send_by_ns=HandClock().now_ns() + 5)), HandJournal())
        bench.driver.feed(events.OperatorSaid("go"))
        await bench.turn()
        bench.clock.time_ns += 6
        bench.journal.settle()
        await bench.turn()
        assert ([], [("s-1", "send_by passed")]) == (bench.venue.ids, bench.never)

    run(story)


def test_while_it_is_barred_cancels_leave_and_quotes_do_not():
    async def story():
        bench = Bench(says("go", create(1), cancel(9)))
        bench.driver.barred = lambda: "barred by hand"
        bench.driver.feed(events.OperatorSaid("go"))
        await bench.turn()
        assert [["s-9"]] == bench.venue.ids
        assert [("s-1", "barred by hand")] == bench.never

    run(story)


def test_an_answer_is_taken_in_before_the_next_request_of_the_line_leaves():
    """What it leads to, a cancel of what waits, comes in time."""

    async def story():
        first, second = create(1), create(2, "ETHUSDT")
        answers = {events.OperatorSaid: [first, second], events.OrderAccepted: [commands.CancelAll("ETHUSDT")]}
        bench = Bench(lambda event, _: answers.get(type(event), []), dispatch="sequential")
        bench.driver.feed(events.OperatorSaid("go"))
        await bench.turn()
        assert [["s-1"]] == bench.venue.ids
        bench.venue.answer(0, accepted(first))
        await bench.turn()
        assert [["s-1"], ["CancelAll"]] == bench.venue.ids
        assert [("s-2", "cancelled in line")] == bench.never

    run(story)


def test_a_request_that_is_answered_as_it_is_sent_holds_nothing_up():
    async def story():
        bench = Bench(says("go", create(1), create(2, "ETHUSDT")), dispatch="sequential")
        bench.venue.at_once = lambda one: [events.NotSent("create", one[0].client_id, one[0].symbol, "no_connection")]
        bench.driver.feed(events.OperatorSaid("go"))
        await bench.turn()
        assert [["s-1"], ["s-2"]] == bench.venue.ids
        assert ["s-1", "s-2"] == [client_id for client_id, _ in bench.never]
        assert 0 == bench.driver.under_way()

    run(story)


def test_silence_is_dated_by_when_its_request_left_and_a_second_outcome_is_none():
    async def story():
        bench = Bench(says("go", create(1)))
        bench.driver.feed(events.OperatorSaid("go"))
        await bench.turn()
        left_ns, bench.clock.time_ns = bench.clock.time_ns, bench.clock.time_ns + 5_000
        silence = events.Unanswered("create", "s-1", "BTCUSDT", "timeout")
        bench.venue.answer(0, silence)
        bench.venue.answer(0, silence)
        await bench.turn()
        assert [left_ns] == [one.sent_ns for one in bench.core.heard if isinstance(one, events.Unanswered)]

    run(story)


@pytest.mark.parametrize("failure", [OurMistake("by hand"), MemoryError(), KeyError("x")])
def test_a_step_that_raises_sends_nothing_but_a_cancel_all_and_hears_no_more(failure):
    async def story():
        def answer(event, now_ns):
            if event == events.Woke():
                raise failure
            return [create(1)] if event == events.OperatorSaid("go") else []

        bench = Bench(answer, HandJournal())
        for event in (events.OperatorSaid("go"), events.Woke(), events.OperatorSaid("go")):
            bench.driver.feed(event)
        await bench.turn()
        bench.journal.settle()
        assert (Ending.RAISED, failure) == (await bench.driver.until_end(), bench.driver.failure)
        assert [["CancelAll"]] == bench.venue.ids
        assert "raised" == bench.journal.log[-1]
        assert 1 == bench.core.heard.count(events.OperatorSaid("go"))

    run(story)


def test_an_alarm_in_the_past_is_a_mistake_not_a_circle():
    async def story():
        bench = Bench()
        bench.core.wake_at_ns = bench.clock.now_ns()
        bench.driver.feed(events.OperatorSaid("x"))
        assert Ending.RAISED is await bench.driver.until_end()
        assert isinstance(bench.driver.failure, OurMistake)

    run(story)


def test_it_rings_when_asked_and_not_for_an_alarm_that_was_moved():
    async def story():
        bench = Bench()
        start_ns = bench.clock.now_ns()
        bench.core.wake_at_ns = start_ns + 3_600 * 10**9
        await bench.turn()
        bench.core.wake_at_ns = start_ns + 10_000_000
        bench.driver.feed(events.OperatorSaid("x"))
        await bench.turn()
        bench.clock.time_ns = start_ns + 10_000_000
        bench.core.wake_at_ns = None if events.Woke() in bench.core.heard else bench.core.wake_at_ns
        heard = asyncio.Event()
        step = bench.core.step

        def woken(now_ns, event):
            if event == events.Woke():
                bench.core.wake_at_ns = None
                heard.set()
            return step(now_ns, event)

        bench.core.step = woken
        await heard.wait()
        assert 1 == bench.core.heard.count(events.Woke())

    run(story)


def test_a_stop_ends_when_the_core_says_that_nothing_is_left():
    async def story():
        bench = Bench()
        bench.core.is_done = False
        bench.driver.stop()
        bench.driver.stop()
        await bench.turn()
        assert bench.driver.is_alive
        bench.core.is_done = True
        bench.driver.feed(events.Woke())
        assert Ending.STOPPED is await bench.driver.until_end()
        assert 1 == bench.core.heard.count(events.Stopping())

    run(story)


def test_what_an_earlier_core_asked_is_nothing_to_a_later_one():
    async def story():
        bench = Bench(says("go", create(1)), HandJournal())
        bench.driver.feed(events.OperatorSaid("go"))
        await bench.turn()
        bench.driver.end(Ending.FORCED)
        later = ScriptedCore(lambda event, now_ns: ())
        bench.driver.start(later, "t", "batched")
        bench.journal.settle()
        await bench.turn()
        assert ([], ["t"]) == (bench.venue.ids, [one.session for one in later.heard])

    run(story)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=600))
def test_words_keep_the_order_in_which_they_came_whatever_the_turns(sources):
    async def story():
        bench = Bench()
        for number, source in enumerate(sources):
            bench.driver.feed(events.OperatorSaid(f"{source}{number}"))
            if source == "c":
                await asyncio.sleep(0)
        while bench.driver.inbox:
            await asyncio.sleep(0)
        said = [one.word for one in bench.core.heard if isinstance(one, events.OperatorSaid)]
        assert [f"{source}{number}" for number, source in enumerate(sources)] == said

    run(story)


def test_a_full_inbox_lets_go_of_market_words_and_never_of_a_word_about_orders():
    inbox = Inbox(3)
    beat, fill = events.BookHeartbeat("A", 1, 0), events.CancelAllAnswered("A", 0)
    assert [True, True, True, False] == [inbox.put(0, beat) for _ in range(4)]
    assert [True, True, True] == [inbox.put(0, fill) for _ in range(3)]
    with pytest.raises(OurMistake, match="wait to be taken in"):
        inbox.put(0, fill)
    assert (6, 1) == (len(inbox), inbox.let_go)


def test_a_core_that_cannot_keep_up_with_its_orders_is_ended():
    async def story():
        bench = Bench(inbox_max=2)
        for _ in range(6):
            bench.driver.feed(events.CancelAllAnswered("A", 0))
        assert (Ending.RAISED, [["CancelAll"]]) == (await bench.driver.until_end(), bench.venue.ids)

    run(story)


def test_those_who_look_on_see_each_word_each_command_and_each_step():
    class Looks:
        def __init__(self) -> None:
            self.seen = []

        def delivered(self, _now_ns, event):
            self.seen.append(("delivered", type(event).__name__))

        def sent(self, _now_ns, command):
            self.seen.append(("sent", command.client_id))

        def stepped(self, _now_ns, leaving, _event):
            self.seen.append(("stepped", len(leaving)))

    async def story():
        bench = Bench(says("go", create(1), commands.Alert("SQ-O003", "x"), cancel(9)))
        looks, told, left = Looks(), [], []
        bench.driver.watchers = (looks,)
        bench.driver.told = lambda now_ns, alert: told.append(alert.code)
        bench.driver.leaving = lambda now_ns, command: left.append(command.client_id)
        bench.driver.feed(events.OperatorSaid("go"))
        await bench.turn()
        assert [
            ("delivered", "Started"), ("stepped", 0), ("delivered", "OperatorSaid"), ("sent", "s-1"), ("sent", "s-9"),
            ("stepped", 3),
        ] == looks.seen  # fmt: skip
        assert (["SQ-O003"], ["s-9", "s-1"]) == (told, left)

    run(story)
