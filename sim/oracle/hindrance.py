"""When nobody can be asked for a cancel: asleep, banned, or in a market that takes none."""

from collections.abc import Iterable, Mapping
from typing import Final

from sim.oracle.known import Known
from sim.oracle.tolerance import Tolerance
from strategy import events, pacing
from strategy.units import NS_PER_MS

# Regimes in which no cancel is taken: nobody is blamed for a quote that could not be cancelled.
_NO_CANCELS: Final = frozenset({"halted", "closed"})


# What an answer's header says is heard just before the answer.
_SAME_ANSWER_NS: Final = NS_PER_MS


class Hindrance:
    """Sees what is delivered, and when the bot's host stood still.

    Instants are the bot's clock, which for those who look on no restart moves (``Host.steady_ns``).
    """

    def __init__(self, symbols: Iterable[str], tolerance: Tolerance, orders: Mapping[str, Known]) -> None:
        """Nothing is in the way of anybody. ``orders`` are those of the evidence, by client id."""
        self._tolerance = tolerance
        self._orders = orders
        self._awake_ns = 0
        self.banned_ns = 0
        """When the last ban that was delivered is over."""
        # When that word was last told of a request that left since the word before.
        self._word_ns = 0
        # When orders that were told to be at an end come back, and when that was told: in the answer that tells of a
        # ban it is the ban's end, for all but cancels.
        self._back_ns = self._empty_ns = 0
        self._shut_ns = 0
        # Since when a symbol takes cancels again; not yet, where it is told to be shut.
        self._shut: dict[str, None] = {}
        self._opened_ns = dict.fromkeys(symbols, 0)

    def heard(self, now_ns: int, event: events.Event) -> None:
        """Note a ban that was delivered, while which nothing may leave, a cancel neither; and a market that shuts."""
        match event:
            case events.Started():
                # A market may have opened while nobody listened; that it is shut a new process is told anew.
                self._opened_ns |= dict.fromkeys(self._shut, now_ns)
                self._shut.clear()
            case events.BudgetSeen(bucket=pacing.ACCOUNT, remaining=0):
                self.banned_ns = max(self.banned_ns, event.resets_ns)
                self._word_ns = now_ns
            case events.BudgetSeen(bucket=pacing.SHUT_OUT, remaining=0):
                # Our address is shut out: nothing is asked and nothing quoted, and cancels may leave by another road.
                self._shut_ns = max(self._shut_ns, event.resets_ns)
            case events.BudgetSeen(bucket=pacing.ORDERS, remaining=0):
                self._empty_ns, self._back_ns = now_ns, event.resets_ns
            case events.BudgetSeen(bucket=pacing.ORDERS):
                self._back_ns = min(self._back_ns, now_ns)
            case events.RegimeChanged(regime=regime) if regime in _NO_CANCELS:
                self._shut[event.symbol] = None
            case events.RegimeChanged() if event.symbol in self._shut:
                del self._shut[event.symbol]
                self._opened_ns[event.symbol] = now_ns
            case events.CancelRefused(code=code) if code in _NO_CANCELS and event.client_id in self._orders:
                # Nobody may have told that the market is shut; this answer does, and then the next try takes its time.
                symbol = self._orders[event.client_id].symbol
                self._opened_ns[symbol] = now_ns + self._tolerance.retry_ns
            case events.Unanswered(code=pacing.BANNED):
                # An answer to what left before the last such word says nothing new; one to what left since, all of it.
                is_new = now_ns > self.banned_ns or event.sent_ns > self._word_ns
                unknown_ns = now_ns + self._tolerance.ban_ns if is_new else 0
                self._word_ns = now_ns if is_new else self._word_ns
                self.banned_ns = max(self.banned_ns, unknown_ns)
                if now_ns - self._empty_ns <= _SAME_ANSWER_NS:
                    self._shut_ns = max(self._shut_ns, self._back_ns)
            case _:
                pass

    def slept(self, now_ns: int) -> None:
        """Note that the bot's host does not run until then: nobody attempts anything in his sleep."""
        self._awake_ns = now_ns

    def why_banned(self, now_ns: int) -> str:
        """Say that a ban lasts that was delivered; empty where none does."""
        return "banned" if now_ns < self.asked_again_ns else ""

    def why_empty(self, now_ns: int) -> str:
        """Say that no orders are left until later, as was told; empty where some are."""
        return "no orders are left" if now_ns < self._back_ns else ""

    @property
    def asked_again_ns(self) -> int:
        """When the last ban is over for questions and quotes, too."""
        return max(self.banned_ns, self._shut_ns)

    def is_shut(self, symbol: str) -> bool:
        """Say whether a symbol is told to take no cancels."""
        return symbol in self._shut

    def over_ns(self, symbol: str) -> int:
        """Give since when nothing has been in the way, or from when on nothing will be."""
        return max(self._awake_ns, self.banned_ns, self._opened_ns.get(symbol, 0))
