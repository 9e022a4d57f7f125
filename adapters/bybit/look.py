"""Looking at the venue and at our account before the bot begins, and again now and then.

What makes trading impossible raises ``VenueUnusable``: no answer, a key that is refused, a symbol that
is not listed, a position mode that this bot does not speak. What a market maker would set otherwise is
a warning with its remedy. A question that only warns may stay without an answer. Everything is asked at
once: a bot that starts again has orders out. But the time comes first, and then a question whose answer
says what is left of our budget: a venue that allows few is asked one thing at a time.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import msgspec

from adapters.bybit.listing import FeeRow, ListingRow, fees_of, instrument_of, listed, names_of, wrongs
from adapters.bybit.market import Market, Unreadable, make_market, side_of, whole
from adapters.bybit.questions import KEY_REFUSED, UNREACHABLE, Questions
from adapters.bybit.reads import stock_of
from adapters.bybit.requests import GET, Call, next_page
from adapters.bybit.rest import Rest
from adapters.bybit.rows import Page, PositionRow, VenueTime, read
from adapters.clock import Clock
from adapters.venue import Seen, Stock, VenueUnusable
from strategy.hints import did_you_mean
from strategy.instrument import SPOT, ImpossibleInstrument, Instrument, in_common_units
from strategy.units import NS_PER_MS

UNFIT: Final = "SQ-V041"

# Questions of a look that are about no one symbol, behind the time and the account.
_FOR_ALL: Final = 4
_LISTED_PAGE: Final = 1000
_PAGES_MAX: Final = 20
_UNIFIED_FROM: Final = 3
_ISOLATED: Final = "ISOLATED_MARGIN"
_ANYWHERE: Final = "*"

RowT = TypeVar("RowT")


class _AccountRow(msgspec.Struct, frozen=True, rename="camel"):
    margin_mode: str = ""
    unified_margin_status: int = _UNIFIED_FROM


class _KeyRow(msgspec.Struct, frozen=True, rename="camel"):
    read_only: int = 0
    permissions: dict[str, list[str]] = {}
    ips: list[str] = []


class _LimitsRow(msgspec.Struct, frozen=True, rename={"spot_moves": "lpaSpot", "perp_refuses": "lpaPerp"}):
    """What the venue does with a price outside the band. The two flags have opposite senses."""

    spot_moves: bool = False
    perp_refuses: bool = True


class ClosureRow(msgspec.Struct, frozen=True):
    """A maintenance as the venue announces it; instants are ms as text."""

    id: str
    state: str
    begin: str
    end: str
    product: tuple[int, ...] = ()


class Look:
    """One look at the venue."""

    def __init__(self, rest: Rest, market: Market, clock: Clock) -> None:
        """``market`` says which category, and which coin the account is counted in."""
        self._rest, self._market, self._clock = rest, market, clock
        self._questions = Questions(rest, clock)

    @property
    def is_slow(self) -> bool:
        """Say whether the venue allowed so few questions that they left one at a time."""
        return self._questions.is_slow

    async def seen(self, symbols: Sequence[str], units: Mapping[str, Instrument] = MappingProxyType({})) -> Seen:
        """Look at everything, counted in these units where there are some; raises ``VenueUnusable``."""
        questions, held = self._questions, symbols if self._market.is_linear else ()
        questions.is_patient = True
        venue_ns = await self._time()  # first: what follows is signed with it
        account = await self._account()
        questions.to_come(_FOR_ALL + len(held))
        listed_rows, fees, key, limits, *held_rows = await _all_of(
            self._listed(symbols),
            self._fees(symbols),
            self._key(),
            self._limits(),
            *(self._positions(symbol) for symbol in held),
        )
        try:
            listed_now = [instrument_of(self._market.category, listed_rows[one], fees[one]) for one in symbols]
            instruments = tuple(in_common_units(units.get(one.symbol, one), one) for one in listed_now)
        except (Unreadable, ImpossibleInstrument) as problem:
            raise VenueUnusable(UNFIT, str(problem)) from None
        rows = dict(zip(held, held_rows, strict=True))
        warnings = [*self._fee_warnings(instruments), *account, *key, *limits]
        if questions.was_refused:
            warnings.append("questions were refused for the rate: who else uses this key or address?")
        warnings += (words for symbol in held for words in _margin_warnings(symbol, rows[symbol]))
        positions = {one.symbol: _held_lots(one, rows[one.symbol]) for one in instruments} if held else None
        stock = None if self._market.is_linear else await self._stock(instruments)
        return Seen(instruments, venue_ns, tuple(warnings), positions, stock)

    async def again(self, symbol: str) -> tuple[ListingRow | None, FeeRow, int]:
        """Read one symbol's rules (None: not listed any more) and fees, and when that was.

        Raises ``VenueUnusable``.
        """
        asked = {"category": self._market.category, "symbol": symbol}
        result, venue_ns = await self._questions.ask(_call("/v5/market/instruments-info", asked, is_signed=False))
        try:
            rows = listed(_read(result, Page).items, (symbol,))
        except Unreadable as problem:
            raise VenueUnusable(UNREACHABLE, f"the rules of {symbol}: {problem}") from None
        return rows.get(symbol), (await self._fees((symbol,)))[symbol], venue_ns

    async def closures(self) -> tuple[list[ClosureRow], int]:
        """Read which maintenance is announced, and when that was; nothing where it cannot be read."""
        try:
            result, venue_ns = await self._questions.ask(_call("/v5/system/status", is_signed=False))
            return [_read(raw, ClosureRow) for raw in _read(result, Page).items], venue_ns
        except (VenueUnusable, Unreadable):
            return [], 0

    async def _time(self) -> int:
        result, venue_ns = await self._questions.ask(_call("/v5/market/time", is_signed=False))
        try:
            venue_ns = whole("timeNano", _read(result, VenueTime).nano)
        except Unreadable as problem:
            raise VenueUnusable(UNREACHABLE, f"the venue's time: {problem}") from None
        # The least it can be: the answer took its time to come back.
        self._rest.ahead_ns = venue_ns // NS_PER_MS * NS_PER_MS - self._clock.now_ns()
        return venue_ns

    async def _listed(self, symbols: Sequence[str]) -> dict[str, ListingRow]:
        category = self._market.category
        asked = {"category": category, "limit": _LISTED_PAGE}
        call = _call("/v5/market/instruments-info", asked, is_signed=False)
        rows: dict[str, ListingRow] = {}
        names: list[str] = []
        async for items in self._pages(call):
            try:
                rows |= listed(items, symbols)
                names += names_of(items)
            except Unreadable as problem:
                raise VenueUnusable(UNREACHABLE, f"the list of instruments: {problem}") from None
            if len(rows) == len(symbols):
                break
        for symbol in symbols:
            if symbol not in rows:
                raise VenueUnusable(UNFIT, f"no {category} symbol {symbol}{did_you_mean(symbol, names)}")
            wrong = wrongs(category, self._market.settle_coin, rows[symbol])
            if wrong:
                raise VenueUnusable(UNFIT, wrong)
        return rows

    async def _fees(self, symbols: Sequence[str]) -> dict[str, FeeRow]:
        asked = {"category": self._market.category}
        if len(symbols) == 1:
            asked["symbol"] = symbols[0]
        result, _ = await self._questions.ask(_call("/v5/account/fee-rate", asked))
        try:
            fees = fees_of(_read(result, Page).items, symbols)
        except Unreadable as problem:
            raise VenueUnusable(UNREACHABLE, f"the account's fees: {problem}") from None
        lacking = [symbol for symbol in symbols if symbol not in fees]
        if lacking:
            raise VenueUnusable(UNFIT, f"the venue names no fees of ours for {', '.join(lacking)}")
        return fees

    # The account: what it warns of, each with its remedy

    def _fee_warnings(self, instruments: Sequence[Instrument]) -> Iterator[str]:
        for one in instruments:
            if one.kind == SPOT and one.maker_fee_ppm > 0:
                yield (
                    f"{one.symbol}: fees of buys are taken in the base coin, so that holdings fall behind our count:"
                    " keep a little more of it than is quoted"
                )

    async def _account(self) -> Iterator[str]:
        account = await self._row(_call("/v5/account/info"), _AccountRow)
        if account is None:
            return iter(("account settings could not be read: look at margin mode and account type by hand",))
        if account.unified_margin_status < _UNIFIED_FROM:
            raise VenueUnusable(UNFIT, "the account is no unified one: upgrade it, its margin cannot be read")
        if account.margin_mode == _ISOLATED:
            return iter(("margin is isolated: one position can be liquidated by itself; set it to cross",))
        return iter(())

    async def _key(self) -> list[str]:
        key = await self._row(_call("/v5/user/query-api"), _KeyRow)
        if key is None:
            return ["the key's permissions could not be read: look at them by hand"]
        rights = {right for group in key.permissions.values() for right in group}
        found = []
        wanted = ("Order", "Position") if self._market.is_linear else ("SpotTrade",)
        if key.read_only or not all(right in rights for right in wanted):
            found.append(f"the key may not trade: give it {' and '.join(wanted)}")
        if "Withdraw" in rights:
            found.append("the key may withdraw: make one that may not")
        if not key.ips or _ANYWHERE in key.ips:
            found.append("the key is bound to no address: bind it, or it expires")
        return found

    async def _limits(self) -> list[str]:
        limits = await self._row(_call("/v5/account/user-setting-config"), _LimitsRow)
        is_moved = limits is None or (not limits.perp_refuses if self._market.is_linear else limits.spot_moves)
        if not is_moved:
            return []
        body = f'{{"category":"{self._market.category}","modifyEnable":false}}'
        lead = "it is not known whether" if limits is None else "by this account's setting"
        return [f"{lead} prices outside the band are moved, not refused: POST /v5/account/set-limit-px-action {body}"]

    async def _positions(self, symbol: str) -> list[PositionRow]:
        """Read a symbol's position; raises ``VenueUnusable`` for a mode that this bot does not speak."""
        call = _call("/v5/position/list", {"category": self._market.category, "symbol": symbol})
        result, _ = await self._questions.ask(call)
        try:
            rows = [_read(raw, PositionRow) for raw in _read(result, Page).items]
        except Unreadable as problem:
            raise VenueUnusable(UNREACHABLE, f"the position in {symbol}: {problem}") from None
        if any(row.position_idx for row in rows):
            raise VenueUnusable(UNFIT, f"{symbol} is in hedge mode: switch it to one-way mode")
        return rows

    async def _stock(self, instruments: Sequence[Instrument]) -> Stock:
        """Read what spot is traded from; raises ``VenueUnusable``: without it no ask could be sized."""
        result, _ = await self._questions.ask(_call("/v5/account/wallet-balance", {"accountType": "UNIFIED"}))
        try:
            return stock_of(self._market, instruments, result)
        except Unreadable as problem:
            raise VenueUnusable(UNREACHABLE, f"the wallet: {problem}") from None

    # Asking

    async def _pages(self, call: Call) -> AsyncIterator[list[msgspec.Raw]]:
        for _ in range(_PAGES_MAX):
            result, _ = await self._questions.ask(call)
            try:
                page = _read(result, Page)
            except Unreadable as problem:
                raise VenueUnusable(UNREACHABLE, f"{call.path}: {problem}") from None
            yield page.items
            if not page.items or not page.cursor:
                return
            call = next_page(call, page.cursor)

    async def _row(self, call: Call, shape: type[RowT]) -> RowT | None:
        """Ask for one row; None where there is no answer that can be read. A refused key is raised."""
        try:
            result, _ = await self._questions.ask(call)
            return _read(result, shape)
        except Unreadable:
            return None
        except VenueUnusable as refused:
            if refused.code == KEY_REFUSED:
                raise
            return None


def _margin_warnings(symbol: str, rows: Sequence[PositionRow]) -> Iterator[str]:
    if any(row.trade_mode for row in rows):
        yield f"{symbol}: margin is isolated; set it to cross"
    if any(row.leverage in ("1", "1.0", "1.00") for row in rows):
        yield f"{symbol}: leverage is 1, every quote ties up its whole value; set it higher"


def _held_lots(instrument: Instrument, rows: Sequence[PositionRow]) -> int:
    """Sum up what is held, sold short below zero; raises ``VenueUnusable`` for what is not on the grid."""
    grid = make_market(instrument.kind, (instrument,)).grids[instrument.symbol]
    try:
        return sum(side_of(row.side) * grid.lots(row.size) for row in rows if row.side)
    except Unreadable as problem:
        raise VenueUnusable(UNREACHABLE, f"the position in {instrument.symbol}: {problem}") from None


async def _all_of(*asking: Coroutine[Any, Any, Any]) -> list[Any]:
    """Ask everything at once; what is refused is raised once all have an answer, the first in order."""
    answers = await asyncio.gather(*asking, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers


def _call(path: str, asked: Mapping[str, Any] | None = None, *, is_signed: bool = True) -> Call:
    return Call(GET, path, urlencode(asked or {}), is_signed=is_signed)


def _read(raw: msgspec.Raw, shape: type[RowT]) -> RowT:
    return read(raw, shape)
