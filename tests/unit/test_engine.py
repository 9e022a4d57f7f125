"""Jobs and whoever carries them out: one road, wherever the workers are."""

import os
import subprocess
import sys
import time
from concurrent.futures import Future
from pathlib import Path

import click
import pytest
from processes import environment
from small_world import small_scenario

from sim.runs.engine import Crew, run_jobs
from sim.runs.job import Job, SeedResult
from sim.runs.workers import site_of

DEADLY = """\
import os, pathlib
from strategy.core import Core
def core(knobs):
    path = pathlib.Path({folder!r}, "lives")
    path.open("a").write(".")
    if {seed} < 0 or path.stat().st_size == {seed}:
        os._exit(9)
    return Core(knobs)
"""


def jobs_of(folder: Path, seeds: int, core: str = "") -> list[Job]:
    scenario = small_scenario(folder, 2)
    return [Job(scenario, seed, core=core) for seed in range(1, seeds + 1)]


def digests(jobs, engine: str, workers: int) -> list[str]:
    told: list[int] = []
    gathered = run_jobs(jobs, workers, lambda place, _: told.append(place), lambda _: False, engine)
    assert ([], False) == (gathered.lost, gathered.interrupted)
    assert sorted(told) == list(range(len(jobs)))
    return [gathered.results[place].digest for place in range(len(jobs))]


def dask_or_skip() -> None:
    pytest.importorskip("distributed", reason="the extra 'cluster' is not installed")


@pytest.mark.parametrize(
    "text", ["ray", "tcp://", "tcp://host", "tcp://a b:1", "tcp://a:0", "tcp://a:99999", "http://host:80", ""]
)
def test_an_engine_that_is_none_is_wrong_usage(text):
    with pytest.raises(click.BadParameter, match="none of local, dask and tcp"):
        site_of(text)


@pytest.mark.parametrize("text", ["dask", "tcp://127.0.0.1:8786"])
def test_without_the_extra_a_cluster_is_wrong_usage_and_names_it(text, monkeypatch):
    monkeypatch.setattr("sim.runs.workers.find_spec", lambda name: None)
    with pytest.raises(click.BadParameter, match="extra 'cluster'"):
        site_of(text)
    site_of("local")


def test_a_crew_is_kept_from_one_list_to_the_next_and_gives_what_one_process_gives(tmp_path):
    jobs = jobs_of(tmp_path, 3)
    alone = digests(jobs, "local", 1)
    with Crew("local", 2) as crew:
        first = crew.carry(jobs[:2], lambda *_: None)
        kept = crew._hired
        second = crew.carry(jobs[2:], lambda *_: None)
        assert kept is not None
        assert kept is crew._hired
    assert alone == [first.results[0].digest, first.results[1].digest, second.results[0].digest]


def test_those_who_take_long_are_asked_after_and_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr("sim.runs.engine._LOOK_S", 0.001)
    assert digests(jobs_of(tmp_path, 4), "local", 1) == digests(jobs_of(tmp_path, 4), "local", 2)


def test_a_crew_outlives_the_death_of_a_worker(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    Path("dies_once.py").write_text(DEADLY.format(folder=str(tmp_path), seed=2))
    with Crew("local", 2) as crew:
        gathered = crew.carry(jobs_of(tmp_path, 4, "dies_once:core"), lambda *_: None)
        assert ([0, 1, 2, 3], []) == (sorted(gathered.results), gathered.lost)
        assert len(Path("lives").read_text()) > 4
        assert [0] == list(crew.carry(jobs_of(tmp_path, 1), lambda *_: None).results)


def test_two_workers_of_dask_give_what_one_process_gives_and_a_killed_one_loses_nothing(tmp_path, monkeypatch):
    dask_or_skip()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    Path("dies_once.py").write_text(DEADLY.format(folder=str(tmp_path), seed=2))
    jobs = jobs_of(tmp_path, 4)
    alone = digests(jobs, "local", 1)
    assert alone == digests([*jobs_of(tmp_path, 4, "dies_once:core")], "dask", 2)
    assert len(Path("lives").read_text()) > 4


def test_a_cluster_that_does_not_answer_loses_all_and_says_so(tmp_path, monkeypatch):
    dask_or_skip()
    monkeypatch.setattr("sim.runs.workers._PATIENCE_S", 0.5)
    started_s = time.monotonic()
    gathered = run_jobs(jobs_of(tmp_path, 3), 2, lambda *_: None, lambda _: False, "tcp://127.0.0.1:9")
    assert ({}, [0, 1, 2]) == (gathered.results, gathered.lost)
    assert "no cluster at tcp://127.0.0.1:9" in gathered.why
    assert time.monotonic() - started_s < 20


@pytest.fixture
def cluster():
    dask_or_skip()
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None) as running:
        yield running


def test_a_scheduler_that_is_there_already_gives_the_same_and_is_left_running(tmp_path, cluster):
    jobs = jobs_of(tmp_path, 2)
    assert digests(jobs, "local", 1) == digests(jobs, cluster.scheduler_address, 2)
    assert digests(jobs[:1], "local", 1) == digests(jobs[:1], cluster.scheduler_address, 2)


def test_a_cluster_of_another_version_is_not_used(tmp_path, cluster, monkeypatch):
    monkeypatch.setattr("sim.runs.workers.__version__", "0.0.1")
    gathered = run_jobs(jobs_of(tmp_path, 2), 2, lambda *_: None, lambda _: False, cluster.scheduler_address)
    assert [0, 1] == gathered.lost
    assert "not 0.0.1" in gathered.why


class Gone:
    """Workers of whom one answers and nobody says that the rest will not."""

    deaths = (ZeroDivisionError,)
    outlives_a_death = True
    is_alive = staticmethod(lambda: False)
    is_here = staticmethod(lambda workers: False)
    dismiss = staticmethod(lambda hired: None)
    asked = 0

    def hire(self, workers):
        return self

    def submit(self, run, job):
        self.asked += 1
        future = Future()
        if self.asked == 1:
            future.set_result(SeedResult("small", job.seed))
        return future


def test_a_cluster_that_goes_away_takes_only_what_was_not_done(tmp_path, monkeypatch):
    monkeypatch.setattr("sim.runs.engine.site_of", lambda engine: Gone())
    monkeypatch.setattr("sim.runs.engine._LOOK_S", 0.05)
    gathered = run_jobs(jobs_of(tmp_path, 4), 2, lambda *_: None, lambda _: False, "dask")
    assert ([0], [1, 2, 3]) == (list(gathered.results), gathered.lost)
    assert "the cluster is gone" == gathered.why


_POOL = """
import os, time
from sim.runs.workers import site_of
if __name__ == "__main__":
    pool = site_of("local").hire(2)
    found = set()
    while len(found) < 2:
        found |= {future.result() for future in [pool.submit(os.getpid) for _ in range(8)]}
        time.sleep(0.01)
    print(*found, flush=True)
    time.sleep(300)
"""


def test_workers_do_not_outlive_a_parent_that_is_killed(tmp_path):
    script = tmp_path / "pool.py"
    script.write_text(_POOL)
    process = subprocess.Popen([sys.executable, str(script)], env=environment(), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    workers = [int(word) for word in process.stdout.readline().split()]
    process.kill()
    process.wait()
    process.stdout.close()
    assert 2 == len(workers)
    give_up_s = time.monotonic() + 30
    while any(map(_is_alive, workers)) and time.monotonic() < give_up_s:
        time.sleep(0.05)
    assert [] == [worker for worker in workers if _is_alive(worker)]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
