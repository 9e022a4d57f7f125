"""Bugs of an adapter, between an honest driver and an honest venue: the oracle must see through the wire, too."""

from msgspec.structs import replace
from wired import WiredWorld

from adapters.arm import LiveArm
from strategy import events
from strategy.requests import not_sent


class Between:
    """A venue's adapter with a bug; everything else is passed on."""

    def __init__(self, venue) -> None:
        self._venue = venue

    def __getattr__(self, name):
        return getattr(self._venue, name)

    def send(self, one, signed_venue_ns, answered):
        def told(said):
            answered(tuple(self.told(one, event) for event in said))

        self._venue.send(tuple(self.sent(command) for command in one), signed_venue_ns, told)

    async def connect(self, feed):
        def heard(event):
            if self.hears(event):
                feed(event)

        await self._venue.connect(heard)

    def sent(self, command):
        return command

    def told(self, one, event):
        return event

    def hears(self, event):
        return True


class TakesSilenceForRefusal(Between):
    """A create without an answer was refused."""

    def told(self, one, event):
        if isinstance(event, events.Unanswered) and event.request == events.CREATE:
            return events.OrderRejected(event.client_id, "no_answer", 1)
        return event


class SaysNothingLeft(Between):
    """What a connection broke under certainly never left."""

    def told(self, one, event):
        if isinstance(event, events.Unanswered) and event.code == "reset":
            return next(not_sent(c, "reset") for c in one if getattr(c, "client_id", "") == event.client_id)
        return event


class DropsFills(Between):
    """Fills are for somebody else, on the stream and when they are read."""

    def hears(self, event):
        return not isinstance(event, events.OrderFilled)

    def told(self, one, event):
        return replace(event, fills=()) if isinstance(event, events.FillsReport) else event


def world_of(bug):
    """Give the kind of world whose adapter has this bug."""

    class Arm(LiveArm):
        def make_venue(self, seat):
            return bug(super().make_venue(seat))

    class World(WiredWorld):
        arm = Arm

    return World
