"""What happens to our own host."""

from typing import Final

from sim.faults.installing import Install

INSTALL: Final[dict[str, Install]] = {}
