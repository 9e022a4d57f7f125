"""When nobody may ask for quotes on both sides: barred by others, or careful for a reason that shows.

Barred: the bot was told to keep out, is banned, has no ground to quote on (and asks for one), or sees none of its
orders taken or no request get a verdict (and tries). Careful: it was just told to be slower, or that no orders are
left; or its own guard says no, and evidence shows what may have made it say so. Its word alone excuses nothing. A
private stream that is away for a moment stops the clock as carefulness does: else one that falls now and then would
give a bot that never quotes again all of its time anew.
"""

from collections.abc import Callable, Mapping

from sim.oracle.feed import Feed
from sim.oracle.grounds import RISK, Grounds
from sim.oracle.tolerance import Tolerance
from sim.oracle.untaken import SLOWED
from strategy.belief import SymbolBelief


def is_careful(why: str) -> bool:
    """Say whether an excuse is the bot's own carefulness, with a ground or not; what barred it was others' doing."""
    return why == SLOWED or why.startswith(RISK)


class Excuses:
    """Asks those who know. Instants are the bot's clock."""

    def __init__(
        self,
        feeds: Mapping[str, Feed],
        tolerance: Tolerance,
        grounds: Grounds,
        may_quote: Callable[[str], bool],
        why_banned: Callable[[int], str],
        why_empty: Callable[[int], str],
        why_out: Callable[[int, str], str],
        why_brief: Callable[[int], str],
    ) -> None:
        """``may_quote``: nobody told the bot to keep out of a symbol; ``why_out``: why it is out of health.

        ``why_brief``: that this is so for a moment as yet.
        """
        self._feeds = feeds
        self._tolerance = tolerance
        self._grounds = grounds
        self._may_quote = may_quote
        self._why_banned = why_banned
        self._why_empty = why_empty
        self._why_out = why_out
        self._why_brief = why_brief

    def banned(self, now_ns: int) -> str:
        """Say that nothing may be asked either, so that nobody can find out anything; empty when it may."""
        return self._why_banned(now_ns)

    def barred(self, now_ns: int, symbol: str) -> str:
        """Say what keeps anybody from quoting a symbol; empty when nothing does."""
        if not self._may_quote(symbol):
            return "told not to"
        banned = self.banned(now_ns)
        if banned:
            return banned
        if not self._is_blind(now_ns, symbol):
            untaken = self._grounds.untaken.why(now_ns, symbol) or self._grounds.reach.why(now_ns)
            out = "" if self._why_brief(now_ns) else self._why_out(now_ns, symbol)
            return out or untaken
        if self._feeds[symbol].is_whole and self._feeds[symbol].wrong:
            return self._feeds[symbol].wrong  # it is what the venue shows: another would show the same
        # Without a book nobody quotes; without having asked for one nobody is excused.
        is_asking = now_ns - self._feeds[symbol].asked_ns <= self._tolerance.book_asked_ns
        return "no book, though it is asked for" if is_asking else ""

    def careful(self, now_ns: int, one: SymbolBelief) -> str:
        """Say on which ground the bot keeps itself from quoting; empty when there is none."""
        if self._is_blind(now_ns, one.symbol):
            return ""
        why = self._grounds.why(now_ns, one.symbol, one.guard_action) or self._grounds.untaken.why_slow(now_ns)
        return why or self._why_empty(now_ns) or self._why_brief(now_ns)

    def _is_blind(self, now_ns: int, symbol: str) -> bool:
        return bool(self._feeds[symbol].why_blind(now_ns, self._tolerance.quote_age_ns))
