"""The rows behind ``errors``: code by code, sorted by what follows from them."""

from types import MappingProxyType
from typing import Final

from adapters.bybit import words
from adapters.bybit.words import Meaning, Verdict
from strategy.pacing import BANNED, RATE_LIMIT
from strategy.setbacks import TIMESTAMP

_DOCS: Final = "docs v5/error"
# Not in the venue's list of unknown outcomes; a connector in wide use reconciles after them.
_FOUND: Final = "nautilus_trader, bybit http/error.rs"

# Verdict, the core's word (empty: the code itself), source, and the codes with what they say.
_Group = tuple[Verdict, str, str, dict[int, str]]

_GROUPS: Final[tuple[_Group, ...]] = (
    (
        Verdict.SUCCESS,
        "",
        _DOCS,
        {
            0: "OK",
        },
    ),
    (
        Verdict.SUCCESS,
        words.NOT_MODIFIED,
        _DOCS,
        {
            34040: "not modified",
            110025: "position mode is already so",
            110026: "margin mode is already so",
            110027: "margin is already so",
            110043: "leverage is already so",
        },
    ),
    (
        Verdict.REFUSED,
        TIMESTAMP,
        _DOCS,
        {
            -1: "request expired",
            10002: "outside the time window",
        },
    ),
    (
        Verdict.REFUSED,
        words.DUPLICATE_ID,
        _DOCS,
        {
            110072: "client id used before",
            170141: "client id used before (spot)",
        },
    ),
    (
        Verdict.REFUSED,
        words.WOULD_CROSS,
        _DOCS,
        {
            170218: "limit-maker price would take (spot)",
        },
    ),
    (
        Verdict.REFUSED,
        words.GONE,
        _DOCS,
        {
            110001: "order does not exist, or too late",
            110008: "completed or cancelled",
            110010: "cancelled",
            170139: "filled (spot)",
            170142: "cancelled (spot)",
            170143: "not on the book (spot)",
            170190: "cancel has finished (spot)",
            170213: "order does not exist (spot)",
        },
    ),
    (
        Verdict.REFUSED,
        words.BUSY,
        _DOCS,
        {
            110079: "order is being processed",
            170144: "order is locked (spot)",
            170191: "cannot be cancelled just now (spot)",
            170212: "cancel is being processed (spot)",
        },
    ),
    (
        Verdict.REFUSED,
        words.MARGIN,
        _DOCS,
        {
            30256: "margin limit (spot)",
            110004: "wallet balance",
            110006: "cannot cover the position margin",
            110007: "available balance",
            110012: "available balance",
            110014: "available balance for margin",
            110040: "would be liquidated",
            110044: "available margin",
            110045: "wallet balance",
            110051: "balance below the lowest price",
            110052: "balance for this price",
            110053: "balance for the price limit",
            110086: "leverage above the tier's",
            110090: "position above its limit",
            110131: "margin limit",
            170033: "account balance (spot)",
            170131: "balance (spot)",
        },
    ),
    (
        Verdict.REFUSED,
        words.PRICE_BAND,
        _DOCS,
        {
            30208: "above the highest buying price",
            30209: "below the lowest selling price",
            110003: "price outside the band",
            110120: "below the price limit",
            110121: "above the price limit",
            170132: "too high (spot)",
            170133: "too low (spot)",
            170192: "above the limit (spot)",
            170193: "buy above the limit (spot)",
            170194: "sell below the limit (spot)",
            170371: "below the price limit (spot)",
            170372: "above the price limit (spot)",
        },
    ),
    (
        Verdict.REFUSED,
        words.BAD_SIZE,
        _DOCS,
        {
            110021: "position limit by open interest",
            110022: "quantity may not grow",
            110089: "risk limit",
            110094: "notional too small",
            170124: "too large (spot)",
            170134: "price has too many decimals (spot)",
            170136: "too small (spot)",
            170137: "size has too many decimals (spot)",
            170140: "value too small (spot)",
            170148: "amount has too many decimals (spot)",
            170228: "above the estimated maximum (spot)",
            170229: "above the estimated maximum (spot)",
            170341: "above the maximum (spot)",
            170381: "too large (spot)",
            170382: "too large (spot)",
        },
    ),
    (
        Verdict.REFUSED,
        words.BELOW_FILLED,
        _DOCS,
        {
            110064: "new size not above what has traded",
            170313: "new size below what has traded (spot)",
        },
    ),
    (
        Verdict.REFUSED,
        words.REDUCE_ONLY,
        _DOCS,
        {
            30228: "no new positions while delisting",
            110017: "reduce-only would be cut to zero",
            110023: "only reducing is allowed",
            110042: "only reducing before delivery",
        },
    ),
    (
        Verdict.REFUSED,
        words.TOO_MANY_ORDERS,
        _DOCS,
        {
            110009: "too many stop orders",
            110020: "500 active orders",
            170810: "500 active orders (spot)",
        },
    ),
    (
        Verdict.REFUSED,
        words.UNKNOWN_SYMBOL,
        _DOCS,
        {
            10029: "symbol not on the list",
            170121: "invalid symbol (spot)",
        },
    ),
    (
        Verdict.REFUSED,
        words.BAD_REQUEST,
        _DOCS,
        {
            10001: "parameter error",
            10017: "no such route",
            10404: "no such op or category (trade stream)",
            110018: "illegal user id",
            110019: "illegal order id",
            110029: "hedge mode not supported",
            110032: "illegal order",
            110059: "TP/SL of a filled order",
            110119: "RPI is for approved makers",
            170105: "parameter empty (spot)",
            170115: "time in force (spot)",
            170116: "order type (spot)",
            170117: "side (spot)",
            170130: "parameter not valid (spot)",
            170145: "this type cannot be cancelled (spot)",
            170201: "order filter (spot)",
            170210: "new order rejected (spot)",
            170312: "cannot be modified (spot)",
            170355: "RPI is for approved makers (spot)",
        },
    ),
    (
        Verdict.REFUSED,
        words.POST_ONLY,
        _DOCS,
        {
            110103: "only post-only orders now",
            170217: "only limit-maker orders now (spot)",
        },
    ),
    (
        Verdict.REFUSED,
        words.AUCTION,
        _DOCS,
        {
            110095: "call auction",
            110098: "only GTC in the call auction",
            110099: "no TP/SL in the call auction",
        },
    ),
    (
        Verdict.REFUSED,
        words.CLOSED,
        _DOCS,
        {
            110063: "settlement in progress",
            110074: "contract is not live",
            170151: "pair is not open yet (spot)",
            170157: "pair is closed to the API (spot)",
        },
    ),
    (
        Verdict.IN_DOUBT,
        "",
        _DOCS,
        {
            10000: "server timeout",
            10014: "duplicate request",
            10016: "server error",
            10019: "trade service is restarting",
            20006: "request id used before (trade stream)",
            40004: "modified while being replaced",
            170007: "backend timeout (spot)",
            170035: "handed in for processing (spot)",
            170146: "creation timeout (spot)",
            170147: "cancellation timeout (spot)",
            170149: "create failed, not said why (spot)",
            170150: "cancel failed, not said why (spot)",
            170234: "system error (spot)",
            170310: "modification timeout (spot)",
            170311: "modification failed, not said why (spot)",
            3400214: "server error",
        },
    ),
    (
        Verdict.IN_DOUBT,
        "",
        _FOUND,
        {
            170001: "internal error (spot)",
            170032: "network error (spot)",
            500000: "server error",
        },
    ),
    (
        Verdict.SLOW_DOWN,
        RATE_LIMIT,
        _DOCS,
        {
            429: "server load",
            10006: "too many visits",
            10403: "3,000 requests a second from this address (trade stream)",
            10429: "system protection",
            20003: "this session is too fast (trade stream)",
            170005: "too many new orders (spot)",
            170222: "too many requests (spot)",
        },
    ),
    (
        Verdict.SLOW_DOWN,
        BANNED,
        _DOCS,
        {
            10018: "address limit",
        },
    ),
    (
        Verdict.STOP,
        words.KEY,
        _DOCS,
        {
            -2015: "key expired (spot)",
            10003: "key invalid",
            10004: "signature",
            10005: "permission",
            10007: "authentication failed",
            10010: "address not bound to the key",
            33004: "key expired",
        },
    ),
    (
        Verdict.STOP,
        words.NOT_ALLOWED,
        _DOCS,
        {
            10008: "banned",
            10009: "not in this region",
            10024: "compliance",
            10027: "transactions banned",
            10028: "unified accounts only",
            110066: "trading not allowed",
            110069: "lending customer",
            110080: "lending liquidation",
            110088: "unified accounts only",
            110123: "terms not agreed",
            110124: "cooling-off period",
            110125: "terms not agreed for this contract",
            110132: "not in this region",
            170031: "suspended (spot)",
            170209: "not in this region (spot)",
            170219: "not for this account (spot)",
            170223: "lending liquidation (spot)",
            170226: "margin liquidation (spot)",
            3100197: "banned for an upgrade",
        },
    ),
)

MEANINGS: Final = MappingProxyType(
    {
        code: Meaning(verdict, word or str(code), text, source)
        for verdict, word, source, rows in _GROUPS
        for code, text in rows.items()
    }
)
