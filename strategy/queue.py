"""Where an order of ours stands in its queue.

From L2 the place is a belief. Trades at our price eat from the front, and that is certain. What
else leaves a level was cancelled, and cancels do not say where they stood: they are shared out by
the *power model*, front^n / (front^n + behind^n), uniform at n = 1. Our own lots are part of the
level as shown and never stand ahead of us. An L3 feed knows the truth and says it.
"""

import math

import msgspec


class QueuePlace(msgspec.Struct):
    """One resting order's place. ``ahead_lots`` is never negative and never more than rests there."""

    side: int
    price_ticks: int
    own_lots: int
    ahead_lots: float
    traded_lots: int = 0  # told by trades since the level was last told

    def on_trade(self, price_ticks: int, size_lots: int, aggressor_side: int) -> None:
        """Take in a public trade: at our price it eats from the front, beyond it nothing is ahead."""
        if aggressor_side == self.side:
            return
        beyond = self.side * (self.price_ticks - price_ticks)
        if beyond == 0:
            self.ahead_lots = max(0.0, self.ahead_lots - size_lots)
            self.traded_lots += size_lots
        elif beyond > 0:
            self.ahead_lots = 0.0

    def on_level(self, old_lots: int, new_lots: int, power: float) -> None:
        """Take in our level's size as shown: what left without trading was cancelled, what came is behind."""
        left_lots = old_lots - self.traded_lots
        self.traded_lots = 0
        cancelled = left_lots - new_lots
        if cancelled > 0:
            behind = left_lots - self.own_lots - self.ahead_lots
            self.ahead_lots -= cancelled * front_share(self.ahead_lots, behind, power)
        self.ahead_lots = max(0.0, min(self.ahead_lots, float(new_lots - self.own_lots)))

    def on_fill(self, size_lots: int) -> None:
        """Take in a fill of this order: whoever fills stands at the front."""
        self.own_lots = max(0, self.own_lots - size_lots)
        self.ahead_lots = 0.0

    def on_truth(self, ahead_lots: int) -> None:
        """Take in the place as an L3 feed tells it."""
        self.ahead_lots = float(ahead_lots)


def join(side: int, price_ticks: int, own_lots: int, level_lots: int) -> QueuePlace:
    """Stand last in a queue; ``level_lots`` is its size without us."""
    return QueuePlace(side, price_ticks, own_lots, float(level_lots))


def front_share(front_lots: float, behind_lots: float, power: float) -> float:
    """Give the part of a cancelled size believed to have stood in front of us."""
    if front_lots <= 0.0:
        return 0.0
    front = math.pow(front_lots, power)
    return front / (front + math.pow(max(0.0, behind_lots), power))
