"""Would our order have filled? Its place in the queues of a book that never held it.

An L2 tape shows sizes, not orders, so our place in a queue is an estimate by a named model:

- We join behind everything that rests at our price: ``ahead_lots`` is the level's size.
- A trade at our price eats from the front: first what is ahead, then us, then what is behind.
- A level that shrinks by more than was traded there had cancels. Of ``c`` cancelled lots, with
  ``front`` lots ahead of us and ``back`` lots behind, so many stood ahead:

      prob_power     c * front^n / (front^n + back^n), ``n`` is ``exponent``, 3 when left out
      prob_uniform   the same with n = 1: each lot is as likely to be cancelled as any other
      risk_averse    none, as long as they fit behind us

  The share is rounded *down* to whole lots: towards a later fill. What does not fit behind us came
  from ahead.
- A level that grows, grows behind us.

A tape that tells of every order (L3) needs no estimate: ``exact`` counts who came before us
(``exact_queue``).

We fill only when (a) a trade at our price exceeds what is ahead, (b) a trade prints *through*
our price, since that aggressor would have met us first, or (c) the opposite side rests strictly
through our price. A touch, even a locked one, never fills. No fill takes more than the volume
that was there: a print or a crossing order fills us at most by its own size.

Counted once: the depth message after a trade shows the same lots gone. What traded at our price
since the last message is kept in ``traded_lots`` and taken off the decrease before the rest
counts as cancelled. So ``on_level_change`` belongs after *every* depth message, also when the
level stayed as it was: the lots that refilled it joined behind us.

What no estimate can see: cancels and arrivals within one message cancel out, our own order
changes nobody's mind, and a message that shows a trade late makes it look like a cancel.

Sources: the estimator is E. Rigtorp's, "Estimating order queue position" (2013), which shares out
cancels by f(front) / (f(front) + f(back)); f(x) = x^n and the risk-averse limit are known from
hftbacktest (``PowerProbQueueFunc``, ``RiskAdverseQueueModel``). n = 3 is a choice, not a fit.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from sim.market.tape.records import TapeTrade

EXPONENT: Final = 3


class QueueModel(msgspec.Struct, frozen=True):
    """How cancels at our price are shared out between ahead and behind: a name, what it says, its parameter.

    ``exponent`` is that of the power, 0 where the model has none.
    """

    name: str
    meaning: str
    exponent: int = 0


PROB_POWER: Final = QueueModel(
    "prob_power", "cancels come from the longer part: front^n / (front^n + back^n) of them from ahead", EXPONENT
)
PROB_UNIFORM: Final = QueueModel("prob_uniform", "every lot is as likely to be cancelled: the power with n = 1", 1)
RISK_AVERSE: Final = QueueModel("risk_averse", "only trades move us up; cancels come from behind as long as they fit")
EXACT: Final = QueueModel("exact", "an L3 tape tells of every order: those that came before us are ahead")

MODELS: Final[Mapping[str, QueueModel]] = {
    model.name: model for model in (PROB_POWER, PROB_UNIFORM, RISK_AVERSE, EXACT)
}


class QueuedOrder(msgspec.Struct):
    """One virtual order of ours. ``side`` is +1 for a bid, -1 for an ask.

    ``ahead_lots`` never grows. ``traded_lots`` is what traded at our price since the last depth
    message; ``crossed_lots`` is the volume through our price that we have met already; ``arrival`` is
    our number among all orders, where the tape tells of them.
    """

    price_ticks: int
    side: int
    size_lots: int
    ahead_lots: int
    filled_lots: int = 0
    traded_lots: int = 0
    crossed_lots: int = 0
    arrival: int = 0

    @property
    def left_lots(self) -> int:
        """What is still unfilled."""
        return self.size_lots - self.filled_lots


def join(side: int, price_ticks: int, size_lots: int, level_lots: int) -> QueuedOrder:
    """Place an order at the end of a level that holds ``level_lots``."""
    return QueuedOrder(price_ticks=price_ticks, side=side, size_lots=size_lots, ahead_lots=level_lots)


def ahead_share(model: QueueModel, cancelled_lots: int, front_lots: int, back_lots: int) -> int:
    """Say how many of the cancelled lots stood ahead by a model; whole lots, and possible ones."""
    if model.exponent:
        return floor_share(cancelled_lots, front_lots, back_lots, model.exponent)
    return min(front_lots, max(0, cancelled_lots - back_lots))


def floor_share(cancelled_lots: int, front_lots: int, back_lots: int, exponent: int = EXPONENT) -> int:
    """Say how many of the cancelled lots stood ahead; rounded down, exact in integers.

    At most ``front_lots``, and at least what cannot have stood behind.
    """
    front, back = front_lots**exponent, back_lots**exponent
    share = cancelled_lots * front // (front + back) if front else 0
    return min(front_lots, max(share, cancelled_lots - back_lots))


def on_trade(order: QueuedOrder, trade: TapeTrade, taken_lots: int = 0) -> int:
    """Let a print reach the order; give the lots that fill.

    ``taken_lots`` is what other orders of ours, before this one, took of the same print.
    """
    if trade.side == order.side:
        return 0  # the aggressor was on our side and met the other one
    through_ticks = (order.price_ticks - trade.price_ticks) * order.side
    if through_ticks < 0:
        return 0  # it never came as far as our price
    volume_lots = max(0, trade.size_lots - taken_lots)
    if through_ticks == 0:
        # The level will shrink by the whole print, whoever of ours would have had a part of it.
        order.traded_lots += trade.size_lots
        eaten_lots = min(order.ahead_lots, volume_lots)
        order.ahead_lots -= eaten_lots
        volume_lots -= eaten_lots
    else:
        order.ahead_lots = 0
    return _fill(order, volume_lots)


def on_level_change(order: QueuedOrder, old_lots: int, new_lots: int, model: QueueModel = PROB_POWER) -> None:
    """Move up by the cancels that a depth message shows; call it after each message, changed or not."""
    untraded_lots = max(0, old_lots - order.traded_lots)
    order.traded_lots = 0
    cancelled_lots = untraded_lots - new_lots
    if cancelled_lots > 0:
        back_lots = max(0, untraded_lots - order.ahead_lots)
        order.ahead_lots -= ahead_share(model, cancelled_lots, order.ahead_lots, back_lots)
    # Nobody can be ahead who is not there any more.
    order.ahead_lots = min(order.ahead_lots, new_lots)


def on_opposite(order: QueuedOrder, through_lots: int, taken_lots: int = 0) -> int:
    """Meet what the other side rests *strictly through* our price; give the lots that fill.

    The same resting volume is met only once: later messages count what has been added to it.
    """
    arrived_lots = max(0, through_lots - order.crossed_lots - taken_lots)
    order.crossed_lots = through_lots
    if through_lots:
        order.ahead_lots = 0
    return _fill(order, arrived_lots)


def _fill(order: QueuedOrder, volume_lots: int) -> int:
    filled_lots = min(order.left_lots, volume_lots)
    order.filled_lots += filled_lots
    return filled_lots


# Lets a print reach one order, of which others of ours have taken so many lots; gives the lots that fill.
Reach = Callable[[QueuedOrder, TapeTrade, int], int]


def share_trade(
    orders: Sequence[QueuedOrder], trade: TapeTrade, reach: Reach = on_trade
) -> list[tuple[QueuedOrder, int]]:
    """Let one print reach several orders of ours, best price first, then in the order given.

    Together they never take more than the print. Only orders that fill are listed.
    """
    fills: list[tuple[QueuedOrder, int]] = []
    taken_lots = 0
    for order in sorted(orders, key=lambda order: -order.price_ticks * order.side):
        filled_lots = reach(order, trade, taken_lots)
        if filled_lots:
            taken_lots += filled_lots
            fills.append((order, filled_lots))
    return fills
