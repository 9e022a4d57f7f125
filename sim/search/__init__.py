"""Trying many settings of the strategy in one world: sweeps, and calibrations built on them."""
