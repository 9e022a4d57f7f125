"""What happens to our own host: its clocks, its processor, its memory, its disk, its process."""

from typing import Final

from sim.scenario.faults.base import Fault

MODELS: Final[tuple[type[Fault], ...]] = ()
EXAMPLES: Final[dict[str, str]] = {}
