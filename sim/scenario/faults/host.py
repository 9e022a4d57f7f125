"""What happens to our own host: its process, its processor, its memory, its disk."""

from collections.abc import Iterator
from typing import Final, Literal

from sim.scenario.faults.base import Fault
from strategy.file_model import CONTRADICTION, AboveZero, Complaint, CountAboveZero, relation

Journal = Literal["whole", "torn", "old", "lost"]


class Crash(Fault):
    """The bot's process dies with all it knows; what is on the wire goes on; later another one starts."""

    kind: Literal["crash"]
    """`crash`: the process dies and is started again."""
    restart_after_s: AboveZero
    """How long until the next process starts, in seconds."""
    between: Literal["journal_and_send", "send_and_ack"] | None = None
    """Where in a create it dies: once the journal holds it, or once it has left; without it, at `at_s`."""
    nth: CountAboveZero = 1
    """Which create from `at_s` on it dies in, counted from 1; only with `between`."""
    journal: Journal = "whole"
    """What is left of it: `whole` (the machine lived), `torn` (what was committed), `old` (a copy), `lost`."""
    old_s: AboveZero | None = None
    """How old the copy is at least, in seconds; only with `journal: old`, and needed there."""

    @relation("journal", "old_s")
    def _age_of_a_copy(self) -> Iterator[Complaint]:
        if (self.journal == "old") != (self.old_s is not None):
            yield Complaint(CONTRADICTION, ("old_s",), "'old_s' belongs to 'journal: old', and is needed there")

    @relation("between", "nth")
    def _nth_of_what(self) -> Iterator[Complaint]:
        if self.between is None and self.nth != 1:
            yield Complaint(CONTRADICTION, ("nth",), "'nth' counts creates: say 'between' which points it dies")


MODELS: Final[tuple[type[Fault], ...]] = (Crash,)
EXAMPLES: Final = {
    "crash": "{at_s: 60, kind: crash, between: journal_and_send, nth: 3, restart_after_s: 5, journal: torn}",
}
