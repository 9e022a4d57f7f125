"""The venue's worlds: where each is reached, and by which road orders go in there."""

from typing import Final

import msgspec

from adapters.bybit.venue import REST, STREAM
from strategy.config_live import Place


class Addresses(msgspec.Struct, frozen=True):
    """Where a world is, without paths; ``entry`` is the road of its orders."""

    rest: str
    streams: str
    entry: str = STREAM


# Demo accounts have no order entry over a stream.
_WORLDS: Final = {
    "mainnet": Addresses("https://api.bybit.com", "wss://stream.bybit.com"),
    "testnet": Addresses("https://api-testnet.bybit.com", "wss://stream-testnet.bybit.com"),
    "demo": Addresses("https://api-demo.bybit.com", "wss://stream-demo.bybit.com", REST),
}


def place_of(place: Place) -> Addresses:
    """Give the addresses of the world that a config names."""
    entry = place.order_entry
    if place.urls is not None:
        return Addresses(place.urls.rest, place.urls.streams, entry)
    world = _WORLDS[place.environment]
    return Addresses(world.rest, world.streams, REST if REST in (world.entry, entry) else STREAM)
