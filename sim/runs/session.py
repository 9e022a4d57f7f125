"""One ``sim run`` from the files it was given to its exit code."""

import hashlib
import shlex
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import msgspec
from msgspec.structs import replace
from rich.console import Console

from sim.runs import console as screen
from sim.runs.annotations import annotations_of
from sim.runs.baseline import Baseline, baseline_file, find_baseline, further_seeds, save_baseline
from sim.runs.costs import FlowDiffers, costs_of, jobs_without
from sim.runs.determinism import Difference, compare
from sim.runs.engine import Gathered, run_jobs, workers_of
from sim.runs.folder import checkpoints_of, host_part, look_of, manifest_of, write_run
from sim.runs.holdings import claim_for_run, clear, make
from sim.runs.job import Job, SeedResult
from sim.runs.judge import NOT_JUDGED, PASS
from sim.runs.recipe import Program, recipe_of, this_program
from sim.runs.recorded import world_of
from sim.runs.seed import core_factory
from sim.runs.selection import Selected, select
from sim.runs.summary import ScenarioSummary, summarise
from sim.runs.viability import BEATEN, NOT_SHOWN, NOT_VIABLE
from sim.runs.workers import site_of
from strategy.exit_codes import ExitCode, first_of

_NS_PER_S: Final = 1_000_000_000
_ID_DIGITS: Final = 4
_LOG_WIDTH: Final = 140


class Options(msgspec.Struct, frozen=True):
    """The command line of ``sim run``, as click read it."""

    scenarios: tuple[Path, ...]
    seeds: str | None
    workers: str
    engine: str
    expression: str | None
    tag: str | None
    settings: tuple[str, ...]
    baseline: str | None
    save_baseline: bool
    confirm: int | None
    fail_fast: bool
    until_s: float | None
    check_determinism: bool
    fault_costs: bool
    fills: bool
    core: str
    through: str
    data_dir: str
    out: Path | None
    junit: Path | None
    form: str
    quiet: bool
    dry_run: bool
    started_ns: int
    argv: tuple[str, ...]


class Session:
    """Select, run, judge, write, say. stdout carries data, stderr carries talk."""

    def __init__(self, options: Options) -> None:
        """Take the command line; nothing is read yet."""
        self._options = options
        is_json = options.form == "json"
        # A log has no edge to break a table at; only a terminal has.
        self._talk = Console(stderr=is_json, width=None if sys.stdout.isatty() else _LOG_WIDTH)
        self._started_s = time.monotonic()
        self._baseline: Baseline | None = None
        self._program: Program
        self._flow: Difference | None = None

    def run(self) -> int:
        """Do it all; the exit code is the strongest reason found."""
        options = self._options
        selected = select(options)
        if not selected.scenarios:
            print("nothing selected: no scenario matches", file=sys.stderr)
            return ExitCode.NOTHING_SELECTED
        workers = workers_of(options.workers)
        core_factory(options.core)  # a core that cannot be found is told before anything starts
        site_of(options.engine)  # and so is an engine
        if options.through:
            from sim.through.arms import arm

            arm(options.through)
        if not self._finds_baseline(selected):
            return ExitCode.BASELINE
        jobs = self._jobs(selected)
        if options.dry_run:
            for job in jobs:
                print(f"{job.scenario.name} seed {job.seed}")
            return ExitCode.OK
        out = options.out or self._folder(jobs)
        claim_for_run(out, [job.scenario.name for job in jobs])
        if options.junit is not None:
            make(options.junit.parent)
            if options.junit.is_dir():
                raise click.BadParameter(f"{options.junit} is a folder", param_hint="--junit")
        for one in selected.scenarios if options.save_baseline else ():
            make(baseline_file(one.source, one.scenario.name).parent)
        self._program = this_program(options.through)
        gathered = self._carry_out(jobs, workers)
        summaries = self._summaries(selected, jobs, gathered)
        if options.confirm and not gathered.interrupted:
            selected, jobs = self._confirm(selected, jobs, summaries, gathered, workers)
            summaries = self._summaries(selected, jobs, gathered)
        summaries = self._with_costs(summaries, jobs, gathered, workers)
        difference = self._second_look(jobs, gathered, workers)
        difference = self._flow or difference
        self._write(out, selected, jobs, summaries, workers)
        if options.save_baseline and not gathered.interrupted:
            self._save(summaries)
        return self._say(out, summaries, gathered, difference)

    def _finds_baseline(self, selected: Selected) -> bool:
        """Find the baseline before anything runs; what stands in the way is told, all of it."""
        options = self._options
        if options.baseline is None:
            return True
        self._baseline, problems = find_baseline(options.baseline, selected.scenarios, options.until_s)
        for problem in problems:
            print(f"error[{problem.code}]: {problem}", file=sys.stderr)
        return not problems

    def _save(self, summaries: Sequence[ScenarioSummary]) -> None:
        for summary in summaries:
            print(save_baseline(summary), file=sys.stderr)

    def _jobs(self, selected: Selected) -> list[Job]:
        options = self._options
        return [
            Job(
                scenario=played,
                seed=seed,
                # Another core is measured against the same controls as ours: they are never played by it.
                core=options.core if played is one.scenario else "",
                through=options.through,
                data_dir=options.data_dir,
                until_s=options.until_s,
                with_fills=options.fills,
            )
            for one in selected.scenarios
            for played in (one.scenario, *(one.scenario.of_control(control.name) for control in one.scenario.controls))
            for seed in one.seeds
        ]

    def _carry_out(self, jobs: Sequence[Job], workers: int) -> Gathered:
        totals: dict[str, int] = {}
        for job in jobs:
            totals[job.scenario.name] = totals.get(job.scenario.name, 0) + 1
        talk = Console(stderr=True)
        bars = talk.is_terminal and self._options.form == "auto"
        with screen.progress(talk, totals, bars=bars) as told:
            return run_jobs(jobs, workers, lambda _, result: told(result), self._stops, self._options.engine)

    def _stops(self, result: SeedResult) -> bool:
        return self._options.fail_fast and bool(result.breaches or result.error)

    def _summaries(self, selected: Selected, jobs: Sequence[Job], gathered: Gathered) -> list[ScenarioSummary]:
        summaries = []
        for one in selected.scenarios:
            name = one.scenario.name
            controls = {control.name: one.scenario.name_of_control(control.name) for control in one.scenario.controls}
            rivals = {each: _results_of(played, jobs, gathered) for each, played in controls.items()}
            places = [place for place, job in enumerate(jobs) if job.scenario.name in (name, *controls.values())]
            missing = [jobs[place].seed for place in places if place not in gathered.results]
            results = _results_of(name, jobs, gathered)
            if results or missing:
                lost = [jobs[place].seed for place in places if place in gathered.lost]
                world = world_of(one.scenario, self._options.until_s)
                before = self._baseline.scenarios.get(name) if self._baseline else None
                summaries.append(
                    summarise(
                        one.scenario,
                        one.source,
                        results,
                        sorted(dict.fromkeys(missing)),
                        self._flags(),
                        sorted(dict.fromkeys(lost)),
                        world,
                        before,
                        self._all_flags(),
                        rivals,
                        self._options.until_s,
                    )
                )
        return summaries

    def _flags(self) -> str:
        """Write the options that decide what is run, for the command that runs it again."""
        options = self._options
        flags = [f" --set {shlex.quote(setting)}" for setting in options.settings]
        flags += [f" --until {exact(options.until_s)}"] if options.until_s is not None else []
        flags += [f" --core {shlex.quote(options.core)}"] if options.core else []
        flags += [f" --through {shlex.quote(options.through)}"] if options.through else []
        return "".join(flags)

    def _confirm(
        self,
        selected: Selected,
        jobs: list[Job],
        summaries: Sequence[ScenarioSummary],
        gathered: Gathered,
        workers: int,
    ) -> tuple[Selected, list[Job]]:
        """Run more seeds of what failed for a drop, and add them: what was luck does not outlast them."""
        further = further_seeds(selected, summaries, self._baseline, self._options.confirm or 1)
        for name, seeds in further.items():
            told = f"{len(seeds)} seeds more" if seeds else "no more seeds in the baseline: it stands"
            print(f"{name}: a drop, to be confirmed by {told}", file=sys.stderr)
        added = [replace(one, seeds=further.get(one.scenario.name, ())) for one in selected.scenarios]
        extra = self._jobs(Selected(tuple(added), selected.hashes))
        if not extra:
            return selected, jobs
        second = self._carry_out(extra, workers)
        gathered.results |= {len(jobs) + place: result for place, result in second.results.items()}
        gathered.lost += [len(jobs) + place for place in second.lost]
        gathered.interrupted = second.interrupted
        whole = [
            replace(one, seeds=one.seeds + more.seeds) for one, more in zip(selected.scenarios, added, strict=True)
        ]
        return Selected(tuple(whole), selected.hashes), [*jobs, *extra]

    def _all_flags(self) -> str:
        """Write the options that a failure of all seeds together needs as well."""
        options = self._options
        flags = [f" --seed {shlex.quote(options.seeds)}"] if options.seeds else []
        flags += [f" --baseline {shlex.quote(options.baseline)}"] if options.baseline else []
        flags += [f" --confirm {options.confirm}"] if options.confirm else []
        return "".join(flags)

    def _second_look(self, jobs: Sequence[Job], gathered: Gathered, workers: int) -> Difference | None:
        if not self._options.check_determinism or gathered.interrupted:
            return None
        return compare(jobs, gathered, workers)

    def _with_costs(
        self, summaries: list[ScenarioSummary], jobs: Sequence[Job], gathered: Gathered, workers: int
    ) -> list[ScenarioSummary]:
        """Run every seed again without each of its faults, and tell what that changed."""
        if not self._options.fault_costs or gathered.interrupted:
            return summaries
        names = [one.name for one in summaries]
        places = [place for place, job in enumerate(jobs) if job.scenario.name in names]  # not their controls
        own = [jobs[place] for place in places]
        results = {index: gathered.results[place] for index, place in enumerate(places) if place in gathered.results}
        others = jobs_without(own)
        print(f"{len(others)} runs more, each without a fault", file=sys.stderr)
        second = self._carry_out(others, workers)
        gathered.lost += [len(jobs) + place for place in second.lost]
        gathered.interrupted = second.interrupted
        try:
            costs = costs_of(own, results, second.results)
        except FlowDiffers as differs:
            self._flow = Difference(False, f"error[{differs.code}]: {differs}")
            return summaries
        return [replace(one, costs=costs.get(one.name)) for one in summaries]

    def _folder(self, jobs: Sequence[Job]) -> Path:
        # The stamp is for people; the tail tells two runs of one minute apart.
        stamp = datetime.fromtimestamp(self._options.started_ns / _NS_PER_S, UTC).strftime("%Y%m%d-%H%M")
        key = f"{self._options.started_ns} {[(job.scenario.name, job.seed) for job in jobs]}"
        return Path("runs") / f"{stamp}-{hashlib.blake2b(key.encode(), digest_size=8).hexdigest()[:_ID_DIGITS]}"

    def _write(
        self,
        out: Path,
        selected: Selected,
        jobs: Sequence[Job],
        summaries: Sequence[ScenarioSummary],
        workers: int,
    ) -> None:
        seeds = {one.scenario.name: list(one.seeds) for one in selected.scenarios}
        manifest = manifest_of(self._options.argv, selected.hashes, seeds, self._program)
        manifest["baseline"] = self._baseline.label if self._baseline else None
        started = datetime.fromtimestamp(self._options.started_ns / _NS_PER_S, UTC).isoformat(timespec="seconds")
        manifest["checkpoints"] = checkpoints_of(summaries)
        manifest["host"] = host_part(time.monotonic() - self._started_s, started, workers)
        clear(out, [job.scenario.name for job in jobs])
        write_run(out, summaries, manifest, {job.scenario.name: recipe_of(job, self._program) for job in jobs})
        if self._options.junit:
            self._options.junit.write_bytes((out / "junit.xml").read_bytes())

    def _say(
        self, out: Path, summaries: Sequence[ScenarioSummary], gathered: Gathered, difference: Difference | None
    ) -> int:
        talk = self._talk
        if self._options.form == "json" or self._options.quiet:
            # Which line of which file is wrong is no detail: nothing else would say it.
            told = (result.refused for summary in summaries for result in summary.all_results if result.refused)
            for words in dict.fromkeys(told):
                print(words, file=sys.stderr)
        if self._options.form == "json":
            print((out / "summary.json").read_text(encoding="utf-8"), end="")
        elif not self._options.quiet:
            if self._baseline:
                talk.print(f"\nbaseline {self._baseline.label}", highlight=False, markup=False)
            for summary in summaries:
                screen.print_scenario(talk, summary, look_of(summary, out))
        if self._options.form != "json":
            walls = {one.name: sum(result.wall_s for result in one.results) for one in summaries}
            screen.print_overview(talk, summaries, walls)
        code = _exit_code(summaries, gathered, difference)
        talk = Console(stderr=True) if self._options.form == "json" else talk
        if difference is not None:
            talk.print(difference.text, highlight=False, style="" if difference.equal else "bold red")
        if self._options.form == "github":
            for line in annotations_of(summaries):
                print(line)
        self._last_lines(talk, out, summaries, gathered, code)
        return code

    def _last_lines(
        self, talk: Console, out: Path, summaries: Sequence[ScenarioSummary], gathered: Gathered, code: int
    ) -> None:
        failed = sum(summary.failed for summary in summaries)
        took_s = time.monotonic() - self._started_s
        if gathered.interrupted:
            talk.print("\n[yellow]interrupted[/]: what had finished is written", highlight=False)
        if gathered.lost:
            why = f": {gathered.why}" if gathered.why else ""
            talk.print(f"\n[bold red]{len(gathered.lost)} runs lost with their worker{why}[/]", highlight=False)
        ran = [summary for summary in summaries if not summary.skipped and not summary.is_unrun]
        partly = sum(bool(summary.missing) and not summary.failed for summary in ran)
        plain = sum(summary.verdict == PASS for summary in ran)
        passed = f"{plain} scenarios passed" + (f", {partly} not to the end" if partly else "")
        for word in (NOT_VIABLE, BEATEN, NOT_SHOWN, NOT_JUDGED):
            there = sum(summary.verdict == word for summary in ran)
            passed += f", {there} {word}" if there else ""
        verdict = f"{failed} of {len(ran)} scenarios failed" if failed else passed
        unrun = sum(summary.is_unrun for summary in summaries)
        verdict += f", {unrun} not run" if unrun else ""
        talk.print(f"\n{verdict} in {took_s:.0f} s   exit {code}", highlight=False)
        talk.print(f"data {out / 'summary.json'}   junit {out / 'junit.xml'}", highlight=False)


def _results_of(name: str, jobs: Sequence[Job], gathered: Gathered) -> list[SeedResult]:
    """Give what came back of one scenario or control, in the order of its seeds."""
    places = [place for place, job in enumerate(jobs) if job.scenario.name == name]
    return [gathered.results[place] for place in places if place in gathered.results]


def exact(seconds: float) -> str:
    """Write a number so that it is read back as the same: the command that is told has to repeat the run."""
    short = f"{seconds:g}"
    return short if float(short) == seconds else repr(seconds)


def _exit_code(summaries: Sequence[ScenarioSummary], gathered: Gathered, difference: Difference | None) -> int:
    if gathered.interrupted:
        return ExitCode.INTERRUPTED
    if summaries and all(summary.skipped for summary in summaries):
        return ExitCode.NOTHING_SELECTED
    reasons = []
    if any(summary.raised for summary in summaries):
        reasons.append(ExitCode.INTERNAL)
    if any(summary.refused for summary in summaries):
        reasons.append(ExitCode.BAD_FILE)
    if difference is not None and not difference.equal:
        reasons.append(ExitCode.NOT_DETERMINISTIC)
    if gathered.lost:
        reasons.append(ExitCode.WORKER_LOST)
    if any(summary.is_uncompared for summary in summaries):
        reasons.append(ExitCode.BASELINE)
    if any(summary.failed for summary in summaries):
        reasons.append(ExitCode.FAILED)
    return first_of(reasons)
