"""What is held and not accounted for: the bot leaves, in real mode and in no other."""

import asyncio

import pytest
from live_stage import Stage
from quoting import KNOBS
from small_market import SYMBOL, SmallMarket

from adapters import accounted
from adapters.accounted import FirstReads, unaccounted
from adapters.endings import Ended
from adapters.paper import PaperVenue
from adapters.terms import REAL
from adapters.venue import Seen, VenueUnusable
from strategy import events
from strategy.belief import Belief, SymbolBelief
from strategy.exit_codes import ExitCode


def believing(*lots):
    """Give a belief that holds these lots, one after the other; the last for ever."""
    left = list(lots)

    def belief():
        held = left.pop(0) if len(left) > 1 else left[0]
        one = SymbolBelief(SYMBOL, held, 0, 0, 1, True, "NONE", "none", 1.0, None, None)
        return Belief((one,), (), 0, False)

    return belief


def looking(*told):
    left = list(told)

    async def look():
        said = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(said, Exception):
            raise said
        return Seen((), 1, positions=said)

    return look


@pytest.mark.parametrize(
    "lots, told, words",
    [
        ([5], [{SYMBOL: 5}], ""),
        ([0], [{}], ""),
        ([0], [None], ""),
        ([5, 5, 6], [{SYMBOL: 6}, {SYMBOL: 6}], ""),  # a fill came between the two looks
        ([5], [VenueUnusable("SQ-V030", "no"), {SYMBOL: 5}], ""),
        ([5], [{SYMBOL: -7}], "BTCUSDT: -0.007 is held, fills account for 0.005"),
        ([5], [VenueUnusable("SQ-V030", "gone")], "positions cannot be read: gone"),
    ],
)
def test_what_is_held_is_what_fills_account_for_or_it_is_said(lots, told, words):
    assert words == asyncio.run(unaccounted(KNOBS, believing(*lots), looking(*told), pause_s=0))


def test_reads_are_done_once_the_last_symbol_was_taken_in():
    async def story():
        reads = FirstReads(["A", "B"])
        for symbol in ("A", "C", "A"):
            reads.delivered(1, events.FillsReport(symbol, 1, (), 1))
            reads.stepped(1, (), events.Woke())
        assert not reads.are_done.is_set()
        reads.delivered(2, events.FillsReport("B", 1, (), 1))
        assert not reads.are_done.is_set()
        reads.stepped(2, (), events.Woke())
        assert reads.are_done.is_set()

    asyncio.run(story())


class Holds(PaperVenue):
    """A paper account that says it holds so much."""

    async def look(self, symbols):
        seen = await super().look(symbols)
        return Seen(seen.instruments, seen.venue_ns, positions={SYMBOL: 700})


def test_a_bot_whose_account_holds_what_nobody_accounts_for_leaves(tmp_path, monkeypatch):
    monkeypatch.setattr(accounted.unaccounted, "__defaults__", (0.05,))
    stage = Stage(tmp_path, mode=REAL)
    stage.open_venue = lambda _told: stage.venues.append(made := holding(stage)) or made
    with pytest.raises(Ended, match=r"0\.700 is held, fills account for") as caught:
        stage.run()
    assert ("SQ-O035", ExitCode.PREFLIGHT) == (caught.value.code, caught.value.exit_code)
    assert [True] == [line["proven"] for line in stage.log if line["event"] == "ends"]
    paper = Stage(tmp_path, duration_s=1.0)
    paper.open_venue = lambda _told: holding(paper)
    paper.run()


def holding(stage):
    return Holds(SmallMarket(), stage.clock, lambda: 2_000_000)
