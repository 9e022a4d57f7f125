"""Cores with one protection removed: the oracle finds each of them, by the promise it breaks.

Every bug runs in the same storm as a healthy core that breaks nothing there. All promises but the
one that is stated are switched off, so that no bug is found by accident of another promise.
"""

import importlib
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sim.faults import INSTALL
from sim.oracle.catalogue import EVIDENCE
from sim.oracle.findings import Breach
from sim.plan import PlannedFault, expand
from sim.scenario.invariants import INVARIANTS
from sim.scenario.load import Ready, load_scenarios
from sim.world import World
from strategy import events
from strategy.core import Core
from strategy.units import NS_PER_S

TESTS = Path(__file__).resolve().parent.parent
STORM = TESTS / "planted" / "storm.yaml"
TABLE = TESTS.parent / "docs" / "invariants.md"
SCENARIOS = TESTS.parent / "scenarios"

# A bug shows when the dice give it its chance: within so many seeds.
SEEDS = 6

# Which promises each bug breaks, each of them judged alone.
CAUGHT = {
    "limits:over_limit": ("S1",),
    "slots:doubt_weighs_nothing": ("S1", "S2", "S3"),
    "slots:doubt_frees_slot": ("S2", "S3"),
    "doubts:silence_is_rejection": ("S2", "S3", "S6"),
    "doubts:drops_unanswered": ("S2", "S3", "S6"),
    "doubts:first_absent_believed": ("S3", "S6"),
    "doubts:cancel_sent_is_cancelled": ("S3", "S6"),
    "doubts:late_word_reopens": ("S6",),
    "doubts:deaf_to_reads": ("L2",),
    "unsent:silence_is_unsent": ("S2", "S3", "S6"),
    "unsent:unsent_is_doubt": ("L2",),
    "words:never_asks": ("L2",),
    "words:deaf_to_halt": ("S9",),
    "words:deaf_to_regime": ("S11",),
    "feeds:overlooks_gaps": ("S4",),
    "feeds:trusts_silence": ("S4", "S16"),
    "feeds:sleeps_on": ("S4", "S16"),
    "feeds:leaves_quotes": ("S4", "S16"),
    "feeds:slow_to_pull": ("S4", "S16"),
    "feeds:lives_in_the_past": ("S4", "S16"),
    "fills:counts_fill_twice": ("S5",),
    "fills:forgets_fill": ("S5",),
    "fills:never_reads_fills": ("L1",),
    "ids:reuses_session": ("S7",),
    "quotes:crosses_itself": ("S8",),
    "quotes:too_small": ("S8",),
    "quotes:may_take": ("S8",),
    "quotes:mute": ("L3",),
    "quotes:gives_up": ("L3",),
    "quotes:halts_for_good": ("L3",),
    "quotes:latches": ("L3",),
    "quotes:loves_what_it_has": ("L9",),
    "pace:spends_reserve": ("S10",),
    "pace:knows_no_budget": ("S10",),
    "pace:ignores_ban": ("S10",),
    "pace:back_off_without_end": ("L6",),
    "pace:asks_on": ("L5",),
    "words:deaf_to_streams": ("L4",),
    "drivers:sends_first": ("S13",),
    "drivers:reads_wall_clock": ("S14",),
    "drivers:stamps_by_wall_clock": ("S14",),
    "drivers:speaks_from_grave": ("S9",),
    "impure:counts_in_secret": ("S15",),
    "lives:never_ready": ("L7",),
    "words:deaf_to_stop": ("L8",),
    "hosts:hoards": ("S12",),
    "hosts:sends_unwritten": ("S13",),
}
PAIRS = [(spec, code) for spec, codes in CAUGHT.items() for code in codes]

# The shipped scenario in which each of them fails. Where the storm above isolates a promise, this is
# what somebody sees who runs the scenarios with `--core`.
SHIPPED = {
    "limits:over_limit": "calm",
    "slots:doubt_weighs_nothing": "lost_acknowledgement",
    "slots:doubt_frees_slot": "lost_acknowledgement",
    "doubts:silence_is_rejection": "lost_acknowledgement",
    "doubts:drops_unanswered": "lost_acknowledgement",
    "doubts:first_absent_believed": "lost_request",
    "doubts:cancel_sent_is_cancelled": "calm",
    "doubts:late_word_reopens": "calm",
    "doubts:deaf_to_reads": "lost_request",
    "unsent:silence_is_unsent": "network_partition",
    "unsent:unsent_is_doubt": "network_partition",
    "words:never_asks": "lost_request",
    "feeds:overlooks_gaps": "feed_gap",
    "feeds:trusts_silence": "frozen_feed",
    "feeds:sleeps_on": "network_partition",
    "feeds:leaves_quotes": "frozen_feed",
    "feeds:slow_to_pull": "frozen_feed",
    "feeds:lives_in_the_past": "calm",
    "fills:counts_fill_twice": "lost_fills",
    "fills:forgets_fill": "calm",
    "fills:never_reads_fills": "lost_fills",
    "ids:reuses_session": "calm",
    "quotes:crosses_itself": "calm",
    "quotes:too_small": "calm",
    "quotes:may_take": "calm",
    "quotes:mute": "calm",
    "quotes:gives_up": "lost_acknowledgement",
    "quotes:halts_for_good": "exchange_downtime",
    "quotes:latches": "exchange_downtime",
    "quotes:loves_what_it_has": "calm",
    "pace:spends_reserve": "fast_market",
    "pace:knows_no_budget": "fast_market",
    "pace:ignores_ban": "rate_limited",
    "pace:back_off_without_end": "rate_limited",
    "pace:asks_on": "calm",
    "impure:counts_in_secret": "calm",
    "lives:never_ready": "crash_restart",
    "words:deaf_to_stop": "graceful_stop",
    "hosts:hoards": "calm",
    "hosts:sends_unwritten": "calm",
}

# Promises that few scenarios look at: the one that does finds the bug by this promise alone.
BY_ITSELF = {"pace:back_off_without_end": "L6", "words:deaf_to_stop": "L8", "quotes:loves_what_it_has": "L9"}

# What people, the venue's rules and the host's wall clock bring: the storm itself has none of it.
Happening = Callable[[World], None]


def say(event: events.Event) -> Happening:
    return lambda world: world.driver.feed(event)


def ban(world: World) -> None:
    """The venue bans the account for eight seconds."""
    world.driver.feed(events.BudgetSeen("account", 0, world.host.now_ns() + 8 * NS_PER_S))


def step_wall(world: World) -> None:
    """The wall clock jumps; nothing that lives in monotonic time can notice."""
    world.host.wall.step(world.kernel.now_ns, 2 * NS_PER_S)


def crash(world: World) -> None:
    """The process dies; a second later another one takes over from the whole journal."""
    world.process.crash(NS_PER_S, world.host.disk.whole)


def shut_down(world: World) -> None:
    """The bot is told to stop, and ended fifteen seconds later if it is not done by then."""
    params = {"deadline_s": 15, "interrupted_after_s": None, "restart_after_s": None}
    start_ns = world.kernel.now_ns + 1
    INSTALL["shutdown"](PlannedFault("stop", "shutdown", start_ns, start_ns, params), world)


def wild(world: World) -> None:
    """The market moves more than a budget can follow."""
    for market in world.markets:
        market.factor *= 8.0


SAID: dict[str, dict[int, Happening]] = {
    "S9": {10: say(events.OperatorSaid("halt")), 20: say(events.OperatorSaid("resume")), 25: crash},
    "S10": {5: wild, 32: ban},
    "S11": {
        10: say(events.RegimeChanged("BTCUSDT", "cancel_only", 0)),
        20: say(events.RegimeChanged("BTCUSDT", "open", 0)),
    },
    "S14": {10: step_wall},
    "S16": {33: wild},  # while nobody hears of it
    "L4": {50: say(events.StreamDown(events.PRIVATE))},
    "L6": {12: ban},
    "L7": {50: crash},
    "L8": {50: shut_down},
}
# Of these the storm alone shows something, too.
SHOWN_ANYWAY = ("S10", "S14", "S16")
# Bugs that only what is said to them shows, and bugs of a driver, which no ``--core`` can bring.
UNSHIPPED = (
    "words:deaf_to_halt",
    "words:deaf_to_regime",
    "words:deaf_to_streams",
)


@cache
def scenario_at(path: Path, only: str = "") -> Ready:
    """Load a scenario; ``only`` is the one promise that is left on."""
    (scenario,) = load_scenarios([path])
    if not only:
        return scenario
    off = tuple(code for code in INVARIANTS if code != only)
    return scenario.model_copy(update={"invariants": scenario.invariants.model_copy(update={"off": off})})


def factory_of(spec: str) -> Callable[..., Any]:
    module, _, name = spec.partition(":")
    return getattr(importlib.import_module(f"planted.{module}"), name)


def world_of(scenario: Ready, seed: int, factory: Callable[..., Any], said: str = "") -> World:
    world = World(scenario, expand(scenario, seed), factory)
    if hasattr(factory, "into"):
        factory.into(world)
    for at_s, happening in SAID.get(said, {}).items():
        world.kernel.at(at_s * NS_PER_S, happening, world)
    return world


def broken(scenario: Ready, seed: int, factory: Callable[..., Any], said: str = "") -> list[Breach]:
    world = world_of(scenario, seed, factory, said)
    outcome = world.run()
    assert "" == outcome.error
    return world.oracle.breaches


def found(scenario: Ready, factory: Callable[..., Any], said: str) -> Iterator[str]:
    for seed in range(1, SEEDS + 1):
        yield from (breach.code for breach in broken(scenario, seed, factory, said))


@pytest.mark.parametrize(("spec", "code"), PAIRS)
def test_a_planted_bug_breaks_the_promise_it_was_planted_for(spec, code):
    assert code == next(found(scenario_at(STORM, code), factory_of(spec), code), "nothing was found")


def test_a_healthy_core_breaks_nothing_in_the_same_storm(is_deep):
    storm = scenario_at(STORM)
    for seed in range(1, (60 if is_deep else SEEDS) + 1):
        assert [] == broken(storm, seed, Core), f"seed {seed}"


@pytest.mark.parametrize("said", SAID)
def test_a_healthy_core_obeys_and_comes_back(said):
    assert [] == broken(scenario_at(STORM), 1, Core, said)


def test_every_promise_that_is_judged_was_looked_at_in_the_storm_or_once_it_was_said():
    storm = scenario_at(STORM)
    world = world_of(storm, 1, Core)
    world.run()
    assert set(SAID) - set(SHOWN_ANYWAY) == set(world.oracle.unchecked) & set(EVIDENCE)
    for said in SAID:
        world = world_of(storm, 1, Core, said)
        world.run()
        assert world.oracle.checks[said] > 0


@pytest.mark.parametrize(("spec", "name"), SHIPPED.items())
def test_a_planted_bug_fails_a_shipped_scenario(spec, name):
    scenario = scenario_at(SCENARIOS / f"{name}.yaml")
    assert any(broken(scenario, seed, factory_of(spec)) for seed in range(1, scenario.run.seeds + 1))


@pytest.mark.parametrize(("spec", "code"), BY_ITSELF.items())
def test_a_shipped_scenario_looks_at_a_rare_promise_and_finds_its_bug(spec, code):
    scenario = scenario_at(SCENARIOS / f"{SHIPPED[spec]}.yaml", code)
    healthy = world_of(scenario, 1, Core)
    healthy.run()
    assert ([], True) == (healthy.oracle.breaches, healthy.oracle.checks[code] > 0)
    assert [code] == [breach.code for breach in broken(scenario, 1, factory_of(spec))]


def test_every_bug_that_words_alone_do_not_show_fails_a_shipped_scenario():
    elsewhere = {spec for spec in CAUGHT if spec in UNSHIPPED or spec.startswith("drivers:")}
    assert set(CAUGHT) - elsewhere == set(SHIPPED)


def test_every_promise_that_is_judged_has_a_planted_bug():
    assert set(EVIDENCE) == {code for _, code in PAIRS}


def test_the_table_in_the_docs_names_the_planted_bugs():
    rows = re.findall(r"^\| ([SL]\d+) \|.*\| (.*) \|$", TABLE.read_text(), re.MULTILINE)
    told = {(bug, code) for code, bugs in rows for bug in re.findall(r"`(.+?)`", bugs)}
    assert set(PAIRS) == told
    assert set(EVIDENCE) == {code for code, _ in rows}
