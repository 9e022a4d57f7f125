"""A core that is well until it raises: what raises in a step is a result of the run."""

from strategy import commands, events
from strategy.core import Core

_DECISIONS = 20


class AfterAWhile(Core):
    """Raises once it has decided a few times."""

    def step(self, now_ns: int, event: events.Event) -> tuple[commands.Command, ...]:
        """Take in an event like any core, until it does not."""
        if self.decisions > _DECISIONS:
            raise ValueError("on purpose")
        return super().step(now_ns, event)
