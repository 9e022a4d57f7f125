"""``live guard``: a watchdog in a process of its own, with a connection of its own."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from adapters.verbs import options

if TYPE_CHECKING:
    from adapters.heartbeat import Beat
    from adapters.keys import Keys
    from adapters.settings import Settings
    from adapters.watchdog import Marker, Watchdog

_LOOK_EVERY_S: Final = 0.1
_TRY_S: Final = 30.0
_AGAIN_S: Final = 1.0


@click.command("guard", short_help="Watch the heartbeat; cancel everything when it falls silent.")
@options.config
@options.venue
@click.option(
    "--silence-s",
    type=click.FloatRange(min=1),
    help="A heartbeat older than this is silence, in seconds.  [default: watchdog.silence_s of the config]",
)
@click.option("--once", is_flag=True, help="End after having stepped in, instead of watching on.")
def command(config_path: Path, venue_name: str | None, silence_s: float | None, once: bool) -> None:
    """Wait for a bot that trades for real; when it falls silent, bar it and cancel all until a read shows none.

    Config and keys are read now, so that nothing of theirs is needed later. It goes on watching
    afterwards. Exit codes: 3 a file is invalid, 10 with --once, 11 another guard watches.
    """
    import adapters.visit  # noqa: F401 - loaded now: when the bot is silent nothing is waited for
    from adapters.endings import Ended
    from adapters.health import GUARD
    from adapters.keys import read_keys
    from adapters.lockfile import Lock, Taken
    from adapters.settings import load
    from adapters.watchdog import Marker, Watchdog
    from strategy.exit_codes import ExitCode

    settings = load(config_path)
    options.must_be_about(venue_name, settings.venue_name)
    keys = read_keys(settings.keys_dir)
    try:
        # Made here, before its own folder in it: nobody else has business in there.
        settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = Lock(settings.state_dir / GUARD)
    except Taken as taken:
        raise Ended("SQ-O030", f"another guard watches: {taken}", ExitCode.PREFLIGHT) from None
    except OSError as error:
        raise Ended("SQ-O033", f"{settings.state_dir}: {error.strerror}", ExitCode.PREFLIGHT) from None
    try:
        marker = Marker(settings.state_dir / GUARD)
        watchdog = Watchdog(silence_s or settings.live.watchdog.silence_s, is_armed=marker.is_set())
        _say(f"waits for a bot at {settings.venue_name}")
        while True:
            words = _watch(settings, watchdog, marker)
            _say(f"{words}; bars it and cancels everything")
            _clear(settings, keys, words)
            _say("a read shows no order left")
            if once:
                raise Ended("SQ-R032", f"{words}; a read shows no order left", ExitCode.LIMIT_STOPPED)
    finally:
        lock.release()


def _watch(settings: "Settings", watchdog: "Watchdog", marker: "Marker") -> str:
    """Look again and again until the bot is silent; say what was seen."""
    from adapters.heartbeat import age_s, last_beat

    beat: Beat | None = None
    was_armed = watchdog.is_armed
    while True:
        # A heartbeat that cannot be read any more is as old as the last one that could.
        beat = last_beat(settings.state_dir) or beat
        age = 0.0 if beat is None else age_s(beat)
        if watchdog.is_silent(beat, age, _holder(settings.state_dir)) and beat is not None:
            watchdog.step_in(beat)
            return f"process {beat.pid} has been silent for {age:.1f} s while {beat.state}"
        if watchdog.is_armed is not was_armed:
            was_armed = watchdog.is_armed
            (marker.set if was_armed else marker.clear)()
            _say("watches" if was_armed else "the bot has stopped; waits for the next")
        time.sleep(_LOOK_EVERY_S)


def _holder(folder: Path) -> int | None:
    from adapters import lockfile

    try:
        return lockfile.holder(folder)
    except OSError:
        return None


def _clear(settings: "Settings", keys: "Keys", words: str) -> None:
    """Bar, and cancel for as long as it takes: nobody is at the keyboard."""
    from adapters.bar import Reason
    from adapters.killing import clear_venue, put_down
    from adapters.preflight import OK

    reason = Reason("guard", time.time_ns(), words)
    row = put_down(settings.state_dir, reason)
    if row.state != OK:
        _say(row.detail)
    while (row := clear_venue(settings, keys, _TRY_S)).state != OK:
        _say(f"{row.detail}; tries again")
        time.sleep(_AGAIN_S)


def _say(words: str) -> None:
    click.echo(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} guard {words}", err=True)
