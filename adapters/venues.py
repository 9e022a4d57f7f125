"""From the settings to a venue with connections of its own: the only place that knows which there are."""

from adapters.keys import Keys
from adapters.settings import Settings
from adapters.venue import Venue, VenueUnusable


def make_venue(settings: Settings, keys: Keys) -> Venue:
    """Make the venue that the settings name, not connected yet; raises ``VenueUnusable``."""
    raise VenueUnusable("SQ-V030", f"no adapter for {settings.venue_name} is built in yet")
