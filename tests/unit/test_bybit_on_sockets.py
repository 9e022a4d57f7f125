"""The venue's adapter against a served venue, on real sockets: contracts and spot by the same code."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from bybit_wire import create
from msgspec.structs import replace
from serving import serving
from small_world import small_scenario

from adapters.asking import ask
from adapters.bybit.signing import Signer
from adapters.bybit.venue import Account, BybitVenue
from adapters.clock import HostClock
from adapters.sockets import dialler
from adapters.transport import Http
from strategy import commands, events
from strategy.units import BUY, SELL

PATIENCE_S = 20.0


class Desk:
    """The adapter, connected, and everything it was told."""

    def __init__(self, venue, seen, clock):
        self.venue, self.seen, self.clock = venue, seen, clock
        self.ahead_ns = seen.venue_ns - clock.now_ns()
        self.heard = []
        self.book = None

    def feed(self, event):
        self.heard.append(event)
        if isinstance(event, events.BookSnapshot):
            self.book = event

    async def until(self, kind, **fields):
        """Wait for a word of this kind and these fields."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for event in self.heard:
                    if isinstance(event, kind) and all(getattr(event, name) == value for name, value in fields.items()):
                        return event
                await asyncio.sleep(0.01)

    async def ask(self, *one):
        return await ask(self.venue, one, self.clock.now_ns() + self.ahead_ns, PATIENCE_S)


@asynccontextmanager
async def desk(served, kind):
    clock = HostClock()
    account = Account("served", served.ws, kind, "USDT", "s")
    venue = BybitVenue(account, Signer(served.key, served.secret), Http(served.http), dialler(), clock, lambda _: None)
    one = Desk(venue, await venue.look(["BTCUSDT"]), clock)
    await venue.connect(one.feed)
    try:
        await one.until(events.StreamUp, stream=events.PUBLIC)
        await one.until(events.StreamUp, stream=events.PRIVATE)
        await one.until(events.BookSnapshot)
        yield one
    finally:
        await venue.close()


@pytest.mark.parametrize("kind", ["linear", "spot"])
def test_an_order_lives_and_dies_as_its_words_say(tmp_path, kind):
    small_scenario(tmp_path, 600, profile="reference", market=f"symbols.BTCUSDT.instrument.kind: {kind}")
    with serving(tmp_path / "small.yaml") as served:
        asyncio.run(_played(served, kind))


async def _played(served, kind):
    async with desk(served, kind) as one:
        (instrument,) = one.seen.instruments
        assert instrument.kind == kind
        assert (one.seen.stock is None) == (kind == "linear")
        bid = one.book.bids[0][0]
        quote = create("s-1", price_ticks=bid - 500, size_lots=100)
        (accepted,) = [event for event in await one.ask(quote) if isinstance(event, events.OrderAccepted)]
        assert (accepted.price_ticks, accepted.size_lots) == (bid - 500, 100)
        (amended,) = [
            event
            for event in await one.ask(commands.AmendOrder("s-1", "BTCUSDT", bid - 400, 90, 0, 1))
            if isinstance(event, events.OrderAmended)
        ]
        assert (amended.price_ticks, amended.size_lots) == (bid - 400, 90)
        report = (await one.ask(commands.QueryOrder("s-1", "BTCUSDT", 7)))[-1]
        assert (report.status, report.price_ticks, report.side) == (events.OPEN, bid - 400, BUY)
        assert (await one.ask(commands.CancelOrder("s-1", "BTCUSDT", 2)))[-1].client_id == "s-1"
        await one.until(events.OrderCancelled, client_id="s-1", filled_lots_total=0)
        await _batch(one, bid)
        await _fill(one, instrument)


async def _batch(one, bid):
    """Three at once: one of them would take, one has a name that was used."""
    batch = [create(f"s-{number}", price_ticks=bid - 600 + number, size_lots=50) for number in (2, 3)]
    told = [
        event
        for event in await one.ask(*batch, replace(batch[0], client_id="s-1"))
        if not isinstance(event, events.BudgetSeen)
    ]
    assert [type(event) for event in told] == [events.OrderAccepted, events.OrderAccepted, events.OrderRejected]
    assert told[2].code == events.DUPLICATE_ID
    await one.ask(create("s-4", price_ticks=bid + 5_000, size_lots=50))
    await one.until(events.OrderCancelled, client_id="s-4", code=events.WOULD_CROSS)
    assert sorted((await one.ask(commands.QueryOpenOrders("BTCUSDT", 8)))[-1].client_ids) == ["s-2", "s-3"]
    assert isinstance((await one.ask(commands.CancelAll("BTCUSDT")))[-1], events.CancelAllAnswered)
    await one.until(events.OrderCancelled, client_id="s-3")
    assert (await one.ask(commands.QueryOpenOrders("BTCUSDT", 9)))[-1].client_ids == ()


async def _fill(one, instrument):
    """What is taken is filled, and found again by a read, with the same words."""
    ask_ticks = one.book.asks[0][0]
    taking = replace(create("s-5", price_ticks=ask_ticks + 5_000, size_lots=20), post_only=False, taking=True)
    await one.ask(taking)
    fill = await one.until(events.OrderFilled, client_id="s-5")
    assert (fill.side, fill.liquidity, fill.fee_cash < 0) == (BUY, "taker", True)
    value = fill.price_ticks * fill.size_lots * instrument.cash_per_ticklot
    assert abs(-fill.fee_cash - value * instrument.taker_fee_ppm // 10**6) <= value // 10**6
    report = (await one.ask(commands.QueryFills("BTCUSDT", 0, 10)))[-1]
    assert {each.fill_id: each for each in report.fills}[fill.fill_id] == fill
    back = replace(taking, client_id="s-6", side=SELL, price_ticks=ask_ticks - 5_000)
    await one.ask(back)
    await one.until(events.OrderFilled, client_id="s-6")
    assert one.venue.capability.creates_max == {"linear": 20, "spot": 10}[instrument.kind]
