"""What a person is told: once per episode, and never so often that nobody reads it any more.

An episode begins when something is wrong and ends when it is right again. One that flaps is told of
at most once in ``_AGAIN_NS``; one that begins sooner after the last was told, and lasts, is told then.
"""

from typing import Final

import msgspec

from strategy.commands import Alert
from strategy.units import NS_PER_S

_AGAIN_NS: Final = 60 * NS_PER_S

# Codes of ``error_codes``, by what they are about.
LATCHED: Final = "SQ-R001"
LIMIT_REFUSED: Final = "SQ-R002"
DOUBT_OLD: Final = "SQ-O001"
STRANGER: Final = "SQ-O002"
STOPPED: Final = "SQ-O003"
NOT_LEAVING: Final = "SQ-O004"
JOURNAL_LOST: Final = "SQ-O005"
CLOCK_REFUSED: Final = "SQ-V001"
BANNED: Final = "SQ-V002"
SURPRISE: Final = "SQ-V003"
NO_WAY: Final = "SQ-V004"
FROZEN: Final = "SQ-V005"
MISFIT: Final = "SQ-V006"
FEES: Final = "SQ-V007"
GRID: Final = "SQ-V008"
CODES: Final = (
    *(LATCHED, LIMIT_REFUSED, DOUBT_OLD, STRANGER, STOPPED, NOT_LEAVING, JOURNAL_LOST),
    *(CLOCK_REFUSED, BANNED, SURPRISE, NO_WAY, FROZEN, MISFIT, FEES, GRID),
)


class Alarms(msgspec.Struct):
    """Episodes under way, when each was last told of, and what has yet to leave.

    Keys are a code, and a symbol where the episode is one symbol's: their number is bounded.
    """

    under_way: dict[str, int] = {}
    told_ns: dict[str, int] = {}
    pending: list[Alert] = []

    def note(self, now_ns: int, code: str, is_wrong: bool, detail: str, symbol: str = "") -> None:
        """Say whether something is wrong now; the first time in an episode a person is told."""
        key = f"{code}/{symbol}"
        if not is_wrong:
            self.under_way.pop(key, None)
        elif self.told_ns.get(key, -1) < self.under_way.setdefault(key, now_ns):
            self._tell(now_ns, key, code, detail)

    def happened(self, now_ns: int, code: str, detail: str) -> None:
        """Tell of something that is over as it happens."""
        self._tell(now_ns, f"{code}/", code, detail)

    def take(self) -> list[Alert]:
        """Give what has to leave, once."""
        leaving, self.pending = self.pending, []
        return leaving

    def _tell(self, now_ns: int, key: str, code: str, detail: str) -> None:
        told_ns = self.told_ns.get(key)
        if told_ns is None or now_ns - told_ns >= _AGAIN_NS:
            self.told_ns[key] = now_ns
            self.pending.append(Alert(code, detail))
