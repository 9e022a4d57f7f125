"""Whether there is a way to be healthy at all: since when not, and what was done about it.

Data and the smallest verbs; what follows from it is in ``retreat``.
"""

from typing import Final

import msgspec

ACCOUNT: Final = ""


class Watch(msgspec.Struct):
    """Looked at again at ``due_ns``; ``is_uneasy``: even if nothing happens until then.

    ``asked_ns``: the oldest question since the venue last answered any (0: none open). ``sick_ns``:
    since when the account, or a symbol, has had no way to be healthy; ``swept``: where this episode
    has had its cancel-all. ``is_turn_of_reads``: whose turn it is when there is budget for one question.
    ``poll_ns``: when the fills are read next while the private stream is down.
    The rest is what was seen at the last look: orphans, fills of strangers, refusals by a limit.
    """

    due_ns: int = 0
    is_uneasy: bool = False
    asked_ns: int = 0
    sick_ns: dict[str, int] = {}
    swept: dict[str, int] = {}
    poll_ns: int = 0
    is_turn_of_reads: bool = False
    is_stopped: bool = False
    orphans: int = 0
    foreign_fills: int = 0
    refused: int = 0
    refused_since_ns: int = 0
    refused_last_ns: int = 0

    def asked(self, now_ns: int) -> None:
        """Note that a question left."""
        self.asked_ns = self.asked_ns or now_ns

    def heard(self, now_ns: int) -> int:
        """Note that the venue answered; give how long it had been silent."""
        silent_ns = now_ns - self.asked_ns if self.asked_ns else 0
        self.asked_ns = 0
        return silent_ns

    def is_cut_off(self, now_ns: int, after_ns: int) -> bool:
        """Say whether no question has been answered for longer than ``after_ns``."""
        return self.asked_ns > 0 and now_ns - self.asked_ns > after_ns
