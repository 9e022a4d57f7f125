"""What a venue does to whoever trades on it, behaviour by behaviour: one body, whatever arm carries it.

Each part notes its behaviours as it is imported.
"""

from conformance import hearing, orders
from conformance.behaviour import BEHAVIOURS

__all__ = ["BEHAVIOURS", "hearing", "orders"]
