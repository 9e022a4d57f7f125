"""Worst-case exposure and its limits, checked by two roads.

``room`` is the first: what may be *wanted*, handed to the pipeline before it sizes a quote, from
sums that are kept. ``permit`` is the second: it looks once more at what *leaves*, counts the whole
account anew, and shares no arithmetic with the first. An order that only brings us nearer to flat passes both.

Per symbol the exposure is max(|position + buys|, |position - sells|), every order possibly alive
counted. The account's gross is their sum in cash; its net weighs them by configured betas.
"""

import msgspec

from strategy.errors import RefusalCode
from strategy.knobs import AccountKnobs
from strategy.units import BUY


class Holding(msgspec.Struct, frozen=True, gc=False):
    """One symbol's worst case: lots held, lots possibly bought and sold, cash value of a lot."""

    symbol: str
    position_lots: int
    buy_lots: int
    sell_lots: int
    lot_cash: int
    lots_max: int
    beta: float = 1.0


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """A limit said no: its code, what would have been, what may be."""

    code: RefusalCode
    value: float
    limit: float


def worst_lots(position_lots: int, buy_lots: int, sell_lots: int) -> int:
    """Give the largest position, as a size, that fills of what may be alive can lead to."""
    return max(abs(position_lots + buy_lots), abs(position_lots - sell_lots))


def gross_cash(holdings: tuple[Holding, ...]) -> int:
    """Sum the worst cases of all symbols, in cash."""
    return sum(worst_lots(one.position_lots, one.buy_lots, one.sell_lots) * one.lot_cash for one in holdings)


def net_cash(holdings: tuple[Holding, ...]) -> float:
    """Give the beta-weighted net of the account at its worst: all buys filled, or all sells."""
    most = sum(one.beta * (one.position_lots + one.buy_lots) * one.lot_cash for one in holdings)
    least = sum(one.beta * (one.position_lots - one.sell_lots) * one.lot_cash for one in holdings)
    return max(abs(most), abs(least))


class Totals(msgspec.Struct):
    """Every symbol's worst case in cash, by its place: the account's sums without a look at every order.

    A symbol is noted anew whenever it is decided about or its orders changed. ``most`` and ``least``
    are its beta-weighted net if all its buys fill, and if all its sells do.
    """

    gross: list[int]
    most: list[float]
    least: list[float]

    def note(self, place: int, one: Holding) -> None:
        """Take in how a symbol stands now."""
        self.gross[place] = worst_lots(one.position_lots, one.buy_lots, one.sell_lots) * one.lot_cash
        self.most[place] = one.beta * (one.position_lots + one.buy_lots) * one.lot_cash
        self.least[place] = one.beta * (one.position_lots - one.sell_lots) * one.lot_cash


def make_totals(symbols: int) -> Totals:
    """Start with nothing exposed."""
    return Totals([0] * symbols, [0.0] * symbols, [0.0] * symbols)


def room_lots(totals: Totals, place: int, one: Holding, side: int, account: AccountKnobs) -> int:
    """Give the lots that one more order of ``side`` may have before the account is full; may be negative.

    Counted beyond everything already possibly alive in ``one`` and in the totals of all others.
    """
    if one.lot_cash <= 0:
        return 0
    others = sum(totals.gross) - totals.gross[place]
    gross_room = (account.gross_cash_max - others) // one.lot_cash
    toward = one.position_lots + one.buy_lots if side == BUY else one.sell_lots - one.position_lots
    if one.beta <= 0.0:
        return gross_room - toward
    nets = totals.most if side == BUY else totals.least
    rest = sum(nets[:place]) + sum(nets[place + 1 :])
    net_room = int((account.net_cash_max - side * rest) / (one.beta * one.lot_cash))
    return min(gross_room, net_room) - toward


def permit(
    holdings: tuple[Holding, ...], symbol: str, side: int, size_lots: int, account: AccountKnobs
) -> Refusal | None:
    """Say no to an order that would, at its worst, break a limit; ``holdings`` do not hold it yet."""
    before = next(one for one in holdings if one.symbol == symbol)
    held = before.position_lots * side
    same_side = before.buy_lots if side == BUY else before.sell_lots
    if held + same_side + size_lots <= 0:
        return None  # even if everything on its side fills, we are only nearer to flat
    bought, sold = (size_lots, 0) if side == BUY else (0, size_lots)
    after = msgspec.structs.replace(before, buy_lots=before.buy_lots + bought, sell_lots=before.sell_lots + sold)
    position = abs(after.position_lots + side * (after.buy_lots if side == BUY else after.sell_lots))
    if position > before.lots_max:
        return Refusal(RefusalCode.POSITION_LIMIT, position, before.lots_max)
    account_after = tuple(after if one.symbol == symbol else one for one in holdings)
    gross = gross_cash(account_after)
    if gross > account.gross_cash_max and gross > gross_cash(holdings):
        return Refusal(RefusalCode.GROSS_LIMIT, gross, account.gross_cash_max)
    net = net_cash(account_after)
    if net > account.net_cash_max and net > net_cash(holdings):
        return Refusal(RefusalCode.NET_LIMIT, net, account.net_cash_max)
    return None
