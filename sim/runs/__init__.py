"""Running scenarios over seeds, judging them, and keeping what came of it."""
