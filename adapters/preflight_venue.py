"""What the venue itself must say before a bot starts: that it is there, what time it is, and its rules."""

import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from adapters.preflight import FAIL, OK, WARN, Row
from adapters.settings import Settings
from adapters.venue import Seen, Stock, Venue, VenueUnusable
from strategy.config_knobs import misfits
from strategy.instrument import Instrument, size_text
from strategy.units import CASH_PER_QUOTE, NS_PER_MS, NS_PER_S

# A venue refuses what is stamped so far ahead of it, and what is older than the window of a request.
_AHEAD_NS_MAX: Final = NS_PER_S
_UNEASY_NS: Final = 500 * NS_PER_MS


async def venue_rows(settings: Settings, venue: Venue) -> tuple[Row, ...]:
    """Ask the venue; a venue that does not answer is a row that says FAIL, and there is no other."""
    began_ns = time.time_ns()
    try:
        seen = await venue.look(settings.live.symbols)
    except VenueUnusable as refused:
        return (
            Row("venue", FAIL, f"{settings.venue_name}: {refused} ({refused.code})", f"sim explain {refused.code}"),
        )
    ended_ns = time.time_ns()
    return tuple(_rows(settings, venue, seen, began_ns, ended_ns))


def _rows(settings: Settings, venue: Venue, seen: Seen, began_ns: int, ended_ns: int) -> Iterator[Row]:
    took_ms = (ended_ns - began_ns) / NS_PER_MS
    yield Row("venue", OK, f"{venue.name}, read in {took_ms:.0f} ms")
    yield _clock(settings, seen.venue_ns, began_ns, ended_ns)
    yield _symbols(settings, seen.instruments)
    if seen.stock is not None:
        yield _stock(settings, seen.stock, seen.instruments)
    if seen.warnings:
        yield Row("account", WARN, "; ".join(seen.warnings))
    else:
        yield Row("account", OK, "its settings are those of a market maker")


def _stock(settings: Settings, stock: Stock, instruments: Sequence[Instrument]) -> Row:
    """Compare what there is to sell and to pay with what the config may want: nothing is borrowed."""
    short = []
    for one in instruments:
        wanted = settings.config.symbols[one.symbol].position_max
        if stock.lots[one.symbol] * Decimal(one.lot) < Decimal(wanted):
            short.append(f"{one.symbol}: {size_text(one, stock.lots[one.symbol])} to sell, position_max is {wanted}")
    wanted = settings.config.account.gross_notional_max
    if stock.quote_cash < Decimal(wanted) * CASH_PER_QUOTE:
        short.append(f"{Decimal(stock.quote_cash) / CASH_PER_QUOTE:.2f} to pay with, gross_notional_max is {wanted}")
    if short:
        return Row("stock", WARN, "; ".join(short), "what is beyond it will be refused: hold more, or lower the limits")
    return Row("stock", OK, "covers every limit of the config")


def _clock(settings: Settings, venue_ns: int, began_ns: int, ended_ns: int) -> Row:
    """Compare wall clocks: the venue's reading was taken at some instant between the two of ours."""
    ahead_ns = max(0, began_ns - venue_ns) - max(0, venue_ns - ended_ns)
    window_ns = int(settings.config.orders.window_ms * NS_PER_MS)
    words = f"{abs(ahead_ns) / NS_PER_S:.1f} s {'ahead of' if ahead_ns > 0 else 'behind'} the venue"
    if ahead_ns >= _AHEAD_NS_MAX or -ahead_ns >= window_ns:
        return Row("clock", WARN, f"{words}; the bot estimates the venue's time, day limits use ours", "turn on NTP")
    if abs(ahead_ns) >= _UNEASY_NS:
        return Row("clock", WARN, words, "turn on NTP")
    return Row("clock", OK, f"within {(ended_ns - began_ns) / NS_PER_S:.1f} s of the venue")


def _symbols(settings: Settings, instruments: Sequence[Instrument]) -> Row:
    """Look whether the config fits the grids, the least sizes and the symbols the venue has."""
    known = {one.symbol for one in instruments}
    lacking = [symbol for symbol in settings.live.symbols if symbol not in known]
    if lacking:
        return Row("symbol rules", FAIL, f"the venue has no {', '.join(lacking)}", f"edit {settings.path.as_posix()}")
    reading = settings.config_reading
    problems = [reading.problem(each) for each in misfits(settings.config, instruments)]
    if problems:
        words = "; ".join(f"{each.path_text}:{each.line}:{each.col} {each.message} ({each.code})" for each in problems)
        return Row("symbol rules", FAIL, words, f"edit {reading.name}")
    grids = [f"{one.symbol} tick {one.tick} lot {one.lot} maker {one.maker_fee_ppm} ppm" for one in instruments]
    return Row("symbol rules", OK, ", ".join(grids))
