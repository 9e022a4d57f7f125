"""Journals with a past that a test makes up."""

from collections.abc import Iterable
from pathlib import Path

import msgspec
from quoting import KNOBS

from adapters.journal_store import Store
from strategy import journal_table as table
from strategy.core_state import CoreState, fresh_state
from strategy.events import Event
from strategy.order import Order
from strategy.order_states import State


def state_with(
    lots: int = 0, resting: Iterable[str] = (), doubtful: Iterable[str] = (), fills: dict[str, int] | None = None
) -> CoreState:
    """Give the state of a bot that holds something, has orders, and knows of fills."""
    state = fresh_state(KNOBS)
    state.orders.session = "s"
    state.desks[0].position.lots = lots
    for kind, ids in ((State.WORKING, resting), (State.IN_DOUBT, doubtful)):
        for client_id in ids:
            order = Order(client_id, "BTCUSDT", client_id, 1, 100, 5, state=kind)
            state.orders.live[client_id] = order
    state.orders.fill_ids.update(fills or {})
    return state


class Kept:
    """A journal that is being made; times are ns of our clock."""

    def __init__(self, path: Path, state: CoreState, at_ns: int = 1) -> None:
        self.store = Store(path)
        self.store.begin_boot("s", at_ns, "real@bybit-custom", KNOBS, msgspec.json.encode(state))

    def hear(self, at_ns: int, *words: Event) -> None:
        rows = [(table.kind_of(one), at_ns, table.body_of(one), table.NOTHING) for one in words]
        self.store.append(rows)

    def intend(self, at_ns: int, *commands: object) -> None:
        self.store.append([(table.INTENT, at_ns, table.body_of(one), table.NOTHING) for one in commands])

    def turn(self, at_ns: int, state: CoreState) -> None:
        self.store.begin_segment([], at_ns, table.IN_TIME, msgspec.json.encode(state))

    def boot(self, at_ns: int, state: CoreState) -> None:
        self.store.begin_boot(f"s{at_ns}", at_ns, "real@bybit-custom", KNOBS, msgspec.json.encode(state))

    def close(self) -> None:
        self.store.close()


def hurt_in_the_middle(journal: Path) -> None:
    """Spoil a page of old records, as a disk does: nothing that a restart reads."""
    data = bytearray(journal.read_bytes())
    at = data.index(b"OrderFilled", len(data) // 3) // 4096 * 4096
    data[at : at + 4096] = b"\xa5" * 4096
    journal.write_bytes(data)
