"""Closed forms of optimal quotes, against numbers of independent computations."""

from collections.abc import Iterator

from conformance.economics.table import Row

from strategy.closed_forms import (
    Crowd,
    certain_half,
    gueant_lehalle_tapia,
    gueant_lehalle_tapia_exact,
    inventory_weight,
    symmetric,
)

_AS = "3 A-S"
_GLFT = "4 GLFT"
# The exact quotes are printed with four digits.
_PRINTED = 0.5e-4
# volatility, fill rate, fill decay, aversion; c, w, spread at 0; time left; bid and ask at 1 and at 5.
_SETTINGS = (
    (Crowd(0.3, 0.9, 0.3, 0.01), (3.278982, 0.067866, 6.625830), 600.0, (3.3812, 3.2449), (3.6535, 2.9725)),
    (Crowd(0.4, 0.9, 0.3, 0.01), (3.278982, 0.090488, 6.648452), 600.0, (3.4154, 3.2335), (3.7787, 2.8700)),
    (Crowd(1.0, 0.2, 0.3, 0.01), (3.278982, 0.479884, 7.037848), 600.0, (4.0175, 3.0323), (5.9185, 1.1002)),
    (Crowd(2.0, 140.0, 1.5, 0.1), (0.645385, 0.051717, 1.342488), 1.0, (0.7241, 0.6191), (0.9318, 0.4105)),
)


def rows(_quick: bool) -> Iterator[Row]:
    """Give the spreads of both papers; they cost nothing, so there is one size."""
    for aversion, spread in ((0.1, 1.49), (0.01, 1.35), (1.0, 3.02)):
        measured = symmetric(Crowd(2.0, 140.0, 1.5, aversion), 1.0).spread
        yield Row(_AS, f"average spread, aversion {aversion:g}", spread, measured, 0.005)
    for crowd, (half, weight, spread), remaining, *tables in _SETTINGS:
        name = f"volatility {crowd.volatility:g}, "
        for what, expected, measured in (
            ("c", half, certain_half(crowd)),
            ("w", weight, inventory_weight(crowd)),
            ("spread when flat", spread, gueant_lehalle_tapia(crowd, 0).spread),
        ):
            yield Row(_GLFT, name + what, expected, measured, 1e-5 * expected)
        quotes = gueant_lehalle_tapia_exact(crowd, 30, remaining)
        for position, (bid, ask) in zip((1, 5), tables, strict=True):
            yield Row(_GLFT, f"{name}exact bid at {position}", bid, quotes[position].bid, 1e-4 * bid + _PRINTED)
            yield Row(_GLFT, f"{name}exact ask at {position}", ask, quotes[position].ask, 1e-4 * ask + _PRINTED)
