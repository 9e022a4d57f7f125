"""What the venue itself does."""

from typing import Final

from sim.faults.installing import Install

INSTALL: Final[dict[str, Install]] = {}
