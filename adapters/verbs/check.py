"""``live check``: is everything there to trade? Each row ok, warn or FAIL, with the fix."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapters.verbs import options
from adapters.verbs.table import say_rows

if TYPE_CHECKING:
    from adapters.preflight import Row
    from adapters.settings import Settings


@click.command("check", short_help="Look whether everything is there to trade; send no order.")
@options.config
@options.venue
@click.option("--offline", is_flag=True, help="Only what can be seen on this host.")
@options.form
def command(config_path: Path, venue_name: str | None, offline: bool, form: str) -> None:
    """Look at files, keys, disk, clock, venue and symbols before anything is sent.

    Exit codes: 0 nothing failed, 3 a file is invalid, 11 a row says FAIL.
    """
    from adapters.endings import Ended
    from adapters.preflight import FAIL, host_rows
    from adapters.settings import load
    from strategy.exit_codes import ExitCode

    settings = load(config_path)
    options.must_be_about(venue_name, settings.venue_name)
    rows = list(host_rows(settings))
    if not offline:
        rows += asyncio.run(_at_venue(settings))
    failed = [row for row in rows if row.state == FAIL]
    say_rows(rows, form, is_ok=not failed)
    if failed:
        names = ", ".join(row.check for row in failed)
        raise Ended("SQ-O034", f"{len(failed)} of {len(rows)} rows failed: {names}", ExitCode.PREFLIGHT)


async def _at_venue(settings: "Settings") -> "tuple[Row, ...]":
    """Ask the venue by a connection of our own; without keys there is nobody to ask."""
    from adapters.keys import read_keys
    from adapters.preflight_venue import venue_rows
    from adapters.venues import make_venue
    from strategy.errors import OperatorError

    try:
        keys = read_keys(settings.keys_dir)
    except OperatorError:
        return ()  # the row of the keys says so already
    venue = make_venue(settings, keys)
    try:
        return await venue_rows(settings, venue)
    finally:
        await venue.close()
