"""Whatever is lost on the way, an ``ok`` book equals the venue's, and a lost book recovers."""

from hypothesis import given
from hypothesis import strategies as st

from strategy.book import APPLIED, Book
from strategy.events import BookDelta, BookSnapshot

CHANGES = st.lists(
    st.tuples(st.sampled_from((0, 1)), st.integers(0, 5), st.integers(0, 3), st.booleans(), st.booleans()),
    min_size=1,
    max_size=60,
)


class Venue:
    """Two ladders that never meet: bids at 90..95, asks at 100..105."""

    def __init__(self) -> None:
        self.sides: tuple[dict[int, int], dict[int, int]] = ({95: 1}, {100: 1})
        self.seq = 1

    def change(self, side: int, step: int, size: int) -> BookDelta:
        price = (90, 100)[side] + step
        if size:
            self.sides[side][price] = size
        else:
            self.sides[side].pop(price, None)
        self.seq += 1
        levels = ((price, size),)
        return BookDelta(
            symbol="X",
            prev_seq=self.seq - 1,
            seq=self.seq,
            bids=levels if side == 0 else (),
            asks=levels if side == 1 else (),
            venue_ns=0,
        )

    def snapshot(self, asked_ns: int) -> BookSnapshot:
        bids = tuple(sorted(self.sides[0].items(), reverse=True))
        asks = tuple(sorted(self.sides[1].items()))
        return BookSnapshot(symbol="X", seq=self.seq, bids=bids, asks=asks, venue_ns=0, asked_ns=asked_ns)


def agrees(book: Book, venue: Venue) -> bool:
    bids, asks = venue.sides
    best = (max(bids, default=0), min(asks, default=0))
    return (book.bids, book.asks) == venue.sides and best == (book.best_bid_ticks, book.best_ask_ticks)


@given(CHANGES)
def test_an_ok_book_that_is_up_to_date_equals_the_venues(changes):
    venue, book = Venue(), Book(symbol="X")
    book.snapshot(0, venue.snapshot(0))
    for now_ns, (side, step, size, lost, asks_snapshot) in enumerate(changes):
        message = venue.change(side, step, size)
        if not lost:
            book.delta(now_ns, message)
        if asks_snapshot:
            book.snapshot(now_ns, venue.snapshot(asked_ns=now_ns + 1))
        if book.ok and book.seq == venue.seq:
            assert agrees(book, venue)
    assert APPLIED == book.snapshot(99, venue.snapshot(asked_ns=99))
    assert agrees(book, venue)


@given(CHANGES)
def test_a_gap_is_never_silent(changes):
    """After a lost message the very next one that arrives shows it."""
    venue, book = Venue(), Book(symbol="X")
    book.snapshot(0, venue.snapshot(0))
    missed = False
    for side, step, size, lost, _ in changes:
        message = venue.change(side, step, size)
        if lost:
            missed = True
            continue
        book.delta(1, message)
        assert book.ok is not missed
