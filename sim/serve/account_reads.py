"""Questions about the account: orders, executions, positions, money, and what a client asks as it starts."""

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import unquote

from sim.serve import texts
from sim.serve.account_rows import position_row, wallet_row
from sim.serve.asked import Fills, Orders, Plan, Private, Refused, looked
from sim.serve.codes import PARAMETERS, Verdict, verdict
from sim.serve.order_rows import exec_type, execution_row, is_shown, order_row, status_of
from sim.serve.site import Site, coins
from sim.serve.slips import Execution, Slip
from sim.venue import codes
from sim.venue.orders import OPEN
from strategy.instrument import SPOT
from strategy.units import NS_PER_DAY, NS_PER_MS

_ORDERS_PAGE: Final = (20, 50)
_FILLS_PAGE: Final = (50, 100)
_CLOSED_SHOWN: Final = 500
_WEEK_NS: Final = 7 * NS_PER_DAY
_MS_MAX: Final = 2**53

Fields = Mapping[str, Any]
_Row = TypeVar("_Row")


class AccountReads:
    """Answers about our own account. Each method plans one path; all raise ``Refused``."""

    def __init__(self, site: Site) -> None:
        """Read from a venue."""
        self._site = site

    # Orders

    def realtime(self, fields: Fields) -> Plan:
        """Show open orders; by id also those closed of late."""
        category, symbols = self._scope(fields, needs_one=True)
        is_closed = str(fields.get("openOnly") or "0") not in ("", "0")

        def look(ledger: Any) -> Any:
            slips = self._site.slips
            named = self._named(fields)
            if named is not None:
                found = [slip for slip in named if slip.order.state == OPEN or slip.order.number >= slips.shown_from]
            elif is_closed:
                found = [slip for slip in slips.closed() if slip.order.number >= slips.shown_from][:_CLOSED_SHOWN]
            else:
                found = [slips.by_client_id[one.client_id] for one in ledger.open_orders()][::-1]
            return self._orders_page(category, symbols, found, ledger, fields)

        return looked(Orders(self._symbol(fields), 0, look=look), category=category)

    def history(self, fields: Fields) -> Plan:
        """Show orders that are over, also those that the realtime service has forgotten."""
        category, symbols = self._scope(fields, needs_one=False)
        wanted = str(fields.get("orderStatus") or "")

        def is_wanted(category: str, stood: Any) -> bool:
            is_over = stood.state != OPEN
            return is_over and wanted in ("", status_of(stood, is_spot=category == SPOT))

        def look(ledger: Any) -> Any:
            named = self._named(fields)
            found = self._site.slips.closed() if named is None else named
            return self._orders_page(category, symbols, found, ledger, fields, lambda stood: is_wanted(category, stood))

        return looked(Orders(self._symbol(fields), 0, look=look), category=category)

    def _named(self, fields: Fields) -> list[Slip] | None:
        """Give the order that is asked for by id, if one is: the venue's id wins."""
        slips = self._site.slips
        if fields.get("orderId"):
            slip = slips.by_order_id.get(str(fields["orderId"]))
        elif fields.get("orderLinkId"):
            slip = slips.by_client_id.get(str(fields["orderLinkId"]))
        else:
            return None
        return [] if slip is None else [slip]

    def _orders_page(
        self,
        category: str,
        symbols: tuple[str, ...],
        found: Iterable[Slip],
        ledger: Any,
        fields: Fields,
        is_wanted: Callable[[Any], bool] = lambda _stood: True,
    ) -> dict[str, Any]:
        shown: list[tuple[int, tuple[Slip, Any]]] = []
        for slip in found:
            stood = ledger.orders.get(slip.order.client_id) if slip.order.client_id else slip.order
            if slip.order.symbol not in symbols or not is_shown(slip) or stood is None or not stood.is_known:
                continue
            if is_wanted(stood):
                shown.append((slip.order.number, (slip, stood)))
        page, cursor = _page(shown, fields, _ORDERS_PAGE)
        rows = [order_row(self._site, slip, stood) for slip, stood in page]
        return {"list": rows, "nextPageCursor": cursor, "category": category}

    # Executions

    def executions(self, fields: Fields) -> Plan:
        """Show trades and funding, newest first."""
        category, symbols = self._scope(fields, needs_one=False)
        start_ns, end_ns = _span(fields)
        kind = str(fields.get("execType") or "")

        def look(ledger: Any) -> Any:
            slips = self._site.slips
            slips.catch_up()
            seen = {fill.event.fill_id for fill in ledger.fills} if ledger is not self._site.venue else None
            chosen: list[tuple[int, Execution]] = []
            for one in reversed(slips.executions):
                is_seen = one.fill is None or _is_listed(one.fill.fill_id, seen, ledger.unlisted)
                if not is_seen or one.symbol not in symbols or not start_ns <= one.venue_ns <= end_ns:
                    continue
                if self._concerns(fields, one) and kind in ("", exec_type(one)):
                    chosen.append((one.number, one))
            page, cursor = _page(chosen, fields, _FILLS_PAGE)
            rows = [execution_row(self._site, one) for one in page]
            return {"list": rows, "nextPageCursor": cursor, "category": category}

        return looked(Fills(self._symbol(fields), 0, 0, look=look), category=category)

    def _concerns(self, fields: Fields, one: Execution) -> bool:
        slip = one.slip
        for name, mine in (("orderId", slip and slip.order_id), ("orderLinkId", slip and slip.link_id)):
            if fields.get(name) and fields[name] != mine:
                return False
        return True

    # Positions and money

    def positions(self, fields: Fields) -> Plan:
        """Show positions: with a symbol also a flat one, else only those that are open."""
        category, symbols = self._scope(fields, needs_one=True)
        if category == SPOT:
            raise Refused(Verdict(PARAMETERS, "params error: Category is invalid"))
        symbol = self._symbol(fields)

        def look(_ledger: Any) -> Any:
            held = [one for one in symbols if symbol or self._site.venue.position_lots(one)]
            rows = [position_row(self._site, one, is_stream=False) for one in held]
            return {"list": rows, "nextPageCursor": "", "category": category}

        return looked(Private(0, look=look), category=category)

    def wallet(self, fields: Fields) -> Plan:
        """Show the account and its coins."""
        if str(fields.get("accountType") or "") != "UNIFIED":
            raise Refused(Verdict(PARAMETERS, "accountType only support UNIFIED."))
        wanted = tuple(coin for coin in str(fields.get("coin") or "").split(",") if coin)
        return looked(Private(0, look=lambda _ledger: {"list": [wallet_row(self._site, wanted)]}))

    def fee_rate(self, fields: Fields) -> Plan:
        """Show what trades cost."""
        category, symbols = self._scope(fields, needs_one=False)

        def look(_ledger: Any) -> Any:
            rows = [
                {
                    "symbol": one.symbol,
                    "baseCoin": "",
                    "takerFeeRate": texts.rate(one.taker_fee_ppm),
                    "makerFeeRate": texts.rate(one.maker_fee_ppm),
                }
                for one in self._site.instruments(category)
                if one.symbol in symbols
            ]
            return {"category": category, "list": rows}

        return looked(Private(0, look=look), category=category)

    # Scope

    def _symbol(self, fields: Fields) -> str:
        return str(fields.get("symbol") or "")

    def _scope(self, fields: Fields, *, needs_one: bool) -> tuple[str, tuple[str, ...]]:
        """Read which symbols a question is about; contracts must say, where ``needs_one``."""
        category = str(fields.get("category") or "")
        if category not in ("linear", SPOT):
            raise Refused(Verdict(PARAMETERS, "params error: Category is invalid"))
        symbol, base, settle = (str(fields.get(name) or "") for name in ("symbol", "baseCoin", "settleCoin"))
        is_named = symbol or base or settle or fields.get("orderId") or fields.get("orderLinkId")
        if needs_one and category != SPOT and not is_named:
            words = "params error: Missing some parameters that must be filled in, symbol or settleCoin or baseCoin"
            raise Refused(Verdict(PARAMETERS, words))
        if symbol:
            if self._site.instrument(category, symbol) is None:
                raise Refused(verdict(codes.UNKNOWN_SYMBOL, category))
            return category, (symbol,)
        return category, tuple(
            one.symbol
            for one in self._site.instruments(category)
            if (not base or coins(one.symbol)[0] == base) and (not settle or coins(one.symbol)[1] == settle)
        )


def _is_listed(fill_id: str, seen: Container[str] | None, unlisted: Container[str]) -> bool:
    """Say whether a list of executions shows a fill: a replica's, where ``seen`` is what it knows."""
    return (seen is None or fill_id in seen) and fill_id not in unlisted


def _page(rows: list[tuple[int, _Row]], fields: Fields, sizes: tuple[int, int]) -> tuple[list[_Row], str]:
    """Give a page of rows, newest first, and the cursor of the next one; a cursor is encoded, as the venue's are."""
    usual, most = sizes
    try:
        limit = max(1, texts.whole("limit", fields.get("limit") or usual, most))
        cursor = unquote(unquote(str(fields.get("cursor") or "")))
        below = texts.whole("cursor", cursor.rpartition(":")[2], _MS_MAX) if cursor else _MS_MAX + 1
    except texts.Unreadable as problem:
        raise Refused(Verdict(PARAMETERS, f"params error: {problem}")) from None
    left = [one for one in rows if one[0] < below]
    page = left[:limit]
    return [row for _, row in page], f"page%3A{page[-1][0]}" if len(left) > limit else ""


def _span(fields: Fields) -> tuple[int, int]:
    """Read from when to when; at most a week, as the venue has it."""
    try:
        start, end = (
            texts.whole(name, fields[name], _MS_MAX) * NS_PER_MS if fields.get(name) else None
            for name in ("startTime", "endTime")
        )
    except texts.Unreadable as problem:
        raise Refused(Verdict(PARAMETERS, f"params error: {problem}")) from None
    if start is not None and end is not None and not 0 <= end - start <= _WEEK_NS:
        raise Refused(Verdict(PARAMETERS, "The time range between startTime and endTime cannot exceed 7 days"))
    first_ns = start if start is not None else (0 if end is None else end - _WEEK_NS)
    last_ns = end if end is not None else (2**63 if start is None else start + _WEEK_NS)
    return first_ns, last_ns
