"""A connection of the bot to the venue, as its driver sees it: up or not, and which one.

Every attempt has a number of its own, the *epoch*. What belongs to an earlier one is never
delivered: nothing missed is replayed, and what was still under way dies with its connection. An
attempt says hello and waits for the welcome; whatever stops messages stops these two as well. One
that fails is followed by another, after a pause that doubles.
"""

from collections.abc import Callable
from typing import Any, Final

from sim.dice import Dice
from sim.kernel import Kernel
from sim.wire import Link, Message
from strategy.units import NS_PER_MS, NS_PER_S

HELLO: Final = "hello"
WELCOME: Final = "welcome"

# How long an attempt may take, and the pauses between attempts: the first, the longest.
_ATTEMPT_NS: Final = 3 * NS_PER_S
_PAUSE_NS: Final = 200 * NS_PER_MS
_PAUSE_NS_MAX: Final = 4 * NS_PER_S
# Pauses vary by so much of themselves, so that two connections do not knock in step.
_JITTER: Final = 0.25

# Says of one attempt to connect why it fails, empty where it does not; None says it of every attempt.
Bar = Callable[[], str] | None
REFUSED: Final = "connection refused"


def why_barred(bars: dict[str, Bar]) -> str:
    """Say why an attempt to connect fails; empty where it does not. Each bar is asked, and sees every attempt."""
    whys = [REFUSED if bar is None else bar() for bar in bars.values()]
    return next((why for why in whys if why), "")


class Connection:
    """One connection. ``reach`` carries a hello to the venue; ``answer`` is what the venue does with it."""

    def __init__(self, name: str, kernel: Kernel, dice: Dice, down: Link) -> None:
        """Start unconnected; whoever owns it sets the four callbacks."""
        self.name = name
        self.epoch = 0
        self.is_up = False
        self.heard_ns = 0
        self.reach: Callable[[Message, Callable[[Message], None]], None]
        self.answered: Callable[[int], None] = _nobody
        self.opened: Callable[[], Any]
        self.lost: Callable[[str], Any]
        # What keeps attempts from connecting, by the fault that does: a name service gone, a door shut.
        self.barred: dict[str, Bar] = {}
        self._kernel = kernel
        self._dice = dice
        self._down = down
        self._is_wanted = False
        self._pause_ns = _PAUSE_NS

    def open(self) -> None:
        """Want a connection from now on, and keep trying until there is one."""
        self._is_wanted = True
        self._pause_ns = _PAUSE_NS
        self._attempt(self.epoch)

    def shut(self) -> None:
        """Want none any more: the process that had it is gone, and nobody is told."""
        self._is_wanted = self.is_up = False
        self.epoch += 1

    def break_off(self, why: str) -> None:
        """Lose it: reset by the other side, or given up because nothing came. Then try again."""
        if not self.is_up:
            return
        self.is_up = False
        self.epoch += 1
        self.lost(why)
        self._retry(self.epoch)

    def is_of(self, epoch: int) -> bool:
        """Say whether something belongs to the connection there is now."""
        return self.is_up and epoch == self.epoch

    def hear(self, message: Message) -> bool:
        """Note a message as a sign of life; False where it belongs to a connection that is gone."""
        if not self.is_of(message.number):
            return False
        self.heard_ns = self._kernel.now_ns
        return True

    def assume(self) -> None:
        """Be connected without a word: a process connects its requests before it calls itself started."""
        self._is_wanted = self.is_up = True
        self.epoch += 1
        self._down.restart()

    def _attempt(self, epoch: int) -> None:
        if not self._is_wanted or epoch != self.epoch:
            return
        self.epoch = epoch = epoch + 1
        if why_barred(self.barred):
            self._retry(epoch)
            return
        self._down.restart()
        self.reach(Message(HELLO, "", "", None, -epoch), self._at_venue)
        self._kernel.at(self._kernel.now_ns + _ATTEMPT_NS, self._give_up, epoch)

    def _at_venue(self, hello: Message) -> None:
        """The venue takes a hello, and says so on the way down; then follows what it has to tell."""
        self._down.send(Message(WELCOME, "", "", None, hello.number), self._welcomed)
        self.answered(-hello.number)

    def _welcomed(self, welcome: Message) -> None:
        if self._is_wanted and not self.is_up and -welcome.number == self.epoch:
            self.is_up = True
            self._pause_ns = _PAUSE_NS
            self.heard_ns = self._kernel.now_ns
            self.opened()

    def _give_up(self, epoch: int) -> None:
        """End an attempt that takes too long: a welcome that comes after all is for nobody."""
        if not self.is_up and epoch == self.epoch:
            self.epoch += 1
            self._retry(self.epoch)

    def _retry(self, epoch: int) -> None:
        if not self._is_wanted:
            return
        shift = 1.0 + _JITTER * (2.0 * self._dice.unit("connect", self.name, epoch) - 1.0)
        self._kernel.at(self._kernel.now_ns + int(self._pause_ns * shift), self._attempt, epoch)
        self._pause_ns = min(2 * self._pause_ns, _PAUSE_NS_MAX)


def _nobody(_epoch: int) -> None:
    """Tell nothing."""
