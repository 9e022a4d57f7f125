"""Any beginning of a journal will do: what it does not say is found out, and the end is the truth.

A bot quoted for a while and was cut off; the venue's account stands as it stood then. Whatever part of
the journal is left, a process that begins with it books every fill once and leaves no order.
"""

import asyncio
import copy
import heapq
import shutil
import sqlite3
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_files import QUICK, STRATEGY
from quoting import INSTRUMENT
from small_market import SYMBOL, SmallMarket

from adapters.clock import HostClock
from adapters.driver import Ending, LiveDriver
from adapters.journal_store import Store
from adapters.paper import PaperVenue
from adapters.recorder import Recorder
from strategy import commands, events
from strategy.batching import of_size
from strategy.config import read_config
from strategy.config_knobs import knobs as make_knobs
from strategy.core import Core
from strategy.instrument import notional_cash
from strategy.units import NS_PER_MS, NS_PER_S

KNOBS = make_knobs(read_config(STRATEGY + QUICK, "c").value, [INSTRUMENT], of_size(10, per_item=True))
WAY_NS = 3 * NS_PER_MS
PATIENCE_NS = 60 * NS_PER_S


class Left:
    """What a bot that was cut off left: its journal, and the account as it stands at the venue."""

    def __init__(self, folder) -> None:
        self.folder, self.path = folder, folder / "journal.sqlite"
        asyncio.run(asyncio.wait_for(self._quote(), 60))
        db = sqlite3.connect(self.path)
        (self.records,) = db.execute("SELECT count(*) FROM records").fetchone()
        db.close()

    async def _quote(self):
        clock = HostClock()
        store = Store(self.path)
        core = Core(KNOBS)
        store.begin_boot("s", clock.now_ns(), "real", KNOBS, core.snapshot())
        market = SmallMarket(seed=11, clock=clock)
        self.paper = PaperVenue(market, clock, lambda: 2_000_000)
        recorder = Recorder(store)
        driver = LiveDriver(self.paper, recorder, clock)
        await self.paper.look([SYMBOL])
        driver.start(core, "s", "batched")
        await self.paper.connect(driver.feed)
        self.desk = self.paper._desks[SYMBOL]
        for _ in range(200):
            await asyncio.sleep(0.05)
            if len(self.desk._fills) > 25 and len(self.desk.open_ids()) > 1:
                break
        self.book, self.now_ns = market.book(0), clock.now_ns()
        driver.end(Ending.FORCED)
        recorder.close()
        await self.paper.close()

    def beginning(self, upto):
        """Give a journal that holds no record after this one."""
        shutil.copy(self.path, self.folder / "part.sqlite")
        db = sqlite3.connect(self.folder / "part.sqlite")
        db.execute("DELETE FROM records WHERE seq > ?", (upto,))
        db.commit()
        db.close()
        store = Store(self.folder / "part.sqlite")
        store.close()
        return store.kept


@pytest.fixture(scope="module")
def left(tmp_path_factory):
    made = Left(tmp_path_factory.mktemp("left"))
    assert len(made.desk._fills) > 20
    assert made.desk.open_ids()
    return made


def settle(left, core, desk):
    """Let a process live at a venue that stands still, and stop after two seconds; give whether it was done."""
    paper = copy.copy(left.paper)
    paper._desks = {SYMBOL: desk}
    order, now_ns = count(), left.now_ns + NS_PER_S
    end_ns, stop_ns = now_ns + PATIENCE_NS, now_ns + 2 * NS_PER_S
    coming = [(now_ns, next(order), event) for event in (events.Started("t", now_ns), *_connected(left))]
    coming.append((stop_ns, next(order), events.Stopping()))
    heapq.heapify(coming)
    while now_ns < end_ns and not core.is_done:
        wake_ns = core.wake_at_ns or end_ns
        if coming and coming[0][0] <= wake_ns:
            now_ns, _, event = heapq.heappop(coming)
        else:
            now_ns, event = wake_ns, events.Woke()
        for command in core.step(now_ns, event):
            for said in _said(paper, left, command, now_ns + WAY_NS):
                heapq.heappush(coming, (now_ns + 2 * WAY_NS, next(order), said))
    return core.is_done


def _connected(left):
    return (events.StreamUp(events.PUBLIC), events.StreamUp(events.PRIVATE), left.book)


def _said(paper, left, command, venue_ns):
    match command:
        case commands.Alert():
            return ()
        case commands.SampleClock():
            return (events.ClockSampled(command.asked_ns, venue_ns),)
        case commands.RequestBook():
            return (
                events.BookSnapshot(SYMBOL, left.book.seq, left.book.bids, left.book.asks, venue_ns, command.asked_ns),
            )
        case _:
            return paper._carried_out(command, venue_ns)


@given(share=st.floats(0, 1))
def test_from_any_beginning_of_a_journal_the_next_process_comes_to_the_truth(left, share):
    kept = left.beginning(round(share * left.records))
    core, desk = Core(KNOBS), copy.deepcopy(left.desk)
    core.resume(kept.snapshot, kept.records)
    assert settle(left, core, desk)
    assert () == desk.open_ids()
    (belief,) = core.belief().symbols
    fills = desk.fills_since(0)
    assert sum(fill.side * fill.size_lots for fill in fills) == belief.position_lots
    cash = [fill.fee_cash - fill.side * notional_cash(INSTRUMENT, fill.price_ticks, fill.size_lots) for fill in fills]
    assert sum(cash) == belief.cash


def test_from_no_journal_at_all_it_comes_to_the_truth_as_well(left):
    core, desk = Core(KNOBS), copy.deepcopy(left.desk)
    core.resume(b"", ())
    assert settle(left, core, desk)
    assert () == desk.open_ids()
    assert sum(fill.side * fill.size_lots for fill in desk.fills_since(0)) == core.belief().symbols[0].position_lots
