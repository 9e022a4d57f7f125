"""Forty faults, two of which are the cause: what is left after a shrink is those two, whatever the seed."""

import pytest
from forty import CORE, PAIR, write_forty

from sim.runs.failing import Wanted
from sim.scenario.load import load_scenarios
from sim.shrink.shrinking import Options, Shrinking

SEEDS = range(2, 12)
QUICK = (3,)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_pair_among_forty_faults_is_what_is_left(tmp_path, seed, is_deep, capsys):
    if not (is_deep or seed in QUICK):
        pytest.skip("one of ten, but for --chaos")
    out = tmp_path / "shrunk.yaml"
    options = Options(
        scenario=write_forty(tmp_path, seed),
        seed=seed,
        wanted=Wanted(),
        runs_max=200,
        out=out,
        promote=False,
        workers="1",
        engine="local",
        settings=(),
        core=CORE,
        through="",
        data_dir="",
    )
    assert 0 == Shrinking(options).run(), capsys.readouterr()
    (ready,) = load_scenarios([out])
    assert sorted(PAIR) == sorted(fault.id for fault in ready.faults)
    by_ms = next(fault.by_ms for fault in ready.faults if fault.id == "jump")
    assert 20_000 < by_ms <= 40_000, "the clock has to jump by more than twenty seconds, and by no more than twice that"
    assert "from " in out.read_text().split("id: jump")[0].splitlines()[-2]
