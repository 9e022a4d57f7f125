"""The strategy config: its file, its relations, and its way to the core's knobs."""

import math
from pathlib import Path

import pytest

from strategy.config import Config, read_config, spread_of, symbols_lacking, with_overrides
from strategy.config_guard import Guard
from strategy.config_knobs import knobs, misfits
from strategy.errors import OperatorError, render_all
from strategy.instrument import Instrument, make_instrument
from strategy.units import CASH_PER_QUOTE, NS_PER_MS, NS_PER_S

DEFAULT = Path(__file__).parents[2] / "scenarios" / "configs" / "default.yaml"
SMALL = 'schema_version: 2\nname: small\nsymbols:\n  BTCUSDT: {quote_size: "0.010", position_max: "0.1"}\n'


def instrument(
    symbol: str = "BTCUSDT", lot: str = "0.001", size_min: str = "0.001", size_max: str = "10"
) -> Instrument:
    return make_instrument(
        symbol=symbol,
        kind="linear",
        tick="0.1",
        lot=lot,
        size_min=size_min,
        size_max=size_max,
        notional_min="5",
        maker_fee_bps="-2.5",
        taker_fee_bps="7.5",
    )


def config(extra: str = "") -> Config:
    reading = read_config(SMALL + extra, "c.yaml")
    assert reading.problems == ()
    assert reading.value is not None
    return reading.value


def told(text: str) -> str:
    return render_all(read_config(text, "c.yaml").problems)


def test_the_committed_default_is_right_and_writes_out_the_programs_own_defaults() -> None:
    reading = read_config(DEFAULT.read_text(encoding="utf-8"), "default.yaml")
    assert reading.problems == ()
    assert reading.value is not None
    bare = Config(
        schema_version=2,
        name="default",
        description=reading.value.description,
        symbols=reading.value.symbols,
    )
    assert reading.value == bare


def test_the_committed_default_leaves_nothing_out() -> None:
    tree = read_config(DEFAULT.read_text(encoding="utf-8"), "default.yaml").tree
    assert tree is not None
    assert list(tree.entries or {}) == list(Config.model_fields)
    for group in ("account", "loop", "guard", "spread", "skew", "queue", "placement", "orders", "signals", "feed"):
        model = type(getattr(config(), group))
        assert list((tree.entries or {})[group].entries or {}) == list(model.model_fields)


def test_crossed_thresholds_are_told_each_at_its_own_value() -> None:
    assert told(SMALL + "guard:\n  round_trip_ms: {soft_enter: 5, soft_exit: 5, hard_enter: 4, hard_exit: 6}\n") == (
        "c.yaml:6:31: error[SQ-C011]: guard.round_trip_ms.soft_enter: "
        "crossed thresholds: soft_enter (5) must not be above hard_enter (4)\n"
        "     6 |   round_trip_ms: {soft_enter: 5, soft_exit: 5, hard_enter: 4, hard_exit: 6}\n"
        "       |                               ^\n"
        "c.yaml:6:45: error[SQ-C011]: guard.round_trip_ms.soft_exit: "
        "crossed thresholds: soft_exit (5) must be below soft_enter (5)\n"
        "     6 |   round_trip_ms: {soft_enter: 5, soft_exit: 5, hard_enter: 4, hard_exit: 6}\n"
        "       |                                             ^\n"
        "c.yaml:6:74: error[SQ-C011]: guard.round_trip_ms.hard_exit: "
        "crossed thresholds: hard_exit (6) must be below hard_enter (4)\n"
        "     6 |   round_trip_ms: {soft_enter: 5, soft_exit: 5, hard_enter: 4, hard_exit: 6}\n"
        "       |                                                                          ^"
    )


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (
            "guard: {loss_pct: {soft_enter: 5, soft_exit: 6, hard_enter: 4}}",
            "crossed thresholds: soft_exit (6) must be below soft_enter (5)",
        ),
        (
            "guard: {drawdown_pct: {soft_enter: 5, soft_exit: 4, hard_enter: 4}}",
            "crossed thresholds: soft_enter (5) must not be above hard_enter (4)",
        ),
        ("spread: {width_bps_min: 3}", "width_bps_min (3) must be below width_bps_max (2.5)"),
        ("spread: {width_bps_max: 9}", "width_bps_max (9) must be at most width_bps_ceiling (8)"),
        ("spread: {thinness_ratio: {low: 1, high: 1, weight_bps: 0}}", "low (1) must be below high (1)"),
        ("orders: {margin_ms: 10}", "margin_ms (10) must be at least read_lag_ms_max (3000)"),
        ("orders: {send_within_ms: 700}", "send_within_ms (700) must be at most ack_wait_ms_max (600)"),
        ("feed: {age_ms_max: 500}", "expected_interval_ms (500) must be below age_ms_max (500)"),
        ('account: {net_notional_max: "100001"}', "net_notional_max (100001) must be at most gross_notional_max"),
    ],
)
def test_values_that_contradict_each_other(extra: str, words: str) -> None:
    problems = read_config(SMALL + extra, "c.yaml").problems
    assert "SQ-C011" in {each.code for each in problems}
    assert any(words in each.message for each in problems)


def test_a_weight_below_zero_is_refused() -> None:
    assert "Input should be greater than or equal to 0 (got -1)" in told(
        SMALL + "spread: {round_trip_ms: {low: 1, high: 2, weight_bps: -1}}"
    )


def test_a_quote_larger_than_the_limit_is_told() -> None:
    assert "quote_size (0.2) must be at most position_max (0.1)" in told(SMALL.replace('"0.010"', '"0.2"'))


def test_a_symbols_own_spread_is_checked_together_with_the_common_one() -> None:
    text = SMALL.replace('"0.1"}', '"0.1", spread: {width_bps_min: 2.5}}')
    assert told(text) == (
        "c.yaml:4:79: error[SQ-C011]: symbols.BTCUSDT.spread.width_bps_min: "
        "width_bps_min (2.5) must be below width_bps_max (2.5)\n"
        '     4 |   BTCUSDT: {quote_size: "0.010", position_max: "0.1", spread: {width_bps_min: 2.5}}\n'
        f"       | {'':78}^"
    )
    # The override is innocent when the common values contradict each other already.
    blamed = told(SMALL.replace('"0.1"}', '"0.1", spread: {base_bps: 2}}') + "spread: {width_bps_min: 3}")
    assert "spread.width_bps_min: width_bps_min (3) must be below width_bps_max (2.5)" in blamed


def test_a_symbols_own_spread_wins() -> None:
    mine = read_config(SMALL.replace('"0.1"}', '"0.1", spread: {base_bps: 2}}'), "c").value
    assert mine is not None
    assert spread_of(mine, "BTCUSDT").base_bps == 2
    assert spread_of(config(), "BTCUSDT").base_bps == config().spread.base_bps


def test_knobs_are_whole_numbers_in_the_cores_units() -> None:
    made = knobs(
        config("placement: {unwind_after_s: 2.5}\naccount: {loss_budget: '0.000000000000001'}"), [instrument()]
    )
    assert [(each.instrument.symbol, each.quote_lots, each.position_lots_max) for each in made.symbols] == [
        ("BTCUSDT", 10, 100)
    ]
    assert made.decide_every_ns == 100 * NS_PER_MS
    assert made.placement.unwind_after_ns == 5 * NS_PER_S // 2
    assert made.account.loss_budget_cash == 1
    assert made.account.gross_cash_max == 100_000 * CASH_PER_QUOTE
    assert made.guard.round_trip.hard_enter == Guard().round_trip_ms.hard_enter
    assert (made.model, made.symmetric_width_bps, made.queue.cancel_power) == ("pipeline", 0.0, 1.0)


def test_a_latched_level_never_ends_by_itself() -> None:
    assert knobs(config(), [instrument()]).guard.loss.hard_exit == -math.inf


def test_knobs_of_the_control_and_of_the_power_model() -> None:
    extra = (
        "model: symmetric\nsymmetric: {quote_at: width, width_bps: 3}\nqueue: {cancels: {model: prob_power, power: 2}}"
    )
    made = knobs(config(extra), [instrument()])
    assert (made.model, made.symmetric_width_bps, made.queue.cancel_power) == ("symmetric", 3.0, 2.0)


@pytest.mark.parametrize(
    ("traded", "words"),
    [
        (instrument("ETHUSDT"), "symbols: no sizes for ETHUSDT; there are some for BTCUSDT"),
        (
            instrument(lot="0.02", size_min="0.02"),
            "symbols.BTCUSDT.quote_size: quote_size 0.010 is not a multiple of the lot 0.02",
        ),
        (
            instrument(size_min="0.02"),
            "symbols.BTCUSDT.quote_size: quote_size 0.010 is below the venue's least size 0.020",
        ),
        (
            instrument(size_max="0.005"),
            "symbols.BTCUSDT.quote_size: quote_size 0.010 is above the venue's greatest size 0.005",
        ),
    ],
)
def test_a_config_that_does_not_fit_its_instrument_is_refused(traded: Instrument, words: str) -> None:
    assert [(each.code, each.message) for each in misfits(config(), [traded])] == [("SQ-C030", words)]
    with pytest.raises(OperatorError) as caught:
        knobs(config(), [traded])
    assert str(caught.value) == f"small: error[SQ-C030]: {words}"


def test_overrides_change_a_copy() -> None:
    plain = {"a": {"b": 1, "c": 2}, "d": 3}
    assert with_overrides(plain, {"a.b": 9, "x.y": 1, "d.e": 2}) == {
        "a": {"b": 9, "c": 2},
        "d": {"e": 2},
        "x": {"y": 1},
    }
    assert plain == {"a": {"b": 1, "c": 2}, "d": 3}


def test_symbols_without_sizes_are_named() -> None:
    assert symbols_lacking(config(), ("ETHUSDT", "BTCUSDT")) == ("ETHUSDT",)
