"""Whether an adapter tells the core what the venue did: each verdict it delivers, held against the venue's books.

The oracle blames the core by what was delivered; who delivers something else would be believed.
"""

from sim.venue.orders import OPEN, REJECTED
from strategy import events


class Honest:
    """Looks on at a world whose adapter may lie; ``lies`` names what was told and never was."""

    def __init__(self, world) -> None:
        self._world, self.lies, self.checks = world, [], 0
        self._refused: dict[str, str] = {}
        self._fills = {}
        world.driver.watchers = (*world.driver.watchers, self)

    def delivered(self, _now_ns, event):
        match event:
            case events.OrderRejected():
                self._refused[event.client_id] = f"{event.client_id} was refused"
            case events.NotSent(request=events.CREATE):
                self._refused[event.client_id] = f"{event.client_id} never left"
            case events.OrderCancelled() if self._state(event.client_id) == OPEN:
                self.lies.append(f"{event.client_id} is cancelled")
            case events.OrderFilled():
                self._fill(event)
            case events.FillsReport():
                for fill in event.fills:
                    self._fill(fill)

    def sent(self, _now_ns, _command):
        """Commands are the core's own."""

    def stepped(self, _now_ns, _leaving, _event):
        """Steps are the core's own."""

    def _state(self, client_id):
        order = self._world.venue.orders.get(client_id)
        return None if order is None else order.state

    def _fill(self, fill):
        for one in self._world.venue.fills[len(self._fills) :]:
            self._fills[one.event.fill_id] = one.event
        self.checks += 1
        truth = self._fills.get(fill.fill_id)
        told = (fill.client_id, fill.symbol, fill.side, fill.price_ticks, fill.size_lots, fill.liquidity, fill.fee_cash)
        if truth is None or told != tuple(
            getattr(truth, name)
            for name in ("client_id", "symbol", "side", "price_ticks", "size_lots", "liquidity", "fee_cash")
        ):
            self.lies.append(f"{fill.client_id} traded as {fill.fill_id}")

    def finish(self):
        """Judge what only the end can show: an order of which it was said that it would never be."""
        for client_id, words in self._refused.items():
            self.checks += 1
            if self._state(client_id) not in (None, REJECTED):
                self.lies.append(words)
        return self.lies
