"""Recorded windows of a real market: read exactly, replayed by rule, and proved against themselves.

``load`` reads a folder into one ``Tape`` of compact records; ``replay`` rebuilds its book and
counts how often it equals the recorded best bid and ask; ``timeline`` orders a sound tape for use
as a market; ``queue_model`` says when an order of ours, which the tape never saw, would have filled.
"""
