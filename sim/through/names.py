"""The names that an event has on the wire, turned back into the venue's own, for those who look on.

A wire gives executions ids of its own. The bot lives with those; an oracle that holds what was delivered
against what was traded must know both for the same.
"""

from msgspec.structs import replace

from sim.serve.slips import Slips
from strategy import events


class Names:
    """Reads the venue's slips as they grow."""

    def __init__(self, slips: Slips) -> None:
        """Know none yet."""
        self._slips = slips
        self._read = 0
        self._own: dict[str, str] = {}

    def told(self, event: events.Event) -> events.Event:
        """Give an event as the venue itself would have told it."""
        match event:
            case events.OrderFilled():
                return self._fill(event)
            case events.FillsReport():
                return replace(event, fills=tuple(self._fill(fill) for fill in event.fills))
            case events.FundingPaid():
                return replace(event, funding_id=self._name(event.funding_id))
            case _:
                return event

    def _fill(self, fill: events.OrderFilled) -> events.OrderFilled:
        return replace(fill, fill_id=self._name(fill.fill_id))

    def _name(self, wired: str) -> str:
        for one in self._slips.executions[self._read :]:
            if one.fill is not None:
                self._own[one.exec_id] = one.fill.fill_id
            elif one.funding is not None:
                self._own[one.exec_id] = one.funding.funding_id
        self._read = len(self._slips.executions)
        return self._own.get(wired, wired)
