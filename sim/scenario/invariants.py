"""The invariants in words: what always holds (S), and what holds again after the storm (L)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Invariant:
    """One promise; ``bounds`` are the fields of a scenario's ``invariants.bounds`` that it reads."""

    code: str
    title: str
    meaning: str
    bounds: tuple[str, ...] = ()


_ALL: Final = (
    Invariant(
        "S1",
        "exposure",
        "Position and every order possibly alive, those in doubt included, stay within limits.",
        ("mark_slack_pct",),
    ),
    Invariant("S2", "one order per intent", "An intent never has two live orders at the venue."),
    Invariant(
        "S3",
        "no risk on a doubt",
        "Nothing that adds risk is sent for a slot whose order is in doubt.",
        ("silence_slack_ms",),
    ),
    Invariant(
        "S4",
        "no stale input",
        "Nothing is sent on inputs past their greatest age; a cancel is attempted soon after staleness shows.",
        ("quote_age_ms_max", "staleness_cancel_ms"),
    ),
    Invariant("S5", "conservation", "Cash, position and fees agree with the venue; no fill counted twice or never."),
    Invariant("S6", "legal states", "Orders move only as the state table says; filled sizes never shrink."),
    Invariant("S7", "unique ids", "No client id is ever used twice, across restarts too."),
    Invariant(
        "S8", "clean quotes", "No self-trade, no crossed quotes of ours, all on the grid; who adds risk never takes."
    ),
    Invariant("S9", "halt means halt", "After a halt or a kill nothing that adds risk leaves the host."),
    Invariant("S10", "rate budget", "Our own rate budget is never exceeded and the cancels' share is always there."),
    Invariant("S11", "regime", "What is sent is allowed in the regime that was announced."),
    Invariant("S12", "bounded memory", "Every queue and table stays within its bound, the heap within its budget."),
    Invariant("S13", "journal first", "No order is on the wire that a restart could not find again."),
    Invariant("S14", "time forward", "No decision depends on a wall clock that stepped back."),
    Invariant("S15", "purity", "A step taken twice from one state gives the same commands."),
    Invariant(
        "S16",
        "bounded sniping",
        "What the sniper takes is explained, to the last fill, by size, reaction time and knowable staleness.",
        ("quote_age_ms_max", "staleness_cancel_ms"),
    ),
    Invariant("L1", "belief is truth", "What the core believes is what the venue holds.", ("converge_s",)),
    Invariant("L2", "no doubt", "No order is in doubt.", ("doubt_s",)),
    Invariant("L3", "quoting again", "With fresh inputs and risk allowing, both quotes are back.", ("requote_s",)),
    Invariant(
        "L4",
        "nothing left behind",
        "Where health is out of reach, every resting order is gone and a person is told.",
        ("clear_s",),
    ),
    Invariant("L5", "quiet after the storm", "Retries have died down.", ("quiet_s",)),
    Invariant("L6", "out of the ban", "A ban ends in bounded back-off, cancels first.", ("ban_s",)),
    Invariant("L7", "restart", "A restart reaches ready or fails closed.", ("restart_s",)),
    Invariant("L8", "shutdown", "A shutdown ends.", ("shutdown_s",)),
    Invariant("L9", "inventory", "Inventory above its soft mark shrinks when the market lets it.", ("unwind_s",)),
)

INVARIANTS: Final[Mapping[str, Invariant]] = MappingProxyType({each.code: each for each in _ALL})
