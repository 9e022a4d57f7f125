"""Recorded markets: the book that their messages make is the one that the venue told of."""

import os
from collections.abc import Iterator
from pathlib import Path

from conformance.economics.table import Row

from sim.market.tape.load import load
from sim.market.tape.replay import replay

_TAPE = "7 recorded"
# Folder; messages with a comparable best bid and ask, and those that agree in price and size.
_WINDOWS = (
    ("binance_usdm_btcusdt_20230404-05", 16_110, 16_110),
    ("binance_usdm_btcusdt_20240718-19", 9_017, 9_017),
    ("binance_spot_btcusdt_20240808-09", 6_493, 6_491),
)


def rows(quick: bool) -> Iterator[Row | str]:
    """Give each window, or the two short ones; without the recordings a line that says so."""
    folder = Path(os.environ.get("STORMQUOTE_DATA") or "no-recorded-data")
    if not folder.is_dir():
        yield f"{_TAPE:<14} skipped: no recorded data (STORMQUOTE_DATA)"
        return
    for name, comparable, agreed in _WINDOWS[1:] if quick else _WINDOWS:
        found = replay(load(folder / name))
        yield Row(_TAPE, f"{name}: comparable", float(comparable), float(found.comparable), 0.0)
        yield Row(_TAPE, f"{name}: agreed", float(agreed), float(found.agreed), 0.0)
        yield Row(_TAPE, f"{name}: crossed", 0.0, float(found.crossed), 0.0)
