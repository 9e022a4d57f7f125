"""What the venue itself does: goes away, slows down, refuses."""

from typing import Final

from sim.scenario.faults.base import Fault

MODELS: Final[tuple[type[Fault], ...]] = ()
EXAMPLES: Final[dict[str, str]] = {}
