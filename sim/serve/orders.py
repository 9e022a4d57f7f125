"""Order requests: from the wire's fields to commands, and from what the venue said to acknowledgements.

A batch is its items, each with an outcome of its own: what is wrong with one is told in its place, and
the others go on. What the real venue acknowledges first and cancels on the stream is acknowledged here.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from sim.serve import texts
from sim.serve.asked import AmendOrder, CancelAll, CreateOrder, Outcome, Plan, Refused, Swept
from sim.serve.codes import BAD_ITEM, OK, PARAMETERS, Verdict, verdict
from sim.serve.site import Site, coins
from sim.serve.slips import NAMELESS, Terms
from sim.serve.texts import Unreadable
from sim.venue import codes
from strategy import commands, events
from strategy.instrument import SPOT, Instrument
from strategy.units import BUY, SELL

_LINK_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,36}")
_BATCH_MAX: Final = {SPOT: 10}
_BATCH_MAX_CONTRACTS: Final = 20
# The name of no order.
_NOBODY: Final = "?"
_LOTS_MAX: Final = 2**53
_SIDES: Final = {"Buy": BUY, "Sell": SELL}
_TIMES_IN_FORCE: Final = ("GTC", "IOC", "FOK", "PostOnly")
_SMP_TYPES: Final = ("", "None", "CancelMaker", "CancelTaker", "CancelBoth")
# A market order is an immediate one at a protected price, so far from the mid.
_PROTECTION_PCT: Final = 5
_NEVER_NS: Final = 2**62
_REQUESTS: Final = ("create", "amend", "cancel")

Fields = Mapping[str, Any]


class Desk:
    """Takes order requests: single ones and batches."""

    def __init__(self, site: Site) -> None:
        """Stand in front of a venue."""
        self._site = site
        self._nameless = 0
        self._readers = {"create": self._create, "amend": self._amend, "cancel": self._cancel}

    def plan(self, request: str, fields: Fields) -> Plan:
        """Plan a ``create``, ``amend`` or ``cancel``, or ``-batch`` of them; raises ``Refused``."""
        category = self.category(fields)
        name, _, batch = request.partition("-")
        read = self._readers[name]
        if batch:
            return self._batch(category, name, fields)
        try:
            command = read(category, fields)
        except Unreadable as problem:
            raise Refused(Verdict(PARAMETERS, f"params error: {problem}")) from None
        return Plan(
            commands=(command,), show=lambda answers: self._shown(category, command, answers[0]), category=category
        )

    def category(self, fields: Fields) -> str:
        """Read the category; raises ``Refused`` for one that is not served."""
        category = fields.get("category")
        if category not in ("linear", SPOT):
            raise Refused(Verdict(PARAMETERS, "params error: Category is invalid"))
        return str(category)

    def cancel_all(self, fields: Fields) -> Plan:
        """Plan a cancel-all of a symbol, a base coin or everything that one coin settles."""
        category = self.category(fields)
        symbol, base, settle = (str(fields.get(name) or "") for name in ("symbol", "baseCoin", "settleCoin"))
        if category != SPOT and not (symbol or base or settle):
            raise Refused(Verdict(PARAMETERS, "params error: symbol, baseCoin or settleCoin is needed"))
        chosen = [
            one.symbol
            for one in self._site.instruments(category)
            if (not symbol or one.symbol == symbol)
            and (symbol or not base or coins(one.symbol)[0] == base)
            and (symbol or base or not settle or coins(one.symbol)[1] == settle)
        ]
        if symbol and not chosen:
            raise Refused(verdict(codes.UNKNOWN_SYMBOL, category))
        is_one = len(chosen) == 1
        command = CancelAll(chosen[0] if is_one else "", symbols=tuple(chosen))
        return Plan(commands=(command,), show=lambda answers: self._swept(category, answers[0]), category=category)

    # Reading

    def _create(self, category: str, fields: Fields) -> commands.Command:
        instrument = self._instrument(category, fields)
        side = _SIDES.get(str(fields.get("side")))
        order_type = fields.get("orderType")
        if side is None:
            raise Unreadable("Side invalid")
        if order_type not in ("Limit", "Market"):
            raise Unreadable("OrderType invalid")
        if str(fields.get("positionIdx") or 0) != "0":
            raise Refused(Verdict(PARAMETERS, "position idx not match position mode"))
        smp_type = str(fields.get("smpType") or "None")
        time_in_force = str(fields.get("timeInForce") or "GTC")
        if time_in_force not in _TIMES_IN_FORCE or smp_type not in _SMP_TYPES:
            raise Unreadable("TimeInForce or smpType invalid")
        is_market = order_type == "Market"
        if is_market:
            price_ticks, time_in_force = self._protected_ticks(instrument, side), "IOC"
        else:
            price_ticks = self._ticks(instrument, fields.get("price"))
        return CreateOrder(
            self._name(fields),
            instrument.symbol,
            "",
            side,
            price_ticks,
            self._lots(instrument, fields, side, is_market=is_market),
            post_only=time_in_force == "PostOnly",
            reduce_only=_is_true(fields.get("reduceOnly")),
            taking=time_in_force == "IOC",
            send_by_ns=_NEVER_NS,
            cycle_id=0,
            fill_or_kill=time_in_force == "FOK",
            terms=Terms(str(order_type), time_in_force, smp_type),
        )

    def _amend(self, category: str, fields: Fields) -> commands.Command:
        instrument = self._instrument(category, fields)
        price, size = fields.get("price"), fields.get("qty")
        if not price and not size:
            raise Unreadable("nothing to amend")
        price_ticks = self._ticks(instrument, price) if price else 0
        size_lots = texts.steps("Qty", size, instrument.lot) if size else 0
        return AmendOrder(self._meant(fields), instrument.symbol, price_ticks, size_lots, _NEVER_NS, 0)

    def _cancel(self, category: str, fields: Fields) -> commands.Command:
        return commands.CancelOrder(self._meant(fields), self._instrument(category, fields).symbol, 0)

    def _instrument(self, category: str, fields: Fields) -> Instrument:
        instrument = self._site.instrument(category, str(fields.get("symbol")))
        if instrument is None:
            raise Refused(verdict(codes.UNKNOWN_SYMBOL, category))
        return instrument

    def _ticks(self, instrument: Instrument, price: object) -> int:
        """Read a price; one that is off the grid is refused as each kind of market does."""
        try:
            return texts.steps("Price", price, instrument.tick)
        except Unreadable:
            if instrument.kind == SPOT and texts.number("Price", price):
                raise Refused(Verdict(170134, "Order price has too many decimals.")) from None
            raise

    def _lots(self, instrument: Instrument, fields: Fields, side: int, *, is_market: bool) -> int:
        """Read a size; what a market order on spot buys is counted in quote currency, unless it says otherwise."""
        unit = fields.get("marketUnit") or ("quoteCoin" if side == BUY else "baseCoin")
        if is_market and instrument.kind == SPOT and unit == "quoteCoin":
            mid2 = self._site.venue.mids2()[instrument.symbol]
            lot_worth = Decimal(instrument.tick) * mid2 * Decimal(instrument.lot) / 2
            lots = int(texts.number("Qty", fields.get("qty")) / lot_worth) if lot_worth else 0
        else:
            lots = texts.steps("Qty", fields.get("qty"), instrument.lot)
        if not 0 < lots < _LOTS_MAX:
            raise Unreadable("Qty invalid")
        return lots

    def _protected_ticks(self, instrument: Instrument, side: int) -> int:
        mid2 = self._site.venue.mids2()[instrument.symbol]
        band_ppm = self._site.venue.rules.band_ppm
        pct = min(_PROTECTION_PCT, band_ppm / 10_000) if band_ppm else _PROTECTION_PCT
        return max(1, int(mid2 * (100 + side * pct) / 200))

    def _name(self, fields: Fields) -> str:
        """Read the client's id of a new order, or make one that no client can have."""
        link_id = fields.get("orderLinkId") or ""
        if not link_id:
            self._nameless += 1
            return f"{NAMELESS}{self._nameless}"
        if not isinstance(link_id, str) or not _LINK_ID.fullmatch(link_id):
            raise Unreadable("OrderLinkId invalid: at most 36 of letters, digits, - and _")
        return link_id

    def _meant(self, fields: Fields) -> str:
        """Say which order is meant; the venue's id wins where both are given."""
        order_id, link_id = fields.get("orderId") or "", fields.get("orderLinkId") or ""
        if not order_id and not link_id:
            raise Unreadable("orderId or orderLinkId is needed")
        if order_id:
            slip = self._site.slips.by_order_id.get(str(order_id))
            return _NOBODY if slip is None else slip.order.client_id
        # Orders that came without a name of the client's are not found by one.
        return str(link_id) if _LINK_ID.fullmatch(str(link_id)) else _NOBODY

    # Showing

    def _shown(self, category: str, command: Any, answer: Any) -> Outcome:
        refusal = self._refusal(category, command, answer)
        return Outcome(refusal) if refusal is not None else Outcome(result=self._ids(command))

    def _refusal(self, category: str, command: Any, answer: Any) -> Verdict | None:
        """Say how an order request is refused; None where it was taken."""
        code = getattr(answer, "code", "")
        if isinstance(answer, events.OrderAccepted | events.OrderAmended | events.OrderCancelled):
            return None
        if isinstance(answer, events.OrderRejected) and code == codes.WOULD_CROSS:
            return None
        if code == codes.BAD_SIZE:
            return self._bad_size(category, command)
        if code == codes.PRICE_BAND and category == SPOT and getattr(command, "side", BUY) == SELL:
            return Verdict(170194, "Sell order price cannot be lower than the limit.")
        return verdict(code, category)

    def _bad_size(self, category: str, command: Any) -> Verdict:
        """Say which rule a size breaks."""
        is_spot = category == SPOT
        instrument = self._site.venue.instruments[command.symbol]
        if command.price_ticks <= 0:
            return Verdict(170132 if is_spot else PARAMETERS, "Price invalid")
        if command.size_lots > instrument.lots_max:
            words = "The number of contracts exceeds maximum limit allowed: too large"
            return Verdict(170124, "Order amount too large.") if is_spot else Verdict(PARAMETERS, words)
        if command.size_lots < instrument.lots_min:
            words = "The number of contracts exceeds minimum limit allowed"
            return Verdict(170136, "Order quantity exceeded lower limit.") if is_spot else Verdict(PARAMETERS, words)
        if is_spot:
            return Verdict(170140, "Order value exceeded lower limit.")
        return Verdict(110094, "Order does not meet minimum order value")

    def _ids(self, command: Any) -> dict[str, str]:
        slip = self._site.slips.by_client_id.get(command.client_id)
        if slip is None:
            return {"orderId": "", "orderLinkId": ""}
        return {"orderId": slip.order_id, "orderLinkId": slip.link_id}

    def _swept(self, category: str, answer: Any) -> Outcome:
        if not isinstance(answer, Swept):
            return Outcome(verdict(getattr(answer, "code", ""), category))
        slips = [self._site.slips.by_client_id[client_id] for client_id in answer.client_ids]
        gone = [{"orderId": slip.order_id, "orderLinkId": slip.link_id} for slip in slips]
        return Outcome(result={"list": gone, "success": "1"})

    # Batches

    def _batch(self, category: str, name: str, fields: Fields) -> Plan:
        items = fields.get("request")
        most = _BATCH_MAX.get(category, _BATCH_MAX_CONTRACTS)
        if not isinstance(items, list) or not 0 < len(items) <= most:
            raise Refused(Verdict(PARAMETERS, f"params error: request size must be within 1 and {most}"))
        read: list[commands.Command | Verdict] = [self._item(category, name, item) for item in items]
        asked = tuple(one for one in read if not isinstance(one, Verdict))

        def show(answers: tuple[Any, ...]) -> Outcome:
            said = iter(answers)
            rows, ext = [], []
            for item, one in zip(items, read, strict=True):
                refusal = one if isinstance(one, Verdict) else self._refusal(category, one, next(said))
                rows.append(self._item_row(category, name, item, one, refusal))
                ext.append({"code": (refusal or OK).code, "msg": (refusal or OK).text})
            return Outcome(result={"list": rows}, ext={"list": ext})

        return Plan(commands=asked, show=show, category=category)

    def _item(self, category: str, name: str, item: Any) -> commands.Command | Verdict:
        if not isinstance(item, dict):
            return BAD_ITEM
        try:
            return self._readers[name](category, item)
        except Unreadable as problem:
            return Verdict(PARAMETERS, f"params error: {problem}")
        except Refused as why:
            return why.verdict

    def _item_row(self, category: str, name: str, item: Any, one: Any, refusal: Verdict | None) -> dict[str, str]:
        """Write an item's outcome: a refused one repeats what it was called, and has no id of the venue's."""
        named = item if isinstance(item, dict) else {}
        row = {"category": category, "symbol": str(named.get("symbol") or "")}
        if refusal is None:
            row |= self._ids(one)
        else:
            row |= {"orderId": "", "orderLinkId": str(named.get("orderLinkId") or "")}
        if name == "create":
            slip = None if refusal else self._site.slips.by_client_id.get(one.client_id)
            row["createAt"] = texts.millis(slip.first_ns) if slip is not None else ""
        return row


def _is_true(value: object) -> bool:
    return value is True or value == "true"
