"""What a new process has yet to be told anew: the fills that only the one before it heard of.

Its journal may have kept them or not, so it asks for its fills from some instant on. What was before that instant
it says it knows; the rest a list shows, unless a replica lags, or fills are listed later than they were told.
"""

import msgspec

from sim.oracle.evidence import Evidence
from strategy import commands, events


class _Untold(msgspec.Struct):
    """One symbol: ``last_ns`` is the venue's instant of the last fill that an earlier process was told.

    ``fills``: those that this process was not told, by id, with the venue's instant of each. ``asked_since_ns``:
    from where on lists were asked for, by when. ``is_read``: a list was told that reaches past the last fill.
    """

    last_ns: int
    fills: dict[str, int]
    asked_since_ns: dict[int, int] = {}
    is_read: bool = False


class Retold:
    """Follows one process, by symbol; the first one has nothing to be told anew."""

    def __init__(self, evidence: Evidence) -> None:
        """All that was ever delivered is in the evidence."""
        self._evidence = evidence
        self._untold: dict[str, _Untold] = {}

    def restarted(self) -> None:
        """Note that a new process knows only what its journal kept."""
        self._untold = {
            symbol: _Untold(money.filled_venue_ns, dict(money.fill_ids))
            for symbol, money in self._evidence.money.items()
        }

    def asked(self, command: commands.QueryFills) -> None:
        """Note from where on a list is asked for: what was before is known, says who asks."""
        untold = self._untold.get(command.symbol)
        if untold is not None:
            untold.asked_since_ns[command.asked_ns] = command.since_venue_ns

    def heard(self, event: events.Event) -> None:
        """Note a word of a fill, or a list of fills."""
        match event:
            case events.OrderFilled():
                self._told(event)
            case events.FillsReport():
                for fill in event.fills:
                    self._told(fill)
                self._listed(event)
            case _:
                pass

    def _told(self, fill: events.OrderFilled) -> None:
        untold = self._untold.get(fill.symbol)
        if untold is not None:
            untold.fills.pop(fill.fill_id, None)

    def _listed(self, event: events.FillsReport) -> None:
        untold = self._untold.get(event.symbol)
        if untold is None:
            return
        since_ns = untold.asked_since_ns.pop(event.asked_ns, 0)
        untold.fills = {fill_id: at_ns for fill_id, at_ns in untold.fills.items() if at_ns >= since_ns}
        untold.is_read = untold.is_read or event.venue_ns > untold.last_ns

    def agrees(self, symbol: str) -> None:
        """Note that the process believes in what was delivered: once it has read, that is knowledge, not chance."""
        untold = self._untold.get(symbol)
        if untold is not None and untold.is_read:
            del self._untold[symbol]

    def is_untold(self, symbol: str) -> bool:
        """Say whether something of a symbol may not have been told to this process."""
        untold = self._untold.get(symbol)
        return untold is not None and (not untold.is_read or bool(untold.fills))
