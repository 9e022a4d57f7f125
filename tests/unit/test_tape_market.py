"""A recorded market with our orders in it: queues by the named model, and nothing at a mere touch."""

import pytest
from small_tape import write_window
from wire_data import wire_file

from sim.clocks import Clock
from sim.market.tape.pit import TapeMarket, open_tape
from sim.market.tape.queue_model import PROB_POWER, PROB_UNIFORM, RISK_AVERSE, QueueModel
from sim.market.tape.records import TapeDelta, TapeSnapshot, TapeTrade
from sim.venue.engine import Rules, Venue
from strategy import commands, events
from strategy.errors import OperatorError
from strategy.instrument import make_instrument
from strategy.units import BUY, CASH_PER_QUOTE, NS_PER_MS, SELL

MS = NS_PER_MS
INSTRUMENT = make_instrument(
    symbol="X", kind="linear", tick="0.1", lot="0.001", size_min="0.001", size_max="1000", notional_min="0",
    maker_fee_bps="-2.5", taker_fee_bps="7.5",
)  # fmt: skip


def snapshot(bids=((100, 50), (99, 70)), asks=((101, 40), (102, 60))) -> TapeSnapshot:
    return TapeSnapshot(0, 0, "f", 1, 1, bids, asks)


def delta(number, bids=(), asks=()) -> TapeDelta:
    return TapeDelta(0, 0, "f", number, number, number, number - 1, bids, asks)


def trade(price, lots, side, number=1) -> TapeTrade:
    return TapeTrade(0, 0, "f", number, number, price, lots, side)


class Played:
    """A venue on a tape of a few records, a millisecond apart."""

    def __init__(self, *records, model=PROB_POWER, start=None) -> None:
        rules = Rules(
            start_cash=1000 * CASH_PER_QUOTE, maintenance_ppm=5000, orders_per_s=1000, burst=1000, reads_per_s=1000,
            window_ns=5000 * MS,
        )  # fmt: skip
        self.venue = Venue([INSTRUMENT], rules, Clock())
        items = tuple((number * MS, record) for number, record in enumerate((start or snapshot(), *records)))
        self.market = TapeMarket("X", items, self.venue.traded, self.venue.made, model)
        self.venue.open_market(self.market)
        self.told: list[events.Event] = []
        self.venue.private = self.told.append

    def create(self, side=BUY, price=100, lots=10, **kinds):
        fields = {"post_only": True, "reduce_only": False, "taking": False} | kinds
        name = f"s-{len(self.venue.orders) + 1}"
        command = commands.CreateOrder(
            client_id=name,
            symbol="X",
            slot="bid0",
            side=side,
            price_ticks=price,
            size_lots=lots,
            send_by_ns=0,
            cycle_id=0,
            **fields,
        )
        return self.venue.handle(command, 0, 0)

    def play(self, until_ms: int = 100) -> list[tuple[int, int]]:
        while self.market.advance(until_ms * MS) < until_ms * MS:
            pass
        return [(fill.event.size_lots, fill.event.price_ticks) for fill in self.venue.fills]


def test_trades_at_our_price_first_eat_what_stood_before_us():
    played = Played(trade(100, 30, SELL, 1), trade(100, 25, SELL, 2), trade(100, 2, SELL, 3))
    played.create(lots=10)
    assert [(5, 100), (2, 100)] == played.play()
    fills = [one for one in played.told if isinstance(one, events.OrderFilled)]
    assert ["maker", "maker"] == [fill.liquidity for fill in fills]
    assert 201 == played.venue.fills[0].mid2_ticks


def test_a_touch_is_no_fill():
    """The other side comes to stand at our price, trades happen elsewhere: nothing fills."""
    played = Played(delta(2, asks=((101, 0),)), delta(3, bids=((100, 0),)), trade(101, 500, BUY))
    played.create(lots=10)
    assert [] == played.play()


def test_a_print_through_our_price_fills_us():
    played = Played(trade(99, 6, SELL))
    played.create(lots=10)
    assert [(6, 100)] == played.play()


def test_the_other_side_standing_through_our_price_fills_us():
    played = Played(delta(2, bids=((100, 0), (99, 0)), asks=((98, 4),)))
    played.create(lots=10)
    assert [(4, 100)] == played.play()


def test_the_loop_stops_right_after_a_fill_of_ours():
    played = Played(trade(99, 3, SELL, 1), trade(99, 3, SELL, 2))
    played.create(lots=10)
    assert (1 * MS, True) == (played.market.advance(50 * MS), played.market.touched)
    assert (2 * MS, 50 * MS) == (played.market.advance(50 * MS), played.market.advance(50 * MS))


def test_what_is_shown_is_the_tape_with_our_lots_on_top():
    played = Played(delta(2, bids=((100, 20),)))
    played.create(lots=10)
    bids, asks = played.market.levels()
    assert ([(100, 60), (99, 70)], [(101, 40), (102, 60)]) == (bids, asks)
    assert ([(100, 60)], []) == played.market.changed_levels()
    played.play()
    assert ([(100, 30)], []) == played.market.changed_levels()
    played.venue.handle(commands.CancelOrder("s-1", "X", 0), 0, 0)
    assert ([(100, 20)], []) == played.market.changed_levels()


def test_a_take_consumes_the_recorded_levels_once():
    played = Played(delta(2, asks=((101, 40),)))
    answer = played.create(BUY, 102, 50, post_only=False, taking=True)
    assert isinstance(answer, events.OrderAccepted)
    assert [(40, 101), (10, 102)] == [(one.event.size_lots, one.event.price_ticks) for one in played.venue.fills]
    played.create(BUY, 101, 5, post_only=False, taking=True)
    assert 50 == played.venue.position_lots("X"), "what we took is gone until the tape tells the level anew"
    played.play()
    played.create(BUY, 101, 5, post_only=False, taking=True)
    assert 55 == played.venue.position_lots("X")
    played.create(SELL, 99, 60, post_only=False, taking=True)
    assert -5 == played.venue.position_lots("X")


def test_what_we_took_is_shown_as_gone_and_is_no_best_price_any_more():
    played = Played(delta(2, asks=((101, 40),)))
    played.create(BUY, 101, 25, post_only=False, taking=True)
    assert ([], [(101, 15)]) == played.market.changed_levels()
    assert [(101, 15), (102, 60)] == played.market.levels()[1]
    played.create(BUY, 101, 15, post_only=False, taking=True)
    assert (102, 102 + 100) == (played.market.book.best_ask_ticks, played.market.book.mid2_ticks)
    assert 60 == played.market.fillable_lots(BUY, 105)
    assert isinstance(played.create(BUY, 101, 5), events.OrderAccepted), "nothing is left at that price to take"
    assert ([(101, 5)], [(101, 0)]) == played.market.changed_levels()
    played.play()
    assert 101 == played.market.book.best_ask_ticks, "the tape told it anew"


def test_what_we_took_never_fills_an_order_of_ours_that_rests_through_it():
    played = Played(delta(2, bids=((99, 71),)), delta(3, asks=((101, 3),)))
    played.create(BUY, 102, 100, post_only=False, taking=True)
    played.create(BUY, 102, 10)
    taken = [(40, 101), (60, 102)]
    played.market.advance(MS)
    assert taken == [(one.event.size_lots, one.event.price_ticks) for one in played.venue.fills]
    assert [*taken, (3, 102)] == played.play(), "only what the tape tells anew meets us"


def test_a_take_beyond_what_the_tape_shows_is_filled_in_part_and_its_rest_is_gone():
    played = Played()
    assert 100 == played.market.fillable_lots(BUY, 999)
    played.create(BUY, 102, 150, post_only=False, taking=True)
    assert [(40, 101), (60, 102)] == [(one.event.size_lots, one.event.price_ticks) for one in played.venue.fills]
    assert 0 == played.market.fillable_lots(BUY, 999)
    assert 0 == played.market.book.best_ask_ticks
    assert 201 == played.market.book.last_mid2_ticks


def test_shrinking_keeps_the_place_and_moving_goes_to_the_back():
    played = Played(trade(100, 52, SELL))
    played.create(lots=10)
    played.venue.handle(commands.AmendOrder("s-1", "X", 100, 5, 0, 0), 0, 0)
    assert [(2, 100)] == played.play()
    played = Played(trade(100, 52, SELL))
    played.create(lots=5)
    played.venue.handle(commands.AmendOrder("s-1", "X", 100, 10, 0, 0), 0, 0)
    assert (50, [(2, 100)]) == (played.market.ours["s-1"].queued.ahead_lots, played.play())


def test_two_orders_of_ours_share_one_print():
    played = Played(trade(99, 12, SELL))
    played.create(lots=10)
    played.create(lots=10)
    assert 12 == sum(lots for lots, _ in played.play())


def test_a_tape_that_is_over_stands_still():
    played = Played()
    assert (2**62, 10**15, "prob_power") == (
        played.market.next_ns,
        played.market.advance(10**15),
        played.market.model.name,
    )


def scenario(repository, name="btcusdt_2023", **run):
    from sim.scenario.load import load_scenarios

    (ready,) = load_scenarios([repository / "scenarios" / "tape" / f"{name}.yaml"])
    return ready.model_copy(update={"run": ready.run.model_copy(update=run)})


@pytest.mark.parametrize(("model", "ahead"), [(PROB_POWER, 21), (PROB_UNIFORM, 25), (RISK_AVERSE, 30)])
def test_cancels_move_us_up_by_the_model_of_the_market(model, ahead):
    played = Played(delta(2, bids=((100, 60),)), delta(3, bids=((100, 30),)), model=model)
    played.create(lots=10)
    played.play()
    assert ahead == played.market.ours["s-1"].queued.ahead_lots


def test_a_scenario_names_the_model_of_its_market(repository, tmp_path):
    write_window(tmp_path / "tape")
    for queue, expected in (
        ({}, PROB_POWER),
        ({"queue": "risk_averse"}, RISK_AVERSE),
        ({"queue_exponent": 2}, QueueModel(PROB_POWER.name, PROB_POWER.meaning, 2)),
    ):
        ready = scenario(repository, duration_s=1)
        tape = ready.market.tape.model_copy(update={"folder": "tape"} | queue)
        ready = ready.model_copy(update={"market": ready.market.model_copy(update={"tape": tape})})
        opened = open_tape(ready, str(tmp_path))(INSTRUMENT, Played().venue)
        assert expected == opened.model


def test_an_exact_place_needs_a_tape_of_orders(repository, tmp_path):
    write_window(tmp_path / "tape")
    ready = scenario(repository, duration_s=1)
    tape = ready.market.tape.model_copy(update={"folder": "tape", "queue": "exact"})
    ready = ready.model_copy(update={"market": ready.market.model_copy(update={"tape": tape})})
    with pytest.raises(OperatorError, match=r"SQ-S111.*this one is L2"):
        open_tape(ready, str(tmp_path))


def test_our_bot_runs_on_a_market_of_orders_and_fills_by_its_exact_place(repository, recorded_data):
    from sim.plan import expand
    from sim.world import World
    from strategy.core import Core

    ready = scenario(repository, "btcusd_l3_2015", duration_s=60)
    world = World(ready, expand(ready, 1), Core, open_tape(ready, recorded_data))
    assert "" == world.run().error
    assert [] == world.oracle.breaches
    market = world.markets[0]
    assert ("exact", True) == (market.model.name, market.events > 100)
    for held in market.ours.values():
        assert 0 <= held.queued.ahead_lots


def test_without_data_it_says_why_it_is_skipped(repository, tmp_path):
    assert "set --data" in open_tape(scenario(repository), "")
    assert "under the data folder" in open_tape(scenario(repository), str(tmp_path))


def test_a_run_longer_than_its_tape_is_refused(repository, recorded_data):
    with pytest.raises(OperatorError, match="SQ-S110"):
        open_tape(scenario(repository, duration_s=3600), recorded_data)


def test_our_bot_runs_on_the_venues_own_recorded_streams(repository):
    from sim.plan import expand
    from sim.world import World
    from strategy.core import Core

    data = wire_file("cryptofeed/BYBIT.v3.jsonl").parent.parent
    ready = scenario(repository, "btcusdt_bybit_2026")
    world = World(ready, expand(ready, 1), Core, open_tape(ready, str(data)))
    assert "" == world.run().error
    assert [] == world.oracle.breaches
    assert 460 < world.markets[0].events


@pytest.mark.parametrize("name", ["btcusdt_2023", "btcusdt_2024"])
def test_our_bot_runs_on_the_recorded_market_and_the_book_it_sees_is_the_tapes(repository, recorded_data, name):
    from sim.plan import expand
    from sim.world import World
    from strategy.core import Core

    ready = scenario(repository, name, duration_s=60)
    world = World(ready, expand(ready, 1), Core, open_tape(ready, recorded_data))
    assert "" == world.run().error
    assert [] == world.oracle.breaches
    market = world.markets[0]
    assert market.events > 1000
    assert world.venue.fills
    assert 0 < market.book.best_ask_ticks - market.book.best_bid_ticks < 20
