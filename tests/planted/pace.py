"""S4, L3: budgets that are spent to the last token, and a venue's word about them that is not heard."""

from msgspec.structs import replace

from strategy import events

from .wrapped import Wrapped


class SpendsReserve(Wrapped):
    """Spends the cancels' share of the budget on quotes."""

    def hear(self, now_ns, event):
        self.core._state.pacing.orders.kept = 0
        return event


class IgnoresBan(Wrapped):
    """Takes a refusal for the rate, and a ban, for any other silence, and tries again at once."""

    def hear(self, now_ns, event):
        if isinstance(event, events.BudgetSeen):
            return None
        if isinstance(event, events.Unanswered) and event.code in ("rate_limit", "banned"):
            return replace(event, code="timeout")
        return event


spends_reserve = SpendsReserve
ignores_ban = IgnoresBan
