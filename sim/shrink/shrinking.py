"""One ``sim shrink``: from a seed that fails to the smallest file that still fails in the same way."""

import re
import shlex
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import click
import msgspec

from sim.runs.engine import Crew, workers_of
from sim.runs.failing import Failure, Wanted, failures_of
from sim.runs.folder import commit_here
from sim.runs.job import Job
from sim.runs.seed import core_factory
from sim.runs.workers import site_of
from sim.scenario.invariants import INVARIANTS
from sim.scenario.load import Desk, Ready, load_scenarios
from sim.scenario.models import Scenario
from sim.scenario.profiles import profile_folder
from sim.scenario.settings import read_settings
from sim.shrink import drafts
from sim.shrink.drafts import Draft
from sim.shrink.ranges import Range, ranges_of
from sim.shrink.steps import Steps
from sim.shrink.trials import Interrupted, NobodyLeft, Seen, Trials
from sim.shrink.writing import placed, text_of
from strategy.complaints import check
from strategy.documents import Reading
from strategy.errors import OperatorError, OurMistake
from strategy.exit_codes import ExitCode

REGRESSIONS: Final = Path("scenarios") / "regressions"
DOES_NOT_FAIL: Final = "SQ-S022"
_NAME_MAX: Final = 64


class Options(msgspec.Struct, frozen=True):
    """The command line of ``sim shrink``, as click read it."""

    scenario: Path
    seed: int
    wanted: Wanted
    runs_max: int
    out: Path | None
    promote: bool
    workers: str
    engine: str
    settings: tuple[str, ...]
    core: str
    through: str
    data_dir: str


class Shrinking:
    """Reads, tries, cuts, writes, says."""

    def __init__(self, options: Options) -> None:
        """Read the scenario; a bad file raises ``OperatorError``, what else cannot be ``click.UsageError``."""
        self._options = options
        self._started_s = time.monotonic()
        self._desk = Desk(profile_folder())
        settings = read_settings(options.settings, self._desk.problems)
        ready = self._desk.scenario(options.scenario, settings)
        if ready is None or self._desk.problems:
            raise OperatorError(self._desk.sorted_problems())
        self._ready: Ready = ready
        judged = tuple(dict.fromkeys(gate.metric for gate in ready.gates))
        if options.wanted.gate and options.wanted.gate not in judged:
            words = f"{ready.name} has no gate on {options.wanted.gate!r}; its gates are on {', '.join(judged)}"
            raise click.BadParameter(words, param_hint="--gate")
        self._whole = drafts.with_run(drafts.draft_of(ready, settings), seeds=1, first_seed=options.seed)
        self._out = options.out or Path("runs") / f"shrink-{ready.name}-{options.seed}" / "shrunk.yaml"
        if options.out is not None and options.out.exists():
            raise click.UsageError(f"{options.out} is there already: name another, or move it away")
        core_factory(options.core)  # a core that cannot be found is told before anything starts
        site_of(options.engine)
        if options.through:
            from sim.through.arms import arm

            arm(options.through)
        try:
            self._out.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise click.UsageError(f"cannot write to {self._out.parent}: {error.strerror}") from None

    def run(self) -> int:
        """Do it all; give the exit code."""
        width = workers_of(self._options.workers)
        with Crew(self._options.engine, width) as crew:
            trials = Trials(crew, width, self._job, self._options.runs_max)
            try:
                seen = trials.look(self._whole)
            except Interrupted:
                click.echo("interrupted before the seed had failed: nothing is written", err=True)
                return ExitCode.INTERRUPTED
            except NobodyLeft as gone:
                click.echo(f"no worker: {gone}", err=True)
                return ExitCode.WORKER_LOST
            failure = None if seen is None else self._options.wanted.find(seen.failures)
            if seen is None or failure is None:
                return self._without_failure(seen)
            promoted = self._promoted(failure)
            return self._shrink(crew, trials, failure, promoted)

    def _job(self, draft: Draft) -> Job | None:
        """Make the job of a draft; None where no scenario can be made of it."""
        checked = check(draft, Scenario)
        if checked.value is None:
            return None
        reading = Reading(self._options.scenario.as_posix(), checked.value, (), checked.parts, None, [])
        ready = self._desk.ready(reading, self._options.scenario)
        if ready is None or self._desk.problems:
            self._desk.problems.clear()
            return None
        return self._job_of(ready)

    def _job_of(self, ready: Ready) -> Job:
        options = self._options
        return Job(ready, options.seed, core=options.core, through=options.through, data_dir=options.data_dir)

    # What stands in the way

    def _without_failure(self, seen: Seen | None) -> int:
        """Say why there is nothing to make smaller."""
        name, seed = self._ready.name, self._options.seed
        if seen is None:
            click.echo(f"seed {seed} of {name} could not be run", err=True)
            return ExitCode.INTERNAL
        if seen.skipped:
            click.echo(f"{name} skipped: {seen.skipped}", err=True)
            return ExitCode.NOTHING_SELECTED
        if seen.refused:
            click.echo(seen.refused, err=True)
            return ExitCode.BAD_FILE
        asked = self._options.wanted
        what = f" {asked.gate or asked.invariant or asked.code}" if not asked.is_any else ""
        click.echo(f"error[{DOES_NOT_FAIL}]: seed {seed} of {name} does not fail{what}", err=True)
        for other in seen.failures:
            click.echo(f"  it fails {other}", err=True)
        return ExitCode.NOTHING_SELECTED

    def _promoted(self, failure: Failure) -> Path | None:
        """Name the regression that is to be written; one that is there is never written over."""
        if not self._options.promote:
            return None
        path = REGRESSIONS / f"{_slug(self._ready.name, failure.identity.what, self._options.seed)}.yaml"
        if path.exists():
            raise click.UsageError(f"{path} is there already: a regression is never written over")
        return path

    # The way down

    def _shrink(self, crew: Crew, trials: Trials, failure: Failure, promoted: Path | None) -> int:
        trials.wanted = failure.identity
        faults, run = drafts.faults_of(self._whole), self._whole["run"]
        symbols = self._ready.market.traded
        click.echo(
            f"seed {self._options.seed} fails {failure}\n"
            f"  {len(faults)} faults, {run['duration_s']:g} s, {len(symbols)} symbols: {', '.join(symbols)}"
        )
        steps = Steps(trials, self._whole, failure, _say, lambda draft: self._write(self._out, draft, failure, {}))
        self._write(self._out, self._whole, failure, {})
        ranges: Mapping[str, Sequence[Range]] = {}
        code = ExitCode.OK
        try:
            steps.run()
            runs = trials.runs
            ranges = ranges_of(trials, steps.draft)
            if trials.runs > runs:
                _say("ranges", f"of {len(ranges)} faults", "", trials.runs - runs)
        except (Interrupted, KeyboardInterrupt):
            code = ExitCode.INTERRUPTED
        except NobodyLeft as gone:
            click.echo(f"no worker is left: {gone}", err=True)
            code = ExitCode.WORKER_LOST
        self._write(self._out, steps.draft, steps.failure, ranges)
        if code is ExitCode.OK:
            code = self._prove(crew, steps.failure)
            if promoted is not None and code is ExitCode.OK:
                self._write(promoted, steps.draft, steps.failure, ranges, is_regression=True)
                load_scenarios([promoted])
        self._say_done(trials, steps.failure, code, promoted)
        return code

    def _prove(self, crew: Crew, failure: Failure) -> ExitCode:
        """Run what was written, from its file: it must fail in the same way. A run that did not come back says nothing.

        Raises ``OurMistake`` where it came back and failed of something else, or of nothing.
        """
        (ready,) = load_scenarios([self._out])
        gathered = crew.carry([self._job_of(ready)], lambda _place, _result: None)
        if gathered.interrupted:
            return ExitCode.INTERRUPTED
        result = gathered.results.get(0)
        if result is None:
            click.echo(f"{self._out} is not proven: {gathered.why or 'its worker died, twice'}", err=True)
            return ExitCode.WORKER_LOST
        failures = failures_of(ready.gates, result)
        if not any(one.identity == failure.identity for one in failures):
            told = "; ".join(map(str, failures)) or result.refused or result.skipped or "nothing"
            words = f"{self._out} does not fail with {failure.identity} as the draft it was written from did"
            raise OurMistake(f"{words}, but with {told} (digest {result.digest or 'none'})")
        return ExitCode.OK

    def _say_done(self, trials: Trials, failure: Failure, code: ExitCode, promoted: Path | None) -> None:
        if code is ExitCode.INTERRUPTED:
            click.echo("interrupted: the smallest that was found is written", err=True)
        elif trials.left <= 0:
            click.echo(f"all {trials.runs} runs are used: --max-runs allows more", err=True)
        took_s = time.monotonic() - self._started_s
        click.echo(f"wrote {self._out}   {trials.runs} runs, {took_s:.0f} s   still fails: {failure.told}")
        if promoted is not None and code is ExitCode.OK:
            click.echo(f"wrote {promoted}: it passes once the mistake is mended")
        click.echo(f"again {self._again(self._out)}")

    def _again(self, path: Path) -> str:
        options = self._options
        flags = f" --core {shlex.quote(options.core)}" if options.core else ""
        flags += f" --through {shlex.quote(options.through)}" if options.through else ""
        return f"sim run {shlex.quote(path.as_posix())}{flags}"

    # What is written

    def _write(
        self,
        path: Path,
        draft: Draft,
        failure: Failure,
        ranges: Mapping[str, Sequence[Range]],
        *,
        is_regression: bool = False,
    ) -> None:
        """Write a draft as a scenario of its own; what was there is there until the new one is whole."""
        options, name = self._options, self._ready.name
        what = failure.identity.what
        named = {
            **draft,
            "name": _slug(name, what, options.seed) if is_regression else _slug(name, "shrunk", options.seed),
            "description": f"Seed {options.seed} of {name}, made as small as it can be while it still fails {what}.",
            "tags": ["regression" if is_regression else "shrunk"],
        }
        text = text_of(placed(named, options.scenario, path), self._story(failure, path), ranges)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(path.name + ".unfinished")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)

    def _story(self, failure: Failure, path: Path) -> list[str]:
        """Tell what fails, and where it came from."""
        options, identity = self._options, failure.identity
        promise = INVARIANTS.get(identity.what)
        meaning = f" {promise.meaning}" if promise is not None else ""
        commit = commit_here()
        at = f" at commit {commit}" if commit else ""
        return [
            f"Fails {failure}.{meaning}",
            f"From seed {options.seed} of {options.scenario.name}{at}; again: {self._again(path)}",
        ]


def _slug(name: str, what: str, seed: int) -> str:
    """Name a scenario after where it came from and what it fails."""
    tail = f"_{re.sub(r'[^a-z0-9]+', '_', what.lower()).strip('_')}_{seed}"
    return name[: _NAME_MAX - len(tail)] + tail


def _say(what: str, change: str, details: str, runs: int) -> None:
    click.echo(f"  {what:<14} {change:<16} {runs:>3} run{'s' if runs != 1 else ' '}   {details}".rstrip())
