"""Nothing of the first venue leaks, and the core takes the second one's books as they are."""

import json

import pytest
from bybit_wire import instrument
from fences.venue_fence import complaints
from wire_data import wire_file

from strategy.book import APPLIED, OLD, Book
from strategy.events import BookDelta, BookSnapshot
from strategy.instrument import price_ticks_of, size_lots_of

# They make a venue, by its name; everything else takes what they made.
MAKERS = {"adapters/venues.py", "adapters/arm.py"}
# The list of names that a settings file may say, and nothing else.
NAMES = {"adapters/settings.py": 1}


def sources(repository):
    """Give every file that must not know the venue."""
    files = [*(repository / "strategy").rglob("*.py"), *(repository / "adapters").rglob("*.py")]
    named = {path.relative_to(repository).as_posix(): path for path in files}
    return {name: path for name, path in named.items() if not name.startswith("adapters/bybit/") and name not in MAKERS}


def test_nothing_of_the_venue_stands_outside_its_folder(repository):
    found = {name: complaints(path.read_text(encoding="utf-8")) for name, path in sources(repository).items()}
    assert len(found) > 100
    allowed = {name: lines for name, lines in found.items() if len(lines) > NAMES.get(name, 0)}
    assert allowed == {}


@pytest.mark.parametrize(
    "leak",
    [
        "from adapters.bybit import codes",
        'URL = "https://api.bybit.com"',
        'if answer["retCode"] == 0:',
        "def adopt(order_link_id: str) -> None: ...",
        "if code in (110001, 170213):",
        "if code == 10006:",
        'PATH = "/v5/order/create"',
        'topic.startswith("orderbook.50")',
        'headers["X-BAPI-SIGN"]',
        '"EC_PostOnlyWillTakeLiquidity"',
    ],
)
def test_a_leak_is_seen(leak):
    assert complaints(f"x = 1\n{leak}\n")


def test_numbers_of_our_own_are_no_leak():
    assert complaints("WAIT_NS = 10_000\nSIZE_MAX = 110_001\nCOUNT = 4096\ntopic = 'fills'\n") == []


# What another program recorded of the second venue: its books chain by ``pu``, and are joined to a read.
STEPS = {
    "SUSHIUSDT": ("0.001", "1"),
    "AKROUSDT": ("0.00001", "1"),
    "KEEPUSDT": ("0.0001", "1"),
    "CTKUSDT": ("0.00001", "1"),
}


def test_the_second_venues_recorded_books_are_joined_by_the_cores_book():
    grids = {symbol: instrument(symbol, *steps) for symbol, steps in STEPS.items()}
    books = {symbol: Book(symbol) for symbol in STEPS}
    reads, applied = {}, dict.fromkeys(STEPS, 0)

    def levels(symbol, rows):
        return tuple((price_ticks_of(grids[symbol], p), size_lots_of(grids[symbol], s)) for p, s in rows)

    for line in wire_file("cryptofeed/BINANCE_FUTURES.v3.jsonl").read_text().splitlines():
        one = json.loads(line)
        if one["t"] == "http" and "/depth?" in one["url"]:
            symbol = one["url"].partition("symbol=")[2].partition("&")[0]
            read = json.loads(one["data"])
            bids, asks = levels(symbol, read["bids"]), levels(symbol, read["asks"])
            reads[symbol] = BookSnapshot(symbol, read["lastUpdateId"], bids, asks, read["T"], asked_ns=1)
            books[symbol].snapshot(1, reads[symbol])
        frame = json.loads(one["data"]).get("data", {}) if one["t"] == "recv" else {}
        if frame.get("e") == "depthUpdate":
            symbol = frame["s"]
            book = books[symbol]
            delta = BookDelta(
                symbol, frame["pu"], frame["u"], levels(symbol, frame["b"]), levels(symbol, frame["a"]), frame["T"]
            )
            was_joined = book.ok
            word = book.delta(1, delta)
            assert not was_joined or word in (APPLIED, OLD)
            applied[symbol] += word == APPLIED
            assert book.best_bid_ticks < book.best_ask_ticks or not book.is_two_sided
    assert sorted(reads) == sorted(STEPS)
    assert all(book.ok and book.gaps == 0 for book in books.values())
    assert min(applied.values()) > 50
    assert sum(applied.values()) > 600
