"""The simulated world: an exchange, its weather, and the oracle that watches the bot in it."""

__version__ = "0.1.0"
