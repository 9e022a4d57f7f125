"""S15: something that decides and is not in what the core writes down."""

from strategy import events
from strategy.core import Core

from .wrapped import Commands


class CountsInSecret(Core):
    """Sets its alarm by a count of its own, which no snapshot holds."""

    def __init__(self, *given) -> None:
        super().__init__(*given)
        self.secret = 0

    twin = Core.twin

    def step(self, now_ns: int, event: events.Event) -> Commands:
        self.secret += 1
        return super().step(now_ns, event)

    @property
    def wake_at_ns(self) -> int | None:
        honest_ns = super().wake_at_ns
        return None if honest_ns is None else honest_ns + self.secret % 7


counts_in_secret = CountsInSecret
