"""What happens to market data."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from sim.scenario.faults.base import EveryS, Fault, Lasting, Symbols
from sim.scenario.faults.ranges import AnySymbols, Choice, Draw, LogUniform, Maybe, Uniform
from strategy.file_model import AboveZero, CountAboveZero, CountFromZero, Share


class FeedGap(Fault):
    """The book feed skips messages: the next one does not join what was seen last.

    With `again` it opens anew while a book is loaded: right after the next whole book that is told or read, as
    many updates are lost again, so that what was kept meanwhile does not join it.
    """

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "lost_messages": LogUniform(1, 3000, whole=True),
        "symbols": AnySymbols(),
        "again": Maybe(0.3, Uniform(1, 5, whole=True)),
    }

    kind: Literal["feed_gap"]
    """`feed_gap`: book updates in a row are lost."""
    lost_messages: CountAboveZero
    """How many updates in a row are lost, a count per symbol."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""
    again: CountFromZero = 0
    """After how many whole books it opens once more, a count per symbol."""


class FeedFrozen(Lasting):
    """The book of a symbol falls silent while its stream stays up and answers pings."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(0.5, 120),
        "symbols": AnySymbols(),
        "reads": Choice((False, True)),
    }

    kind: Literal["feed_frozen"]
    """`feed_frozen`: socket up, pongs fine, book silent."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""
    reads: bool = False
    """Books that are asked for get no answer either: there is none by any road."""


class FeedDisorder(Lasting):
    """Updates are told out of their order: some come late, after those that followed them."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 120),
        "symbols": AnySymbols(),
        "prob": LogUniform(0.002, 0.5),
        "late_ms": LogUniform(20, 5000),
    }

    kind: Literal["feed_disorder"]
    """`feed_disorder`: book updates overtake each other."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""
    prob: Share
    """How likely each update is told late, from 0 to 1."""
    late_ms: AboveZero = 120
    """How late it is told, in milliseconds."""


class FeedRestart(Fault):
    """The service that tells of books begins anew: it counts from 1 again."""

    SWARM: ClassVar[Mapping[str, Draw]] = {
        "symbols": AnySymbols(),
        "is_told": Choice((True, False)),
    }

    kind: Literal["feed_restart"]
    """`feed_restart`: books are numbered from 1 again."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""
    is_told: bool = True
    """Whether its first message, the whole book, is told; else all that follows looks old."""


class BookResent(Lasting):
    """Whole books are told in the middle of a stream, as of the last number, though nobody asked."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 120),
        "symbols": AnySymbols(),
        "every_s": LogUniform(0.05, 20),
    }

    kind: Literal["book_resent"]
    """`book_resent`: snapshots in the middle of a stream."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""
    every_s: EveryS
    """How often, in simulated seconds."""


class BookReadLag(Lasting):
    """Books that are asked for come from a copy that lags: they are older than what the stream has told."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 120),
        "symbols": AnySymbols(),
        "lag_s": LogUniform(0.1, 15),
    }

    kind: Literal["book_read_lag"]
    """`book_read_lag`: books that are read are old."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""
    lag_s: AboveZero
    """How far the copy lags, in simulated seconds."""


class BookCrossed(Lasting):
    """The book shows a bid at or above its best ask: an auction, or a publisher that mixes two instants."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(0.1, 60),
        "symbols": AnySymbols(),
        "by_ticks": Uniform(0, 20, whole=True),
    }

    kind: Literal["book_crossed"]
    """`book_crossed`: a bid at or above the best ask."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""
    by_ticks: CountFromZero = 1
    """How far above the best ask that bid is, in ticks; 0 is a locked book."""


class BookOneSided(Lasting):
    """The book shows nothing on one side, however it is asked for."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(0.1, 60),
        "symbols": AnySymbols(),
        "side": Choice(("bids", "asks")),
    }

    kind: Literal["book_one_sided"]
    """`book_one_sided`: a side of the book is empty."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""
    side: Literal["bids", "asks"] = "bids"
    """Which side is empty."""


class StaleLevels(Lasting):
    """The public stream is reset, and the first book of whoever connects still holds levels that are gone.

    They are those of `age_s` before it begins; no later message says that they went.
    """

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(1, 60),
        "symbols": AnySymbols(),
        "age_s": LogUniform(0.5, 60),
    }

    kind: Literal["stale_levels"]
    """`stale_levels`: old levels in the book after a reconnect."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""
    age_s: AboveZero = 5
    """How old they are as it begins, in simulated seconds."""


class MessageStorm(Lasting):
    """Many times as many book updates as there is news: each is followed by others that change nothing."""

    STAYS = True
    SWARM: ClassVar[Mapping[str, Draw]] = {
        "for_s": LogUniform(0.5, 15),
        "symbols": AnySymbols(),
        "factor": LogUniform(2, 50, whole=True),
    }

    kind: Literal["message_storm"]
    """`message_storm`: many more updates than news."""
    symbols: Symbols = ()
    """Which symbols are hit; none named means all."""
    factor: Annotated[int, Field(ge=2, le=200)] = 50
    """How many messages there are instead of one, a count."""


MODELS: Final[tuple[type[Fault], ...]] = (
    FeedGap,
    FeedFrozen,
    FeedDisorder,
    FeedRestart,
    BookResent,
    BookReadLag,
    BookCrossed,
    BookOneSided,
    StaleLevels,
    MessageStorm,
)
EXAMPLES: Final = {
    "feed_gap": "{at_s: 10, kind: feed_gap, lost_messages: 40, symbols: [BTCUSDT], again: 2}",
    "feed_frozen": "{at_s: 10, for_s: 20, kind: feed_frozen, symbols: [BTCUSDT]}",
    "feed_disorder": "{at_s: 10, for_s: 20, kind: feed_disorder, prob: 0.05, late_ms: 120}",
    "feed_restart": "{at_s: 10, kind: feed_restart, is_told: false}",
    "book_resent": "{at_s: 10, for_s: 20, kind: book_resent, every_s: 0.7}",
    "book_read_lag": "{at_s: 10, for_s: 20, kind: book_read_lag, lag_s: 2}",
    "book_crossed": "{at_s: 10, for_s: 5, kind: book_crossed, by_ticks: 2}",
    "book_one_sided": "{at_s: 10, for_s: 5, kind: book_one_sided, side: asks}",
    "stale_levels": "{at_s: 10, for_s: 5, kind: stale_levels, age_s: 8}",
    "message_storm": "{at_s: 10, for_s: 2, kind: message_storm, factor: 50}",
}
