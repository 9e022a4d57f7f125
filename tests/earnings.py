"""What the strategy earns, beside the control, and what each of its stages adds to that.

    python tests/earnings.py table --seeds 1001-1064 --hours 1          every profile, the strategy and the touch
    python tests/earnings.py ablation --seeds 1001-1064 --hours 0.25    each stage removed in turn

Markdown goes to stdout, progress to stderr. Every run is written down as it arrives, and found again by
all that decides it, the program included: the same command goes on where a killed one stopped, and runs
that both tables need are made once. ``--so-far`` runs nothing and prints what is there.

Exit codes are those of `sim sweep`: 0 done, 1 an invariant broke, 2 wrong usage, 3 a file is invalid,
4 something raised, 5 there is nothing to print, 8 a worker was lost, 130 interrupted.
"""

import argparse
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import click  # noqa: E402 - the script finds its neighbours first

from sim.runs.engine import Crew, Gathered  # noqa: E402
from sim.runs.job import Job, SeedResult  # noqa: E402
from sim.runs.pairing import effect_of  # noqa: E402
from sim.runs.resampling import interval_of_mean  # noqa: E402
from sim.runs.selection import seeds_of  # noqa: E402
from sim.scenario.load import Ready  # noqa: E402
from sim.search.bench import Bench, figure  # noqa: E402
from sim.search.ledger import Ledger, key_of  # noqa: E402
from sim.search.points import Point  # noqa: E402
from sim.search.sweep import exit_code, worlds_of  # noqa: E402
from strategy.config_guard import Guard, LatchedThresholds, Thresholds  # noqa: E402
from strategy.errors import OperatorError  # noqa: E402
from strategy.exit_codes import ExitCode  # noqa: E402

LEDGER: Final = "results.ndjson"
_S_PER_HOUR: Final = 3600.0
_HOURS_MAX: Final = 1000.0
_LINES: Final = 20
_NEVER: Final = 1e8


class Arm(NamedTuple):
    """One way of trading: its name, and what it changes in the config of the scenario."""

    name: str
    settings: Point = ()


def _never_reached(trigger: str, row: Thresholds | LatchedThresholds) -> Point:
    """Put the thresholds of one trigger where no reading comes."""
    levels = ("soft_exit", "soft_enter", "hard_exit", "hard_enter")
    here = [level for level in levels if level in type(row).model_fields]
    return tuple(f"guard.{trigger}.{level}={_NEVER + number:.0f}" for number, level in enumerate(here))


def _unguarded() -> Point:
    rows = {name: value for name, value in Guard() if isinstance(value, Thresholds | LatchedThresholds)}
    return tuple(setting for name, row in rows.items() for setting in _never_reached(name, row))


STRATEGY: Final = Arm("the strategy")
# Of a touch quoter's post-only orders every second comes too late, and the guard would halt it for that nearly all the
# time: a control that is not there controls nothing.
CONTROL: Final = Arm("the touch", ("model=symmetric", *_never_reached("rejects_pct", Guard().rejects_pct)))
_SCORES: Final = (
    "volatility_bps_per_sqrt_s",
    "thinness_ratio",
    "round_trip_ms",
    "pnl_deviation_sigma",
    "adverse_markout_bps",
)
_FIXED: Final = tuple(f"spread.{score}.weight_bps=0" for score in _SCORES)
REMOVED: Final = (
    Arm("guard", _unguarded()),
    Arm("adaptive spread: its base, fixed", _FIXED),
    Arm("inventory skew", ("skew.slope_bps_per_pct=0",)),
    Arm("queue-aware", ("queue.enabled=false",)),
    Arm("placement: least time in the book", ("placement.book_time_ms_min=0",)),
    Arm("placement: least move", ("placement.move_bps_min=0",)),
    Arm("placement: fast cancel", (f"placement.fast_cancel_bps={_NEVER:.0f}",)),
    Arm("placement: taking", ("placement.taking=false",)),
)
# What is there and off by default: these are compared the other way round.
OFFERED: Final = (Arm("fair value: takers at .02", ("fair.taker_bps=0.02",)),)
PROFILES: Final = tuple(
    ROOT / "scenarios" / "economics" / f"{name}.yaml" for name in ("btc_rebate", "btc_vip0", "thin_alt")
)
ABLATED: Final = PROFILES[:2]
_EX_FEES: Final = "net_ex_fees_bps"
_PER_HOUR: Final = "net_usdt_per_h"


class Played(NamedTuple):
    """What came of one scenario: the results of each arm, in the order of the seeds."""

    name: str
    results: dict[str, list[SeedResult]]

    def interval(self, arm: str, metric: str, digits: int) -> str:
        """Write the mean of a figure with its 95 % interval."""
        values = figure(self.results[arm], metric)
        if not values:
            return "-"
        found = interval_of_mean(f"{self.name}/{arm}/{metric}", values)
        return _with_interval(statistics.fmean(values), found, digits)

    def mean(self, arm: str, metric: str, digits: int) -> str:
        """Write the mean of a figure over the seeds."""
        values = figure(self.results[arm], metric)
        return f"{statistics.fmean(values):.{digits}f}" if values else "-"

    def worst(self, arm: str, metric: str, digits: int) -> str:
        """Write the least of a figure over the seeds."""
        values = figure(self.results[arm], metric)
        return f"{min(values):.{digits}f}" if values else "-"

    def change(self, before: str, after: str, metric: str, digits: int) -> str:
        """Write what a figure gains from one arm to the other over the same seeds, and what that shows."""
        sides = [{one.seed: one.metrics for one in self.results[arm]} for arm in (before, after)]
        effect = effect_of(f"{self.name}/{before}/{after}", metric, "value", *sides)
        if effect is None:
            return "-"
        return f"{_with_interval(effect.change, effect.interval, digits)}, {effect.verdict}"


def _with_interval(mean: float, interval: tuple[float, float] | None, digits: int) -> str:
    ends = "" if interval is None else f" [{interval[0]:.{digits}f}, {interval[1]:.{digits}f}]"
    return f"{mean:.{digits}f}{ends}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def table_of(played: Sequence[Played]) -> Iterator[str]:
    """Write what each profile pays, to the strategy and to the control."""
    heads = ("profile", "arm", "seeds", "net, bps", "ex fees, bps", "slippage, bps", "taken, %", "takes", "uptime, %")
    heads += ("fills/h, mean (worst)", "USDT/h")
    yield _row(heads)
    yield _row(["---"] * len(heads))
    for one in played:
        for arm in one.results:
            yield _row(
                (
                    one.name,
                    arm,
                    str(len(one.results[arm])),
                    one.interval(arm, "net_bps", 3),
                    one.interval(arm, _EX_FEES, 3),
                    one.mean(arm, "slippage_bps", 3),
                    one.mean(arm, "taker_share_pct", 2),
                    one.mean(arm, "takes", 1),
                    one.mean(arm, "two_sided_uptime_pct", 1),
                    f"{one.mean(arm, 'fills_per_h', 0)} ({one.worst(arm, 'fills_per_h', 0)})",
                    one.interval(arm, _PER_HOUR, 1),
                )
            )
    yield ""
    heads = ("profile", "the strategy less the touch: ex fees, bps", "net, USDT/h", "drawdown, USDT")
    yield _row(heads)
    yield _row(["---"] * len(heads))
    for one in played:
        pair = (CONTROL.name, STRATEGY.name)
        gains = ((_EX_FEES, 3), (_PER_HOUR, 1), ("drawdown_usdt", 2))
        yield _row((one.name, *(one.change(*pair, metric, digits) for metric, digits in gains)))


def ablation_of(played: Sequence[Played]) -> Iterator[str]:
    """Write what having each stage is worth: the strategy with it less the strategy without it."""
    gains = ((_EX_FEES, 3), (_PER_HOUR, 1), ("drawdown_usdt", 3), ("max_exposure_pct", 1), ("fills_per_h", 0))
    heads = (
        "profile",
        "what the stage adds",
        "ex fees, bps",
        "net, USDT/h",
        "drawdown, USDT",
        "exposure, %",
        "fills/h",
    )
    yield _row(heads)
    yield _row(["---"] * len(heads))
    for one in played:
        for arm in one.results:
            if arm != STRATEGY.name:
                is_offered = any(arm == one.name for one in OFFERED)
                pair = (STRATEGY.name, arm) if is_offered else (arm, STRATEGY.name)
                seeds = str(len(one.results[arm]))
                yield _row((one.name, arm, seeds, *(one.change(*pair, metric, digits) for metric, digits in gains)))


WHAT: Final = {
    "table": (PROFILES, (STRATEGY, CONTROL), table_of),
    "ablation": (ABLATED, (STRATEGY, *REMOVED, *OFFERED), ablation_of),
}


def _jobs(scenarios: Sequence[Path], arms: Sequence[Arm], seeds: Sequence[int], hours: float) -> list[Job]:
    """Draw up the runs, all arms of a seed before the next: what is interrupted can be compared so far."""
    worlds = [_lasting(world, hours) for path in scenarios for world in worlds_of(path, [arm.settings for arm in arms])]
    return [Job(world, seed) for seed in seeds for world in worlds]


def _lasting(world: Ready, hours: float) -> Ready:
    """Have a scenario count for so long, whatever it says; its warm-up comes before that."""
    run = world.run.model_copy(update={"duration_s": world.run.warmup_s + hours * _S_PER_HOUR})
    return world.model_copy(update={"run": run})


def _played(jobs: Sequence[Job], arms: Sequence[Arm], gathered: Gathered) -> list[Played]:
    """Sort results by scenario and arm; a seed counts where all arms of its scenario have come to their end."""
    found: dict[str, Played] = {}
    for start in range(0, len(jobs), len(arms)):
        results = [gathered.results.get(place) for place in range(start, start + len(arms))]
        if any(one is None or one.error or one.was_cut or one.refused for one in results):
            continue
        name = jobs[start].scenario.name
        into = found.setdefault(name, Played(name, {arm.name: [] for arm in arms}))
        for arm, result in zip(arms, results, strict=True):
            assert result is not None
            into.results[arm.name].append(result)
    return list(found.values())


def _say(done: int, many: int, _place: int, _result: SeedResult) -> None:
    if done * _LINES // many > (done - 1) * _LINES // many:
        click.echo(f"{done} of {many} runs", err=True)


def _gather(jobs: Sequence[Job], out: Path, workers: int, so_far: bool) -> Gathered:
    out.mkdir(parents=True, exist_ok=True)
    with Crew("local", workers) as crew, Ledger(out / LEDGER) as ledger:
        if so_far:
            known = ((place, ledger.find(key_of(job))) for place, job in enumerate(jobs))
            return Gathered({place: result for place, result in known if result is not None})
        return Bench(crew, ledger, _say).run(jobs)


def main(arguments: Sequence[str]) -> int:
    """Print a table; give the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("what", choices=WHAT)
    parser.add_argument("scenarios", nargs="*", type=Path, help="scenario files, instead of the profiles' own")
    parser.add_argument("--seeds", default="1001-1064", help="such as 1001-1064 or 1,3 (default: %(default)s)")
    parser.add_argument("--hours", type=float, default=1.0, help="what counts of each run (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="worker processes (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("earnings"), help="folder of results (default: %(default)s)")
    parser.add_argument("--arm", help="beside the strategy only arms whose name contains this")
    parser.add_argument("--so-far", action="store_true", help="run nothing, print what is there")
    given = parser.parse_args(arguments)
    if not 0 < given.hours < _HOURS_MAX or given.workers < 1:
        parser.error(f"--hours is above 0 and below {_HOURS_MAX:g}, --workers at least 1")
    scenarios, all_arms, lines = WHAT[given.what]
    arms = [arm for arm in all_arms if arm is STRATEGY or (given.arm or "") in arm.name]
    if len(arms) == 1:
        parser.error(f"--arm: no arm of {given.what} is called {given.arm!r}")
    try:
        seeds = seeds_of(given.seeds)
        jobs = _jobs(given.scenarios or scenarios, arms, seeds, given.hours)
    except click.BadParameter as wrong:
        parser.error(wrong.message)
    except OperatorError as wrong:
        click.echo(str(wrong), err=True)
        return ExitCode.BAD_FILE
    gathered = _gather(jobs, given.out, given.workers, given.so_far)
    played = _played(jobs, arms, gathered)
    for line in lines(played) if played else ():
        print(line)
    code = ExitCode.NOTHING_SELECTED if given.so_far and not played else exit_code(gathered)
    click.echo(f"{len(gathered.results)} of {len(jobs)} runs, {given.hours:g} h each   exit {code:d}", err=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
