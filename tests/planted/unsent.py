"""S2, S3, S6, L2: what certainly never left, and what may have, taken for each other."""

from strategy import events

from .wrapped import Wrapped


class SilenceIsUnsent(Wrapped):
    """A request without a verdict counts as one that never left: the order that lives is created again."""

    def hear(self, now_ns, event):
        if isinstance(event, events.Unanswered) and event.request == events.CREATE:
            return events.NotSent(event.request, event.client_id, event.symbol, "")
        return event


class UnsentIsDoubt(Wrapped):
    """A create that never left counts as one without a verdict, and what no read finds is waited for."""

    def __init__(self, knobs) -> None:
        super().__init__(knobs)
        self.unsent: dict[str, None] = {}

    def hear(self, now_ns, event):
        if isinstance(event, events.NotSent) and event.request == events.CREATE:
            self.unsent[event.client_id] = None
            return events.Unanswered(event.request, event.client_id, event.symbol, event.reason)
        if isinstance(event, events.OrderReport) and event.client_id in self.unsent:
            return None
        return event


silence_is_unsent = SilenceIsUnsent
unsent_is_doubt = UnsentIsDoubt
