"""Limits that are not respected: a refusal for the rate is taken for any other silence."""

from msgspec.structs import replace

from strategy import events

from .wrapped import Wrapped

_SLOW_DOWN = ("rate_limit", "banned")


class AsksOn(Wrapped):
    """Asks again at once, whatever the venue says of its limits."""

    def hear(self, now_ns, event):
        if isinstance(event, events.BudgetSeen):
            return None
        if isinstance(event, events.Unanswered) and event.code in _SLOW_DOWN:
            return replace(event, code="timeout")
        return event


asks_on = AsksOn
