"""``live reconcile``: compare the journal with the venue."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapters.verbs import options
from adapters.verbs.table import say_rows

if TYPE_CHECKING:
    from adapters.keys import Keys
    from adapters.reconciling import Books, Difference
    from adapters.settings import Settings


@click.command("reconcile", short_help="Compare the journal with the venue.")
@options.config
@options.venue
@options.journal
@click.option("--fix", is_flag=True, help="Cancel the orders that the journal does not know.")
@options.form
def command(config_path: Path, venue_name: str | None, journal: Path | None, fix: bool, form: str) -> None:
    """Compare orders, the fills of the last 24 hours and positions; also while the bot runs.

    What differs is looked at again, and only what still differs is told. Exit codes: 0 they agree,
    3 a file is invalid, 11 they differ, or one of them cannot be read.
    """
    import asyncio

    from adapters.endings import Ended
    from adapters.keys import read_keys
    from adapters.reconciling import rows_of
    from adapters.settings import load
    from strategy.exit_codes import ExitCode
    from strategy.journal_table import Damaged

    settings = load(config_path)
    options.must_be_about(venue_name, settings.venue_name)
    keys = read_keys(settings.keys_dir)
    try:
        found = asyncio.run(_compared(settings, keys, journal or settings.journal, fix))
    except Damaged as damaged:
        raise Ended(damaged.code, str(damaged), ExitCode.PREFLIGHT) from None
    say_rows(rows_of(found, settings), form, is_ok=not found)
    if found:
        many = "1 difference" if len(found) == 1 else f"{len(found)} differences"
        raise Ended("SQ-O035", f"{many} between {journal or settings.journal} and the venue", ExitCode.PREFLIGHT)


async def _compared(settings: "Settings", keys: "Keys", journal: Path, fix: bool) -> "tuple[Difference, ...]":
    from adapters.journal_reader import JournalReader
    from adapters.reconciling import books_of, lasting_differences, mended
    from adapters.visit import visiting

    with JournalReader(journal) as reader:
        reader.prove()

    def read() -> "list[Books]":
        with JournalReader(journal) as reader:
            return books_of(reader.last_state(), reader.knobs())

    async with visiting(settings, keys) as visit:
        await visit.learn_time()
        found = await lasting_differences(visit, read)
        return await mended(visit, found) if fix else found
