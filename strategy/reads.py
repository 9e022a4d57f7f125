"""Questions about the world that are not about one order: book, clock, margin, open orders, rules of symbols.

One question of a kind is in flight at a time. Silence asks again; an answer to an older question
is not the answer to a newer one. Keys are ``kind:symbol`` (``clock`` and ``margin`` have no symbol).
"""

from typing import Final

import msgspec

from strategy.backoff import pause_ns

CLOCK: Final = "clock"
MARGIN: Final = "margin"
BOOK_OF: Final = "book:"
OPEN_ORDERS_OF: Final = "open:"
TERMS_OF: Final = "terms:"


class Reads(msgspec.Struct):
    """When each question was asked (0: not in flight) and when it is due next (absent: never).

    ``tries`` counts how often each was asked since its last answer.
    """

    asked_ns: dict[str, int] = {}
    due_ns: dict[str, int] = {}
    tries: dict[str, int] = {}

    def want(self, key: str, at_ns: int) -> None:
        """Ask at ``at_ns``, or sooner if it was due sooner; a question in flight stands."""
        due = self.due_ns.get(key)
        if due is None or at_ns < due:
            self.due_ns[key] = at_ns

    def due(self, now_ns: int) -> list[str]:
        """List the questions to ask now: first those never asked, then the one asked longest ago."""
        return [key for key, at_ns in self.due_ns.items() if at_ns <= now_ns]

    def asked(self, key: str, now_ns: int, wait_ns: int, wait_ns_max: int) -> None:
        """Note that a question left; without an answer it is due again after ``wait_ns``, longer each time."""
        tries = self.tries.get(key, 0)
        self.asked_ns[key] = now_ns
        # To the end: where the budget is short, the others have their turn before it is asked again.
        self.due_ns.pop(key, None)
        self.due_ns[key] = now_ns + pause_ns(wait_ns, tries, wait_ns_max)
        self.tries[key] = tries + 1

    def hasten(self, now_ns: int) -> None:
        """Ask now what nobody has answered: somebody answers again."""
        for key, tries in self.tries.items():
            if tries > 1 and key in self.due_ns:
                self.due_ns[key], self.tries[key] = now_ns, 0

    def postpone(self, key: str, at_ns: int) -> None:
        """Put a due question off, because the budget for questions is spent."""
        self.due_ns[key] = at_ns

    def turned_away(self, key: str, again_ns: int) -> None:
        """Put a question off that somebody has answered by saying that there is no answer: that is no silence."""
        self.asked_ns[key] = 0
        self.tries.pop(key, None)
        self.due_ns[key] = again_ns

    def answered(self, key: str, asked_ns: int, again_ns: int | None) -> bool:
        """Close a question by its answer; False when the answer is to an older question."""
        if asked_ns != self.asked_ns.get(key):
            return False
        self.asked_ns[key] = 0
        self.tries.pop(key, None)
        if again_ns is None:
            self.due_ns.pop(key, None)
        else:
            self.due_ns[key] = again_ns
        return True

    def forget(self, key: str) -> None:
        """Want an answer no more: what it would have told has become known."""
        self.asked_ns.pop(key, None)
        self.tries.pop(key, None)
        self.due_ns.pop(key, None)

    def is_wanted(self, key: str) -> bool:
        """Say whether a question waits to be asked or answered."""
        return key in self.due_ns

    def next_ns(self) -> int | None:
        """Give the earliest instant a question is due."""
        return min(self.due_ns.values(), default=None)
