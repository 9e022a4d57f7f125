"""From the settings to a venue: which world, by which road, counted in which coin."""

import asyncio

import pytest
from live_files import KEY, SECRET, write_live

from adapters.bybit.places import place_of
from adapters.bybit.venue import REST, STREAM
from adapters.keys import Keys, read_keys
from adapters.settings import load
from adapters.venue import VenueUnusable
from adapters.venues import make_venue
from strategy.config_live import Place


@pytest.mark.parametrize(
    ("environment", "asked", "rest", "entry"),
    [
        ("mainnet", "stream", "https://api.bybit.com", STREAM),
        ("mainnet", "rest", "https://api.bybit.com", REST),
        ("testnet", "stream", "https://api-testnet.bybit.com", STREAM),
        ("demo", "stream", "https://api-demo.bybit.com", REST),
    ],
)
def test_each_world_has_its_addresses_and_a_road_for_orders(environment, asked, rest, entry):
    place = place_of(Place(name="bybit", environment=environment, order_entry=asked))
    assert (rest, entry) == (place.rest, place.entry)
    assert place.streams.startswith("wss://stream")


def test_a_world_of_ones_own_has_the_addresses_it_was_given():
    urls = {"rest": "http://127.0.0.1:1", "streams": "ws://127.0.0.1:2"}
    place = place_of(Place(name="bybit", environment="custom", urls=urls, order_entry="rest"))
    assert ("http://127.0.0.1:1", "ws://127.0.0.1:2", REST) == (place.rest, place.streams, place.entry)


def made(folder, *changes):
    path = write_live(folder)
    for before, after in changes:
        path.write_text(path.read_text().replace(before, after))
    settings = load(path)
    keys: Keys = read_keys(settings.keys_dir)
    return make_venue(settings, keys)


def test_a_venue_is_made_from_files_and_shows_no_key(tmp_path):
    venue = made(tmp_path)
    assert "bybit-custom" == venue.name
    assert 20 == venue.capability.creates_max
    shown = repr([venue, vars(venue)])
    assert KEY not in shown
    assert SECRET not in shown
    asyncio.run(venue.close())


def test_spot_is_made_by_the_same_code(tmp_path):
    venue = made(tmp_path, ("environment: custom,", "environment: custom, category: spot,"))
    assert 10 == venue.capability.creates_max
    asyncio.run(venue.close())


def test_a_venue_that_is_not_there_is_unusable_and_says_so(tmp_path):
    async def main():
        venue = made(tmp_path)
        try:
            await venue.look(["BTCUSDT"])
        finally:
            await venue.close()

    with pytest.raises(VenueUnusable) as refused:
        asyncio.run(main())
    assert "SQ-V030" == refused.value.code
