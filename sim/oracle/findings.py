"""What the oracle found: breaches, exposure costs, excuses, and how often each promise was looked at.

A promise that was never looked at is not a promise kept, so the counts are part of the result. No more is one
that could not have been broken: a look at what has a bound counts only where the bound could run out.
"""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from sim.oracle.identity import Identity, check_place
from sim.scenario.invariants import INVARIANTS

# A broken promise breaks again at every event; the first few of each say all there is to say.
_BREACHES_MAX: Final = 64
_COSTS_MAX: Final = 4096


class Breach(msgspec.Struct, frozen=True, gc=False):
    """A promise that did not hold: what was seen, and the evidence that puts the bot at fault.

    ``now_ns`` is the bot's clock. ``states`` and ``place`` tell it from others of the same promise.
    """

    code: str
    now_ns: int
    detail: str
    evidence: str
    states: str = ""
    place: str = ""

    @property
    def identity(self) -> Identity:
        """Say what another failure must have to be this one."""
        return Identity(self.code, self.states, self.place)


class Cost(msgspec.Struct, frozen=True, gc=False):
    """Something wrong in truth alone: nobody at fault, yet exposed. ``lots`` is the worst of it."""

    code: str
    now_ns: int
    detail: str
    lots: int
    lasted_ns: int


class _Episode(msgspec.Struct):
    """A cost that is still going on."""

    code: str
    since_ns: int
    detail: str
    lots: int


class Findings:
    """Collects. Promises in ``off`` are neither counted nor judged."""

    def __init__(self, off: Iterable[str] = (), states_of: Callable[[str], str] = lambda _client_id: "") -> None:
        """Begin with nothing found and nothing looked at; ``states_of`` gives both states of an order."""
        self._states_of = states_of
        self.off = tuple(off)
        self.breaches: list[Breach] = []
        self.costs: list[Cost] = []
        self.excused_ns: dict[str, int] = {}
        self.excused_why_ns: dict[str, dict[str, int]] = {}
        self.waited_ns: dict[str, int] = {}
        self.asked_ns: dict[str, int] = {}
        """The longest stretch for which each promise that has a bound could be asked for."""
        self.held: dict[str, None] = {}
        """The promises of liveness that held at some look, whether it counts or not."""
        self.checks: dict[str, int] = {code: 0 for code in INVARIANTS if code not in self.off}
        self._told: dict[tuple[str, str], None] = {}
        self._episodes: dict[tuple[str, str], _Episode] = {}
        # What was kept in time, from when on and within which bound: it counts once that has passed.
        self._kept: list[tuple[str, int, int]] = []

    @property
    def unchecked(self) -> tuple[str, ...]:
        """Name the promises nobody looked at in this run."""
        return tuple(code for code, count in self.checks.items() if not count)

    def checked(self, code: str, looks: int = 1) -> None:
        """Count looks at a promise."""
        if code in self.checks:
            self.checks[code] += looks

    def checked_within(self, code: str, since_ns: int, bound_ns: int) -> None:
        """Note a look at what was kept in time; it counts where the run goes on for longer than the bound."""
        self._kept.append((code, since_ns, bound_ns))

    def asked(self, code: str, for_ns: int) -> None:
        """Note for how long a promise could be asked for, at a stretch."""
        self.asked_ns[code] = max(self.asked_ns.get(code, 0), for_ns)

    def breach(
        self, code: str, now_ns: int, subject: str, detail: str, evidence: str, *, order: str = "", states: str = ""
    ) -> None:
        """Record a broken promise, once per subject: an order, a symbol.

        ``order`` is whose two states make it what it is; ``states`` are given where the check knows them.
        """
        if code in self.off or (code, subject) in self._told or len(self.breaches) >= _BREACHES_MAX:
            return
        self._told[code, subject] = None
        states = states or (self._states_of(order) if order else "")
        self.breaches.append(Breach(code, now_ns, detail, evidence, states, check_place()))

    def cost(self, code: str, now_ns: int, detail: str, lots: int = 0) -> None:
        """Record a cost that has no length."""
        if len(self.costs) < _COSTS_MAX:
            self.costs.append(Cost(code, now_ns, detail, lots, 0))

    def exposed(self, code: str, now_ns: int, subject: str, lots: int, detail: str) -> None:
        """Open a cost, or go on with it at its worst; ``lots`` 0 ends it."""
        episode = self._episodes.get((code, subject))
        if lots and episode is None:
            self._episodes[code, subject] = _Episode(code, now_ns, detail, lots)
        elif lots and episode is not None:
            episode.lots = max(episode.lots, lots)
        elif episode is not None:
            self._end((code, subject), now_ns)

    def excuse(self, code: str, by_ns: int, why: str) -> None:
        """Count time during which a promise could not be asked for; the reasons of one promise are few."""
        self.excused_ns[code] = self.excused_ns.get(code, 0) + by_ns
        reasons = self.excused_why_ns.setdefault(code, {})
        reasons[why] = reasons.get(why, 0) + by_ns

    def waited(self, code: str, by_ns: int) -> None:
        """Count time during which a promise was looked at, kept or not: what excused time is a share of."""
        self.waited_ns[code] = self.waited_ns.get(code, 0) + by_ns

    def finish(self, now_ns: int) -> None:
        """End what is still going on; count what could have been broken by now."""
        for key in list(self._episodes):
            self._end(key, now_ns)
        for code, since_ns, bound_ns in self._kept:
            self.asked(code, now_ns - since_ns)
            self.checked(code, int(now_ns - since_ns > bound_ns))

    def _end(self, key: tuple[str, str], now_ns: int) -> None:
        episode = self._episodes.pop(key)
        if len(self.costs) < _COSTS_MAX:
            lasted_ns = now_ns - episode.since_ns
            self.costs.append(Cost(episode.code, episode.since_ns, episode.detail, episode.lots, lasted_ns))
