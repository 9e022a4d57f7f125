"""``sim fork``: a kept run again beside the same world with something changed from an instant on."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.verbs.seconds import Seconds
from strategy.exit_codes import ExitCode

if TYPE_CHECKING:
    from sim.replay.fork import Fork


@click.command("fork", short_help="The same world with a fault taken out or put in: what that changes.")
@click.argument("place", metavar="RUN/SCENARIO/SEED")
@click.option("--at", "at_s", type=Seconds(min=0), default=0.0, help="Change nothing before this second.")
@click.option("--without", multiple=True, metavar="FAULT", help="Take this fault out, by its id; may be repeated.")
@click.option("--with", "added", multiple=True, metavar="FAULT", help="Put one in, written as in a scenario.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Keep the fork here, to look into it.")
@click.option("--data", "data_dir", envvar="STORMQUOTE_DATA", default="", help="Folder of recorded market data.")
@click.option("--format", "form", type=click.Choice(["plain", "json"]), default="plain", show_default=True)
def command(
    place: str,
    at_s: float,
    without: tuple[str, ...],
    added: tuple[str, ...],
    out: Path | None,
    data_dir: str,
    form: str,
) -> None:
    """Run a kept seed again, and the same world beside it with its plan changed from --at on.

    --without lost takes the fault `lost` out: if it had begun by then, it ends there.
    --with '{at_s: 50, for_s: 5, kind: partition, links: [public]}' puts one in, not before --at.

    It is proven that others propose the same in both worlds throughout, and that the traces are the same
    until just before the change. Then it is told what the change did: PnL, fills, time of stale quotes, the first
    record that differs.

    Exit codes: 0 proven and told; 2 wrong usage; 3 a file or a fault is invalid; 5 no recorded data; 6 the
    worlds do not share their past, or the run that was kept came out differently.
    """
    from sim.replay.changes import Impossible, put_in, taken_out
    from sim.replay.fork import fork, forked, keep
    from sim.replay.rerun import NoTape
    from sim.replay.session import warn
    from sim.replay.stored import NotThere, stored
    from sim.runs.recipe import Unreadable
    from strategy.units import NS_PER_S

    if not (without or added):
        raise click.UsageError("say what to change: --without FAULT, or --with '{at_s: ..., kind: ...}'")
    at_ns = round(at_s * NS_PER_S)
    try:
        kept = stored(place)
        warn(kept)
        if at_ns >= kept.plan.duration_ns:
            raise click.BadParameter(f"the run is {kept.plan.duration_ns / NS_PER_S:g} s long", param_hint="--at")
        gone = taken_out(kept, without, at_ns)
        faults = put_in(kept, added, at_ns, gone)
        other = forked(kept, at_ns, gone, faults)
        changed = (*(f"without {name}" for name in gone), *(f"with {fault.id}" for fault in faults))
        if out is not None:
            _claim(out, kept.folder.parent.parent)
        found, outcome = fork(kept, other, changed, data_dir)
        if out is not None:
            click.echo(f"look  sim replay {shlex.quote(keep(kept, other, outcome, out).as_posix())}", err=True)
    except Impossible as wrong:
        raise click.BadParameter(str(wrong), param_hint="--without") from None
    except NoTape as error:
        click.echo(f"error[{error.code}]: {error}", err=True)
        sys.exit(ExitCode.NOTHING_SELECTED)
    except (NotThere, Unreadable) as error:
        click.echo(f"error[{error.code}]: {error}", err=True)
        sys.exit(ExitCode.BAD_FILE)
    _say(found, form)
    sys.exit(_exit_code(found))


def _claim(out: Path, run: Path) -> None:
    """Make the folder of a fork before anything runs; it is never that of the run itself, nor of anything else kept."""
    from sim.runs.holdings import claim_for_fork

    if out.resolve() == run.resolve():
        raise click.BadParameter("the run that was kept is there", param_hint="--out")
    claim_for_fork(out)


def _say(found: "Fork", form: str) -> None:
    if form == "json":
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        from sim.replay.screen import print_fork

        print_fork(found)


def _exit_code(found: "Fork") -> int:
    from sim.replay import fork, rerun

    if found.wrong:
        click.echo(f"error[{fork.DIFFERS}]: {found.wrong}", err=True)
        return ExitCode.NOT_DETERMINISTIC
    if found.proof.differs:
        click.echo("another program, or another plan, may rightly do otherwise", err=True)
        click.echo(f"error[{rerun.DIFFERS}]: {found.proof.differs}", err=True)
        return ExitCode.NOT_DETERMINISTIC
    return ExitCode.OK
