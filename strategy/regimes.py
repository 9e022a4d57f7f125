"""What the venue will not let us do: regimes that were announced ahead, and regimes met by a refusal.

A plan is pulled ahead of: quotes are gone before the first regime in which they could not be moved.
Plans may begin late, so the pull lasts until the venue says that it is over, or until nothing
came of the plan for so long that nothing will. A refusal tells of a regime that no word told of;
after a pause one quote finds out whether it still holds. That the venue knows no such symbol is the
longest of them: of what may be alive there is asked, and its end asked for, seldom and for ever.
"""

from typing import Final

import msgspec

from strategy.events import RegimePlanned
from strategy.knobs import RegimeKnobs
from strategy.units import NS_PER_S

OPEN: Final = "open"
QUOTABLE: Final = frozenset({"open", "post_only"})
# Where not even a cancel is taken, and all that an order can be refused for.
NO_CANCELS: Final = frozenset({"halted", "closed"})
REFUSING: Final = frozenset({"post_only", "cancel_only", "auction", "halted", "closed"})
# The word for a symbol that is not traded, or not any more.
GONE: Final = "unknown_symbol"
GONE_PAUSE_NS: Final = 15 * NS_PER_S

AHEAD: Final = "regime_ahead"
REFUSED: Final = "regime_refused"


class Planned(msgspec.Struct, frozen=True, gc=False):
    """One step of a plan; ``at_ns`` is the earliest it may come, on our clock."""

    regime: str
    at_ns: int


class Refused(msgspec.Struct, frozen=True, gc=False):
    """A regime met by a refusal, believed until ``until_ns``."""

    regime: str
    until_ns: int


class Regimes(msgspec.Struct):
    """By symbol: steps announced and not yet come, and refusals still believed.

    ``due_ns`` is the next instant at which time alone changes an answer; None when there is none.
    """

    plans: dict[str, list[Planned]] = {}
    refused: dict[str, Refused] = {}
    due_ns: int | None = None

    def planned(self, now_ns: int, event: RegimePlanned, ahead_ns: int, knobs: RegimeKnobs) -> None:
        """Take in a step of a plan; ``ahead_ns`` is how far the venue's clock may be ahead of ours."""
        step = Planned(event.regime, event.at_venue_ns - ahead_ns)
        plan = [one for one in self.plans.get(event.symbol, []) if one != step]
        self.plans[event.symbol] = sorted([*plan, step], key=lambda one: one.at_ns)
        self._look(now_ns, knobs)

    def changed(self, now_ns: int, symbol: str, regime: str, knobs: RegimeKnobs) -> None:
        """Take in that a regime changed: what was planned up to it has come, and refusals are explained."""
        self.refused.pop(symbol, None)
        plan = self.plans.get(symbol, [])
        place = next((place for place, one in enumerate(plan) if one.regime == regime), None)
        if place is not None:
            self.plans[symbol] = plan[place + 1 :]
        self._look(now_ns, knobs)

    def met(self, now_ns: int, symbol: str, regime: str, knobs: RegimeKnobs) -> None:
        """Take in that a request was refused for a regime."""
        self.refused[symbol] = Refused(regime, now_ns + _pause_ns(regime, knobs))
        self._look(now_ns, knobs)

    def turn(self, now_ns: int, knobs: RegimeKnobs) -> bool:
        """Say whether time alone has just changed an answer."""
        if self.due_ns is None or now_ns < self.due_ns:
            return False
        self._look(now_ns, knobs)
        return True

    def why_not(self, symbol: str, now_ns: int, knobs: RegimeKnobs) -> str:
        """Say why a symbol must not be quoted for what is planned or was refused; empty when it may be."""
        refused = self.refused.get(symbol)
        if refused is not None and now_ns < refused.until_ns:
            return REFUSED
        marks = _marks(self.plans.get(symbol, []), knobs)
        return AHEAD if marks and marks[0] <= now_ns < marks[1] else ""

    def cancel_pause_ns(self, symbol: str, now_ns: int, told: str, knobs: RegimeKnobs) -> int:
        """Give the pause between two cancels of an order while they are refused; 0 where nothing refuses them.

        ``told`` is the regime the venue last told.
        """
        refused = self.refused.get(symbol)
        is_met = refused is not None and (refused.regime == GONE or refused.regime in NO_CANCELS)
        if refused is not None and is_met and now_ns < refused.until_ns:
            return _pause_ns(refused.regime, knobs)
        return knobs.refused_pause_ns if told in NO_CANCELS else 0

    def _look(self, now_ns: int, knobs: RegimeKnobs) -> None:
        """Forget what is over, and note when time changes something next."""
        self.refused = {symbol: one for symbol, one in self.refused.items() if now_ns < one.until_ns}
        at = [one.until_ns for one in self.refused.values()]
        for symbol, plan in list(self.plans.items()):
            marks = _marks(plan, knobs)
            if not marks or marks[1] <= now_ns:
                del self.plans[symbol]
            else:
                at += [mark for mark in marks if mark > now_ns]
        self.due_ns = min(at, default=None)


def _pause_ns(regime: str, knobs: RegimeKnobs) -> int:
    return GONE_PAUSE_NS if regime == GONE else knobs.refused_pause_ns


def _marks(plan: list[Planned], knobs: RegimeKnobs) -> tuple[int, int] | tuple[()]:
    """Give from when to when a plan keeps us out; empty where nothing of it does."""
    first = next((one for one in plan if one.regime not in QUOTABLE), None)
    if first is None:
        return ()
    return first.at_ns - knobs.lead_ns, plan[-1].at_ns + knobs.grace_ns
