"""``sim replay``: a seed of a run folder, or a live journal, run again, proven and looked into."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from sim.verbs.seconds import Seconds
from strategy.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.journal_file import JournalFile
    from sim.replay.journal import Difference, Replayed, Step

_NS: Final = 1e9


@click.command("replay", short_help="Run a kept seed, or a live journal, again; prove it, look into it.")
@click.argument("what", metavar="RUN/SCENARIO/SEED|JOURNAL")
@click.option("--at", "at_s", type=Seconds(min=0), help="Show this instant, in seconds from the start.")
@click.option("--for", "for_s", type=Seconds(min=0, min_open=True), help="List what happens in so many.")
@click.option("--until-invariant", metavar="S4", help="Stop where this promise breaks for the first time.")
@click.option("--order", metavar="ID", help="List the whole story of this order.")
@click.option("--print", "is_printing", is_flag=True, help="List everything, without the picture of an instant.")
@click.option("--quick", "is_quick", is_flag=True, help="Go no further than what is shown; the rest is not proven.")
@click.option("--data", "data_dir", envvar="STORMQUOTE_DATA", default="", help="Folder of recorded market data.")
@click.option("--boot", type=click.IntRange(min=1), help="Of a journal, only this process, counted from 1.")
@click.option("--format", "form", type=click.Choice(["plain", "json"]), default="plain", show_default=True)
def command(what: str, form: str, boot: int | None, **chosen: Any) -> None:
    """Run again what ran once, and prove that it is the same.

    A seed of a run folder, such as runs/20260105-0912-7c1e/calm/1, is run from its plan; its trace is
    compared with the checkpoints and the digest that were kept. --at shows the world at an instant: the
    book with our orders in their queues, truth beside belief, messages on their way, faults, decisions.

    A JOURNAL, the file that `live run` wrote, is taken through the core: every decision must be the same.

    Exit codes: 0 it is the same; 2 wrong usage; 3 a file is missing, damaged or edited into nonsense;
    5 the promise of --until-invariant did not break; 6 the first difference was found and is named.
    """
    from sim.replay.stored import is_run

    if is_run(what):
        _seed(what, form, boot, **chosen)
    else:
        _journal(Path(what), form, boot, **chosen)


def _seed(place: str, form: str, boot: int | None, **chosen: Any) -> None:
    from sim.replay.rerun import NoTape
    from sim.replay.session import Asked, OutsideRun, look
    from sim.replay.stored import NotThere
    from sim.runs.recipe import Unreadable

    if boot is not None:
        raise click.UsageError("--boot is for a journal: a run of the simulator shows all of its processes")
    data_dir = chosen.pop("data_dir")
    chosen["until_invariant"] = _invariant(chosen["until_invariant"])
    chosen["order"] = chosen["order"] or ""
    try:
        code = look(place, Asked(**chosen), data_dir, form)
    except (NotThere, Unreadable, NoTape) as error:
        click.echo(f"error[{error.code}]: {error}", err=True)
        is_usage = isinstance(error, OutsideRun)
        code = (
            ExitCode.USAGE
            if is_usage
            else ExitCode.NOTHING_SELECTED
            if isinstance(error, NoTape)
            else ExitCode.BAD_FILE
        )
    sys.exit(code)


def _invariant(name: str | None) -> str:
    from sim.scenario.invariants import INVARIANTS
    from strategy.hints import did_you_mean

    code = (name or "").upper()
    if code and code not in INVARIANTS:
        words = f"unknown invariant {name!r}{did_you_mean(code, INVARIANTS)}"
        raise click.BadParameter(words, param_hint="--until-invariant")
    return code


def _journal(journal: Path, form: str, boot: int | None, **chosen: Any) -> None:
    """Replay the file that `live run` wrote; it takes the version that wrote it."""
    from sim.journal_file import NotAJournal, opened
    from sim.replay.journal import Replay
    from strategy.journal_table import Damaged

    if chosen.pop("until_invariant") is not None or chosen.pop("is_quick"):
        raise click.UsageError("--until-invariant and --quick are for a seed of a run folder, not for a journal")
    view = _View(chosen["is_printing"], chosen["order"], chosen["at_s"], chosen["for_s"])
    try:
        with opened(journal) as file:
            if boot is not None and boot not in [one.boot for one in file.boots]:
                raise click.BadParameter(f"there are {len(file.boots)} processes", param_hint="--boot")
            for words in _of_others(file, boot):
                click.echo(words, err=True)
            found = Replay(file, view.show if view.is_on else _nothing).run(boot)
    except (NotAJournal, Damaged) as error:
        click.echo(f"error[{error.code}]: {error}", err=True)
        sys.exit(ExitCode.BAD_FILE)
    if form == "json":
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        _say(journal, found)
    if found.difference is not None:
        click.echo("a journal is proven by the program that wrote it: another version may decide otherwise", err=True)
        click.echo(f"error[SQ-O014]: {_where(found.difference.step)}: {found.difference.words}", err=True)
        sys.exit(ExitCode.NOT_DETERMINISTIC)


def _of_others(file: "JournalFile", boot: int | None) -> "Iterator[str]":
    """Say which processes were another program than this, or may have been."""
    from sim.journal_file import this_program

    ours = this_program()
    for one in file.boots:
        if boot not in (None, one.boot):
            continue
        program = file.program(one.boot)
        if program is None:
            yield f"process {one.boot} does not say which program it was; this is {ours}"
        elif program.code != ours.code:
            yield f"process {one.boot} was {program}, this is {ours}: another version may decide otherwise"


class _View:
    """Prints the steps that were asked for."""

    def __init__(self, is_printing: bool, order: str | None, at_s: float | None, for_s: float | None) -> None:
        self.is_on = is_printing or order is not None or at_s is not None or for_s is not None
        self._order = order
        self._at_s, self._for_s = at_s or 0.0, for_s
        self._first_ns = 0

    def show(self, step: "Step") -> None:
        """Print a step, if it is one of them."""
        self._first_ns = self._first_ns or step.now_ns
        after_s = (step.now_ns - self._first_ns) / _NS
        is_late = self._for_s is not None and after_s > self._at_s + self._for_s
        if after_s < self._at_s or is_late:
            return
        leaving = [one for one in step.leaving if self._order is None or self._order in repr(one)]
        if self._order is None or leaving or self._order in repr(step.event):
            click.echo(f"{after_s:12.6f}  {step.seq:>8}  {step.event}")
            for one in leaving:
                click.echo(f"{'':>24}-> {one}")
            if step.raised:
                click.echo(f"{'':>24}!! {step.raised}")


def _nothing(_step: "Step") -> None:
    """Print nothing."""


def _say(journal: Path, found: "Replayed") -> None:
    verdict = "every decision is the same" if found.difference is None else "DIFFERS"
    click.echo(f"{journal}   {found.boots} processes, {found.segments} segments   {verdict}")
    click.echo(f" {'steps':<10} {found.steps:,}, {found.commands:,} commands")
    if found.left_out:
        click.echo(f" {'left out':<10} {found.left_out:,} records: what they began from was let go of")
    click.echo(f" {'digest':<10} {found.digest}")
    if found.difference is not None:
        _say_difference(found.difference)


def _say_difference(difference: "Difference") -> None:
    step = difference.step
    click.echo(f" {'first':<10} {_where(step)}: {difference.words}")
    click.echo(f" {'word':<10} {step.event}")
    for one in difference.intended:
        click.echo(f" {'then':<10} {one}")
    for one in step.leaving:
        click.echo(f" {'now':<10} {one}")


def _where(step: "Step") -> str:
    from datetime import UTC, datetime

    at = datetime.fromtimestamp(step.now_ns / _NS, UTC).isoformat(timespec="milliseconds")
    return f"process {step.boot} ({step.session}), record {step.seq} at {at}"
