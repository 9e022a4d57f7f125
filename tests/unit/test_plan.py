"""How a calm ends faults: everything heals, or our host and the path of requests only."""

import pytest
from small_world import small_scenario

from sim.plan import expand
from strategy.units import NS_PER_S

CALM_NS = 15 * NS_PER_S
NEVER_NS = 2**62


def ends(tmp_path, fault, mode):
    scenario = small_scenario(tmp_path, 20, faults=fault, calm_s=15)
    run = scenario.run.model_copy(update={"calm": scenario.run.calm.model_copy(update={"mode": mode})})
    planned = expand(scenario.model_copy(update={"run": run}), 1).faults
    where = ("links", "connections", "symbols")
    return [(one.id, next((one.params[key] for key in where if key in one.params), []), one.end_ns) for one in planned]


@pytest.mark.parametrize(
    "fault",
    [
        "{id: x, at_s: 3, kind: partition, links: [rest_up, public]}",
        "{id: x, at_s: 3, kind: dns_outage, connections: [rest, public]}",
        "{id: x, at_s: 3, kind: feed_frozen}",
    ],
)
def test_where_all_heals_nothing_outlasts_the_calm(tmp_path, fault):
    assert [CALM_NS] == [end_ns for _, _, end_ns in ends(tmp_path, fault, "all_heal")]


def test_where_the_core_heals_requests_get_through_and_streams_do_not(tmp_path):
    fault = "{id: x, at_s: 3, kind: partition, links: [rest_up, public, rest_down, private]}"
    healed, stays = ends(tmp_path, fault, "core_heal")
    assert ("x", ["rest_up", "rest_down"], CALM_NS) == healed
    assert ("x.stays", ["public", "private"], NEVER_NS) == stays


def test_of_connections_the_one_of_requests_heals(tmp_path):
    fault = "{id: x, at_s: 3, kind: dns_outage, connections: [rest, private]}"
    assert [("x", ["rest"], CALM_NS), ("x.stays", ["private"], NEVER_NS)] == ends(tmp_path, fault, "core_heal")


def test_what_sits_elsewhere_stays_and_what_has_a_length_ends_with_it(tmp_path):
    assert [("x", [], NEVER_NS)] == ends(tmp_path, "{id: x, at_s: 3, kind: feed_frozen}", "core_heal")
    timed = "{id: x, at_s: 3, for_s: 14, kind: feed_frozen}"
    assert [("x", [], 17 * NS_PER_S)] == ends(tmp_path, timed, "core_heal")


def test_an_endpoint_that_fails_is_no_path_that_healed(tmp_path):
    fault = "{id: x, at_s: 3, kind: endpoint_status, requests: [query], status: 500, prob: 0.9}"
    assert [("x", [], CALM_NS)] == ends(tmp_path, fault, "core_heal")
