"""What happens where bytes wait: a line that carries few of them, a reader who takes few."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, Strict

from sim.scenario.faults.base import LINKS, Lasting, Links
from sim.scenario.faults.ranges import Choice, Draw, LogUniform, Subset
from strategy.file_model import AboveZero

_StreamLinks = Annotated[tuple[Literal["public", "private"], ...], Strict(False), Field(min_length=1)]
Rate = Annotated[float, Field(ge=0.1, le=1e6)]


class Bandwidth(Lasting):
    """Links carry only so many bytes a second: messages wait for each other, and nothing of them is lost.

    All that a link carries shares it, in the order in which it was sent. Where only records go over a link
    (the simulated driver's), a message is as long as its record written as JSON.
    """

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 120),
        "links": Subset(LINKS),
        "kib_per_s": LogUniform(0.5, 64),
    }

    kind: Literal["bandwidth"]
    """`bandwidth`: few bytes a second."""
    links: Links
    """Which directed links are hit, each by itself."""
    kib_per_s: Rate
    """How much a link carries, in KiB a second."""


class SlowReader(Lasting):
    """We read a stream slower than the venue writes it: what waits fills a buffer, and the venue acts when it is full.

    `drop_oldest` and `drop_newest`: a message goes, whole, and nobody says so. `disconnect`: the venue ends the
    connection, and what waited on it is gone; the next one has an empty buffer.
    """

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 120),
        "links": Subset(("public", "private")),
        "kib_per_s": LogUniform(0.2, 32),
        "buffer_kib": LogUniform(0.5, 256),
        "when_full": Choice(("drop_oldest", "drop_newest", "disconnect")),
    }

    kind: Literal["slow_reader"]
    """`slow_reader`: a stream is read too slowly."""
    links: _StreamLinks
    """Which streams are hit, each connection by itself."""
    kib_per_s: Rate
    """How fast we read, in KiB a second."""
    buffer_kib: AboveZero = 64
    """How much may wait for us, in KiB."""
    when_full: Literal["drop_oldest", "drop_newest", "disconnect"] = "disconnect"
    """What the venue does with a reader whose buffer is full."""


MODELS: Final = (Bandwidth, SlowReader)
EXAMPLES: Final = {
    "bandwidth": "{at_s: 10, for_s: 20, kind: bandwidth, links: [public, rest_down], kib_per_s: 4}",
    "slow_reader": "{at_s: 10, for_s: 20, kind: slow_reader, links: [public], kib_per_s: 2, buffer_kib: 4, "
    "when_full: drop_oldest}",
}
