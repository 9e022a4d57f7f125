"""Scenario files: their models, the metrics and bounds they may name, and how they are read."""
