"""What is counted of a bot while it quotes, held against what its simulated venue knows to be true."""

import msgspec
import pytest
from measured import measured_world, of, page_of
from quoting import KNOBS
from quoting import calm as a_calm_context

from adapters.families import process_families
from adapters.laps import Laps
from adapters.metrics import OUTSIDE, Metrics, parts_of, watch
from sim.runs.metrics import metrics_of
from strategy import commands, events
from strategy.breakdown import COMPONENTS
from strategy.cycles import Cycle
from strategy.pipeline import BEGUN, TAKEN_IN
from strategy.units import CASH_PER_QUOTE, NS_PER_MS, NS_PER_S

MS = NS_PER_MS
PARTS = ("capture", "fees", "funding", "inventory")


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    world, metrics = measured_world(tmp_path_factory.mktemp("calm"), 40, symbols="[BTCUSDT, ETHUSDT]")
    assert "" == world.run().error
    return world, metrics, page_of(metrics, world.host.now_ns())


def bare(**outside):
    return Metrics(KNOBS, Laps(lambda: 0), lambda: 0, outside)


def symbols_of(world):
    return [one.instrument.symbol for one in world.knobs.symbols]


def test_fills_and_what_they_paid_are_those_of_the_venue_to_the_last_unit(calm):
    world, metrics, page = calm
    fills = [fill.event for fill in world.venue.fills]
    assert len(fills) > 50
    for symbol in symbols_of(world):
        mine = [fill for fill in fills if fill.symbol == symbol]
        figures = metrics.money.figures(world.host.now_ns())[symbol]
        assert len(mine) == sum(
            page["stormquote_fills_total"][key] for key in page["stormquote_fills_total"] if ("symbol", symbol) in key
        )
        assert (sum(fill.fee_cash for fill in mine), len(mine)) == (figures.fee_cash, figures.fills)
        assert world.venue.position_lots(symbol) == metrics.money.purses[symbol].ledger.lots


def test_the_parts_of_the_edge_are_the_pnl(calm):
    world, metrics, page = calm
    for symbol, one in metrics.money.figures(world.host.now_ns()).items():
        assert one.pnl_cash == one.capture_cash + one.fee_cash + one.funding_cash + one.inventory_cash
        assert of(page, "stormquote_pnl_quote", symbol=symbol) == pytest.approx(
            sum(of(page, "stormquote_edge_quote", symbol=symbol, part=part) for part in PARTS)
        )


def test_the_pnl_is_that_of_the_venues_own_books(calm):
    """Flat at the start, so cash and position at the last mid are all that was earned."""
    world, _, page = calm
    for one in world.knobs.symbols:
        instrument = one.instrument
        held = world.venue.account.holdings[instrument.symbol]
        mid = of(page, "stormquote_mid_price", symbol=instrument.symbol)
        value = world.venue.cash(instrument.symbol) / CASH_PER_QUOTE + held.lots * float(instrument.lot) * mid
        assert of(page, "stormquote_pnl_quote", symbol=instrument.symbol) == pytest.approx(value, abs=1e-6)


def test_what_the_bot_sees_of_its_edge_is_near_the_truth(calm):
    """The venue knows the mid just before each match; the bot knows the one it decided on last before it."""
    world, metrics, _ = calm
    truth = metrics_of(world)
    figures = metrics.money.figures(world.host.now_ns()).values()
    traded = sum(one.traded_cash for one in figures)
    capture_bps = 10_000 * sum(one.capture_cash for one in figures) / traded
    assert capture_bps == pytest.approx(truth["capture_bps"]["value"], abs=0.25)


def test_round_trips_cycles_and_quotes_are_those_the_simulation_measures(calm):
    world, _, page = calm
    loop = world.measures.loop
    assert loop.quotes == page["stormquote_quotes_total"][()] > 100
    assert len(loop.round_trips_ms) == page["stormquote_round_trip_ms_count"][()]
    assert len(loop.lengths_ms()) == page["stormquote_cycle_ms_count"][()]
    assert sum(loop.lengths_ms()) == pytest.approx(page["stormquote_cycle_ms_sum"][()])


def test_the_components_are_the_cycle(calm):
    _, _, page = calm
    sums = page["latency_breakdown_ms_sum"]
    assert {(("component", name),) for name in COMPONENTS} == set(sums)
    assert sum(sums.values()) == pytest.approx(page["stormquote_cycle_ms_sum"][()])
    assert sums[("component", "rest"),] > 0.9 * sum(sums.values())


def test_every_command_and_every_word_is_counted(calm):
    world, _, page = calm
    asked = page["stormquote_commands_total"]
    assert world.measures.requests == sum(asked.values()) - of(page, "stormquote_commands_total", command="alert")
    assert of(page, "stormquote_steps_total") == world.driver.steps == sum(page["stormquote_events_total"].values())
    outcomes = page["stormquote_outcomes_total"]
    verdicts = sum(
        value
        for labels, value in outcomes.items()
        if ("outcome", "accepted") in labels or ("outcome", "refused") in labels
    )
    assert verdicts == page["stormquote_round_trip_ms_count"][()]
    assert sum(page["stormquote_outcome_codes_total"].values()) == sum(
        value for labels, value in outcomes.items() if ("outcome", "accepted") not in labels
    )


def test_standing_is_what_the_core_believes(calm):
    world, _, page = calm
    belief = world.core.belief()
    for one, knobs in zip(belief.symbols, world.knobs.symbols, strict=True):
        assert of(page, "stormquote_position_worst_pct", symbol=one.symbol) == pytest.approx(
            100 * one.worst_lots / knobs.position_lots_max
        )
        assert of(page, "stormquote_book_ok", symbol=one.symbol) == one.book_ok
        quoted = [
            order for order in belief.orders if order.symbol == one.symbol and order.state in ("WORKING", "AMENDING")
        ]
        sides = [of(page, "stormquote_quoting", symbol=one.symbol, side=side) for side in ("bid", "ask")]
        assert len(quoted) == sum(sides)
    assert of(page, "stormquote_exposure_account_quote", kind="gross") == pytest.approx(
        sum(page["stormquote_exposure_worst_quote"].values())
    )
    assert (
        0
        < of(page, "stormquote_exposure_account_quote", kind="gross")
        < of(page, "stormquote_exposure_limit_quote", kind="gross")
    )


def test_a_storm_shows_in_doubts_outcomes_streams_and_the_guard(tmp_path):
    """A partition: silence, reasons with value and threshold, streams lost; then all of it over."""
    world, metrics = measured_world(
        tmp_path,
        60,
        faults="{kind: partition, id: cut, at_s: 20, for_s: 12, links: [rest_up, rest_down, public, private]}",
    )
    pages = []
    for at_s in (25, 31, 59):
        world.kernel.at(at_s * NS_PER_S, lambda: pages.append(page_of(metrics, world.host.now_ns())))
    assert "" == world.run().error
    early, late, after = pages
    assert [0.0, 0.0] == [sum(page["stormquote_quoting"].values()) for page in (early, late)]
    assert 2 == sum(after["stormquote_quoting"].values())
    assert (
        2
        == of(late, "stormquote_guard_level", symbol="BTCUSDT")
        > of(after, "stormquote_guard_level", symbol="BTCUSDT")
    )
    reason = {"symbol": "BTCUSDT", "reason": "feed_silence"}
    value, threshold = (of(late, f"stormquote_guard_reason_{name}", **reason) for name in ("value", "threshold"))
    assert value > threshold == of(late, "stormquote_guard_threshold", trigger="feed_silence", edge="hard_enter")
    assert tuple(sorted(reason.items())) not in after.get("stormquote_guard_reason_value", {})
    assert (
        of(late, "stormquote_book_age_seconds", symbol="BTCUSDT")
        > 10
        > 1
        > of(after, "stormquote_book_age_seconds", symbol="BTCUSDT")
    )
    assert (
        of(late, "stormquote_doubts") > 0 == of(after, "stormquote_doubts") == of(after, "stormquote_doubt_age_seconds")
    )
    assert of(late, "stormquote_doubt_age_seconds") == pytest.approx(6.0)
    silent = [
        value for labels, value in after["stormquote_outcomes_total"].items() if ("outcome", "unanswered") in labels
    ]
    assert sum(silent) > 0
    (not_quoting,) = late["stormquote_not_quoting"]
    assert ("symbol", "BTCUSDT") in not_quoting
    assert "stormquote_not_quoting" not in after


def test_a_fill_that_is_heard_three_times_is_one(tmp_path):
    world, metrics = measured_world(tmp_path, 20)
    assert "" == world.run().error
    fill = world.venue.fills[-1].event
    before = dict(metrics.fills), metrics.money.figures(metrics.now_ns)
    metrics.delivered(metrics.now_ns, fill)
    metrics.delivered(metrics.now_ns, events.FillsReport(fill.symbol, 0, (fill,), fill.venue_ns))
    metrics.stepped(metrics.now_ns, (), fill)
    assert before == (metrics.fills, metrics.money.figures(metrics.now_ns))


def test_what_was_held_before_the_first_decision_is_neither_gain_nor_loss(tmp_path):
    """A process that dies and comes back: its successor's money starts from the mid, with what it found."""
    world, metrics = measured_world(tmp_path, 60, faults="{kind: crash, id: dies, at_s: 30, restart_after_s: 3}")
    heir = Metrics(world.knobs, metrics._laps, metrics._arrived_ns)
    start, held = world.driver.start, []

    def started(core):
        if world.driver.boots:
            heir.begin(core)
            held.append(world.venue.position_lots("BTCUSDT"))
            world.driver.watchers = (*world.driver.watchers, heir)
        start(core)

    world.driver.start = started
    assert "" == world.run().error
    figures = heir.money.figures(world.host.now_ns())["BTCUSDT"]
    assert figures.pnl_cash == figures.capture_cash + figures.fee_cash + figures.funding_cash + figures.inventory_cash
    assert world.venue.position_lots("BTCUSDT") == heir.money.purses["BTCUSDT"].ledger.lots
    assert held != [0], "a position was to be found"
    assert 0 < figures.fills < len(world.venue.fills)
    # A ledger that took what it found for a gain would show the whole position as one.
    assert abs(figures.pnl_cash) < figures.traded_cash // 100


def test_a_cycles_parts_are_decode_laps_journal_and_rest():
    cycle = Cycle(7, started_ns=10 * MS, ended_ns=100 * MS, left_ns=21 * MS, quoted_ns=30 * MS)
    parts = parts_of(cycle, 15 * MS, {"decode": 2 * MS, "guards": MS, "place": 3 * MS})
    assert {"decode": 7 * MS, "guards": MS, "place": 3 * MS, "journal": 9 * MS, "rest": 70 * MS} == parts
    assert cycle.ended_ns - cycle.started_ns == sum(parts.values())


def test_a_cycle_of_which_nothing_left_waited_for_nobody():
    cycle = Cycle(7, started_ns=10 * MS, ended_ns=40 * MS)
    assert {"decode": 0, "journal": 30 * MS, "rest": 0} == parts_of(cycle, 10 * MS, {})


def test_the_stopwatch_gives_each_step_its_own_record():
    times = iter((10, 13, 20, 21))
    laps = Laps(lambda: next(times))
    laps(BEGUN)
    laps(TAKEN_IN)
    first = laps.spans_ns
    laps(BEGUN)
    laps(TAKEN_IN)
    assert ({"decode": 3}, {"decode": 1}) == (first, laps.spans_ns)


def test_budgets_bans_and_the_clock_are_what_the_venue_said():
    metrics = bare()
    at_ns = 5 * NS_PER_S
    metrics.delivered(at_ns, events.BudgetSeen("orders", 7, 0))
    metrics.delivered(at_ns, events.BudgetSeen("account", 0, at_ns + 90 * NS_PER_S))
    metrics.delivered(at_ns, events.BudgetSeen("of another kind", 3, 0))
    page = page_of(metrics, at_ns + 30 * NS_PER_S)
    assert (7, 60) == (of(page, "stormquote_budget_left", bucket="orders"), of(page, "stormquote_ban_seconds_left"))
    assert {(("bucket", "orders"),), (("bucket", "account"),)} == set(page["stormquote_budget_left"])


def test_codes_of_a_venue_that_invents_them_end_as_other():
    metrics = bare()
    for number in range(500):
        metrics.delivered(1, events.Unanswered(events.CREATE, f"s-{number}", "BTCUSDT", f"code {number}"))
    metrics.delivered(1, events.NotSent("of another kind", "", "", "why"))
    assert len(metrics.codes) < 70
    assert (
        500
        == metrics.outcomes[events.CREATE, "unanswered"]
        == sum(count for (request, _), count in metrics.codes.items() if request == events.CREATE)
    )
    assert 1 == metrics.outcomes["other", "not_sent"]


def test_nothing_it_keeps_grows_with_time():
    """Thousands of creates that nobody ever answers, each in a cycle of its own."""
    metrics = bare()
    for number in range(10_240):
        command = commands.CreateOrder(f"s-{number}", "BTCUSDT", "bid0", 1, 1, 1, True, False, False, 0, number + 1)
        metrics.sent(number, command)
        metrics.left(number, command)
        fill = events.OrderFilled(f"t-{number}", "BTCUSDT", 1, f"f-{number}", 1, 1, 1, "maker", 0, 0)
        metrics.delivered(number, fill)
        metrics.stepped(number, (command,), events.Woke())
    kept = (len(metrics._loop.cycles), len(metrics._loop._items), len(metrics._spans), len(metrics.money._fill_ids))
    assert (1024, 1024, 1024, 4096) == kept
    assert 10_240 == metrics.fills["BTCUSDT", "maker"]


def test_who_listened_to_a_driver_before_still_does():
    """As a driver's own parts do: its journal, its oracle."""
    heard = []

    class Driver:
        watchers = ("somebody",)
        committed = None

        @staticmethod
        def leaving(now_ns, command):
            heard.append((now_ns, command))

    driver, metrics = Driver(), bare()
    watch(metrics, driver)
    command = commands.CreateOrder("s-1", "BTCUSDT", "bid0", 1, 1, 1, True, False, False, 0, 1)
    metrics.sent(1 * MS, command)
    driver.leaving(3 * MS, command)
    driver.committed(2 * MS, 1)
    metrics.delivered(9 * MS, events.OrderAccepted("s-1", "v", 1, 1, 1))
    metrics.stepped(9 * MS, (), events.Woke())
    assert [(3 * MS, command)] == heard
    assert ("somebody", metrics) == driver.watchers
    assert (1, 2 * MS) == (metrics.commit_ms.count, metrics.commit_ms.sum_ns)
    # From 1, when it was asked for, to 3, when it left, to 9, when it was answered.
    assert (1, 8 * MS) == (metrics.round_trip_ms.count, metrics.round_trip_ms.sum_ns)
    assert 6 * MS == metrics.breakdown.histograms["rest"].sum_ns


def test_a_stream_is_lost_once_however_often_it_is_said():
    metrics = bare()
    for event in (events.StreamDown("public"), events.StreamUp("public"), *[events.StreamDown("public")] * 3):
        metrics.delivered(1, event)
    metrics.delivered(1, events.StreamUp("of another kind"))
    assert ({"public": 1, "private": 0}, {"public": False, "private": False}) == (
        metrics.stream_losses,
        metrics.streams,
    )


def test_the_book_of_a_symbol_that_is_not_ours_proves_nothing():
    metrics = bare()
    metrics.delivered(7, events.BookHeartbeat("DOGEUSDT", 1, 1))
    metrics.delivered(7, events.OrderFilled("t-1", "DOGEUSDT", 1, "f-1", 1, 1, 1, "maker", 0, 0))
    assert ({"BTCUSDT": 0}, 0) == (metrics.proof_ns, sum(metrics.fills.values()))
    metrics.delivered(8, events.BookHeartbeat("BTCUSDT", 1, 1))
    assert {"BTCUSDT": 8} == metrics.proof_ns


def test_a_decision_without_a_mid_moves_no_ledger():
    metrics = bare()
    contexts = iter([a_calm_context(now_ns=1, mid2_ticks=0), a_calm_context(now_ns=1)])

    class Core:
        wanted_ns = 0

        def last_context(self, symbol):
            return next(contexts)

    metrics.begin(Core())
    command = commands.AmendOrder("s-1", "BTCUSDT", 1, 1, 1, 1)
    metrics.stepped(1, (command,), events.Woke())
    assert (False, {}) == (metrics.money.purses["BTCUSDT"].is_open, metrics.money._chosen)
    metrics.stepped(1, (command,), events.Woke())
    assert (True, ["s-1"]) == (metrics.money.purses["BTCUSDT"].is_open, list(metrics.money._chosen))


def test_the_host_tells_of_the_process_itself():
    names = {family.name for family in process_families()}
    assert {"process_resident_memory_bytes", "process_cpu_seconds", "process_open_fds"} <= names


def test_what_only_others_know_is_shown_by_its_name_and_no_other_name_is_taken():
    page = page_of(bare(**{name: lambda: 3.0 for name in OUTSIDE}), 0)
    assert {f"stormquote_{name}" for name in OUTSIDE} <= set(page)
    with pytest.raises(ValueError, match="no such metric: moon_phase"):
        bare(moon_phase=lambda: 0.5)


def test_a_file_that_is_gone_takes_no_other_figure_with_it():
    def gone():
        raise FileNotFoundError

    page = page_of(bare(journal_bytes=gone, restarts=lambda: 2.0), 0)
    assert "stormquote_journal_bytes" not in page
    assert 2 == of(page, "stormquote_restarts")


def test_without_a_core_nothing_is_claimed():
    page = page_of(bare(), NS_PER_S)
    assert "stormquote_quoting" not in page
    assert float("inf") == of(page, "stormquote_clock_uncertainty_ms")
    assert msgspec.UNSET is not page["stormquote_loss_budget_used_pct"]
