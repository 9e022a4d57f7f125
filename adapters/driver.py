"""The live driver: feeds the core, writes down what must not be forgotten, rings when asked.

The twin of the simulated one, with an asyncio loop for the world's kernel. What arrives goes through
one inbox and is taken in a turn of the loop; what a step asks for leaves in order: cancels and
questions at once, creates and amends only once the journal holds them, all of one turn in one commit.

It reads no clock but the one it was given and uses nothing of asyncio but the running loop's
``call_soon`` and ``call_at``, so that it runs on a simulated world's time as well.
"""

import asyncio
from collections.abc import Callable, Sequence
from enum import Enum, unique
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from adapters.clock import Clock
from adapters.inbox import MARKET_MAX, Inbox
from adapters.journal import Journal
from adapters.parties import AnyCore, Watcher
from adapters.venue import Venue
from strategy import commands, events
from strategy.batching import Group
from strategy.errors import OurMistake
from strategy.line import CANCELLED_IN_LINE, LATE, Line, Quote, cancels_of, is_about, is_quote, on_time
from strategy.requests import not_sent
from strategy.units import NS_PER_MS, NS_PER_S

SNAPSHOT_EVERY_NS: Final = 10 * NS_PER_S
JOURNAL_REFUSED: Final = "journal_refused"
# What was only heard is made safe so often; a restart reads at the venue what the last moments held.
_COMMIT_EVERY_NS: Final = 200 * NS_PER_MS
# A turn takes in no more than this, and ends after the step that was at work at this time, so that the sockets
# get theirs and what the steps asked for leaves. A usual step takes less than a tenth of a millisecond.
_TURN_MAX: Final = 256
_TURN_NS_MAX: Final = 5 * NS_PER_MS


@unique
class Ending(Enum):
    """How the life of a core ended."""

    STOPPED = "stopped"
    """A stop was asked for, and a read has shown that nothing is left."""
    RAISED = "raised"
    """A step raised; ``failure`` says what. Orders may be open."""
    FORCED = "forced"
    """Somebody ended it as it stands. Orders may be open."""


class LiveDriver:
    """One bot: a core that lives from ``start`` until it ends. All on the running loop's thread."""

    def __init__(self, venue: Venue, journal: Journal, clock: Clock, inbox_max: int = MARKET_MAX) -> None:
        """``watchers`` and the callbacks below are set by whoever looks on; none is needed."""
        self._venue = venue
        self._journal = journal
        self._clock = clock
        self.core: AnyCore
        self.watchers: tuple[Watcher, ...] = ()
        # Told of every command as it really leaves, and of every request that is over: what it
        # carried, when it left, when its outcome came.
        self.leaving: Callable[[int, commands.Command], None] = _nobody
        self.over: Callable[[Group, int, int], None] = _nobody
        self.told: Callable[[int, commands.Alert], None] = _nobody
        # Told how long a commit of creates and amends took, and of how many.
        self.committed: Callable[[int, int], None] = _nobody
        # How far the processor is with its work. A simulated clock stands still while a turn is made; who
        # has one says until when the steps so far keep the processor busy.
        self.at_work_ns: Callable[[], int] = clock.now_ns
        # Why no create and no amend may leave now, whatever the core says; asked as each leaves.
        self.barred: Callable[[], str] = str
        self.is_alive = False
        self.boots = 0
        self.steps = 0
        self.arrived_ns = 0  # when the event that is being taken in came
        self.failure: BaseException | None = None
        self.ending: Ending | None = None
        self.inbox = Inbox(inbox_max)
        self._line: Line
        self._ended = asyncio.Event()
        self._is_due = self._is_stopping = False
        # Quotes that the journal does not hold yet, by a number of their own.
        self._held: dict[int, Quote] = {}
        self._unwritten: list[int] = []
        self._holds = 0
        self._numbers = 0
        self._under_way: dict[int, tuple[Group, int]] = {}
        self._alarm_ns: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._snapshot_ns = self._commit_ns = 0
        self._venue_ahead_ns = 0

    # Life

    def start(self, core: AnyCore, session: str, dispatch: str) -> None:
        """Begin with this core under a session name that was never used. Needs a running loop."""
        self._loop = asyncio.get_running_loop()
        self.core = core
        self.boots += 1
        self._line = Line(self._venue.capability, dispatch, self._leave, self.refuse, self._look_again)
        self._waits: Callable[[commands.Command], bool] = getattr(core, "waits_for_journal", _always)
        self._estimate: Callable[[int], int] = getattr(core, "venue_now_ns", int)
        self.failure = self.ending = None
        self._ended.clear()
        self.is_alive, self._is_stopping = True, False
        self._snapshot_ns = self._commit_ns = self._clock.now_ns()
        self.feed(events.Started(session, self._clock.now_ns()))

    def feed(self, event: events.Event) -> None:
        """Have an event taken in, in its turn; a core that is over hears nothing."""
        self._put(event)

    def stop(self) -> None:
        """Have everything taken off; ends as ``STOPPED`` once a read has shown that nothing is left."""
        if self.is_alive and not self._is_stopping:
            self._is_stopping = True
            self.feed(events.Stopping())

    def end(self, ending: Ending) -> None:
        """End as it stands: nothing more is taken in, nothing waited for, nothing sent."""
        if not self.is_alive:
            return
        self.is_alive = False
        self.ending = ending
        self.inbox.clear()
        self._line.forget()
        self._under_way.clear()
        self._held.clear()
        self._unwritten.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._alarm_ns = None
        self._journal.commit(_nobody)
        self._ended.set()

    async def until_end(self) -> Ending:
        """Wait for the end of this core's life."""
        await self._ended.wait()
        assert self.ending is not None
        return self.ending

    def keep_now(self) -> None:
        """Have the journal begin anew as soon as this turn is over: what was learnt must outlive us."""
        self._snapshot_ns = 0

    def cancel_all(self) -> None:
        """Take every order of ours off the book without asking the core."""
        now_ns = self._clock.now_ns()
        sweep = commands.CancelAll("")
        for watcher in self.watchers:
            watcher.sent(now_ns, sweep)
        self.leaving(now_ns, sweep)
        self._venue.send((sweep,), self.signed_ns(now_ns), _nobody)

    def signed_ns(self, now_ns: int) -> int:
        """Estimate the venue's time for a request that leaves now; the last good estimate where a core raised."""
        if self.is_alive:
            self._venue_ahead_ns = self._estimate(now_ns) - now_ns
        return now_ns + self._venue_ahead_ns

    def under_way(self) -> int:
        """Count the requests without an outcome."""
        return len(self._under_way)

    # Taking in

    def _put(self, event: events.Event | None, over: int = 0) -> None:
        if not self.is_alive:
            return
        try:
            self.inbox.put(self._clock.now_ns(), event, over)
        except OurMistake as failure:
            self._fail(failure)
            return
        if not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        """Take in what has come, for so long; then one commit for all that it led to, and the alarm."""
        self._is_due = False
        until_ns = self.at_work_ns() + _TURN_NS_MAX
        for _ in range(min(len(self.inbox), _TURN_MAX)):
            if not self.is_alive:
                return
            arrived_ns, event, over = self.inbox.take()
            if event is not None:
                self._take(arrived_ns, event)
            if over and self.is_alive:
                self._line.ended(over)
            if self.at_work_ns() >= until_ns:
                break
        if self.is_alive:
            self._end_turn()
        if self.inbox and not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._turn)

    def _take(self, arrived_ns: int, event: events.Event) -> None:
        """Give the core one event and carry out its commands."""
        now_ns = self._clock.now_ns()
        self.arrived_ns = arrived_ns
        for watcher in self.watchers:
            watcher.delivered(now_ns, event)
        # Written before it is taken in: a step that raises must not take the word with it.
        self._journal.heard(now_ns, event)
        try:
            leaving = self.core.step(now_ns, event)
            _check_alarm(self.core.wake_at_ns, now_ns)
        except Exception as failure:  # noqa: BLE001 - whatever it is, nothing of this step may leave
            self._journal.raised()
            self._fail(failure)
            return
        self._journal.decided(leaving)
        self.steps += 1
        self._carry_out(now_ns, leaving)
        for watcher in self.watchers:
            watcher.stepped(now_ns, leaving, event)

    def _fail(self, failure: BaseException) -> None:
        """End over a step that raised: nothing of it leaves, and everything is cancelled."""
        self.failure = failure
        self.end(Ending.RAISED)
        self.cancel_all()

    def _end_turn(self) -> None:
        now_ns = self._clock.now_ns()
        if self._unwritten or now_ns - self._commit_ns >= _COMMIT_EVERY_NS:
            self._commit(now_ns)
        if not self.is_alive:
            return
        self._set_alarm(now_ns)
        self._keep_journal_short(now_ns)
        if self._is_stopping and getattr(self.core, "is_done", False):
            self.end(Ending.STOPPED)

    # Carrying out

    def _carry_out(self, now_ns: int, leaving: Sequence[commands.Command]) -> None:
        at_once: list[commands.Command] = []
        for command in leaving:
            if isinstance(command, commands.Alert):
                self.told(now_ns, command)
                continue
            for watcher in self.watchers:
                watcher.sent(now_ns, command)
            if is_quote(command):
                self._journal.intends(now_ns, command)
                if self._waits(command):
                    self._holds += 1
                    self._held[self._holds] = command
                    self._unwritten.append(self._holds)
                    continue
            at_once.append(command)
        # Cancels and questions never share a request with what waits for the journal.
        self._let_go_of(at_once)
        self._line.send(at_once)

    def _let_go_of(self, at_once: Sequence[commands.Command]) -> None:
        """Take out of what waits for the journal what a cancel that leaves now would miss."""
        cancels = cancels_of(at_once)
        if not cancels or not self._held:
            return
        for number, quote in tuple(self._held.items()):
            if any(is_about(cancel, quote) for cancel in cancels):
                del self._held[number]
                self.refuse(quote, CANCELLED_IN_LINE)

    def _commit(self, now_ns: int) -> None:
        numbers, self._unwritten = self._unwritten, []
        self._commit_ns = now_ns
        self._journal.commit(partial(self._written, self.boots, numbers, now_ns))

    def _written(self, boot: int, numbers: Sequence[int], asked_ns: int, is_safe: bool) -> None:
        """Send what the journal holds now, as long as the core that wanted it lives."""
        if not self.is_alive or boot != self.boots:
            return
        quotes = [self._held.pop(number) for number in numbers if number in self._held]
        if not quotes:
            return
        if is_safe:
            self.committed(self._clock.now_ns() - asked_ns, len(quotes))
            self._line.send(quotes)
            return
        for quote in quotes:
            self.refuse(quote, JOURNAL_REFUSED)

    def _leave(self, one: Group) -> int:
        """Put one request on the wire and give its number; 0 where nothing of it is under way."""
        now_ns = self._clock.now_ns()
        one, late = on_time(now_ns, one)
        for command in late:
            self.refuse(command, LATE)
        bar = self.barred() if one and is_quote(one[0]) else ""
        if bar:
            for command in one:
                self.refuse(command, bar)
        if bar or not one:
            return 0
        self._numbers = number = self._numbers + 1
        self._under_way[number] = (one, now_ns)
        for command in one:
            self.leaving(now_ns, command)
        self._venue.send(one, self.signed_ns(now_ns), partial(self._answered, self.boots, number))
        # Answered right here it is over already, and nobody's turn depends on it.
        return number if number in self._under_way else 0

    def refuse(self, command: commands.Command, reason: str) -> None:
        """Say that a command certainly never left."""
        self.feed(not_sent(command, reason))

    def _look_again(self, send_by_ns: int) -> None:
        delay_s = max(0, send_by_ns + 1 - self._clock.now_ns()) / NS_PER_S
        self._loop.call_later(delay_s, self._give_up_late, self.boots)

    def _give_up_late(self, boot: int) -> None:
        if self.is_alive and boot == self.boots:
            self._line.give_up_late(self._clock.now_ns())

    # Outcomes

    def _answered(self, boot: int, number: int, said: tuple[events.Event, ...]) -> None:
        """Take the outcome of a request: its words, and after them whose turn it is."""
        if not self.is_alive or boot != self.boots or number not in self._under_way:
            return
        one, sent_ns = self._under_way.pop(number)
        for event in said:
            if isinstance(event, events.Unanswered) and not event.sent_ns:
                event = replace(event, sent_ns=sent_ns)
            self._put(event)
        self.over(one, sent_ns, self._clock.now_ns())
        self._put(None, number)

    # Alarm and journal

    def _set_alarm(self, now_ns: int) -> None:
        wake_at_ns = self.core.wake_at_ns
        if wake_at_ns == self._alarm_ns:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._alarm_ns = None, wake_at_ns
        if wake_at_ns is not None:
            delay_s = max(0, wake_at_ns - now_ns) / NS_PER_S
            self._timer = self._loop.call_at(self._loop.time() + delay_s, self._ring, wake_at_ns)

    def _ring(self, wake_at_ns: int) -> None:
        if not self.is_alive or self._alarm_ns != wake_at_ns:
            return
        self._timer = self._alarm_ns = None
        if self._clock.now_ns() < wake_at_ns:
            self._set_alarm(self._clock.now_ns())  # the loop's clock counts more coarsely than ours
        else:
            self.feed(events.Woke())

    def _keep_journal_short(self, now_ns: int) -> None:
        """Begin the journal anew with a snapshot every few seconds, and after records were lost."""
        snapshot: Any = getattr(self.core, "snapshot", None)
        every_ns = _COMMIT_EVERY_NS if self._journal.has_hole else SNAPSHOT_EVERY_NS
        is_due = now_ns - self._snapshot_ns >= every_ns
        if snapshot is not None and is_due:
            self._snapshot_ns = now_ns
            self._journal.rotate(now_ns, snapshot())


def _check_alarm(wake_at_ns: int | None, now_ns: int) -> None:
    if wake_at_ns is not None and wake_at_ns <= now_ns:
        raise OurMistake(f"the core asked at {now_ns} to be woken at {wake_at_ns}, which is not in the future")


def _always(_command: commands.Command) -> bool:
    """Say that a create or an amend leaves once the journal holds it."""
    return True


def _nobody(*_nothing: Any) -> None:
    """Note nothing."""
