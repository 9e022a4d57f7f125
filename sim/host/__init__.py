"""The machine the bot runs on: its clocks, its processor, its memory, its disk."""
