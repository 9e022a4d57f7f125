"""How often an account may ask: one bucket of tokens for orders, one for reads."""

from strategy.units import NS_PER_S


class TokenBucket:
    """Refills continuously to ``burst``; a request without a token is refused and uses none."""

    def __init__(self, rate_per_s: int, burst: int) -> None:
        """Start full."""
        self._rate = rate_per_s
        self._burst = burst * NS_PER_S
        self._level = self._burst
        self._at_ns = 0
        self.refused = 0

    def take(self, now_ns: int) -> bool:
        """Use one token, if there is one."""
        self._level = min(self._burst, self._level + (now_ns - self._at_ns) * self._rate)
        self._at_ns = now_ns
        if self._level < NS_PER_S:
            self.refused += 1
            return False
        self._level -= NS_PER_S
        return True
