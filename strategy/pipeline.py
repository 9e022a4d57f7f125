"""The quote pipeline: an ordered tuple of plain functions, and the loop that runs them.

``run`` makes a whole decision. ``place`` is its last stage alone, for when only our own orders
changed. The stopwatch is called with a stage's name as that stage ends; in simulation it does
nothing, so that nothing here knows a clock.
"""

from collections.abc import Callable
from typing import Final

from strategy.context import QuoteContext
from strategy.errors import OurMistake
from strategy.knobs import Knobs
from strategy.stages import adaptive_spread, closed_form, guard, inventory_skew, order_placement, queue_aware, symmetric

Stage = Callable[[QuoteContext, Knobs], QuoteContext]
QuotePipeline = tuple[tuple[str, Stage], ...]
Stopwatch = Callable[[str], None]

# Laps of a step outside the stages: what was before it, and what it does before the first of them.
BEGUN: Final = "begun"
TAKEN_IN: Final = "taken_in"

PIPELINE: Final = "pipeline"
SYMMETRIC: Final = "symmetric"

_GUARD: Final = (guard.NAME, guard.judge)
_PLACEMENT: Final = (order_placement.NAME, order_placement.place)

MODELS: Final[dict[str, QuotePipeline]] = {
    PIPELINE: (
        _GUARD,
        (adaptive_spread.NAME, adaptive_spread.set_width),
        (inventory_skew.NAME, inventory_skew.lean),
        (queue_aware.NAME, queue_aware.keep_or_move),
        _PLACEMENT,
    ),
    SYMMETRIC: (_GUARD, (symmetric.NAME, symmetric.quote), _PLACEMENT),
    closed_form.AVELLANEDA_STOIKOV: (_GUARD, (closed_form.NAME, closed_form.quote), _PLACEMENT),
    closed_form.GLFT: (_GUARD, (closed_form.NAME, closed_form.quote), _PLACEMENT),
}


def pipeline_of(model: str) -> QuotePipeline:
    """Give the stages of a configured model; ``config`` has checked the name."""
    if model not in MODELS:
        raise OurMistake(f"no such model: {model}")
    return MODELS[model]


def no_stopwatch(_name: str) -> None:
    """Measure nothing."""


def run(
    pipeline: QuotePipeline, context: QuoteContext, knobs: Knobs, stopwatch: Stopwatch = no_stopwatch
) -> QuoteContext:
    """Decide: every stage in its order."""
    for name, stage in pipeline:
        context = stage(context, knobs)
        stopwatch(name)
    return context


def place(context: QuoteContext, knobs: Knobs) -> QuoteContext:
    """Bring what works to what the last decision wanted, with the inputs refreshed."""
    return order_placement.place(context, knobs)
