"""The parts of what was earned sum to the whole, to the last unit of cash, whatever happened."""

import json

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import small_scenario, small_world

from sim import plan
from sim.runs.edge_parts import CALM, KEYS, STAGE, EdgePart, Split, by_key, windows_of
from sim.runs.job import Job
from sim.runs.metrics import earned_in
from sim.runs.parting import WHOLE, compare_parts, figures_by, part_of
from sim.runs.recorded import read_run
from sim.runs.seed import run_seed
from sim.verbs.compare import command
from strategy.context import Share
from strategy.edge import (
    HORIZONS_NS,
    SINCE_DECIDED,
    TAKEN,
    UNEXPLAINED,
    EdgeLedger,
    Figures,
    Traded,
    parts_of_capture,
    slippage_bps,
)
from strategy.exit_codes import ExitCode
from strategy.instrument import MAKER, TAKER, capture_cash, make_instrument
from strategy.units import BPS, BUY, NS_PER_S, SELL, quote_from_cash

INSTRUMENT = make_instrument(
    symbol="X", kind="linear", tick="0.5", lot="0.001", size_min="0.001", size_max="10", notional_min="0",
    maker_fee_bps="-2.5", taker_fee_bps="7.5",
)  # fmt: skip
UNIT = INSTRUMENT.cash_per_ticklot


def fault(name: str, start_s: float, end_s: float, **params: object) -> plan.PlannedFault:
    return plan.PlannedFault(name, "drop", round(start_s * NS_PER_S), round(end_s * NS_PER_S), params)


PLAN = plan.Plan(
    "x", 1, 10**13, None,
    (fault("cut", 2, 5), fault("slow", 4, 7, symbols=["X"]), fault("other", 1, 9, symbols=["Y"]), fault("cut.stays", 5, 6)),
)  # fmt: skip

shares = st.lists(
    st.builds(
        Share,
        st.sampled_from(["spread", "skew", "placement"]),
        st.floats(-9, 9, allow_nan=False),
        st.floats(-9, 9, allow_nan=False),
    ),
    max_size=4,
).map(tuple)
fills = st.builds(
    Traded,
    at_ns=st.just(0),
    side=st.sampled_from([BUY, SELL]),
    price_ticks=st.integers(50, 150),
    size_lots=st.integers(1, 99),
    liquidity=st.sampled_from([MAKER, TAKER]),
    fee_cash=st.integers(-(10**9), 10**9),
    mid2_ticks=st.integers(150, 250),
    decided_mid2_ticks=st.one_of(st.just(0), st.integers(150, 250)),
    shares=shares,
)


@given(fills)
def test_what_stages_made_of_a_capture_sums_to_it(fill):
    parts = parts_of_capture(INSTRUMENT, fill)
    assert all(type(cash) is int for cash in parts.values())
    whole = capture_cash(INSTRUMENT, fill.side, fill.mid2_ticks, fill.price_ticks, fill.size_lots)
    assert whole == sum(parts.values())


def one(price: int, decided2: int, *said: Share, liquidity: str = MAKER, mid2: int = 200) -> dict[str, int]:
    return parts_of_capture(INSTRUMENT, Traded(0, BUY, price, 10, liquidity, 0, mid2, decided2, said))


def test_each_part_of_a_capture_is_what_it_is_called():
    spread, third = Share("spread", -4.0, 4.0), Share("skew", 1 / 3, 1 / 3)
    assert {"spread": 40 * UNIT} == one(96, 200, spread)
    assert {SINCE_DECIDED: -15 * UNIT, "spread": 40 * UNIT} == one(96, 200, spread, mid2=197)
    assert {SINCE_DECIDED: -15 * UNIT, TAKEN: -10 * UNIT} == one(101, 200, spread, mid2=197, liquidity=TAKER)
    assert {UNEXPLAINED: 40 * UNIT} == one(96, 200)
    assert {"spread": 40 * UNIT, UNEXPLAINED: 10 * UNIT} == one(95, 200, spread)
    # Three thirds of a tick are one: what a fraction loses is in the next one, nothing is left over.
    told = one(97, 200, spread, *(Share(f"third{n}", 1 / 3, 1 / 3) for n in range(3)))
    assert (-10 * UNIT, False) == (sum(told.values()) - 40 * UNIT, UNEXPLAINED in told)
    assert ["spread", "skew", UNEXPLAINED] == [*one(97, 200, spread, third)]


def test_a_window_names_the_faults_that_touch_the_symbol():
    window = windows_of(PLAN, "X")
    seen = [window(round(at_s * NS_PER_S)) for at_s in (0, 2, 3.9, 4, 5, 6, 7, 99)]
    assert [CALM, "cut", "cut", "cut+slow", "slow+cut", "slow", CALM, CALM] == seen
    assert [CALM, "other", "cut+other"] == [windows_of(PLAN, "Y")(at_s * NS_PER_S) for at_s in (0, 1, 2)]


words = st.lists(
    st.tuples(
        st.integers(0, 5000),
        st.one_of(fills, st.integers(150, 250), st.tuples(st.integers(-(10**12), 10**12))),
    ),
    max_size=60,
)


@settings(max_examples=60)
@given(words, st.integers(-50, 50))
def test_parts_sum_to_the_whole_whatever_comes_in_whatever_order(told, held):
    ledger = EdgeLedger(INSTRUMENT, lots=held, mid2_ticks=200, cash=-held * 100 * UNIT)
    split, now_ns = Split(ledger, windows_of(PLAN, "X")), 0
    for later_s, word in told:
        now_ns += later_s * NS_PER_S
        if isinstance(word, Traded):
            split.on_fill(msgspec.structs.replace(word, at_ns=now_ns))
        elif isinstance(word, int):
            split.on_mid(now_ns, word)
        else:
            split.on_funding(now_ns, word[0])
    whole = ledger.figures(now_ns)
    sums_to(split.parts(now_ns), whole)
    assert whole.fills == len(split.fills())
    assert whole.capture_cash == sum(one.capture_cash for one in split.fills())


def sums_to(parts: tuple[EdgePart, ...], whole: Figures) -> None:
    for name in ("capture_cash", "fee_cash", "funding_cash", "inventory_cash", "pnl_cash", "traded_cash", "taker_cash"):
        assert getattr(whole, name) == sum(getattr(part, name) for part in parts), name
    for name in ("markout_cash", "marked_cash"):
        summed = tuple(sum(getattr(part, name)[at] for part in parts) for at in range(len(HORIZONS_NS)))
        assert getattr(whole, name) == summed
    assert (whole.fills, whole.takes) == (sum(part.fills for part in parts), sum(part.takes for part in parts))
    for part in parts:
        assert part.capture_cash == sum(part.stages.values())
    summed_stages = {stage: one["capture_cash"] for stage, one in by_key(parts, STAGE).items()}
    assert whole.stage_cash == summed_stages
    for key in KEYS:
        name = "capture_cash" if key == STAGE else "pnl_cash"
        assert getattr(whole, name) == sum(one[name] for one in by_key(parts, key).values())


@given(fills.filter(lambda fill: fill.decided_mid2_ticks))
def test_what_a_part_slipped_is_what_its_fills_slipped(fill):
    split = Split(EdgeLedger(INSTRUMENT), lambda _: CALM)
    split.on_fill(fill)
    (part,) = split.parts(1)
    mid = fill.decided_mid2_ticks / 2
    assert part.slippage_cash == pytest.approx(slippage_bps(fill) / BPS * mid * fill.size_lots * UNIT)
    assert (part.traded_cash, part.fills) == (part.slipped_cash, 1)


FAULTS = "{id: early, at_s: 9, kind: funding_shock, rate_bps: 30}, {id: cut, at_s: 10, for_s: 6, kind: partition, links: [public]}, {id: paid, at_s: 14, kind: funding_shock, rate_bps: 20}"


def test_a_worlds_parts_sum_to_its_figures(tmp_path):
    world = small_world(tmp_path, seconds=30, symbols="[BTCUSDT, ETHUSDT]", faults=FAULTS, calm_s=20)
    world.run()
    earned = earned_in(world)
    assert {"BTCUSDT", "ETHUSDT"} == {part.symbol for part in earned.parts}
    windows = {part.window for part in earned.parts}
    assert {CALM, "early", "early+cut", "early+cut+paid", "early+paid"} >= windows > {CALM}
    figures = {name: stats["value"] for name, stats in earned.metrics.items()}
    pnl = sum(part.pnl_cash for part in earned.parts)
    assert quote_from_cash(pnl) == figures["pnl_usdt"]
    traded = sum(part.traded_cash for part in earned.parts)
    for metric, name in (
        ("capture_bps", "capture_cash"),
        ("fees_bps", "fee_cash"),
        ("funding_bps", "funding_cash"),
        ("inventory_bps", "inventory_cash"),
    ):
        assert figures[metric] == BPS * sum(getattr(part, name) for part in earned.parts) / traded
    identity = (figures[f"{name}_bps"] for name in ("capture", "fees", "funding", "inventory"))
    assert figures["net_bps"] == pytest.approx(sum(identity))
    assert figures["funding_bps"] != 0
    assert figures["fills"] == len(earned.fills) == sum(part.fills for part in earned.parts)
    # What the fills were captured by, and no stage made, is little: quotes that were being moved.
    stages = by_key(earned.parts, STAGE)
    assert abs(stages.get(UNEXPLAINED, {"capture_cash": 0})["capture_cash"]) < abs(
        stages["adaptive_spread"]["capture_cash"]
    )


def test_what_was_paid_in_the_warm_up_counts_nowhere(tmp_path):
    scenario = small_scenario(tmp_path, 20, faults=FAULTS.partition("}")[0] + "}", calm_s=15)
    paid = [run_seed(Job(scenario, 1)).metrics["funding_bps"]["value"]]
    warm = scenario.model_copy(update={"run": scenario.run.model_copy(update={"warmup_s": 10.0})})
    paid.append(run_seed(Job(warm, 1)).metrics["funding_bps"]["value"])
    assert (True, 0) == (paid[0] != 0, paid[1])


def test_every_fill_is_kept_where_it_is_wanted(tmp_path):
    scenario = small_scenario(tmp_path, 20)
    result = run_seed(Job(scenario, 1, with_fills=True))
    lines = [json.loads(line) for line in result.fills.splitlines()]
    assert result.metrics["fills"]["value"] == len(lines) > 0
    assert sum(part.capture_cash for part in result.edge) == sum(line["capture_cash"] for line in lines)
    assert sum(part.fee_cash for part in result.edge) == sum(line["fee_cash"] for line in lines)
    assert all(line["capture_cash"] == sum(line["stages"].values()) for line in lines)
    assert lines == sorted(lines, key=lambda line: line["at_s"])
    assert b"" == run_seed(Job(scenario, 1)).fills


def part(symbol: str, capture: int, **more: object) -> dict[str, object]:
    told = EdgePart(symbol=symbol, window=CALM, hour=0, capture_cash=capture, traded_cash=10**18, stages={"a": capture})
    return {**msgspec.to_builtins(told), **more}


def run_of(folder, gains, name="calm"):
    seeds = [
        {
            "seed": seed,
            "metrics": {},
            "edge": [part("A", gain * 10**15), *([part("B", 10**15, window="cut")] if seed != 2 else [])],
        }
        for seed, gain in enumerate(gains, 1)
    ]
    folder.mkdir()
    scenario = {"name": name, "world": "w", "seeds": seeds}
    (folder / "summary.json").write_text(json.dumps({"schema_version": 1, "scenarios": [scenario]}))
    return folder


def test_parts_are_compared_by_seed_and_sum_to_the_whole(tmp_path):
    runs = [run_of(tmp_path / "a", range(8)), run_of(tmp_path / "b", [gain + 2 for gain in range(8)])]
    for key, names in (("symbol", ["A", "B"]), ("window", [CALM, "cut"]), ("hour", ["0"]), ("stage", ["a"])):
        (effects,) = compare_parts(*map(read_run, runs), key).values()
        assert [*names, WHOLE] == [part_of(effect, "calm", key) for effect in effects]
        assert sum(effect.change for effect in effects[:-1]) == pytest.approx(effects[-1].change)
        assert tuple(range(1, 9)) == effects[-1].seeds
        assert ["better", "equal"][: len(names)] == [effect.verdict for effect in effects[: len(names)]]
    done = CliRunner().invoke(command, [*map(str, runs), "--by", "symbol"])
    assert 0 == done.exit_code, done.output
    rows = [line.split() for line in done.output.splitlines() if line.strip()]
    assert [["A", "better"], ["B", "equal"], ["all", "better"]] == [[row[0], row[-1]] for row in rows[2:]]
    done = CliRunner().invoke(command, [*map(str, runs), "--by", "window", "--format", "json"])
    ((scenario),) = json.loads(done.output)
    assert ("window", [CALM, "cut", WHOLE]) == (scenario["by"], [one["part"] for one in scenario["parts"]])


def test_what_does_not_know_its_parts_cannot_be_compared_by_them(tmp_path):
    runs = [run_of(tmp_path / name, []) for name in "ab"]
    for run in runs:
        (run / "summary.json").write_text(
            '{"schema_version": 1, "scenarios": [{"name": "calm", "world": "w", "seeds": [{"seed": 1, "metrics": {}}]}]}'
        )
    done = CliRunner().invoke(command, [*map(str, runs), "--by", "symbol"])
    assert (ExitCode.BASELINE, True) == (done.exit_code, "run it again" in done.output)
    done = CliRunner().invoke(command, [*map(str, runs), "--by", "symbol", "--metric", "fills"])
    assert ExitCode.USAGE == done.exit_code


def test_a_seed_without_a_trade_has_no_parts_and_no_ratio():
    assert {WHOLE: {1: 0.0}} == figures_by({1: ()}, STAGE)
