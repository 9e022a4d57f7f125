"""The bot: pure, synchronous, deterministic. Events come in, commands go out."""
