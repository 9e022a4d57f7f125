"""From the settings to a venue with connections of its own: the only place that knows which there are."""

from collections.abc import Callable
from typing import Final

from adapters.bybit.places import place_of
from adapters.bybit.signing import Signer
from adapters.bybit.venue import Account, BybitVenue
from adapters.clock import Clock, HostClock
from adapters.keys import Keys
from adapters.settings import Settings
from adapters.sockets import dialler
from adapters.transport import Http, Patience
from adapters.venue import Venue
from strategy import commands

_PATIENCE: Final = Patience(connect_s=2.0)


def make_venue(
    settings: Settings,
    keys: Keys,
    clock: Clock | None = None,
    told: Callable[[commands.Alert], None] | None = None,
) -> Venue:
    """Make the venue that the settings name, not connected yet.

    ``clock`` is the driver's where there is one; ``told`` hears what a person should know.
    """
    now = clock or HostClock()
    place = place_of(settings.live.venue)
    account = Account(
        name=settings.venue_name,
        streams_url=place.streams,
        category=settings.live.venue.category,
        settle_coin=settle_coin_of(settings.live.symbols[0]),
        session=f"{settings.live.name}-{now.now_ns()}",
        entry=place.entry,
        window_ms=int(settings.config.orders.window_ms),
    )
    signer = Signer(keys.api_key.get_secret_value(), keys.api_secret.get_secret_value())
    return BybitVenue(account, signer, Http(place.rest, patience=_PATIENCE), dialler(), now, told or _nobody)


def settle_coin_of(symbol: str) -> str:
    """Tell by a symbol's name what the account is counted in; the venue is asked whether that is so."""
    return "USDC" if symbol.endswith(("USDC", "PERP")) else "USDT"


def _nobody(_alert: commands.Alert) -> None:
    """Tell nobody."""
