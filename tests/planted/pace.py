"""S10, L5, L6: budgets that are spent to the last token, and a venue's word about them that is not heard or never forgotten; questions without end."""

from msgspec.structs import replace

from strategy import commands, events
from strategy.knobs import Knobs
from strategy.units import NS_PER_MS

from .wrapped import Commands, Wrapped

_EVERY_NS = 400 * NS_PER_MS


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


class KnowsNoBudget(Wrapped):
    """Takes every bucket for full."""

    def step(self, now_ns, event):
        for bucket in (self.core._state.pacing.orders, self.core._state.pacing.queries):
            bucket.level = bucket.told = 10**18
            bucket.burst = 10**9
        return super().step(now_ns, event)


class BackOffWithoutEnd(Wrapped):
    """Once banned it only ever cancels."""

    def __init__(self, knobs: Knobs) -> None:
        super().__init__(knobs)
        self.was_banned = False

    def hear(self, now_ns, event):
        self.was_banned = self.was_banned or (isinstance(event, events.BudgetSeen) and event.bucket == "account")
        return event

    def say(self, now_ns, leaving: Commands) -> Commands:
        return tuple(one for one in leaving if not self.was_banned or isinstance(one, commands.CancelOrder))


class AsksOn(Wrapped):
    """Goes on asking about the last order that ended, more than twice a second."""

    def __init__(self, knobs: Knobs) -> None:
        super().__init__(knobs)
        self.ended: tuple[str, str] | None = None
        self.asked_ns = 0

    def hear(self, now_ns, event):
        if isinstance(event, events.OrderCancelled) and event.client_id in self.core._state.orders.live:
            self.ended = (event.client_id, self.core._state.orders.live[event.client_id].symbol)
        return event

    def say(self, now_ns, leaving: Commands) -> Commands:
        if self.ended is None or now_ns - self.asked_ns < _EVERY_NS:
            return leaving
        self.asked_ns = now_ns
        return (*leaving, commands.QueryOrder(*self.ended, now_ns))


spends_reserve = SpendsReserve
ignores_ban = IgnoresBan
knows_no_budget = KnowsNoBudget
back_off_without_end = BackOffWithoutEnd
asks_on = AsksOn
