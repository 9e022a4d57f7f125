"""``live stop``: cancel the bot's orders, then leave; the position stays."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from adapters.verbs import options

if TYPE_CHECKING:
    from adapters.settings import Settings

_FORCED_S: Final = 30.0


@click.command("stop", short_help="Cancel the bot's orders, then leave; the position stays.")
@options.config
@options.state_dir
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(min=0), default=30.0, show_default=True, help="Seconds it may take."
)
@click.option("--force", is_flag=True, help="When the time is up, end the process and cancel by another connection.")
def command(config_path: Path, state_dir: Path | None, timeout_s: float, force: bool) -> None:
    """Ask the process that holds the lock to stop, and wait until it is gone.

    It is the kernel that names the process, so a process id that is used again is never signalled.
    Exit codes: 0 it has stopped and seen its orders off, 1 it is still there, 9 nothing runs,
    11 it is gone and its orders may not be.
    """
    from adapters import lockfile
    from adapters.endings import Ended
    from adapters.heartbeat import STOPPED, last_beat
    from adapters.killing import gone_within
    from adapters.salvage import salvage
    from strategy.exit_codes import ExitCode

    settings = salvage(config_path, state_dir).settings
    folder = settings.state_dir
    pid = lockfile.holder(folder)
    if pid is None:
        raise Ended("SQ-O031", f"nothing holds the lock in {folder}", ExitCode.NOT_RUNNING)
    if not lockfile.signal_holder(folder, signal.SIGTERM) and lockfile.holder(folder) == pid:
        raise Ended("SQ-O037", "its process cannot be seen from here", ExitCode.FAILED)
    if not gone_within(folder, pid, timeout_s):
        if not force:
            raise Ended("SQ-O032", f"process {pid} is still there after {timeout_s:g} s", ExitCode.FAILED)
        _force(settings, pid)
        return
    beat = last_beat(folder)
    if beat is None or beat.state != STOPPED:
        words = f"process {pid} ended without having seen its orders off; run live kill"
        raise Ended("SQ-V031", words, ExitCode.PREFLIGHT)
    click.echo(f"process {pid} has stopped; no order is left", err=True)


def _force(settings: "Settings", pid: int) -> None:
    """End the process, and cancel what it left."""
    from adapters.endings import Ended
    from adapters.killing import clear_venue_anyhow, see_gone, strike
    from adapters.preflight import OK
    from strategy.exit_codes import ExitCode

    _, trouble = strike(settings.state_dir)
    rows = (clear_venue_anyhow(settings, _FORCED_S), see_gone(settings.state_dir, pid, trouble))
    for row in rows:
        click.echo(f"{row.check}: {row.detail}", err=True)
    if any(row.state != OK for row in rows):
        raise Ended("SQ-V031", "not done or not seen", ExitCode.PREFLIGHT)
