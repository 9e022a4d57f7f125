"""How commands travel: which of them share a request, and which must leave before which.

``group`` is pure and serves every driver; the rate budgets are charged on its result. It keeps
three promises for any commands: nothing is lost or doubled; what concerns one order leaves in the
order it was asked, a cancel-all after the creates that it must catch, and a create after the cancels of its
symbol that were asked before it; apart from that what takes risk away leaves first. Grouping what was
grouped changes nothing.

``sequential``: a symbol's commands of a kind in one request, one request under way at a time.
``concurrent``: every command in a request of its own, all at once. ``batched``: as few requests as
the venue allows, all at once. The pace is the driver's; the groups are the same for all of them.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from strategy.commands import AmendOrder, CancelAll, CancelOrder, Command, CreateOrder

SEQUENTIAL: Final = "sequential"
CONCURRENT: Final = "concurrent"
BATCHED: Final = "batched"

Group = tuple[Command, ...]

_ORDERS: Final = (CreateOrder, AmendOrder, CancelOrder, CancelAll)
_LIMIT_OF: Final[dict[type, str]] = {CreateOrder: "creates_max", AmendOrder: "amends_max", CancelOrder: "cancels_max"}
_FIRST: Final[dict[type, int]] = {CancelAll: 0, CancelOrder: 1}
_NOT_FIRST: Final = 2


class Capability(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What one request to a venue may carry: this many commands of one kind, and never of two kinds.

    ``per_item``: a batch uses one token of the rate budget for each of its commands, else one in all.
    ``mixes_symbols``: commands of different symbols may share a batch.
    """

    creates_max: int = 1
    amends_max: int = 1
    cancels_max: int = 1
    per_item: bool = True
    mixes_symbols: bool = True

    def batch_max(self, command: Command) -> int:
        """Give how many commands of this one's kind a request may carry."""
        name = _LIMIT_OF.get(type(command))
        return 1 if name is None else int(getattr(self, name))


def of_size(size: int, *, per_item: bool) -> Capability:
    """Allow batches of one size for every kind."""
    return Capability(creates_max=size, amends_max=size, cancels_max=size, per_item=per_item)


# A venue of which nothing is known takes one command at a time.
SINGLE: Final = Capability()


def group(commands: Sequence[Command], capability: Capability, dispatch: str) -> tuple[Group, ...]:
    """Sort commands into requests, in the order in which they are to leave."""
    if not commands:
        return ()
    if len(commands) == 1:
        return (tuple(commands),)
    groups: dict[tuple[object, ...], list[Command]] = {}
    for number, (wave, command) in enumerate(_waves(commands)):
        # A question, and a cancel-all, is a request of its own.
        alone = number if dispatch == CONCURRENT or type(command) not in _LIMIT_OF else -1
        symbol = "" if dispatch == BATCHED and capability.mixes_symbols else getattr(command, "symbol", "")
        groups.setdefault((wave, type(command), symbol, alone), []).append(command)
    parts = [part for whole in groups.values() for part in _cut(whole, capability)]
    return tuple(parts)


def tokens(groups: Sequence[Group], capability: Capability) -> int:
    """Count what these requests use of the budget for orders; questions use none of it."""
    about_orders = [one for one in groups if isinstance(one[0], _ORDERS)]
    return sum(len(one) for one in about_orders) if capability.per_item else len(about_orders)


def added_tokens(leaving: Sequence[Command], command: Command, capability: Capability, dispatch: str) -> int:
    """Count what one more command adds to the cost of those that leave with it."""
    if capability.per_item:
        return int(isinstance(command, _ORDERS))
    before = tokens(group(leaving, capability, dispatch), capability)
    return tokens(group((*leaving, command), capability, dispatch), capability) - before


def _cut(whole: Sequence[Command], capability: Capability) -> list[Group]:
    size = max(1, capability.batch_max(whole[0]))
    return [tuple(whole[start : start + size]) for start in range(0, len(whole), size)]


def _waves(commands: Sequence[Command]) -> list[tuple[int, Command]]:
    """Number each command by how many must leave before it, one after the other; sort by that.

    Within a wave nothing depends on anything, so what takes risk away comes first.
    """
    waves: list[tuple[int, Command]] = []
    last_of: dict[str, int] = {}  # by client id, the wave of the last command about it
    quotes: list[tuple[int, CreateOrder | AmendOrder]] = []
    sweeps: list[tuple[int, CancelAll]] = []
    cancels: dict[str, int] = {}  # by symbol, the last wave that has a cancel
    for command in commands:
        client_id = getattr(command, "client_id", "")
        wave = last_of.get(client_id, -1) + 1 if client_id else 0
        if isinstance(command, CancelAll):
            # It was asked for so as to end what came before it.
            wave = max([wave, *(at + 1 for at, quote in quotes if command.symbol in ("", quote.symbol))])
            sweeps.append((wave, command))
        elif isinstance(command, CreateOrder | AmendOrder):
            # It was asked for after a sweep that must not end it.
            wave = max([wave, *(at + 1 for at, sweep in sweeps if sweep.symbol in ("", command.symbol))])
            if isinstance(command, CreateOrder):
                # It may only fit once they are gone; within a wave cancels are first.
                wave = max(wave, cancels.get(command.symbol, 0))
            quotes.append((wave, command))
        elif isinstance(command, CancelOrder):
            cancels[command.symbol] = max(wave, cancels.get(command.symbol, 0))
        if client_id:
            last_of[client_id] = wave
        waves.append((wave, command))
    return sorted(waves, key=_rank)


def _rank(place: tuple[int, Command]) -> tuple[int, int]:
    wave, command = place
    return wave, _FIRST.get(type(command), _NOT_FIRST)
