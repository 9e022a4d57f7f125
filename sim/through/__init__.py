"""A world whose bot is the live one: the real adapter on virtual time, its network in memory."""
