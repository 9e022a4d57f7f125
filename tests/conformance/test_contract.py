"""One body, several arms: whoever carries commands to the venue and words back must tell the same stories."""

import pytest
from conformance.body import BEHAVIOURS
from conformance.expected import EXPECTED
from conformance.expected_wired import OVER_REST, WIRED
from conformance.stage import Stage
from twin import TwinWorld
from wired import RestWorld, WiredWorld

from sim.world import World


def test_every_behaviour_has_a_story():
    assert sorted(EXPECTED) == sorted(BEHAVIOURS)


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_in_process(tmp_path, name):
    part = BEHAVIOURS[name]
    assert EXPECTED[name] == part.play(Stage(tmp_path, World, **part.kinds))


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_over_the_wire(tmp_path, name):
    part = BEHAVIOURS[name]
    assert WIRED[name] == part.play(Stage(tmp_path, WiredWorld, **part.kinds))


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_over_the_wire_by_the_slow_road(tmp_path, name):
    part = BEHAVIOURS[name]
    assert OVER_REST[name] == part.play(Stage(tmp_path, RestWorld, **part.kinds))


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_in_process_by_the_live_driver(tmp_path, name):
    part = BEHAVIOURS[name]
    assert EXPECTED[name] == part.play(Stage(tmp_path, TwinWorld, **part.kinds))
