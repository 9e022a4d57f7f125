"""A venue with orders on it that a cancel-all takes off, for tests of whatever empties a venue."""

from scripted_venue import ScriptedVenue

from strategy import commands, events


class FullVenue(ScriptedVenue):
    """``open`` holds client ids by symbol. ``stubborn`` cancel-alls are taken and do nothing."""

    def __init__(self, stubborn: int = 0, **open_ids: tuple[str, ...]) -> None:
        super().__init__()
        self.open = dict(open_ids)
        self.stubborn = stubborn
        self.ahead_ns = 0
        self.at_once = self._say

    def _say(self, one):
        match one[0]:
            case commands.SampleClock(asked_ns):
                return [events.ClockSampled(asked_ns, asked_ns + self.ahead_ns)]
            case commands.CancelAll(symbol):
                if self.stubborn:
                    self.stubborn -= 1
                else:
                    self.open.clear()
                return [events.CancelAllAnswered(symbol, 1)]
            case commands.CancelOrder(client_id, symbol):
                self.open[symbol] = tuple(one for one in self.open.get(symbol, ()) if one != client_id)
                return [events.CancelTaken(client_id, 1)]
            case commands.QueryOpenOrders(symbol, asked_ns):
                return [events.OpenOrdersReport(symbol, asked_ns, self.open.get(symbol, ()), 1)]
        return None

    @property
    def kinds(self):
        return [type(one[0]).__name__ for one in self.sent]
