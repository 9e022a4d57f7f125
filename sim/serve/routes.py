"""Which path asks what, and who may ask: from a request's bytes to a plan.

Signatures cover the exact bytes: the query string as it stands in the target, the body as it came.
Header names are taken in any case, and fields that are not known are let pass, as the venue does.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from msgspec.structs import replace

from sim.serve.account_reads import AccountReads
from sim.serve.asked import Plan, Refused, refused
from sim.serve.codes import BAD_KEY, BAD_SIGNATURE, NO_ROUTE, PARAMETERS, Verdict
from sim.serve.market_reads import MarketReads
from sim.serve.orders import Desk
from sim.serve.settings import Settings
from sim.serve.site import Site
from sim.through.exchanged import Request
from strategy.units import NS_PER_MS

GET: Final = "GET"
POST: Final = "POST"
_WINDOW_MS: Final = 5000
_WINDOW_MS_MAX: Final = 60_000
_STAMP_DIGITS_MAX: Final = 16
_FIELDS_MAX: Final = 200
_NOT_JSON: Final = Verdict(PARAMETERS, "params error: the body is no JSON object")
_NO_STAMP: Final = Verdict(PARAMETERS, "empty value: apiTimestamp[] apiKey[] apiSignature[]")

Planner = Callable[[Mapping[str, Any]], Plan]


class Route(msgspec.Struct, frozen=True):
    """One path: how it is asked, whether it must be signed, who plans it."""

    method: str
    is_signed: bool
    plan: Planner


class Routes:
    """All paths of a served venue."""

    def __init__(self, site: Site, market: MarketReads, desk: Desk, settings: Settings) -> None:
        """Know who plans what."""
        self._site = site
        self._paths = _market(market) | _account(AccountReads(site), settings) | _orders(desk) | _changes(settings)

    def plan(self, request: Request) -> Plan:
        """Plan what becomes of a request; whatever is wrong with it is a plan as well."""
        path, _, query = request.target.partition("?")
        route = self._paths.get(path)
        if route is None or route.method != request.method:
            return refused(NO_ROUTE, is_signed=False)
        try:
            signed_ns, window_ns = self._signed(route, request, query) if route.is_signed else (0, None)
            fields = _query(query) if route.method == GET else _body(request.body)
            return replace(route.plan(fields), signed_ns=signed_ns, window_ns=window_ns)
        except Refused as why:
            return refused(why.verdict, is_signed=route.is_signed)

    def _signed(self, route: Route, request: Request, query: str) -> tuple[int, int]:
        """Verify a signature; give when it was signed and how old it may be."""
        headers = {name.lower(): value for name, value in request.headers}
        key, stamp, sign = (headers.get(f"x-bapi-{name}", "") for name in ("api-key", "timestamp", "sign"))
        window = headers.get("x-bapi-recv-window", "")
        if not (key and stamp and sign):
            raise Refused(_NO_STAMP)
        if key != self._site.key.name:
            raise Refused(BAD_KEY)
        payload = query.encode("latin-1", "replace") if route.method == GET else request.body
        if not self._site.key.has_signed(f"{stamp}{key}{window}".encode() + payload, sign):
            raise Refused(BAD_SIGNATURE)
        return stamp_and_window(stamp, window or _WINDOW_MS)


def stamp_and_window(stamp: object, window: object) -> tuple[int, int]:
    """Read when something was signed and how old it may be, given as text or as numbers, as nanoseconds."""
    texts = str(stamp), str(window)
    if not all(text.isascii() and text.isdigit() and len(text) <= _STAMP_DIGITS_MAX for text in texts):
        raise Refused(Verdict(PARAMETERS, "params error: invalid timestamp or recv_window"))
    return int(texts[0]) * NS_PER_MS, min(int(texts[1]), _WINDOW_MS_MAX) * NS_PER_MS


def _query(query: str) -> dict[str, Any]:
    try:
        return dict(parse_qsl(query, max_num_fields=_FIELDS_MAX))
    except ValueError:
        raise Refused(Verdict(PARAMETERS, "params error: too many fields")) from None


def _body(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        raise Refused(_NOT_JSON) from None


def _market(reads: MarketReads) -> dict[str, Route]:
    paths: dict[str, Planner] = {
        "/v5/market/time": reads.time,
        "/v5/market/instruments-info": reads.instruments,
        "/v5/market/orderbook": reads.book,
        "/v5/market/tickers": reads.tickers,
        "/v5/market/recent-trade": reads.trades,
        "/v5/market/kline": reads.klines,
        "/v5/market/mark-price-kline": reads.klines,
        "/v5/market/index-price-kline": reads.klines,
        "/v5/market/price-limit": reads.band,
        "/v5/market/risk-limit": reads.risk_limit,
        "/v5/market/funding/history": reads.funding_history,
        "/v5/market/open-interest": reads.nothing,
        "/v5/system/status": reads.status,
    }
    return {path: Route(GET, False, plan) for path, plan in paths.items()}


def _account(reads: AccountReads, settings: Settings) -> dict[str, Route]:
    paths: dict[str, Planner] = {
        "/v5/order/realtime": reads.realtime,
        "/v5/order/history": reads.history,
        "/v5/execution/list": reads.executions,
        "/v5/position/list": reads.positions,
        "/v5/position/closed-pnl": settings.nothing,
        "/v5/account/wallet-balance": reads.wallet,
        "/v5/account/fee-rate": reads.fee_rate,
        "/v5/account/info": settings.info,
        "/v5/account/user-setting-config": settings.user_settings,
        "/v5/account/query-dcp-info": settings.dcp,
        "/v5/account/collateral-info": settings.nothing,
        "/v5/account/borrow-history": settings.nothing,
        "/v5/account/transaction-log": settings.nothing,
        "/v5/user/query-api": settings.key,
        "/v5/asset/coin/query-info": settings.coins,
        "/v5/asset/transfer/query-account-coins-balance": settings.coin_balances,
    }
    return {path: Route(GET, True, plan) for path, plan in paths.items()}


def _orders(desk: Desk) -> dict[str, Route]:
    def planned(request: str) -> Planner:
        return lambda fields: desk.plan(request, fields)

    names = [f"{name}{batch}" for name in ("create", "amend", "cancel") for batch in ("", "-batch")]
    paths: dict[str, Planner] = {f"/v5/order/{name}": planned(name) for name in names}
    paths["/v5/order/cancel-all"] = desk.cancel_all
    return {path: Route(POST, True, plan) for path, plan in paths.items()}


def _changes(settings: Settings) -> dict[str, Route]:
    paths: dict[str, Planner] = {
        "/v5/position/set-leverage": settings.set_leverage,
        "/v5/position/switch-mode": settings.switch_mode,
        "/v5/position/switch-isolated": settings.taken,
        "/v5/position/set-auto-add-margin": settings.taken,
        "/v5/account/set-limit-px-action": settings.set_price_action,
        "/v5/account/set-margin-mode": settings.taken,
        "/v5/account/set-hedging-mode": settings.taken,
        "/v5/order/disconnected-cancel-all": settings.set_dcp,
    }
    return {path: Route(POST, True, plan) for path, plan in paths.items()}
