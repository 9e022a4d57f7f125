"""The big red one: bar, process, venue, in that order, and no failure of one keeps from the next.

The bar first, because it costs nothing and holds even a process that cannot be ended. The process is
ended at once, not asked: one that hangs answers to nothing else. Then cancel-all, by a connection of
our own, until a read shows none that was asked late enough for whatever was still on its way.
"""

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from adapters import lockfile
from adapters.bar import Bar, Reason
from adapters.health import GUARD
from adapters.journal_notes import note
from adapters.journal_store import CannotWrite
from adapters.keys import Keys, keys_at_any_price
from adapters.preflight import FAIL, OK, WARN, Row
from adapters.settings import Settings
from adapters.venue import VenueUnusable
from adapters.watchdog import Marker
from strategy.commands import CancelAll
from strategy.errors import OperatorError

if TYPE_CHECKING:
    from adapters.visit import Visit

# A process that was killed is gone in milliseconds, unless the kernel itself waits for a disk.
_END_S: Final = 5.0
_POLL_S: Final = 0.02
# So long it may take to find out why nothing was seen.
_WHY_S: Final = 2.0
_BY_HAND: Final = "run live kill again, or cancel by hand on the venue's own page"


def put_down(folder: Path, reason: Reason) -> Row:
    """Put the bar down."""
    try:
        Bar(folder).put_down(reason)
    except OSError as error:
        fix = "the bot must stay ended; mend the state folder"
        return Row("bar", FAIL, f"cannot be put down: {error.strerror} (SQ-O033)", fix)
    return Row("bar", OK, f"down: no create and no amend leaves ({folder})")


def strike(folder: Path) -> tuple[int | None, str]:
    """End the process that holds the lock, whatever state it is in; nobody waits for it here.

    Gives its id, None where there is none, and what kept us from looking, empty where nothing did.
    """
    try:
        pid = lockfile.holder(folder)
        if pid is not None:
            lockfile.signal_holder(folder, signal.SIGKILL)
    except OSError as error:
        return None, f"the lock cannot be read: {error.strerror} (SQ-O037)"
    return pid, ""


def see_gone(folder: Path, pid: int | None, trouble: str) -> Row:
    """Wait a little until the process that was ended is gone."""
    if trouble:
        return Row("process", FAIL, trouble, "look for the process and end it by hand")
    if pid is None:
        return Row("process", OK, "none was running")
    if not gone_within(folder, pid, _END_S):
        who = f"process {pid}" if pid else "a process that cannot be seen from here"
        return Row("process", FAIL, f"{who} is still there (SQ-O037)", "it is barred; end it by hand")
    return Row("process", OK, f"process {pid} ended")


def gone_within(folder: Path, pid: int, span_s: float) -> bool:
    """Wait until this process no longer holds the lock; False where the time is up."""
    end_s = time.monotonic() + span_s
    while lockfile.holder(folder) == pid:
        if time.monotonic() >= end_s:
            return False
        time.sleep(_POLL_S)
    return True


def clear_venue(settings: Settings, keys: Keys, within_s: float) -> Row:
    """Cancel everything at the venue until a read shows none."""
    # Loaded here: the bar is down and the process ended before anything of the wire is.
    from adapters.visit import visiting

    async def clear() -> str:
        """Clear it; say what went wrong, nothing where all went well."""
        async with visiting(settings, keys) as visit:
            # The first leaves at once, signed by our own clock, and nobody waits for it; those of the
            # sweep are signed by the venue's.
            first = asyncio.ensure_future(visit.ask(CancelAll("")))
            await visit.learn_time()
            is_clear = await visit.sweep(within_s)
            first.cancel()
            return "" if is_clear else f"no read showed none within {within_s:g} s{await _why(visit)}"

    try:
        wrong = asyncio.run(clear())
    except Exception as failure:  # noqa: BLE001 - whatever it is, what is left to be done is done, and this again
        return Row("orders", FAIL, f"{settings.venue_name}: {failure or type(failure).__name__} (SQ-V031)", _BY_HAND)
    if wrong:
        return Row("orders", FAIL, f"{wrong} (SQ-V031)", _BY_HAND)
    # What a guard would have to do is done.
    Marker(settings.state_dir / GUARD).clear()
    return Row("orders", OK, f"{settings.venue_name}: a read shows none")


async def _why(visit: "Visit") -> str:
    """Say why no read came, as far as the venue or its silence does; empty where it answers and orders stay."""
    if visit.told:
        return f": {visit.told[-1].detail}"
    try:
        await asyncio.wait_for(visit.venue.look(visit.symbols), _WHY_S)
    except TimeoutError:
        return ": it does not answer"
    except VenueUnusable as error:
        return f": {error}"
    return ""


def clear_venue_anyhow(settings: Settings, within_s: float) -> Row:
    """Do the same with whatever keys there are."""
    try:
        keys = keys_at_any_price(settings.keys_dir)
    except OperatorError as wrong:
        return Row("orders", FAIL, f"nothing was cancelled: {wrong} (SQ-V031)", _BY_HAND)
    return clear_venue(settings, keys, within_s)


def kill(settings: Settings, reason: Reason, within_s: float) -> Iterator[Row]:
    """Do all of it; one row for each part, as it is done."""
    folder = settings.state_dir
    yield put_down(folder, reason)
    pid, trouble = strike(folder)
    # Nobody waits for the process while its orders are on the book.
    yield clear_venue_anyhow(settings, within_s)
    yield see_gone(folder, pid, trouble)
    try:
        note(settings.journal, reason)
    except CannotWrite as error:
        yield Row("journal", WARN, f"the reason stands in the bar alone: {error}")
    else:
        yield Row("journal", OK, "the reason is noted")
