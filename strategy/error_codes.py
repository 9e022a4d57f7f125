"""The registry of error codes: what each means, what the system does about it, what you do.

A code is ``SQ-Lnnn``; the letter is the area: C files a person writes, S simulator, V venue,
R risk, O orders, G gates. Codes are never reused and never change their meaning. ``sim explain``
and the docs page are printed from here.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from strategy.codes_files import FILES
from strategy.codes_journal import JOURNAL
from strategy.codes_live import LIVE
from strategy.codes_simulator import GATES, SIMULATOR, TAPES
from strategy.codes_trading import ALERTS
from strategy.codes_venue import VENUE
from strategy.error_code import AREAS, ErrorCode

__all__ = ["AREAS", "REGISTRY", "ErrorCode"]


def _table(*groups: tuple[ErrorCode, ...]) -> Mapping[str, ErrorCode]:
    table: dict[str, ErrorCode] = {}
    for entry in (entry for group in groups for entry in group):
        if entry.code in table:
            raise ValueError(f"{entry.code} is registered twice")
        table[entry.code] = entry
    return MappingProxyType(dict(sorted(table.items())))


REGISTRY: Final[Mapping[str, ErrorCode]] = _table(FILES, SIMULATOR, TAPES, GATES, ALERTS, LIVE, JOURNAL, VENUE)
