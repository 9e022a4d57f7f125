"""Both engines on one recorded window, order by order, and every difference explained by a rule."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from compat.crosscheck import ours, theirs
from compat.crosscheck.orders import Fill, Order, apart, schedule, slices
from compat.crosscheck.rules import RULES, Twin
from compat.crosscheck.rules_l3 import RULES_L3, TwinL3

from sim.market.tape.load import load
from sim.market.tape.queue_model import EXACT, QueueModel
from sim.market.tape.timeline import Timed, timeline
from strategy.units import NS_PER_MS, NS_PER_S

LATENCY_NS = 10 * NS_PER_MS
# Orders of one lot fill whole or not at all: what both of its venues do. Larger ones fill by parts.
ONE_LOT, LARGER = (1,), (1, 20, 500)
_EVERY_MS, _LIFE_MS = 250, 3000
L3_SIZES = (5_000_000, 100_000_000)
_L3_EVERY_MS, _L3_LIFE_MS = 5_000, 60_000


class Window(NamedTuple):
    """A recorded window, each record at an instant of its own."""

    items: tuple[Timed, ...]
    grid: tuple[Decimal, Decimal]


class Case(NamedTuple):
    """One comparison: which orders, by which model, and whether theirs may fill by parts."""

    orders: list[Order]
    model: QueueModel
    is_partial: bool


class Compared(NamedTuple):
    """What was found. ``classes`` counts the orders that differ by the rules that make the difference.

    ``unexplained`` are orders that our rules, changed into theirs, do not bring to their answer;
    ``not_ours`` those where our rules, unchanged, do not bring ours.
    """

    case: Case
    ours: ours.Outcome
    theirs: ours.Outcome
    classes: Counter[tuple[str, ...]]
    unexplained: list[int]
    not_ours: list[int]
    stopped: Counter[int]
    said_position: float
    said_cash: float

    @property
    def same(self) -> int:
        """Count the orders that fared the same: refused or not, every fill at its time, price and size."""
        return len(self.case.orders) - self.classes.total()


def window(folder: Path, end_s: float) -> Window:
    """Load a window up to a time."""
    tape = load(folder)
    items = tuple(item for item in timeline(tape).items if item[0] <= end_s * NS_PER_S)
    return Window(apart(items), (tape.tick, tape.lot))


def case(seen: Window, model: QueueModel, sizes: Sequence[int] = ONE_LOT) -> Case:
    """Make the orders of a comparison; on a tape of orders, where little happens, fewer that live longer."""
    if model is EXACT:
        return Case(schedule(seen.items, L3_SIZES, _L3_EVERY_MS, _L3_LIFE_MS), model, is_partial=False)
    return Case(schedule(seen.items, sizes, _EVERY_MS, _LIFE_MS), model, sizes != ONE_LOT)


def compare(seen: Window, cases: Sequence[Case], folder: Path) -> list[Compared]:
    """Play all cases; theirs in one process."""
    works: list[theirs.Work] = []
    counts: list[int] = []
    for each in cases:
        made = _works(seen, each)
        counts.append(len(made))
        works += made
    answers = theirs.play(works, LATENCY_NS, seen.grid, folder)
    found: list[Compared] = []
    for each, count in zip(cases, counts, strict=True):
        found.append(_judge(seen, each, answers[:count]))
        answers = answers[count:]
    return found


def _works(seen: Window, case: Case) -> list[theirs.Work]:
    """Give all orders to one market; those that fill by parts get one each.

    Theirs stops with an error where it meets an order again that a print filled to the lot.
    """
    if case.model is EXACT:
        return [theirs.Work(theirs.order_events_of(seen.items, seen.grid), case.orders, case.model)]
    if not case.is_partial:
        return [theirs.Work(theirs.events_of(seen.items, seen.grid), case.orders, case.model)]
    cut = slices(seen.items, case.orders, LATENCY_NS)
    return [
        theirs.Work(theirs.events_of(items, seen.grid), [order], case.model, is_partial=True)
        for items, order in zip(cut, case.orders, strict=True)
    ]


def _judge(seen: Window, case: Case, answers: Sequence[theirs.Theirs]) -> Compared:
    mine = ours.play(seen.items, case.orders, case.model, LATENCY_NS)
    if case.is_partial:
        fills = [fill._replace(order=number) for number, one in enumerate(answers) for fill in one.fills]
        refused = [number for number, one in enumerate(answers) if one.refused]
    else:
        fills, refused = answers[0].fills, answers[0].refused
    other = ours.outcome(fills, refused, case.orders)
    rules = tuple(RULES_L3 if case.model is EXACT else RULES)
    steps = [
        _fates(twin.fills, twin.refused, len(case.orders))
        for number in range(len(rules) + 1)
        for twin in [_twin(case, rules[:number]).play(seen.items, case.orders, LATENCY_NS)]
    ]
    my_fates = _fates(mine.fills, mine.refused, len(case.orders))
    their_fates = _fates(other.fills, other.refused, len(case.orders))
    classes: Counter[tuple[str, ...]] = Counter()
    for number in range(len(case.orders)):
        if my_fates[number] != their_fates[number]:
            classes[_made_by(rules, [step[number] for step in steps])] += 1
    return Compared(
        case=case,
        ours=mine,
        theirs=other,
        classes=classes,
        unexplained=[number for number, fate in enumerate(steps[-1]) if fate != their_fates[number]],
        not_ours=[number for number, fate in enumerate(steps[0]) if fate != my_fates[number]],
        stopped=Counter(one.stopped for one in answers if one.stopped),
        said_position=sum(one.position for one in answers),
        said_cash=sum(one.balance for one in answers),
    )


def _twin(case: Case, rules: Sequence[str]) -> Twin | TwinL3:
    return TwinL3(rules) if case.model is EXACT else Twin(case.model, rules)


_Fate = tuple[Fill, ...] | None


def _fates(fills: Sequence[Fill], refused: Sequence[int], count: int) -> list[_Fate]:
    """Give what became of each order: None when refused, else its fills."""
    found: list[list[Fill]] = [[] for _ in range(count)]
    for fill in fills:
        found[fill.order].append(fill)
    gone = dict.fromkeys(refused)
    return [None if number in gone else tuple(each) for number, each in enumerate(found)]


def _made_by(rules: Sequence[str], fates: Sequence[_Fate]) -> tuple[str, ...]:
    """Name the rules at which an order's fate changed on the way from ours to theirs."""
    return tuple(rule for rule, before, after in zip(rules, fates, fates[1:], strict=False) if before != after)
