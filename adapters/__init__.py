"""The bot on a real wire: thin asynchronous drivers around the same core."""
