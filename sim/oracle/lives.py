"""L7 and L8: a process that starts becomes ready or fails closed; one that is told to stop ends.

L7: within ``restart_s`` of a restart there was an instant at which the process was *ready* (for every
symbol belief is truth, and both quotes stand or may not be asked for) or *closed* (nothing of ours
rests, and somebody was told). L8: within ``shutdown_s`` of a delivered stop the process is over and
nothing of ours rests: neither what stood when it was told to stop, nor what it sent or was told of. What
another process put there since, told to nobody here, is its own: nobody cancels what comes after his end.
Time is excused while a ban lasts that was told, while a fault other than the restart's own is at work before the
calm (L7), or while no request or no answer gets through (L8): then nobody can be sure of anything.
"""

from collections.abc import Callable

from sim.oracle.findings import Findings
from sim.oracle.patience import Patience
from sim.oracle.tolerance import Tolerance
from sim.oracle.truth import Truth
from strategy import commands, events


class Lives:
    """Follows the processes of one host. ``why_not_ready`` compares belief with truth, for every symbol."""

    def __init__(
        self,
        truth: Truth,
        tolerance: Tolerance,
        findings: Findings,
        why_stormy: Callable[[], str],
        why_cut: Callable[[], str],
        why_banned: Callable[[int], str],
        is_known: Callable[[str], bool],
    ) -> None:
        """``why_stormy`` and ``why_cut`` name the fault that is at work, or cuts requests, now.

        ``why_banned`` says of an instant of the bot's clock that nothing may be asked. ``is_known`` says whether a
        process sent an order, or was told of it.
        """
        self._truth = truth
        self._findings = findings
        self._why_stormy = why_stormy
        self._why_cut = why_cut
        self._why_banned = why_banned
        self._is_known = is_known
        self._restart = Patience("L7", "restart", tolerance.restart_ns, 0, is_once=True)
        self._shutdown = Patience("L8", "shutdown", tolerance.shutdown_ns, 0, is_once=True)
        self._is_restarting = self._is_stopping = self._is_told = False
        self._is_alive = True
        # What stood when the stop was told, and what of all that rested as the process ended was its to take off.
        self._stood: dict[str, None] = {}
        self._left: dict[str, None] = {}

    def heard(self, now_ns: int, event: events.Event) -> None:
        """Note a stop."""
        if isinstance(event, events.Stopping) and not self._is_stopping:
            self._is_stopping = True
            self._stood = dict.fromkeys(self._resting())
            self._shutdown.start(now_ns)

    def sent(self, command: commands.Command) -> None:
        """Note an alert."""
        self._is_told = self._is_told or isinstance(command, commands.Alert)

    def process_died(self) -> None:
        """Note the end of a process, however it came."""
        self._is_alive = self._is_restarting = False
        self._left = {one: None for one in self._resting() if one in self._stood or self._is_known(one)}

    def process_started(self, now_ns: int) -> None:
        """Note that another one begins; what the one before it left behind is judged as it stands."""
        if self._is_stopping:
            self._look_at_shutdown(now_ns)
        self._is_alive, self._is_restarting = True, True
        self._is_stopping = self._is_told = False
        self._restart.start(now_ns)

    @property
    def is_waiting(self) -> bool:
        """Say whether anything is under way that has to end."""
        return self._is_restarting or self._is_stopping

    def look(self, now_ns: int, why_not_ready: Callable[[], str]) -> None:
        """Move both clocks on; what has come about is over."""
        if self._is_restarting:
            wrong = "" if self._is_told and not self._resting() else why_not_ready()
            excuse = self._why_stormy() or self._why_banned(now_ns)
            self._restart.tick(now_ns, wrong and f"not ready: {wrong}", excuse, self._findings)
            self._is_restarting = self._restart.held_ns is None
        if self._is_stopping:
            self._look_at_shutdown(now_ns)

    def _look_at_shutdown(self, now_ns: int) -> None:
        resting = sum(one in self._left for one in self._resting())
        wrong = "the process still runs" if self._is_alive else f"{resting} orders still rest" if resting else ""
        self._shutdown.tick(now_ns, wrong, self._why_cut() or self._why_banned(now_ns), self._findings)
        self._is_stopping = self._shutdown.held_ns is None

    def _resting(self) -> list[str]:
        return [order.client_id for order in self._truth.open_orders()]
