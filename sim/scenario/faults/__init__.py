"""The faults a scenario can contain: one model per kind, told apart by ``kind``.

A room per part of the world, in the order in which they are shown.
Each lists its models and one example of each; here they become one discriminated union.
"""

from typing import Annotated, Any, Final, Union, get_args

from pydantic import Field

from sim.scenario.faults import (
    clocks,
    connections,
    feeds,
    fills,
    host,
    market,
    network,
    orders,
    people,
    queues,
    terms,
    venue,
)
from sim.scenario.faults.base import Fault

_ROOMS: Final = (
    orders,
    fills,
    network,
    queues,
    connections,
    feeds,
    venue,
    terms,
    clocks,
    host,
    people,
    market,
)


def kind_of(model: type[Fault]) -> str:
    """Give the kind a fault model stands for."""
    annotation: Any = model.model_fields["kind"].annotation
    return str(get_args(annotation)[0])


KINDS: Final[dict[str, type[Fault]]] = {kind_of(model): model for room in _ROOMS for model in room.MODELS}
# What each room is about, in its own first line, and the kinds in it.
ROOMS: Final[dict[str, tuple[str, ...]]] = {
    (room.__doc__ or "").splitlines()[0].rstrip("."): tuple(map(kind_of, room.MODELS)) for room in _ROOMS
}
EXAMPLES: Final[dict[str, str]] = {kind: example for room in _ROOMS for kind, example in room.EXAMPLES.items()}

# A union put together at run time: pydantic reads it, mypy knows its members by their base.
AnyFault = Fault
OneFault: Any = Annotated[Union[tuple(KINDS.values())], Field(discriminator="kind")]  # noqa: UP007
