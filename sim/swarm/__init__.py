"""Random worlds: a seed is drawn out into a whole scenario, and many of them are run."""
