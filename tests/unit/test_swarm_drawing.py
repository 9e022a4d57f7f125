"""A world of a swarm: complete, readable, drawn from its seed alone, and each part of it drawn by itself."""

from collections import Counter
from pathlib import Path

import pytest
from swarm_base import own_base

from sim.plan import expand
from sim.scenario import faults as fault_kinds
from sim.scenario.faults.overlaps import overlaps, placed
from sim.scenario.load import load_scenarios
from sim.scenario.models import Scenario
from sim.swarm import drawing
from sim.swarm.worlds import BASE, CONFIG, path_of, read_base, write_worlds
from strategy.errors import OperatorError

ROOT = Path(__file__).resolve().parents[2]
SEEDS = range(1, 151)


def drawn(seeds):
    base = read_base(BASE)
    return [Scenario.model_validate(drawing.world_of(base.scenario, base.plain, "config.yaml", seed)) for seed in seeds]


@pytest.fixture(scope="module")
def worlds():
    return drawn(SEEDS)


def test_every_seed_gives_a_world_that_can_be_read_alone(worlds, tmp_path):
    (again,) = write_worlds(read_base(BASE), [7], tmp_path)
    assert worlds[6].faults == again.faults
    assert worlds[6].run == again.run
    assert [again] == list(load_scenarios([path_of(tmp_path, 7)]))
    assert "--seed 7" in path_of(tmp_path, 7).read_text().splitlines()[0]


def test_what_is_drawn_keeps_clear_of_what_the_base_has(tmp_path):
    own = "{id: away, at_s: 20, for_s: 10, kind: downtime}, {id: crash.0, at_s: 5, kind: crash, restart_after_s: 1}"
    base = read_base(own_base(tmp_path, faults=own))
    plain = read_base(own_base(tmp_path))
    alone = drawn_of(plain)
    clashes = 0
    for before, world in zip(alone, drawn_of(base), strict=True):
        assert ["away", "crash.0"] == [fault.id for fault in world.faults[:2]]
        left = [fault for fault in before.faults if fault not in world.faults]
        clashes += sum(fault.kind == "downtime" for fault in left)
        assert all(fault.kind == "downtime" or fault.id == "crash.0" for fault in left), "nothing else is moved"
    assert clashes, "no seed had another downtime in the way"


def drawn_of(base):
    return [Scenario.model_validate(drawing.world_of(base.scenario, base.plain, CONFIG, seed)) for seed in range(1, 61)]


def test_a_world_is_long_and_stormy_enough(worlds):
    assert all(len({fault.kind for fault in world.faults}) >= 2 for world in worlds)
    assert all(len(world.faults) >= 3 for world in worlds)
    assert all(world.run.duration_s >= 600 for world in worlds)
    assert max(len(world.faults) for world in worlds) > 15


def test_every_kind_and_every_way_to_end_is_drawn(worlds):
    kinds = Counter(fault.kind for world in worlds for fault in world.faults)
    assert set(fault_kinds.KINDS) == set(kinds)
    modes = Counter(world.run.calm.mode for world in worlds)
    assert 15 < modes["core_heal"] < 60
    assert {1, 2} == {len(world.market.symbols) for world in worlds}
    assert {("BTCUSDT",), ("ETHUSDT",), ("BTCUSDT", "ETHUSDT")} == {world.market.symbols for world in worlds}
    keyed = [world for world in worlds if world.run.ties == "keyed"]
    assert 15 < len(keyed) < 50
    assert all(world.market.overrides["links.private.sigma"] == 0 for world in keyed)
    dispatched = Counter(world.strategy.overrides.get("loop.dispatch") for world in worlds)
    assert {None, "sequential", "concurrent", "batched"} == set(dispatched)
    tight = [world for world in worlds if "guard.inventory_pct.soft_enter" in world.strategy.overrides]
    assert 15 < len(tight) < 60
    assert {None, False} == {world.strategy.overrides.get("queue.enabled") for world in worlds}


def test_tight_marks_come_all_four_or_not_at_all(tmp_path):
    worlds = write_worlds(read_base(BASE), range(1, 25), tmp_path)
    marks = Counter(astuple(world) for world in worlds)
    assert {(15, 10, 30, 20), (60, 50, 90, 80)} == set(marks)


def test_marks_that_the_base_names_are_not_drawn():
    base = read_base(BASE)
    told = {**base.plain, "strategy": {"config": CONFIG, "overrides": {"guard.inventory_pct.hard_enter": 85}}}
    for seed in range(1, 25):
        world = Scenario.model_validate(drawing.world_of(base.scenario, told, CONFIG, seed))
        given = {key: value for key, value in world.strategy.overrides.items() if key.startswith("guard")}
        assert {"guard.inventory_pct.hard_enter": 85} == given


def astuple(world) -> tuple[float, ...]:
    marks = world.config.guard.inventory_pct
    return marks.soft_enter, marks.soft_exit, marks.hard_enter, marks.hard_exit


def test_what_excludes_each_other_is_never_drawn_together(worlds):
    assert not [
        world.name for world in worlds if list(overlaps([placed(fault) for fault in world.faults], world.market.traded))
    ]
    clashes = [world for world in worlds if sum(fault.kind == "maintenance" for fault in world.faults) > 1]
    assert clashes, "two maintenances one after the other still come"


def test_some_faults_never_end_where_only_the_core_heals(worlds):
    forever = [fault for world in worlds for fault in world.faults if getattr(fault, "for_s", 0) is None]
    assert forever
    in_core = [world for world in worlds if world.run.calm.mode == "core_heal"]
    assert forever == [fault for world in in_core for fault in world.faults if getattr(fault, "for_s", 0) is None]
    assert not [fault for fault in forever if fault.kind == "downtime"]
    ends = [planned.end_ns for world in in_core for planned in expand(world, 1).faults]
    assert max(ends) > 630e9


def test_what_bites_only_beside_another_is_drawn_with_it(worlds):
    for world in worlds:
        kinds = {fault.kind for fault in world.faults}
        assert "heap_budget" in kinds or not kinds & {"leak", "alloc_spike"}


def test_a_kind_more_moves_no_other(worlds, monkeypatch):
    fewer = {
        kind: model for kind, model in fault_kinds.KINDS.items() if kind not in ("crash", "partition", "volatility")
    }
    monkeypatch.setattr(drawing, "KINDS", fewer)
    kept = 0
    for one, other in zip(worlds, drawn(SEEDS), strict=True):
        left = {fault.id: fault for fault in one.faults if fault.kind in fewer}
        found = {fault.id: fault for fault in other.faults}
        # A world with fewer than three kinds is filled up with the next.
        assert left.items() <= found.items()
        kept += len(left)
    assert kept > 100


def test_the_default_bot_is_the_default_config():
    shipped = (ROOT / "scenarios" / "configs" / "default.yaml").as_posix()
    (mine,) = load_scenarios([BASE])
    text = BASE.read_text().replace("config: config.yaml", f"config: {shipped}")
    assert text != BASE.read_text()
    symbols = dict(mine.config.symbols)
    other = read_config(shipped)
    assert mine.config.model_dump(exclude={"symbols", "description"}) == other.model_dump(
        exclude={"symbols", "description"}
    )
    assert symbols.items() <= other.symbols.items()


def read_config(path: str):
    from strategy.config import Config
    from strategy.documents import parse

    value, problems = parse(Path(path).read_text(), Config, path)
    assert not problems
    return value


def test_a_base_of_ones_own_is_kept_and_added_to(tmp_path):
    base = read_base(own_base(tmp_path, faults="{id: mine, at_s: 5, for_s: 3, kind: downtime}"))
    out = tmp_path / "out"
    for world in write_worlds(base, range(1, 6), out):
        assert "mine" in {fault.id for fault in world.faults}
        assert world.config.loop.dispatch == "concurrent", "what the base says is not drawn"
        assert world.config.spread.base_bps == 1.5
        assert world.market.symbols == ("ETHUSDT",)
        assert all(fault.at_s < 40 for fault in world.faults)
    assert (out / CONFIG).read_text() == (ROOT / "scenarios" / "configs" / "default.yaml").read_text()


def test_a_base_without_a_calm_is_told_so_at_its_line(tmp_path):
    with pytest.raises(OperatorError) as wrong:
        read_base(own_base(tmp_path, calm=""))
    (problem,) = wrong.value.problems
    assert ("SQ-C010", 4) == (problem.code, problem.line)
    assert "says how long the storm is" in problem.message


def test_what_else_is_wrong_with_a_base_is_told_as_everywhere(tmp_path):
    path = own_base(tmp_path)
    path.write_text(path.read_text().replace("synthetic", "synthetik").replace("fills", "fils"))
    with pytest.raises(OperatorError) as wrong:
        read_base(path)
    assert 2 == len(wrong.value.problems)
