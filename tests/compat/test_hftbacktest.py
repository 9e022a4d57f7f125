"""hftbacktest 2.4.4 on the same records with the same orders: where it fills otherwise, a rule says why."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from compat.crosscheck import comparison, theirs
from compat.crosscheck.orders import Fill
from compat.crosscheck.rules import RULES, Twin
from compat.crosscheck.rules_l3 import RULES_L3

from sim.market.tape.queue_model import EXACT, PROB_POWER, PROB_UNIFORM

_WINDOWS = {"binance_usdm_btcusdt_20230404-05": 60, "binance_usdm_btcusdt_20240718-19": 40}
_L3_WINDOW, _L3_END_S = "bitstamp_l3_btcusd_20150501", 3600


@pytest.fixture(scope="module", autouse=True)
def _there_is_one() -> None:
    reason = theirs.why_not()
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="module")
def found(recorded_data: str, tmp_path_factory: pytest.TempPathFactory, is_deep: bool) -> list[comparison.Compared]:
    """Compare a minute of each window, or the whole of both."""
    compared: list[comparison.Compared] = []
    for folder, end_s in _WINDOWS.items():
        seen = comparison.window(Path(recorded_data) / folder, 1e9 if is_deep else end_s)
        cases = [
            comparison.case(seen, PROB_POWER),
            comparison.case(seen, PROB_UNIFORM),
            comparison.case(seen, PROB_POWER, comparison.LARGER),
        ]
        compared += comparison.compare(seen, cases, tmp_path_factory.mktemp("theirs"))
    return compared


@pytest.fixture(scope="module")
def found_l3(recorded_data: str, tmp_path_factory: pytest.TempPathFactory, is_deep: bool) -> comparison.Compared:
    """Compare an hour of the tape of orders, or all five."""
    seen = comparison.window(Path(recorded_data) / _L3_WINDOW, 1e9 if is_deep else _L3_END_S)
    (only,) = comparison.compare(seen, [comparison.case(seen, EXACT)], tmp_path_factory.mktemp("theirs"))
    return only


def test_on_a_tape_of_orders_every_difference_is_made_by_rules_that_are_known(found_l3: Any) -> None:
    """Most of all: it never fills by a trade what stands inside the spread, which the trade would have met first."""
    assert ([], []) == (found_l3.unexplained, found_l3.not_ours)
    assert all(found_l3.classes)
    assert not {rule for rules in found_l3.classes for rule in rules} - set(RULES_L3)
    assert sum(count for rules, count in found_l3.classes.items() if "inside" in rules) > 20
    assert found_l3.same > 0.6 * len(found_l3.case.orders)
    assert not found_l3.stopped


def test_every_difference_is_made_by_rules_that_are_known(found: Any) -> None:
    for each in found:
        assert [] == each.unexplained
        assert [] == each.not_ours
        assert all(each.classes)
        assert not {rule for rules in each.classes for rule in rules} - set(RULES)


def test_nearly_all_orders_of_one_lot_fare_the_same_at_the_same_instant_and_price(found: Any) -> None:
    assert sum(len(each.ours.fills) for each in found) > 60
    for each in found:
        if not each.case.is_partial:
            assert each.same >= 0.9 * len(each.case.orders)
            assert abs(len(each.ours.fills) - len(each.theirs.fills)) <= 2


def test_another_exponent_or_a_rule_left_out_would_leave_differences_unexplained(
    found: Any, recorded_data: str, is_deep: bool
) -> None:
    first = found[0]
    folder, end_s = next(iter(_WINDOWS.items()))
    seen = comparison.window(Path(recorded_data) / folder, 1e9 if is_deep else end_s)
    assert first.classes, "a window in which nothing differs would prove nothing"
    for model, rules in (
        (msgspec.structs.replace(PROB_POWER, exponent=1), tuple(RULES)),
        (PROB_POWER, [rule for rule in RULES if rule != "touch"]),
        (PROB_POWER, ()),
    ):
        twin = Twin(model, rules).play(seen.items, first.case.orders, comparison.LATENCY_NS)
        assert sorted(twin.fills) != sorted(first.theirs.fills)


def test_both_refuse_the_same_orders(found: Any) -> None:
    assert any(each.ours.refused for each in found)
    for each in found:
        assert each.ours.refused == each.theirs.refused


def test_position_and_cash_differ_by_what_the_differing_orders_filled(found: Any) -> None:
    for each in found:
        tick, lot = 0.1, 0.001
        if not each.case.is_partial:
            assert each.said_position == pytest.approx(each.theirs.position_lots * lot, abs=1e-9)
            assert each.said_cash == pytest.approx(each.theirs.cash_ticklots * tick * lot, abs=1e-6)
        else:
            last = _last_parts(each.theirs.fills, each.case.orders)
            said = sum(each.case.orders[fill.order].side * fill.size_lots for fill in last)
            # Its local side books only the fill that completes an order (its issue 316).
            assert each.said_position == pytest.approx(said * lot, abs=1e-9)
            assert said != each.theirs.position_lots


def test_it_stops_only_where_a_print_had_filled_an_order_to_the_lot(found: Any) -> None:
    """Its issue 312: such an order is met again, and InvalidOrderStatus, 14, ends the run."""
    for each in found:
        assert set(each.stopped) <= ({14} if each.case.is_partial else set())


def _last_parts(fills: list[Fill], orders: Any) -> list[Fill]:
    filled: dict[int, int] = {}
    last: list[Fill] = []
    for fill in fills:
        filled[fill.order] = filled.get(fill.order, 0) + fill.size_lots
        if filled[fill.order] == orders[fill.order].size_lots:
            last.append(fill)
    return last
