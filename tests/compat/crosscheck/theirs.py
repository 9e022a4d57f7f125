"""Their side: the same records in hftbacktest's own form, played in an environment of its own.

``STORMQUOTE_HFTBACKTEST`` names a Python that has hftbacktest; its numpy is older than ours, so the two
never share an environment. Without it, or where it has none, there is a reason in words.
"""

import json
import os
import subprocess
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from compat.crosscheck.orders import Fill, Order, actions

from sim.market.tape.queue_model import QueueModel
from sim.market.tape.records import TapeDelta, TapeSnapshot, TapeTrade
from sim.market.tape.timeline import Timed

VERSION = "2.4.4"
# hftbacktest reads a time of zero as none.
_START_NS = 10**18
_BOTH, _BUY, _SELL = 3 << 30, 1 << 29, 1 << 28
_DEPTH, _TRADE, _SNAPSHOT = 1, 2, 4
_ADD, _CANCEL, _MODIFY, _FILL = 10, 11, 12, 13
_EXPIRED = 2
_EVENT = [("ev", "u8"), ("exch_ts", "i8"), ("local_ts", "i8"), ("px", "f8"), ("qty", "f8"), ("order_id", "u8")]


class Work(NamedTuple):
    """One market with its orders, and how they are to be treated."""

    events: list[tuple[int, int, int, float, float, int]]
    orders: Sequence[Order]
    model: QueueModel
    is_partial: bool = False


class Theirs(NamedTuple):
    """What hftbacktest says: fills, who was refused, its own accounts, and the code it stopped with, 0 if none."""

    fills: list[Fill]
    refused: list[int]
    position: float
    balance: float
    stopped: int


def why_not() -> str:
    """Say why there is no hftbacktest to compare with; empty when there is one."""
    python = os.environ.get("STORMQUOTE_HFTBACKTEST", "")
    if not python:
        return "STORMQUOTE_HFTBACKTEST names no Python with hftbacktest (docs/tapes.md)"
    asked = [python, "-c", "import importlib.metadata as m; print(m.version('hftbacktest'))"]
    try:
        found = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return f"{python} has no hftbacktest"
    return "" if found == VERSION else f"hftbacktest {found} is there, {VERSION} is what was compared"


def events_of(items: Sequence[Timed], grid: tuple[Decimal, Decimal]) -> list[tuple[int, int, int, float, float, int]]:
    """Write L2 records as their events: of a message the bids first, as their own converter does."""
    tick, lot = map(float, grid)
    found: list[tuple[int, int, int, float, float, int]] = []
    for at_ns, record in items:
        at = _START_NS + at_ns
        if isinstance(record, TapeTrade):
            flag = _BUY if record.side > 0 else _SELL
            found.append((_BOTH | flag | _TRADE, at, at, record.price_ticks * tick, record.size_lots * lot, 0))
        elif isinstance(record, TapeDelta | TapeSnapshot):
            kind = _DEPTH if isinstance(record, TapeDelta) else _SNAPSHOT
            for flag, levels in ((_BUY, record.bids), (_SELL, record.asks)):
                found += [(_BOTH | flag | kind, at, at, ticks * tick, lots * lot, 0) for ticks, lots in levels]
    return found


def order_events_of(
    items: Sequence[Timed], grid: tuple[Decimal, Decimal]
) -> list[tuple[int, int, int, float, float, int]]:
    """Write records of orders as their events; a trade is told by the order that it hit, before what it does."""
    tick, lot = map(float, grid)
    resting: dict[int, tuple[int, int]] = {}
    found: list[tuple[int, int, int, float, float, int]] = []
    for at_ns, record in items:
        at = _START_NS + at_ns
        if isinstance(record, TapeTrade):
            if record.maker_id in resting:
                flag = _SELL if record.side > 0 else _BUY
                what = _BOTH | flag | _FILL
                found.append((what, at, at, record.price_ticks * tick, record.size_lots * lot, record.maker_id))
        elif isinstance(record, TapeDelta | TapeSnapshot):
            for each in record.orders:
                before = resting.pop(each.order_id, None)
                if each.size_lots:
                    resting[each.order_id] = each.side, each.price_ticks
                kind = (_ADD if before is None else _MODIFY) if each.size_lots else _CANCEL
                flag = _BUY if each.side > 0 else _SELL
                price, size = each.price_ticks * tick, each.size_lots * lot
                found.append((_BOTH | flag | kind, at, at, price, size, each.order_id))
    return found


def play(works: Sequence[Work], latency_ns: int, grid: tuple[Decimal, Decimal], folder: Path) -> list[Theirs]:
    """Play every market with its orders, all in one process of theirs."""
    import numpy as np

    markets = [
        {"queue": work.model.name, "exponent": work.model.exponent, "partial": work.is_partial} for work in works
    ]
    setup = {
        "markets": markets, "latency_ns": latency_ns, "answer_ns": 1, "tick": float(grid[0]), "lot": float(grid[1])
    }  # fmt: skip
    arrays: dict[str, Any] = {"setup": json.dumps(setup)}
    for number, work in enumerate(works):
        moved = [
            order._replace(sent_ns=order.sent_ns + _START_NS, cancel_ns=order.cancel_ns + _START_NS)
            for order in work.orders
        ]
        arrays[f"events_{number}"] = np.array(work.events, dtype=_EVENT)
        arrays[f"orders_{number}"] = np.array([(each.sent_ns, *each[2:]) for each in moved], dtype=np.int64)
        arrays[f"actions_{number}"] = np.array(actions(moved), dtype=np.int64)
    np.savez(folder / "work.npz", **arrays)
    program = Path(__file__).with_name("their_side.py")
    told = subprocess.run(
        [os.environ["STORMQUOTE_HFTBACKTEST"], str(program), str(folder / "work.npz"), str(folder / "answer.json")],
        capture_output=True,
        text=True,
    )
    if told.returncode:
        raise RuntimeError(f"hftbacktest's side failed:\n{told.stderr}")
    return [_read(one) for one in json.loads((folder / "answer.json").read_text())["markets"]]


def _read(answer: dict[str, Any]) -> Theirs:
    fills = [Fill(order, at_ns - _START_NS, ticks, lots) for order, at_ns, ticks, lots in answer["fills"]]
    refused = [number for number, state in enumerate(answer["states"]) if state == _EXPIRED]
    fills.sort(key=lambda fill: (fill.at_ns, fill.order))
    return Theirs(fills, refused, answer["position"], answer["balance"], answer["stopped"])
