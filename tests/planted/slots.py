"""S1, S2, S3: doubt that weighs nothing, slots that hold more than one order."""

from msgspec.structs import replace

from strategy.core import Core
from strategy.knobs import Knobs
from strategy.order import Order
from strategy.order_states import State
from strategy.orders import Orders

from .wrapped import Wrapped


class _Careless(Orders):
    """A ledger that looks away from orders in doubt: their slots are free, their sides are open."""

    def holder(self, symbol: str, slot: str) -> Order | None:
        order = super().holder(symbol, slot)
        if order is not None and order.state is State.IN_DOUBT:
            self._free(order)
            return None
        return order

    def is_side_in_doubt(self, symbol: str, side: int) -> bool:
        return False


class _Weightless(_Careless):
    """And nothing that is in doubt counts towards a limit."""

    def of(self, symbol: str) -> list[Order]:
        return [order for order in super().of(symbol) if order.state is not State.IN_DOUBT]


class DoubtFreesSlot(Wrapped):
    """Quotes again while the order before is in doubt, and counts it towards every limit."""

    def __init__(self, knobs: Knobs) -> None:
        super().__init__(knobs)
        self.core._state.orders = _Careless()


class DoubtWeighsNothing(Wrapped):
    """Quotes again while the order before is in doubt, and does not count that one; both fit the limit alone."""

    def __init__(self, knobs: Knobs) -> None:
        large = tuple(replace(one, quote_lots=one.position_lots_max * 3 // 5) for one in knobs.symbols)
        self.core = Core(replace(knobs, symbols=large))
        self.core._state.orders = _Weightless()


doubt_frees_slot = DoubtFreesSlot
doubt_weighs_nothing = DoubtWeighsNothing
