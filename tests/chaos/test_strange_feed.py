"""A storm of market data that are wrong while the stream is up: who believes one of them breaks a promise."""

from pathlib import Path

from planted.feeds import believes_late_words

from sim.plan import expand
from sim.scenario.load import load_scenarios
from sim.world import World
from strategy.core import Core
from strategy.desk import Desk

STRANGE = Path(__file__).resolve().parents[2] / "scenarios" / "regressions" / "strange_feed.yaml"


def broken(factory, until_s=None):
    (scenario,) = load_scenarios([STRANGE])
    world = World(scenario, expand(scenario, 2, until_s), factory)
    assert "" == world.run().error
    return {breach.code for breach in world.oracle.breaches}


def test_who_believes_words_that_are_seconds_late_quotes_on_an_old_book():
    assert {"S4"} == broken(believes_late_words, 92)


def test_who_takes_a_new_count_for_old_news_never_quotes_again(monkeypatch):
    monkeypatch.setattr(Desk, "_counts_anew", lambda *_those: False)
    assert {"L3"} == broken(Core)
