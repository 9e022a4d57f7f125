"""What a client asks of the account as it starts, and the settings it may change."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from sim.serve import texts
from sim.serve.account_rows import wallet_row
from sim.serve.asked import Outcome, Plan, Private, Refused, looked
from sim.serve.codes import PARAMETERS, Verdict, verdict
from sim.serve.site import Site, coins
from sim.venue import codes

_LEVERAGE_SAME: Final = Verdict(110043, "leverage not modified")
_MODE_SAME: Final = Verdict(110025, "Position mode is not modified")
_NO_HEDGE: Final = Verdict(110029, "The symbol does not support hedge mode")
_LEVERAGE_MAX: Final = 100
_DCP_WINDOW_S: Final = (3, 300)

Fields = Mapping[str, Any]


class Settings:
    """The account apart from orders and money. Each method plans one path; all raise ``Refused``."""

    def __init__(self, site: Site) -> None:
        """Begin with the settings of a new account."""
        self._site = site
        self.dcp_window_s: dict[str, int] = {}

    # Reading

    def info(self, _fields: Fields) -> Plan:
        """Show which kind of account this is."""
        result = {
            "unifiedMarginStatus": 5,
            "marginMode": "REGULAR_MARGIN",
            "isMasterTrader": False,
            "spotHedgingStatus": "OFF",
            "dcpStatus": "ON" if self.dcp_window_s else "OFF",
            "timeWindow": next(iter(self.dcp_window_s.values()), 10),
            "smpGroup": 0,
            "updatedTime": texts.millis(self._site.exchange.start_wall_ns),
        }
        return self._told(lambda: result)

    def key(self, _fields: Fields) -> Plan:
        """Show what the key may do."""
        result = {
            "id": "1",
            "note": "simulated",
            "apiKey": self._site.key.name,
            "readOnly": 0,
            "secret": "",
            "permissions": {
                "ContractTrade": ["Order", "Position"],
                "Spot": ["SpotTrade"],
                "Wallet": [],
                "Options": [],
                "Derivatives": ["DerivativesTrade"],
                "Exchange": [],
                "Earn": [],
                "CopyTrading": [],
                "BlockTrade": [],
                "NFT": [],
                "Affiliate": [],
            },
            "ips": ["*"],
            "type": 1,
            "deadlineDay": 365,
            "expiredAt": "2099-01-01T00:00:00Z",
            "createdAt": "2026-01-01T00:00:00Z",
            "unified": 0,
            "uta": 1,
            "userID": 1,
            "inviterID": 0,
            "vipLevel": "No VIP",
            "mktMakerLevel": "0",
            "affiliateID": 0,
            "rsaPublicKey": "",
            "isMaster": True,
            "parentUid": "0",
            "kycLevel": "LEVEL_1",
            "kycRegion": "",
        }
        return self._told(lambda: result)

    def coins(self, fields: Fields) -> Plan:
        """Show the coins there are."""
        wanted = str(fields.get("coin") or "")
        names = dict.fromkeys(coin for symbol in self._site.venue.instruments for coin in coins(symbol))
        rows = [_coin(name) for name in names if wanted in ("", name)]
        return self._told(lambda: {"rows": rows})

    def coin_balances(self, fields: Fields) -> Plan:
        """Show what of each coin there is, as the wallet has it."""
        wanted = tuple(coin for coin in str(fields.get("coin") or "").split(",") if coin)

        def tell() -> Any:
            held = [
                {
                    "coin": coin["coin"],
                    "walletBalance": coin["walletBalance"],
                    "transferBalance": coin["walletBalance"],
                    "bonus": "",
                }
                for coin in wallet_row(self._site, wanted)["coin"]
            ]
            return {"memberId": "1", "accountType": "UNIFIED", "balance": held}

        return self._told(tell)

    def user_settings(self, _fields: Fields) -> Plan:
        """Show what becomes of a price outside the band."""
        moves = self._site.moves_price
        return self._told(lambda: {"lpaSpot": moves["spot"], "lpaPerp": not moves["linear"], "deltaNeutral": False})

    def dcp(self, _fields: Fields) -> Plan:
        """Show whether orders are cancelled when every private stream is lost."""
        rows = [
            {"product": product, "dcpStatus": "ON", "timeWindow": str(window_s)}
            for product, window_s in self.dcp_window_s.items()
        ]
        return self._told(lambda: {"dcpInfos": rows})

    def nothing(self, _fields: Fields) -> Plan:
        """Show an empty list: of what is asked for this account has none."""
        return self._told(lambda: {"list": [], "nextPageCursor": ""})

    # Changing

    def set_leverage(self, fields: Fields) -> Plan:
        """Set the leverage of a symbol; the same as before is refused as such."""
        symbol = str(fields.get("symbol") or "")
        if self._site.instrument("linear", symbol) is None:
            raise Refused(verdict(codes.UNKNOWN_SYMBOL, "linear"))
        try:
            wanted = texts.number("leverage", fields.get("buyLeverage"))
        except texts.Unreadable as problem:
            raise Refused(Verdict(PARAMETERS, f"params error: {problem}")) from None
        if not 1 <= wanted <= _LEVERAGE_MAX:
            raise Refused(Verdict(110013, "Cannot set leverage due to risk limit level"))

        def change() -> Outcome:
            is_same = texts.number("leverage", self._site.leverage[symbol]) == wanted
            self._site.leverage[symbol] = texts.plain(wanted)
            return Outcome(_LEVERAGE_SAME) if is_same else Outcome()

        return self._changed(change)

    def switch_mode(self, fields: Fields) -> Plan:
        """Set one-way mode, which is the only one here."""
        is_hedge = str(fields.get("mode")) == "3"
        return self._changed(lambda: Outcome(_NO_HEDGE if is_hedge else _MODE_SAME))

    def set_price_action(self, fields: Fields) -> Plan:
        """Set whether a price outside the band is moved to its edge, or refused."""
        category, moves = str(fields.get("category") or ""), fields.get("modifyEnable")
        if category not in self._site.moves_price or not isinstance(moves, bool):
            raise Refused(Verdict(PARAMETERS, "params error: category or modifyEnable is invalid"))

        def change() -> Outcome:
            self._site.moves_price[category] = moves
            return Outcome()

        return self._changed(change)

    def set_dcp(self, fields: Fields) -> Plan:
        """Set how long every private stream may be lost before orders are cancelled."""
        try:
            window_s = texts.whole("timeWindow", fields.get("timeWindow"), 10_000)
        except texts.Unreadable as problem:
            raise Refused(Verdict(PARAMETERS, f"params error: {problem}")) from None
        product = str(fields.get("product") or "OPTIONS")
        if not _DCP_WINDOW_S[0] <= window_s <= _DCP_WINDOW_S[1] or product not in ("DERIVATIVES", "SPOT", "OPTIONS"):
            raise Refused(Verdict(PARAMETERS, "params error: timeWindow or product is invalid"))

        def change() -> Outcome:
            self.dcp_window_s[product] = window_s
            return Outcome()

        return self._changed(change)

    def taken(self, _fields: Fields) -> Plan:
        """Take a setting that changes nothing here."""
        return self._changed(Outcome)

    def _told(self, tell: Callable[[], Any]) -> Plan:
        return looked(Private(0, look=lambda _ledger: tell()))

    def _changed(self, change: Callable[[], Outcome]) -> Plan:
        plan = looked(Private(0, look=lambda _ledger: change()))

        def show(answers: tuple[Any, ...]) -> Outcome:
            shown = plan.show(answers)
            return shown.result if isinstance(shown.result, Outcome) else shown

        return replace(plan, show=show)


def _coin(name: str) -> dict[str, Any]:
    chain = {
        "chain": name,
        "chainType": name,
        "confirmation": "1",
        "safeConfirmNumber": "1",
        "withdrawFee": "0",
        "depositMin": "0",
        "withdrawMin": "0",
        "minAccuracy": "8",
        "chainDeposit": "1",
        "chainWithdraw": "1",
        "withdrawPercentageFee": "0",
        "contractAddress": "",
    }
    return {"name": name, "coin": name, "remainAmount": "0", "chains": [chain]}
