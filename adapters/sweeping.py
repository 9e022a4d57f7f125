"""Every order off the book without asking a core: for a step that raised, a stop that must end, a kill.

A cancel-all's own answer is no evidence; only a read that shows none is, and only one asked late enough
that no create can still be on its way. So it goes on until one does, or until its time is up.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from adapters.asking import ask
from adapters.clock import Clock
from adapters.venue import Venue
from strategy import commands, events
from strategy.units import NS_PER_S

_PAUSE_S: Final = 0.25
_PAUSE_S_MAX: Final = 2.0
# How long the first answers are waited for: a connection that swallowed one must not hold up the next.
_PATIENCE_S: Final = 1.5


async def sweep(
    venue: Venue, symbols: Sequence[str], clock: Clock, *, within_s: float, settle_s: float = 0.0, ahead_ns: int = 0
) -> bool:
    """Cancel all and read, again and again; True once a read of every symbol has shown nothing of ours.

    ``ahead_ns`` is how far the venue's clock is ahead of ours, for the signatures. Reads asked in the
    first ``settle_s`` seconds prove nothing: a create that left before may still arrive.
    """
    began_ns = clock.now_ns()
    end_ns, settled_ns = began_ns + int(within_s * NS_PER_S), began_ns + int(settle_s * NS_PER_S)
    full = list(symbols)
    pause_s, patience_s = _PAUSE_S, _PATIENCE_S
    while (now_ns := clock.now_ns()) < end_ns:
        await ask(venue, (commands.CancelAll(""),), now_ns + ahead_ns, min(patience_s, (end_ns - now_ns) / NS_PER_S))
        reads = {symbol: commands.QueryOpenOrders(symbol, clock.now_ns()) for symbol in full}
        for symbol, read in reads.items():
            now_ns = clock.now_ns()
            said = await ask(venue, (read,), now_ns + ahead_ns, min(patience_s, (end_ns - now_ns) / NS_PER_S))
            is_empty = any(isinstance(one, events.OpenOrdersReport) and not one.client_ids for one in said)
            if is_empty and read.asked_ns >= settled_ns:
                full.remove(symbol)
        if not full:
            return True
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, _PAUSE_S_MAX)
        patience_s *= 2
    return False
