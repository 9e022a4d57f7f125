"""Read the flattened form: snapshot, depth, bbo and trades as four CSV files.

Local time is in nanoseconds and venue time in milliseconds, as the column names promise; both
promises are checked. Rows of ``depth`` that share an id form one message. The loops are written
for speed: one split per row, and the long common head of a message is looked at once.
"""

from typing import Final

from sim.market.tape.files import require_unit
from sim.market.tape.grid import Grid
from sim.market.tape.records import Level, TapeBbo, TapeDelta, TapeSnapshot, TapeTrade
from sim.market.tape.refusal import MALFORMED, NOT_POSITIVE, OUT_OF_ORDER, RowRefused, refuse

HEADERS: Final = {
    "snapshot": "local_ts_ns,exch_ts_ms,last_update_id,side,price,qty",
    "depth": "local_ts_ns,exch_ts_ms,first_id,last_id,prev_last_id,side,price,qty",
    "bbo": "local_ts_ns,exch_ts_ms,update_id,bid_px,bid_qty,ask_px,ask_qty",
    "trades": "local_ts_ns,exch_ts_ms,trade_id,price,qty,aggressor",
}
_NS_PER_MS: Final = 1_000_000


def rows_of(part: str, path: str, text: str) -> list[str]:
    """Split into rows after checking the header and the units of the first and last row."""
    rows = text.split("\n")
    if rows and not rows[-1]:
        rows.pop()
    header = HEADERS[part]
    try:
        _check_header(header, rows[0] if rows else "")
    except RowRefused as mistake:
        refuse(path, 1, mistake, header, rows[0] if rows else "")
    for number in sorted({2, len(rows)}) if len(rows) > 1 else ():
        try:
            local, venue = rows[number - 1].split(",")[:2]
            require_unit("local_ts_ns", local, "ns")
            require_unit("exch_ts_ms", venue, "ms")
        except ValueError as mistake:
            refuse(path, number, mistake, header, rows[number - 1])
    return rows


def _check_header(expected: str, found: str) -> None:
    if found == expected:
        return
    columns, present = expected.split(","), found.split(",")
    missing = [column for column in columns if column not in present]
    unknown = [column for column in present if column not in columns]
    if missing:
        raise RowRefused(MALFORMED, f"missing column {', '.join(missing)} (the header must be {expected})")
    what = f"unknown column {', '.join(unknown)}" if unknown else "columns out of order"
    raise RowRefused(MALFORMED, f"{what} (the header must be {expected})")


def _head(head: str, columns: int, local_ns_before: int) -> tuple[int, ...]:
    """Parse what the rows of one message share, its local time first."""
    numbers = tuple(map(int, head.split(",")))
    if len(numbers) != columns:
        raise RowRefused(MALFORMED, f"{columns + 3} columns expected, found {len(numbers) + 3}")
    require_order(numbers[0], local_ns_before)
    return numbers


def require_order(local_ns: int, local_ns_before: int) -> None:
    """Refuse a message received before the one above it."""
    if local_ns < local_ns_before:
        raise RowRefused(OUT_OF_ORDER, f"local time goes back by {local_ns_before - local_ns} ns")


def _one_of(value: str, known: str) -> int:
    """Read a two-valued letter: the first of ``known`` is +1, the second -1."""
    if len(value) != 1 or value not in known:
        raise RowRefused(MALFORMED, f"{value!r} is neither {known[0]} nor {known[1]}")
    return 1 if value == known[0] else -1


def read_depth(path: str, source: int, text: str, prices: Grid, sizes: Grid) -> list[TapeDelta]:
    """Read the depth messages."""
    rows = rows_of("depth", path, text)
    messages: list[TapeDelta] = []
    current = ""
    numbers: tuple[int, ...] = (0, 0, 0, 0, 0)
    first_line, number = 0, 1
    sides: dict[str, list[Level]] = {"B": [], "A": []}
    try:
        for number, row in enumerate(rows[1:], 2):
            head, side, price, size = row.rsplit(",", 3)
            if head != current:
                if current:
                    messages.append(_delta(numbers, source, first_line, sides))
                current, first_line, sides = head, number, {"B": [], "A": []}
                numbers = _head(head, 5, numbers[0])
            sides[side].append((prices[price], sizes[size]))
    except KeyError as mistake:
        wrong = RowRefused(MALFORMED, f"side {mistake} is neither B nor A", f",{mistake.args[0]},")
        refuse(path, number, wrong, HEADERS["depth"], rows[number - 1])
    except ValueError as mistake:
        refuse(path, number, mistake, HEADERS["depth"], rows[number - 1])
    if current:
        messages.append(_delta(numbers, source, first_line, sides))
    return messages


def _delta(numbers: tuple[int, ...], source: int, line: int, sides: dict[str, list[Level]]) -> TapeDelta:
    local_ns, venue_ms, first_id, last_id, prev_last_id = numbers
    return TapeDelta(
        local_ns,
        venue_ms * _NS_PER_MS,
        source,
        line,
        first_id,
        last_id,
        prev_last_id,
        tuple(sides["B"]),
        tuple(sides["A"]),
    )


def read_snapshots(path: str, source: int, text: str, prices: Grid, sizes: Grid) -> list[TapeSnapshot]:
    """Read the snapshots; usually there is one. Rows that share their head form a snapshot."""
    rows = rows_of("snapshot", path, text)
    snapshots: list[TapeSnapshot] = []
    current = ""
    numbers: tuple[int, ...] = (0, 0, 0)
    first_line, number = 0, 1
    bids: list[Level] = []
    asks: list[Level] = []

    def close() -> None:
        bids.sort(reverse=True)
        asks.sort()
        local_ns, venue_ms, last_update_id = numbers
        venue_ns = venue_ms * _NS_PER_MS
        snapshots.append(TapeSnapshot(local_ns, venue_ns, source, first_line, last_update_id, tuple(bids), tuple(asks)))

    try:
        for number, row in enumerate(rows[1:], 2):
            head, side, price, size = row.rsplit(",", 3)
            if head != current:
                if current:
                    close()
                current, first_line, bids, asks = head, number, [], []
                before_ns, numbers = numbers[0], _head(head, 3, numbers[0])
                if before_ns == numbers[0]:
                    raise RowRefused(MALFORMED, "two snapshots of one instant: the rows of one share their ids")
            (bids if _one_of(side, "BA") > 0 else asks).append((prices[price], _above_zero(sizes[size])))
    except ValueError as mistake:
        refuse(path, number, mistake, HEADERS["snapshot"], rows[number - 1])
    if current:
        close()
    return snapshots


def _above_zero(size_lots: int) -> int:
    if size_lots == 0:
        raise RowRefused(NOT_POSITIVE, "size is zero where something must be")
    return size_lots


def read_bbos(path: str, source: int, text: str, prices: Grid, sizes: Grid) -> list[TapeBbo]:
    """Read the best bids and asks."""
    rows = rows_of("bbo", path, text)
    found: list[TapeBbo] = []
    local_ns, number = 0, 1
    try:
        for number, row in enumerate(rows[1:], 2):
            local, venue, update, bid, bid_size, ask, ask_size = row.split(",")
            require_order(int(local), local_ns)
            local_ns = int(local)
            found.append(
                TapeBbo(
                    local_ns,
                    int(venue) * _NS_PER_MS,
                    source,
                    number,
                    int(update),
                    prices[bid],
                    sizes[bid_size],
                    prices[ask],
                    sizes[ask_size],
                )
            )
    except ValueError as mistake:
        refuse(path, number, mistake, HEADERS["bbo"], rows[number - 1])
    return found


def read_trades(path: str, source: int, text: str, prices: Grid, sizes: Grid) -> list[TapeTrade]:
    """Read the trades."""
    rows = rows_of("trades", path, text)
    found: list[TapeTrade] = []
    local_ns, number = 0, 1
    try:
        for number, row in enumerate(rows[1:], 2):
            local, venue, trade_id, price, size, aggressor = row.split(",")
            require_order(int(local), local_ns)
            local_ns = int(local)
            found.append(
                TapeTrade(
                    local_ns,
                    int(venue) * _NS_PER_MS,
                    source,
                    number,
                    int(trade_id),
                    prices[price],
                    _above_zero(sizes[size]),
                    _one_of(aggressor, "BS"),
                )
            )
    except ValueError as mistake:
        refuse(path, number, mistake, HEADERS["trades"], rows[number - 1])
    return found
