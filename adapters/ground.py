"""The files a bot stands on: lock, bar, journal and heartbeat, taken before anything is dialled.

Whatever cannot be taken is an ending with a code: nothing starts on half of them.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from adapters.bar import Bar
from adapters.clock import Clock
from adapters.endings import Ended
from adapters.heartbeat import STARTING, Beat, Heart
from adapters.journal_lock import JournalInUse, JournalLock
from adapters.journal_store import CannotWrite, Store, set_aside
from adapters.lockfile import Lock, Taken
from adapters.program import this_program
from adapters.salvage import keep_copy
from adapters.session import is_of_another
from adapters.settings import Settings
from adapters.terms import Terms, place_of
from strategy.exit_codes import ExitCode
from strategy.journal_table import Damaged

RUNNING: Final = "SQ-O030"
NO_GROUND: Final = "SQ-O033"
OTHER_PLACE: Final = "SQ-O036"
BARRED: Final = "SQ-R030"


class Ground:
    """What was taken. ``store`` is the journal of the process that begins next."""

    def __init__(self, settings: Settings, terms: Terms, heart: Heart, store: Store, aside: Path | None = None) -> None:
        """All of it is held by ``taken``. ``aside`` is where a damaged journal was put, if one was."""
        self.aside = aside
        self.bar = Bar(settings.state_dir)
        self.heart = heart
        self.store = store
        self.program = this_program()
        self._place = place_of(settings, terms.mode)

    @property
    def place(self) -> str:
        """How and where this process trades, as the journal notes it."""
        return self._place

    def open_again(self) -> None:
        """Open the journal anew, once the life before has closed it; raises ``Ended``."""
        try:
            self.store = Store(self.store.path)
        except (CannotWrite, Damaged) as error:
            raise Ended(error.code, str(error), ExitCode.PREFLIGHT) from None


@contextmanager
def taken(settings: Settings, terms: Terms, clock: Clock) -> Iterator[Ground]:
    """Take everything, or raise ``Ended``; it is let go of at the end."""
    with ExitStack() as stack:
        try:
            lock = Lock(settings.state_dir)
            stack.callback(lock.release)
            _look_at_bar(settings, terms)
            terms.journal.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            journal_lock = JournalLock(terms.journal)
            journal_lock.take()
            stack.callback(journal_lock.leave)
            store, aside = _store(terms, clock)
            heart = Heart(settings.state_dir)
            keep_copy(settings)
        except Taken as error:
            raise Ended(RUNNING, str(error), ExitCode.PREFLIGHT) from None
        except (JournalInUse, CannotWrite, Damaged) as error:
            raise Ended(error.code, str(error), ExitCode.PREFLIGHT) from None
        except OSError as error:
            raise Ended(NO_GROUND, f"{settings.state_dir}: {error.strerror}", ExitCode.PREFLIGHT) from None
        stack.callback(heart.close)
        ground = Ground(settings, terms, heart, store, aside)
        stack.callback(lambda: ground.store.close())
        if store.last_mode not in ("", ground.place):
            words = f"{terms.journal} was written by {store.last_mode}, this is {ground.place}"
            raise Ended(OTHER_PLACE, words, ExitCode.PREFLIGHT)
        if is_of_another(store.last_session, settings.live.name):
            words = f"{terms.journal} was written by another bot (session {store.last_session}), this is"
            raise Ended(OTHER_PLACE, f"{words} {settings.live.name}", ExitCode.PREFLIGHT)
        # A guard that knew the process before this one is told at once that somebody is there again.
        heart.beat(Beat(state=STARTING, mode=terms.mode, session="", venue=settings.venue_name))
        yield ground


def _look_at_bar(settings: Settings, terms: Terms) -> None:
    bar = Bar(settings.state_dir)
    if terms.is_lifting_bar:
        bar.lift()
    if bar.is_barred():
        reason = bar.reason()
        words = "no reason given" if reason is None else f"by {reason.who}: {reason.words}"
        raise Ended(BARRED, f"barred {words}", ExitCode.LIMIT_STOPPED)


def _store(terms: Terms, clock: Clock) -> tuple[Store, Path | None]:
    """Open the journal; give with it where a damaged one was put."""
    try:
        return Store(terms.journal), None
    except Damaged:
        if not terms.is_setting_aside:
            raise
        aside = set_aside(terms.journal, clock.now_ns())
        return Store(terms.journal), aside
