"""What people do beside the bot: kill it, start it twice."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Final, Literal

from sim.scenario.faults.base import Fault, Lasting
from sim.scenario.faults.host import UntilRestart
from sim.scenario.faults.ranges import Choice, Draw, LogUniform, Maybe, Where
from strategy.file_model import CONTRADICTION, Complaint, CountAboveZero, relation


class OperatorKill(Fault):
    """A person kills the bot: its process is ended as it stands, then everything is cancelled by another connection.

    Cancelled and read again every second until a read shows nothing that was asked after the last create of
    the process could still arrive, or until the next process begins.
    """

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "between": Maybe(0.6, Choice(("journal_and_send", "send_and_ack"))),
        "nth": Where(("between",), LogUniform(1, 30, whole=True)),
        "restart_after_s": LogUniform(1, 60),
    }

    kind: Literal["operator_kill"]
    """`operator_kill`: ended at any instant, and cleared away by somebody else."""
    between: Literal["journal_and_send", "send_and_ack"] | None = None
    """Where in a create it is killed: once the journal holds it, or once it has left; without it, at `at_s`."""
    nth: CountAboveZero = 1
    """Which create from `at_s` on it is killed in, counted from 1; only with `between`."""
    restart_after_s: UntilRestart | None = None
    """How long until a person starts the next process, in seconds; without it, nobody does."""

    @relation("between", "nth")
    def _nth_of_what(self) -> Iterator[Complaint]:
        if self.between is None and self.nth != 1:
            yield Complaint(CONTRADICTION, ("nth",), "'nth' counts creates: say 'between' which points it is killed")


class TwoInstances(Lasting):
    """A second bot trades on the same account: same config, a host and a network of its own, and no journal.

    It clears the account's orders away as it begins, takes ours for strangers' as we do its, and shares our rate
    limits and our position. At the end it is killed, and leaves what it has on the book.
    """

    ALONE_BY = ""
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 60),
    }

    kind: Literal["two_instances"]
    """`two_instances`: somebody started it twice."""


MODELS: Final[tuple[type[Fault], ...]] = (OperatorKill, TwoInstances)
EXAMPLES: Final = {
    "operator_kill": "{at_s: 10, kind: operator_kill, between: send_and_ack, nth: 2, restart_after_s: 12}",
    "two_instances": "{at_s: 10, for_s: 20, kind: two_instances}",
}
