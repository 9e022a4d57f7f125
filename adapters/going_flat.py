"""Flattening as an errand: the bot stopped first, others kept from starting, the venue asked what is left."""

import asyncio
import signal
from contextlib import ExitStack
from typing import Final

from adapters import lockfile
from adapters.endings import Ended
from adapters.flattening import Flattener, Leg, Terms
from adapters.health import GUARD
from adapters.keys import Keys
from adapters.killing import gone_within
from adapters.preflight import FAIL, OK, WARN, Row
from adapters.settings import Settings
from adapters.venue import Seen
from adapters.visit import Visit, visiting
from adapters.watchdog import Marker
from strategy import commands, events
from strategy.exit_codes import ExitCode
from strategy.instrument import size_text

# A stop may take its whole time, and its last sweep after that.
_STOP_S: Final = 60.0
_SWEEP_S: Final = 30.0
_READS_MAX: Final = 4
_READ_AGAIN_S: Final = 1.0


async def looked_at(settings: Settings, keys: Keys, symbols: list[str]) -> list[Row]:
    """Say what is open and what is held; nothing is sent but questions."""
    rows = []
    async with visiting(settings, keys) as visit:
        await visit.learn_time()
        legs = _legs(settings, await visit.venue.look(symbols))
        for leg in legs:
            symbol = leg.instrument.symbol
            word = await visit.ask(commands.QueryOpenOrders(symbol, visit.clock.now_ns()))
            report = word if isinstance(word, events.OpenOrdersReport) else None
            orders = f"{len(report.client_ids)} orders open" if report else "open orders could not be read"
            held = size_text(leg.instrument, leg.held_lots)
            rows.append(Row(symbol, OK if report else WARN, f"holds {held}, {orders}; nothing was sent"))
    return rows


def made_flat(settings: Settings, keys: Keys, symbols: list[str], terms: Terms) -> list[Row]:
    """Stop the bot, keep others from starting, flatten."""
    folder = settings.state_dir
    pid = lockfile.holder(folder)
    if pid is not None:
        lockfile.signal_holder(folder, signal.SIGTERM)
        if not gone_within(folder, pid, _STOP_S):
            raise Ended("SQ-O032", f"process {pid} is still there; run live kill first", ExitCode.FAILED)
    with ExitStack() as stack:
        try:
            stack.callback(lockfile.Lock(folder).release)
        except lockfile.Taken as taken:
            raise Ended("SQ-O030", str(taken), ExitCode.FAILED) from None
        except OSError:
            pass  # where the lock cannot be taken no bot can start
        return asyncio.run(_flattened(settings, keys, symbols, terms))


async def _flattened(settings: Settings, keys: Keys, symbols: list[str], terms: Terms) -> list[Row]:
    async with visiting(settings, keys) as visit:
        await visit.learn_time()
        if not await visit.sweep(_SWEEP_S):
            raise Ended("SQ-V031", "no read showed an empty book; nothing was traded", ExitCode.PREFLIGHT)
        before = _legs(settings, await visit.venue.look(symbols))
        held = {leg.instrument.symbol: leg.held_lots for leg in before}
        await Flattener(visit, terms, f"flat-{visit.clock.now_ns() // 1000:x}").run(before)
        if await visit.sweep(_SWEEP_S):
            Marker(settings.state_dir / GUARD).clear()
        return await _judged(settings, visit, symbols, before, held)


async def _judged(
    settings: Settings, visit: Visit, symbols: list[str], legs: list[Leg], held: dict[str, int]
) -> list[Row]:
    """Say what the venue says is left, whatever was counted; a read may lag, so not the first one counts."""
    for _ in range(_READS_MAX):
        left = {leg.instrument.symbol: leg.held_lots for leg in _legs(settings, await visit.venue.look(symbols))}
        if not any(left.values()):
            break
        await asyncio.sleep(_READ_AGAIN_S)
    rows = []
    for leg in legs:
        symbol = leg.instrument.symbol
        was, now = (size_text(leg.instrument, lots[symbol]) for lots in (held, left))
        if left[symbol]:
            words = f"held {was}, holds {now}: {leg.why or 'somebody else traded'} (SQ-R031)"
            rows.append(Row(symbol, FAIL, words, "a wider --max-slippage-bps, or --taker"))
        else:
            rows.append(Row(symbol, OK, f"held {was}, holds nothing"))
    return rows


def _legs(settings: Settings, seen: Seen) -> list[Leg]:
    """Give what is to be flattened; raises ``Ended`` where the venue knows of no positions."""
    if seen.positions is None:
        words = f"{settings.venue_name} has balances, not positions: sell by hand what is not to be kept"
        raise Ended("SQ-R034", words, ExitCode.NOT_FLAT)
    return [Leg(one, seen.positions[one.symbol]) for one in seen.instruments]
