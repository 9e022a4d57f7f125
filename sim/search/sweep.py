"""One ``sim sweep``: points times seeds, and the table of what came of them."""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
import msgspec
from rich.console import Console
from rich.table import Table

from sim.runs.console import number
from sim.runs.engine import Crew, Gathered, workers_of
from sim.runs.job import Job, SeedResult
from sim.runs.pairing import PAIRS_MIN
from sim.runs.recorded import world_of
from sim.runs.resampling import interval_of_mean
from sim.runs.seed import core_factory
from sim.runs.selection import seeds_of
from sim.runs.workers import site_of
from sim.scenario.load import Desk, Ready
from sim.scenario.metrics import METRICS
from sim.scenario.profiles import profile_folder
from sim.scenario.settings import read_settings
from sim.search.bench import Bench, figure, mean_of
from sim.search.ledger import Ledger
from sim.search.points import Parameter, Point, drawn, grid, parameter_of
from strategy.errors import OperatorError
from strategy.exit_codes import ExitCode, first_of

LEDGER: Final = "results.ndjson"
TABLE: Final = "sweep.json"
_LOG_WIDTH: Final = 160
_LINES: Final = 10


class Options(msgspec.Struct, frozen=True):
    """The command line of ``sim sweep``, as click read it."""

    scenario: Path
    parameters: tuple[str, ...]
    random: int | None
    draw_seed: int
    seeds: str | None
    workers: str
    engine: str
    settings: tuple[str, ...]
    metrics: tuple[str, ...]
    until_s: float | None
    core: str
    data_dir: str
    out: Path | None
    resume: bool
    form: str


class Row(msgspec.Struct, frozen=True):
    """What came of one point: means over its seeds, and the interval of the first figure's mean.

    ``counts`` says of how many of the ``asked`` seeds each mean is: a seed without a fill has no price of one.
    """

    settings: Point
    asked: int
    means: dict[str, float | None]
    counts: dict[str, int]
    interval: tuple[float, float] | None
    broken: int
    raised: int
    results: tuple[SeedResult, ...]

    def is_whole(self, metric: str) -> bool:
        """Say whether every seed has this figure: only then is its mean one of the same worlds as another's."""
        return self.counts[metric] == self.asked

    def mean_text(self, metric: str) -> str:
        """Write a mean, with the number of its seeds where those are not all."""
        mean = self.means[metric]
        text = "-" if mean is None else number(mean)
        return text if self.is_whole(metric) else f"{text} ({self.counts[metric]} of {self.asked})"


def sweep(options: Options) -> int:
    """Do it all; give the exit code."""
    started_s = time.monotonic()
    parameters = [parameter_of(text) for text in options.parameters]
    points = grid(parameters) if options.random is None else drawn(parameters, options.random, options.draw_seed)
    worlds = worlds_of(options.scenario, [(*options.settings, *point) for point in points])
    seeds = seeds_of(options.seeds, "--seeds") if options.seeds is not None else worlds[0].run.seed_numbers
    core_factory(options.core)
    site_of(options.engine)
    out = options.out or Path("sweeps") / worlds[0].name
    claim(out, options.resume)
    jobs = [
        Job(world, seed, core=options.core, data_dir=options.data_dir, until_s=options.until_s)
        for world in worlds
        for seed in seeds
    ]
    gathered, reused = _carry_out(options, jobs, out)
    rows = [
        _row(worlds[0].name, point, _results(gathered, place * len(seeds), len(seeds)), len(seeds), options.metrics)
        for place, point in enumerate(points)
    ]
    plain = _plain(options, worlds[0], parameters, seeds, rows)
    (out / TABLE).write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    if options.form == "json":
        print(json.dumps(plain, indent=1))
    else:
        _print(worlds[0], parameters, rows, options.metrics)
    code = exit_code(gathered)
    done = f"{len(points)} points, {len(gathered.results)} of {len(jobs)} runs"
    done += f" ({reused} were there already)" if reused else ""
    why = f"; {len(gathered.lost)} lost with their worker {gathered.why}".rstrip() if gathered.lost else ""
    click.echo(f"\n{done}{why} in {time.monotonic() - started_s:.0f} s   exit {code}", err=True)
    click.echo(f"data {out / TABLE}", err=True)
    return code


def worlds_of(path: Path, points: Sequence[Point]) -> list[Ready]:
    """Read a scenario once for each point; what is wrong with any of them is told before anything runs."""
    desk = Desk(profile_folder())
    worlds = [desk.scenario(path, read_settings(point, desk.problems)) for point in points]
    if desk.problems:
        raise OperatorError(desk.sorted_problems())
    return [world for world in worlds if world is not None]


def claim(out: Path, resume: bool) -> None:
    """Make the folder; one that holds results is gone on with only when that was said."""
    if (out / LEDGER).exists() and not resume:
        raise click.UsageError(f"{out} holds results already: say --resume to go on with it, or --out another")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"cannot write to {out}: {error.strerror}") from None


def exit_code(gathered: Gathered) -> ExitCode:
    """Say how a search ended, from what its runs came to; gates are not judged in one."""
    if gathered.interrupted:
        return ExitCode.INTERRUPTED
    results = gathered.results.values()
    if results and all(result.skipped for result in results):
        return ExitCode.NOTHING_SELECTED
    reasons = [ExitCode.INTERNAL] if any(result.error for result in results) else []
    reasons += [ExitCode.BAD_FILE] if any(result.refused for result in results) else []
    reasons += [ExitCode.WORKER_LOST] if gathered.lost else []
    reasons += [ExitCode.FAILED] if any(result.breaches for result in results) else []
    return first_of(reasons)


def _carry_out(options: Options, jobs: Sequence[Job], out: Path) -> tuple[Gathered, int]:
    with Crew(options.engine, workers_of(options.workers)) as crew, Ledger(out / LEDGER) as ledger:
        bench = Bench(crew, ledger, _say)
        return bench.run(jobs), bench.reused


def _say(done: int, many: int, _place: int, _result: SeedResult) -> None:
    """Say how far a sweep is, at every tenth of it: never a bar in a log."""
    if done * _LINES // many > (done - 1) * _LINES // many:
        click.echo(f"{done} of {many} runs", err=True)


def _results(gathered: Gathered, start: int, many: int) -> list[SeedResult]:
    return [gathered.results[place] for place in range(start, start + many) if place in gathered.results]


def _row(name: str, point: Point, results: list[SeedResult], asked: int, metrics: Sequence[str]) -> Row:
    whole = [result for result in results if not result.was_cut and not result.error]
    figures = {metric: figure(whole, metric) for metric in metrics}
    first = figures[metrics[0]]
    # Of two seeds the bootstrap gives the two: no more is known than for the verdict of a comparison.
    is_judged = len(first) >= PAIRS_MIN
    return Row(
        settings=point,
        asked=asked,
        means={metric: mean_of(values) for metric, values in figures.items()},
        counts={metric: len(values) for metric, values in figures.items()},
        interval=interval_of_mean(f"{name}/{' '.join(point)}/{metrics[0]}", first) if is_judged else None,
        broken=sum(bool(result.breaches) for result in results),
        raised=sum(bool(result.error) for result in results),
        results=tuple(results),
    )


def _plain(
    options: Options, world: Ready, parameters: Sequence[Parameter], seeds: Sequence[int], rows: Sequence[Row]
) -> dict[str, Any]:
    """Give the file of a sweep: a function of what was asked, whoever ran it in whatever order."""
    return {
        "schema_version": 1,
        "scenario": world.name,
        "world": world_of(world, options.until_s),
        "keys": [one.key for one in parameters],
        "set": list(options.settings),
        "seeds": list(seeds),
        "points": [
            {
                "settings": list(row.settings),
                "means": row.means,
                "counts": row.counts,
                "interval": row.interval,
                "broken": row.broken,
                "raised": row.raised,
                "seeds": [
                    {"seed": one.seed, "digest": one.digest, "metrics": one.metrics, "was_cut": one.was_cut}
                    for one in row.results
                ],
            }
            for row in rows
        ],
    }


def _print(world: Ready, parameters: Sequence[Parameter], rows: Sequence[Row], metrics: Sequence[str]) -> None:
    table = Table(box=None, pad_edge=True, header_style="dim")
    for one in parameters:
        table.add_column(one.key, justify="right")
    for metric in metrics:
        table.add_column(metric, justify="right")
        if metric == metrics[0]:
            table.add_column("95% interval", justify="right")
    for head in ("seeds", "broken"):
        table.add_column(head, justify="right")
    best = _best(rows, metrics[0])
    for row in rows:
        cells = [setting.partition("=")[2] for setting in row.settings]
        for metric in metrics:
            cells.append(row.mean_text(metric))
            if metric == metrics[0]:
                cells.append("-" if row.interval is None else " .. ".join(number(end) for end in row.interval))
        cells += [str(len(row.results)), str(row.broken + row.raised or "-")]
        table.add_row(*cells, style="bold green" if row is best else "")
    talk = Console(width=None if sys.stdout.isatty() else _LOG_WIDTH)
    talk.print(f"\n[bold]{world.name}[/]", highlight=False)
    talk.print(table)
    if best is not None:
        talk.print(f" best {metrics[0]}: {' '.join(best.settings)}", highlight=False)
    for line in _reservations(rows, metrics[0]):
        talk.print(f" {line}", highlight=False)


def _reservations(rows: Sequence[Row], metric: str) -> list[str]:
    """Say which points were not compared, and why no mean has an interval."""
    lines = []
    partial = [row for row in rows if not row.is_whole(metric)]
    if partial:
        one = partial[0]
        many = "1 point has" if len(partial) == 1 else f"{len(partial)} points have"
        words = f"not compared: {many} no {metric} in some seed, such as {' '.join(one.settings)}"
        lines.append(f"{words}: {one.counts[metric]} of {one.asked} seeds have it")
    if rows and rows[0].asked < PAIRS_MIN:
        lines.append(f"no interval: {PAIRS_MIN} seeds are needed")
    return lines


def _best(rows: Sequence[Row], metric: str) -> Row | None:
    """Find the best point that broke nothing and has the figure in every seed; None where it has no good side."""
    better = METRICS[metric].better
    sign = {"higher": 1, "lower": -1}.get(better)
    whole = [row for row in rows if row.is_whole(metric) and not row.broken and not row.raised]
    if sign is None or not whole:
        return None
    return max(whole, key=lambda row: sign * (row.means[metric] or 0.0))
