"""The book a tape describes: sizes by price, and the prices of each side in order."""

from bisect import bisect_left, bisect_right, insort

from sim.market.tape.records import Levels, TapeDelta, TapeSnapshot


class _Side:
    """One side. Keys grow towards the market (price for bids, minus price for asks): best is last."""

    __slots__ = ("keys", "lots", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.keys: list[int] = []
        self.lots: dict[int, int] = {}

    def fill(self, levels: Levels) -> None:
        self.lots = dict(levels)
        self.keys = sorted(self.sign * price for price in self.lots)

    def apply(self, levels: Levels) -> None:
        lots, keys, sign = self.lots, self.keys, self.sign
        for price, size in levels:
            if size:
                if price not in lots:
                    insort(keys, sign * price)
                lots[price] = size
            elif lots.pop(price, 0):  # a level outside the first snapshot may be removed unseen
                del keys[bisect_left(keys, sign * price)]

    def best(self) -> tuple[int, int] | None:
        if not self.keys:
            return None
        price = self.sign * self.keys[-1]
        return price, self.lots[price]


class TapeBook:
    """An L2 book rebuilt from a snapshot and the depth messages after it."""

    def __init__(self) -> None:
        self._bids = _Side(1)
        self._asks = _Side(-1)

    def fill(self, snapshot: TapeSnapshot) -> None:
        """Forget everything and start from a snapshot."""
        self._bids.fill(snapshot.bids)
        self._asks.fill(snapshot.asks)

    def apply(self, delta: TapeDelta) -> None:
        """Set the levels a message names."""
        self._bids.apply(delta.bids)
        self._asks.apply(delta.asks)

    def best_bid(self) -> tuple[int, int] | None:
        """Give the highest bid as (price_ticks, size_lots)."""
        return self._bids.best()

    def best_ask(self) -> tuple[int, int] | None:
        """Give the lowest ask as (price_ticks, size_lots)."""
        return self._asks.best()

    def is_crossed(self) -> bool:
        """Say whether the best bid reaches the best ask."""
        bids, asks = self._bids.keys, self._asks.keys
        return bool(bids and asks) and bids[-1] >= -asks[-1]

    def bid_lots(self, price_ticks: int) -> int:
        """Give the size bid at a price, 0 when none."""
        return self._bids.lots.get(price_ticks, 0)

    def ask_lots(self, price_ticks: int) -> int:
        """Give the size offered at a price, 0 when none."""
        return self._asks.lots.get(price_ticks, 0)

    def lots_through(self, side: int, price_ticks: int) -> int:
        """Sum what rests opposite an order (+1 bid, -1 ask), strictly through its price."""
        opposite = self._asks if side > 0 else self._bids
        # Keys grow towards the market, so what is through lies at the end.
        start = bisect_right(opposite.keys, opposite.sign * price_ticks)
        return sum(opposite.lots[opposite.sign * key] for key in opposite.keys[start:])

    def bids(self, levels: int) -> Levels:
        """List the best bids, best first."""
        side = self._bids
        return tuple((key, side.lots[key]) for key in side.keys[: -levels - 1 : -1])

    def asks(self, levels: int) -> Levels:
        """List the best asks, best first."""
        side = self._asks
        return tuple((-key, side.lots[-key]) for key in side.keys[: -levels - 1 : -1])
