"""Same scenario, seed and code: same digest, in any process, hash seed, directory and worker count."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_world import CONFIG, small_world

SIM = Path(sys.executable).parent / "sim"
TEXT = """\
schema_version: 1
name: {name}
description: A short storm.
run: {{duration_s: 30, warmup_s: 2, seeds: 2, calm: {{after_s: 25, mode: all_heal}}}}
market: {{profile: synthetic, symbols: [BTCUSDT, ETHUSDT]}}
strategy: {{config: {config}}}
faults:
  - {{at_s: 5, for_s: 15, kind: ack_lost, prob: 0.2}}
  - {{at_s: 8, kind: feed_gap, lost_messages: 10}}
gates: [{{metric: fills, min: 1}}]
"""


@pytest.fixture
def files(tmp_path) -> list[Path]:
    paths = [tmp_path / "one.yaml", tmp_path / "two.yaml"]
    for path in paths:
        path.write_text(TEXT.format(name=path.stem, config=CONFIG))
    return paths


def run(files, out: Path, *arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess:
    command = [SIM, "run", *map(str, files), "--out", str(out), *arguments]
    env = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=cwd, env=env)


def test_summary_and_digests_are_the_same_bytes_for_every_way_to_run(files, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    ways = {
        "one": {"arguments": ("-w", "1"), "PYTHONHASHSEED": "0"},
        "two": {"arguments": ("-w", "2"), "PYTHONHASHSEED": "0"},
        "hash": {"arguments": ("-w", "1"), "PYTHONHASHSEED": "4242"},
        "place": {"arguments": ("-w", "2"), "cwd": elsewhere, "PYTHONHASHSEED": "1"},
    }
    summaries = []
    for name, way in ways.items():
        arguments = way.pop("arguments")
        done = run(files, tmp_path / name, *arguments, **way)
        assert 0 == done.returncode, done.stdout + done.stderr
        summaries.append((tmp_path / name / "summary.json").read_bytes())
        digests = sorted(path.read_text() for path in (tmp_path / name).glob("*/*/digest.txt"))
        assert 4 == len(set(digests))
    assert all(summary == summaries[0] for summary in summaries)


def test_junk_allocated_before_changes_nothing(tmp_path):
    plain = small_world(tmp_path, seconds=10).run().digest
    junk = [[object() for _ in range(50_000)], {object(): k for k in range(1000)}]
    assert plain == small_world(tmp_path, seconds=10).run().digest
    assert junk


def test_moving_one_delivery_by_a_nanosecond_changes_the_digest(tmp_path):
    plain = small_world(tmp_path, seconds=10).run().digest
    world = small_world(tmp_path, seconds=10)
    link = world.links["public"]
    weather, moved = link._weather_ns, []

    def one_later(now_ns: int) -> int:
        delay_ns = weather(now_ns)
        if now_ns > 5 * 10**9 and not moved:
            moved.append(now_ns)
            return delay_ns + 1
        return delay_ns

    link._weather_ns = one_later
    assert plain != world.run().digest
    assert moved


def test_check_determinism_compares_two_different_runs_and_agrees(files, tmp_path):
    done = run(files[:1], tmp_path / "out", "--check-determinism")
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "2 of 2 digests agree" in done.stdout


def test_a_planted_leak_is_found_with_its_place_and_exit_6(files, tmp_path):
    """A core whose quote size depends on the hash of a string: the second run has another hash seed."""
    (tmp_path / "leaky.py").write_text(
        "from msgspec.structs import replace\n"
        "from strategy.core import Core\n"
        "def core(knobs):\n"
        "    lots = 5 + hash('leak') % 5\n"
        "    symbols = tuple(replace(one, quote_lots=lots) for one in knobs.symbols)\n"
        "    return Core(replace(knobs, symbols=symbols))\n"
    )
    done = run(
        files[:1], tmp_path / "out", "--check-determinism", "--core", "leaky:core", cwd=tmp_path, PYTHONHASHSEED="3"
    )
    assert 6 == done.returncode, done.stdout + done.stderr
    assert "not deterministic: one seed 1" in done.stdout
    assert "the traces part between records" in done.stdout


def test_a_cut_run_is_the_beginning_of_the_whole(tmp_path):
    whole, cut = small_world(tmp_path, seconds=12), small_world(tmp_path, seconds=12)
    cut.plan = type(cut.plan)(cut.plan.scenario, cut.plan.seed, 6 * 10**9, None, ())
    long, short = whole.run(), cut.run()
    shared = len(short.checkpoints)
    assert shared > 0
    assert long.checkpoints[:shared] == short.checkpoints


def test_the_summary_holds_no_time_of_day_and_no_path(files, tmp_path):
    run(files[:1], tmp_path / "out")
    text = (tmp_path / "out" / "summary.json").read_text()
    assert str(tmp_path) not in text
    assert "wall" not in text
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert "wall_s" in manifest["host"]


def test_the_core_is_pure_sampled_steps_run_twice_from_a_snapshot(tmp_path):
    """Restored from what it wrote down, the core answers the next event with the same commands."""
    from strategy.core import Core

    world = small_world(tmp_path, seconds=15, faults="{at_s: 3, for_s: 8, kind: ack_lost, prob: 0.3}")
    steps, checked = 0, 0
    step = world.core.step

    def checked_step(now_ns, event):
        nonlocal steps, checked
        steps += 1
        if steps % 7:
            return step(now_ns, event)
        twin = Core.restore(world.knobs, world.core.snapshot())
        mine, its = step(now_ns, event), twin.step(now_ns, event)
        assert mine == its
        assert (world.core.wake_at_ns, world.core.snapshot()) == (twin.wake_at_ns, twin.snapshot())
        checked += 1
        return mine

    world.core.step = checked_step
    assert world.run().error == ""
    assert checked > 80
