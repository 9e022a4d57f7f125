"""How small one example of a mistake gets: what `sim shrink` makes of the storm that found it."""

import contextlib
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from sim.runs.failing import Wanted
from sim.scenario.load import load_scenarios
from sim.shrink.shrinking import Options, Shrinking

_CORE = "shrunken_core"
# By then the storm has fallen to what matters; the ranges of each number, which come after, nobody asks for here.
RUNS_MAX = 40
CPU_S_MAX = 20


class Size(NamedTuple):
    """What is left of a storm: the kinds of its faults, of how many there were, how long it is, how many symbols."""

    kinds: tuple[str, ...]
    faults: int
    seconds: float
    symbols: int

    def __str__(self) -> str:
        """Write it as it stands in the table."""
        left = f"{len(self.kinds)} of {self.faults} faults ({', '.join(self.kinds)})" if self.kinds else "no fault"
        return f"{left}, {self.seconds:g} s, {self.symbols} symbol{'s' if self.symbols > 1 else ''}"


def smallest(make: Callable[[], Any], storm: Path, seed: int, out: Path, cpu_s: int = CPU_S_MAX) -> Size | None:
    """Shrink the file of a storm to ``out``, keeping the first failure of its seed; None where nothing came of it.

    ``make`` gives the core with the mistake; it is called in a process of its own.
    """
    child = multiprocessing.get_context("fork").Process(target=_shrink, args=(make, storm, seed, out, cpu_s))
    child.start()
    child.join()
    # Who runs out of time has written the smallest he found.
    if child.exitcode not in (0, -signal.SIGXCPU) or not out.exists():
        return None
    whole, left = load_scenarios([storm, out])
    kinds = tuple(sorted({fault.kind for fault in left.faults}))
    return Size(kinds, len(whole.faults), left.run.duration_s, len(left.market.traded))


def _shrink(make: Callable[[], Any], storm: Path, seed: int, out: Path, cpu_s: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    # A core is named, and a small mistake has no name: it gets one here, where nobody else can see it.
    module = ModuleType(_CORE)
    module.__dict__["make"] = make()
    sys.modules[_CORE] = module
    options = Options(
        scenario=storm,
        seed=seed,
        wanted=Wanted(),
        runs_max=RUNS_MAX,
        out=out,
        promote=False,
        workers="1",
        engine="local",
        settings=(),
        core=f"{_CORE}:make",
        through="",
        data_dir="",
    )
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        sys.exit(Shrinking(options).run())
