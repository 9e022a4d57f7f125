"""What a live bot costs: events a second through its driver, a commit, a restart, memory. Printed with ``-s``."""

import asyncio
import time

from quoting import KNOBS
from scripted_venue import HandClock, ScriptedVenue
from small_market import SYMBOL, SmallMarket

from adapters.driver import Ending, LiveDriver
from adapters.journal_store import Store
from adapters.memory import resident_mb
from adapters.paper import PaperVenue
from adapters.recorder import Recorder
from sim.journal_file import opened
from sim.replay.journal import Replay
from strategy import commands, events
from strategy.core import Core
from strategy.units import NS_PER_MS

EVENTS = 12_000
STEP_NS = 20 * NS_PER_MS


def market_words(count):
    """Give what a public stream says of one symbol: a trade and a book, over and over."""
    clock = HandClock()
    market = SmallMarket(seed=5, clock=clock)
    heard = []
    market._feed = heard.append
    heard += [events.StreamUp(events.PUBLIC), events.StreamUp(events.PRIVATE), market.book(0)]
    while len(heard) < count:
        clock.time_ns += STEP_NS
        market.step()
    return heard[:count]


class Bench:
    """A driver as it lives: our core quotes, a journal on a disk, a paper desk that answers at once."""

    def __init__(self, folder) -> None:
        self.clock, self.store = HandClock(), Store(folder / "journal.sqlite")
        self.core = Core(KNOBS)
        self.store.begin_boot("s", 1, "real", KNOBS, self.core.snapshot())
        self.recorder = Recorder(self.store)
        venue, self.paper = ScriptedVenue(), PaperVenue(SmallMarket(clock=self.clock), self.clock, int)
        venue.at_once = self.answer
        self.driver = LiveDriver(venue, self.recorder, self.clock)

    async def start(self):
        await self.paper.look([SYMBOL])
        self.desk = self.paper._desks[SYMBOL]
        self.driver.start(self.core, "s", "batched")

    def answer(self, one):
        now_ns = self.clock.now_ns()
        if isinstance(one[0], commands.SampleClock):
            return [events.ClockSampled(one[0].asked_ns, now_ns)]
        if isinstance(one[0], commands.RequestBook):
            return None
        return [event for command in one for event in self.paper._carried_out(command, now_ns)]

    async def take_in(self, words):
        """Feed words as they come; give the processor's seconds."""
        started_s = time.process_time()
        for number, word in enumerate(words):
            self.clock.time_ns += STEP_NS // 2
            self.driver.feed(word)
            for said in self.desk.hear(self.clock.now_ns(), word):
                self.driver.feed(said)
            if not number % 8:
                await asyncio.sleep(0)
        while self.driver.inbox:
            await asyncio.sleep(0)
        return time.process_time() - started_s


def bare_s(words):
    """Give what the core alone takes for the same words."""
    core, clock = Core(KNOBS), HandClock()
    core.step(clock.now_ns(), events.Started("s", clock.now_ns()))
    started_s = time.process_time()
    for word in words:
        clock.time_ns += STEP_NS // 2
        core.step(clock.now_ns(), word)
    return time.process_time() - started_s


def test_events_a_second_and_memory(tmp_path):
    """The driver, its journal and the paper desk cost a few times what the core does, and keep nothing."""
    words = market_words(EVENTS)

    async def story():
        bench = Bench(tmp_path)
        await bench.start()
        await bench.take_in(words[: EVENTS // 4])
        before_mb = resident_mb()
        spent_s = await bench.take_in(words[EVENTS // 4 :])
        grown_mb = resident_mb() - before_mb
        steps = bench.driver.steps
        bench.driver.end(Ending.FORCED)
        bench.recorder.close()
        return spent_s, steps, grown_mb

    spent_s, steps, grown_mb = asyncio.run(story())
    with opened(tmp_path / "journal.sqlite") as file:
        replay = Replay(file)
        started_s = time.process_time()
        assert replay.run().steps == steps
        given = replay.found.commands
        alone_s = time.process_time() - started_s
    live_us, alone_us = 1e6 * spent_s / (steps * 3 / 4), 1e6 * alone_s / steps
    print(
        f"\n{1e6 / live_us:,.0f} events/s through the driver ({live_us:.0f} us each; a replay of them {alone_us:.0f} us), "
        f"{steps:,} steps, {given:,} commands; memory {grown_mb:+.1f} MB over {EVENTS * 3 // 4:,} events"
    )
    assert given > 50
    assert live_us < 5 * alone_us
    assert grown_mb < 40


def test_a_commit_and_a_restart(tmp_path):
    """A commit is one write to the disk; a restart reads what ten seconds left, and is over in a moment."""
    words = market_words(2_000)

    async def story():
        bench = Bench(tmp_path)
        await bench.start()
        await bench.take_in(words[:200])
        spans_ns = []
        for number in range(200):
            bench.recorder.heard(number, words[number])
            bench.recorder.decided(())
            started_ns = time.perf_counter_ns()
            bench.recorder.commit(lambda is_safe: None)
            spans_ns.append(time.perf_counter_ns() - started_ns)
        bench.recorder.rotate(bench.clock.now_ns(), bench.core.snapshot())
        for word in words[200:]:
            bench.recorder.heard(1, word)
            bench.recorder.decided(())
        bench.recorder.close()
        return sorted(spans_ns)

    spans_ns = asyncio.run(story())
    started_s = time.perf_counter()
    store = Store(tmp_path / "journal.sqlite")
    core = Core(KNOBS)
    core.resume(store.kept.snapshot, store.kept.records)
    store.begin_boot("t", 2, "real", KNOBS, core.snapshot())
    restart_s = time.perf_counter() - started_s
    store.close()
    print(
        f"\na commit p50 {spans_ns[100] / 1e6:.2f} ms, p95 {spans_ns[190] / 1e6:.2f} ms; "
        f"a restart over {len(store.kept.records):,} records {1e3 * restart_s:.0f} ms"
    )
    assert 1_800 == len(store.kept.records)
    assert restart_s < 5 * bare_s(words)  # to read it takes no longer than a few times what it took to live it
