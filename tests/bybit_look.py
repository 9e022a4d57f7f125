"""A look at the scripted Bybit, and where each of its questions goes."""

from bybit_desk import Desk
from scripted import played

TIME = "/v5/market/time"
LISTED = "/v5/market/instruments-info"
FEE_RATE = "/v5/account/fee-rate"
ACCOUNT = "/v5/account/info"
KEY_INFO = "/v5/user/query-api"
BAND = "/v5/account/user-setting-config"
POSITION = "/v5/position/list"
STATUS = "/v5/system/status"
WALLET = "/v5/account/wallet-balance"


def look(answers=None, category="linear", symbols=("BTCUSDT",)):
    """Look, with answers other than a tidy account's; give what was seen and the desk."""

    async def main():
        desk = Desk(category=category)
        desk.rest.answers |= answers or {}
        try:
            return await desk.venue.look(list(symbols)), desk
        finally:
            await desk.venue.close()

    return played(main)
