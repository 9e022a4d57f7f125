"""One ``sim swarm``: worlds drawn from seeds, run once each whatever happens, and what came of them."""

import json
import shlex
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from sim.runs.engine import Crew, Gathered, workers_of
from sim.runs.job import Job, SeedResult
from sim.runs.seed import core_factory
from sim.runs.selection import seeds_of
from sim.runs.workers import site_of
from sim.scenario.load import Ready
from sim.search.bench import Bench
from sim.search.ledger import Ledger
from sim.search.sweep import claim, exit_code
from sim.swarm import screen
from sim.swarm.failures import Failure, failures_of
from sim.swarm.report import Report, report_of
from sim.swarm.worlds import BASE, claim_base, path_of, read_base, write_worlds
from strategy.exit_codes import ExitCode, first_of

LEDGER: Final = "results.ndjson"
TABLE: Final = "swarm.json"
_LINES: Final = 10


class Options(msgspec.Struct, frozen=True):
    """The command line of ``sim swarm``, as click read it."""

    scenario: Path | None
    seeds: str
    workers: str
    engine: str
    core: str
    through: str
    every: int
    data_dir: str
    out: Path | None
    must_reach: bool
    resume: bool
    form: str


class Asked(msgspec.Struct, frozen=True):
    """One run that is asked for: a world, the arm it goes through, and the file it stands in."""

    world: Ready
    seed: int
    through: str
    file: str


class Swarm:
    """Draw, run, judge, write, say. stdout carries data, stderr carries talk."""

    def __init__(self, options: Options) -> None:
        """Take the command line; nothing is read yet."""
        self._options = options
        self._started_s = time.monotonic()

    def run(self) -> int:
        """Do it all; give the exit code."""
        options = self._options
        base = read_base(options.scenario or BASE)
        seeds = seeds_of(options.seeds, "--seeds")
        core_factory(options.core)
        site_of(options.engine)
        workers = workers_of(options.workers)
        if options.through:
            from sim.through.arms import arm

            arm(options.through)
        out = options.out or Path("swarms") / base.scenario.name
        claim(out, options.resume)
        claim_base(out, base, options.core, is_begun=(out / LEDGER).exists())
        asked = list(self._asked(write_worlds(base, seeds, out), seeds, out))
        gathered, reused = self._carry_out(asked, out, workers)
        results = {place: gathered.results[place] for place in sorted(gathered.results)}
        ran = [(asked[place], result) for place, result in results.items()]
        failures = [failure for one, result in ran for failure in self._failures(one, result)]
        report = report_of([(one.world, one.through, result) for one, result in ran], failures, len(asked))
        plain = self._plain(base.scenario.name, seeds, report)
        (out / TABLE).write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
        code = self._code(gathered, report)
        self._say(report, plain, gathered, reused, out, code)
        return code

    def _asked(self, worlds: Sequence[Ready], seeds: Sequence[int], out: Path) -> Iterator[Asked]:
        """Give every world as itself, and some of them once more through an arm."""
        options = self._options
        for place, (world, seed) in enumerate(zip(worlds, seeds, strict=True)):
            file = path_of(out, seed).as_posix()
            yield Asked(world, seed, "", file)
            if options.through and place % options.every == 0:
                yield Asked(world, seed, options.through, file)

    def _carry_out(self, asked: Sequence[Asked], out: Path, workers: int) -> tuple[Gathered, int]:
        options = self._options
        jobs = [Job(one.world, one.seed, options.core, one.through, options.data_dir) for one in asked]

        def arrived(done: int, many: int, place: int, result: SeedResult) -> None:
            first = next(self._failures(asked[place], result), None)
            if first is not None:
                click.echo(screen.line_of(first), err=True)
            if done * _LINES // many > (done - 1) * _LINES // many:
                click.echo(f"{done} of {many} runs", err=True)

        with Crew(options.engine, min(workers, len(jobs))) as crew, Ledger(out / LEDGER) as ledger:
            bench = Bench(crew, ledger, arrived)
            return bench.run(jobs), bench.reused

    def _failures(self, asked: Asked, result: SeedResult) -> Iterator[Failure]:
        options = self._options
        flags = f" --core {shlex.quote(options.core)}" if options.core else ""
        flags += f" --data {shlex.quote(options.data_dir)}" if asked.world.market.tape is not None else ""
        return failures_of(asked.world, asked.file, flags, result, asked.through)

    def _plain(self, name: str, seeds: Sequence[int], report: Report) -> dict[str, Any]:
        """Give the file of a swarm: a function of what was asked, whoever ran it in whatever order."""
        found: dict[str, Any] = msgspec.to_builtins(report)
        return {"schema_version": 1, "base": name, "core": self._options.core, "seeds": list(seeds), **found}

    def _code(self, gathered: Gathered, report: Report) -> ExitCode:
        code = exit_code(gathered)
        is_blind = self._options.must_reach and bool(report.coverage.never)
        failed = report.failures or report.is_excused_too_often or is_blind
        return first_of([code, ExitCode.FAILED]) if failed and code == ExitCode.OK else code

    def _say(
        self, report: Report, plain: dict[str, Any], gathered: Gathered, reused: int, out: Path, code: ExitCode
    ) -> None:
        if self._options.form == "json":
            print(json.dumps(plain, indent=1))
        elif self._options.form == "github":
            for line in screen.annotations_of(report):
                print(line)
        else:
            screen.print_report(report)
        took_s = time.monotonic() - self._started_s
        wall_s = sum(result.wall_s for result in gathered.results.values())
        click.echo(screen.last_line(report, gathered, reused, took_s, wall_s, code), err=True)
        click.echo(f"data {out / TABLE}", err=True)
