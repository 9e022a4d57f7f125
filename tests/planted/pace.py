"""S4: budgets that are spent to the last token."""

from .wrapped import Wrapped


class SpendsReserve(Wrapped):
    """Spends the cancels' share of the budget on quotes."""

    def hear(self, now_ns, event):
        self.core._state.pacing.orders.kept = 0
        return event


spends_reserve = SpendsReserve
