"""What every fault of a scenario has, and the words their models share.

Every fault has an id that keeps its dice when others are removed; without one it is called by
its kind and its number in the list. Times are simulated seconds. A fault without ``for_s``
lasts until the calm.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal, get_args

from pydantic import Field, Strict

from sim.scenario.faults.ranges import Draw
from strategy.file_model import CONTRADICTION, Complaint, FromZero, LengthS, Symbol, Written

Link = Literal["rest_up", "rest_down", "public", "private", "trade_up", "trade_down"]
Connection = Literal["rest", "public", "private"]
Request = Literal["create", "amend", "cancel"]
MessageKind = Literal[
    "create",
    "amend",
    "cancel",
    "cancel_all",
    "query",
    "order_accepted",
    "order_rejected",
    "order_amended",
    "order_cancelled",
    "order_filled",
    "book_snapshot",
    "book_delta",
    "book_heartbeat",
    "public_trade",
]

LINKS: Final[tuple[str, ...]] = get_args(Link)
CONNECTIONS: Final[tuple[str, ...]] = get_args(Connection)

# The one path to the venue that a calm of mode ``core_heal`` restores: its links, its connection.
CORE: Final = {"links": ("rest_up", "rest_down"), "connections": ("rest",)}

Links = Annotated[tuple[Link, ...], Strict(False), Field(min_length=1)]
Connections = Annotated[tuple[Connection, ...], Strict(False), Field(min_length=1)]
Symbols = Annotated[tuple[Symbol, ...], Strict(False)]


class Fault(Written):
    """What every fault has."""

    kind: str
    """Which fault it is."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=48)] = ""
    """Its own short name, kept when the list is shrunk; default: the kind and its number in the list."""
    at_s: FromZero
    """Start, in simulated seconds from the beginning of the run."""

    SWARM: ClassVar[Mapping[str, Draw]] = {}
    # What `sim swarm` draws for each field, in the order in which they depend on each other.

    NEEDS: ClassVar[str] = ""
    # The kind without which it changes nothing: a swarm that draws it draws one of those as well.

    ALONE_BY: ClassVar[str | None] = None
    # No two of a kind at once in the same place: the field that says where, empty where there is one place.

    STAYS: ClassVar[bool] = False
    # In a calm of mode ``core_heal`` our own host and one path to the venue heal: REST. A kind that
    # sits elsewhere stays for ever; of a kind on links or connections, what sits on REST heals and the
    # rest stays.


# Seconds between one time and the next: any oftener, and a run does nothing else and never ends.
EveryS = Annotated[float, Field(ge=0.01, le=1e9)]


def unheeded(fault: Fault, belongs: str, *keys: str) -> Iterator[Complaint]:
    """Complain of keys that were written and mean nothing beside the others; ``belongs`` says what they go with."""
    for key in keys:
        if key in fault.model_fields_set:
            yield Complaint(CONTRADICTION, (key,), f"'{key}' changes nothing here: it belongs to {belongs}")


class Lasting(Fault):
    """What every fault that lasts has."""

    for_s: LengthS | None = None
    """How long it lasts, in simulated seconds; without it, until the calm."""
