"""``live kill``: the big red one."""

import time
from pathlib import Path

import click

from adapters.verbs import options
from adapters.verbs.table import say_rows


@click.command("kill", short_help="Cancel everything at the venue, bar new orders, end the process.")
@options.config
@options.venue
@options.state_dir
@click.option("--reason", default="", metavar="TEXT", help="Why; kept in the bar and in the journal.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(min=1), default=30.0, show_default=True)
@options.form
def command(
    config_path: Path, venue_name: str | None, state_dir: Path | None, reason: str, timeout_s: float, form: str
) -> None:
    """Bar new orders, end the process however it hangs, cancel all until the venue shows none.

    Works without the bot's help, and with files that are half broken. The bar stays down until
    `live run --lift-bar`. Exit codes: 0 all done and seen, 3 no venue can be read from the files,
    11 something may be left.
    """
    from adapters.bar import Reason
    from adapters.endings import Ended
    from adapters.killing import kill
    from adapters.preflight import FAIL, WARN, Row
    from adapters.salvage import salvage
    from strategy.exit_codes import ExitCode

    found = salvage(config_path, state_dir)
    options.must_be_about(venue_name, found.settings.venue_name)
    rows = list(kill(found.settings, Reason("kill", time.time_ns(), reason or "no reason given"), timeout_s))
    rows += [Row("files", WARN, f"{each.path_text}: {each.message} ({each.code})") for each in found.wrong]
    failed = [row for row in rows if row.state == FAIL]
    say_rows(rows, form, is_ok=not failed)
    if failed:
        names = ", ".join(row.check for row in failed)
        raise Ended("SQ-V031", f"not done or not seen: {names}", ExitCode.PREFLIGHT)
