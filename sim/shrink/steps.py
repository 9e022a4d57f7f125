"""The steps of a shrink, from coarse to fine. Each tries cuts, and keeps those after which it still fails the same way.

What was kept is told: how many of what became how many, in how many runs.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, TypeVar

from sim.runs.failing import Failure
from sim.shrink import drafts
from sim.shrink.controls import hold_to_cause
from sim.shrink.drafts import Draft, Record
from sim.shrink.trials import Trials

T = TypeVar("T")

# Ends are tried on a fine grid first: the trace up to the failure is the same, so that mostly holds.
_GRAINS_S: Final = (0.1, 1.0)
# While faults go, a failure may come later than it did: so long a run goes on after it, at least.
_ROOM_S: Final = 3.0
_ROOM_SHARE: Final = 0.2
_LENGTHS: Final = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4)
_LENGTH_STEPS: Final = 4
_ROUNDS_MAX: Final = 20
# A few times by up to sixteen: finer than that nobody wants to know.
_HALVINGS_MAX: Final = 2

# What is told of a step: what it was about, from how many to how many, details, and in how many runs.
Tell = Callable[[str, str, str, int], None]


def smallest(items: Sequence[T], first: Callable[[Sequence[Sequence[T]]], int | None]) -> list[T]:
    """Give a part of ``items`` of which no single one can be left out (ddmin, Zeller and Hildebrandt 2002).

    ``first`` is given parts and says which is the first of them that still fails; None where none does.
    """
    whole, many = list(items), 2
    if whole and first([[]]) is not None:
        return []
    while len(whole) > 1:
        parts = _parts(whole, many)
        others = [[one for each in parts if each is not part for one in each] for part in parts]
        found = first(parts)
        if found is not None:
            whole, many = list(parts[found]), 2
            continue
        found = first(others) if many > 2 else None  # noqa: PLR2004 - of two parts each is the other's rest
        if found is not None:
            whole, many = others[found], max(many - 1, 2)
        elif many >= len(whole):
            break
        else:
            many = min(len(whole), 2 * many)
    return whole


def _parts(items: Sequence[T], many: int) -> list[Sequence[T]]:
    """Share out items in order, into parts as even as can be."""
    ends = [round(len(items) * number / many) for number in range(many + 1)]
    return [items[start:end] for start, end in pairwise(ends)]


class Steps:
    """A draft on its way down. ``draft`` always fails as ``failure`` says."""

    def __init__(
        self, trials: Trials, draft: Draft, failure: Failure, tell: Tell, kept: Callable[[Draft], None]
    ) -> None:
        """Begin with a draft that fails; ``kept`` is told of every smaller one."""
        self.draft = draft
        self.failure = failure
        self._trials = trials
        self._tell = tell
        self._kept = kept

    def run(self) -> None:
        """Take all steps, each while there is a run left."""
        self._keep_one_gate()
        for step in self._of_faults() if self._is_kept_whole() else self._of_all():
            step()

    def _is_kept_whole(self) -> bool:
        """Say whether nothing but faults may be cut, and tell why."""
        runs = self._trials.runs
        why = hold_to_cause(self._trials, self.draft, self.failure)
        if why:
            self._tell("length", f"{self.draft['run']['duration_s']:g} s, kept", why, self._trials.runs - runs)
        return bool(why)

    def _of_all(self) -> tuple[Callable[[], None], ...]:
        return (
            self._end_soon,
            self._drop_idle,
            self._drop_kinds,
            self._drop_records,
            self._drop_symbols,
            self._quieten,
            self._move_sooner,
            self._narrow_lists,
            self._drop_records,
            self._narrow_numbers,
            self._drop_records,
            self._end_at_once,
        )

    def _of_faults(self) -> tuple[Callable[[], None], ...]:
        return (
            self._drop_idle,
            self._drop_kinds,
            self._drop_records,
            self._narrow_lists,
            self._drop_records,
            self._narrow_numbers,
            self._drop_records,
        )

    def _take(self, candidates: Iterable[Draft]) -> bool:
        """Go on with the first candidate that still fails; say whether there was one."""
        found = self._trials.first(one for one in candidates if one != self.draft)
        if found is None:
            return False
        self.draft, self.failure = found
        self._kept(self.draft)
        return True

    def _told(self, what: str, before: float, after: float, details: str, runs_before: int, unit: str = "") -> None:
        if before != after:
            self._tell(what, f"{before:g} -> {after:g}{unit}", details, self._trials.runs - runs_before)

    def _keep_one_gate(self) -> None:
        self._take([drafts.with_gate(self.draft, self.failure.metric)])

    # The horizon

    def _end_soon(self) -> None:
        """End not long after the failure."""
        at_s = self.failure.at_s
        self._end(None if at_s is None else at_s + max(_ROOM_S, _ROOM_SHARE * at_s))

    def _end_at_once(self) -> None:
        """End with the failure."""
        self._end(self.failure.at_s)

    def _end(self, at_s: float | None) -> None:
        before, runs = self.draft["run"]["duration_s"], self._trials.runs
        if at_s is None:
            self._halve_length()
        else:
            self._take(drafts.ended_after(self.draft, at_s, grain_s) for grain_s in _GRAINS_S)
        self._told("length", before, self.draft["run"]["duration_s"], "", runs, " s")

    def _halve_length(self) -> None:
        """Shorten a run that fails at its end: the shortest part that does, then between it and the next."""
        whole_s, low_s = float(self.draft["run"]["duration_s"]), 0.0
        for part in _LENGTHS:
            if self._take([drafts.shortened(self.draft, round(whole_s * part, 1))]):
                break
            low_s = whole_s * part
        for _ in range(_LENGTH_STEPS):
            middle_s = round((low_s + self.draft["run"]["duration_s"]) / 2, 1)
            if not self._take([drafts.shortened(self.draft, middle_s)]):
                low_s = middle_s

    def _move_sooner(self) -> None:
        """Bring faults, calm and end nearer to the start."""
        before, runs = self.draft["run"]["duration_s"], self._trials.runs
        self._take(drafts.sooner(self.draft))
        if self.failure.at_s is not None and self.failure.at_s > (drafts.calm_s(self.draft) or 0.0):
            self._take(drafts.calmer_sooner(self.draft))
        self._told("timeline", before, self.draft["run"]["duration_s"], "", runs, " s")

    # Faults

    def _drop_idle(self) -> None:
        """Drop at once what has not changed anything up to the failure."""
        runs, faults = self._trials.runs, drafts.faults_of(self.draft)
        seen = self._trials.look(self.draft)
        if seen is not None:
            biting = [fault for fault in faults if seen.bites.get(fault["id"], 0)]
            self._take([drafts.with_faults(self.draft, biting)])
        self._told("idle faults", len(faults), len(drafts.faults_of(self.draft)), "", runs)

    def _drop_kinds(self) -> None:
        """Drop whole kinds, the most frequent first."""
        runs, before = self._trials.runs, _kinds(self.draft)
        for kind in before:
            rest = [fault for fault in drafts.faults_of(self.draft) if fault["kind"] != kind]
            if rest:
                self._take([drafts.with_faults(self.draft, rest)])
        after = _kinds(self.draft)
        self._told("kinds", len(before), len(after), ", ".join(after), runs)

    def _drop_records(self) -> None:
        runs, before = self._trials.runs, drafts.faults_of(self.draft)

        def first(parts: Sequence[Sequence[Record]]) -> int | None:
            candidates = [drafts.with_faults(self.draft, part) for part in parts]
            return candidates.index(self.draft) if self._take(candidates) else None

        smallest(before, first)
        after = drafts.faults_of(self.draft)
        self._told("faults", len(before), len(after), ", ".join(map(_named, after)), runs)

    def _narrow_lists(self) -> None:
        runs, before = self._trials.runs, _length_of_lists(self.draft)
        for _ in range(_ROUNDS_MAX):
            if not self._take(drafts.narrower_lists(self.draft)):
                break
        self._told("what they hit", before, _length_of_lists(self.draft), "", runs)

    def _narrow_numbers(self) -> None:
        """Halve lengths and magnitudes for as long as it still fails."""
        runs, changed = self._trials.runs, []
        for number, fault in enumerate(drafts.faults_of(self.draft)):
            for key in drafts.numbers_in(fault):
                if self._halve(number, key):
                    changed.append(f"{key} {fault[key]:g} -> {drafts.faults_of(self.draft)[number][key]:g}")
        if changed:
            self._tell("magnitudes", f"{len(changed)} smaller", ", ".join(changed), self._trials.runs - runs)

    def _halve(self, number: int, key: str) -> bool:
        was_any = False
        for _ in range(_HALVINGS_MAX):
            value = drafts.faults_of(self.draft)[number][key]
            if not self._take(
                drafts.with_value(self.draft, number, key, smaller) for smaller in drafts.gentler(key, value)
            ):
                break
            was_any = True
            if abs(drafts.faults_of(self.draft)[number][key]) > abs(value):
                break  # more was gentler, and there is no end to more
        return was_any

    # The market

    def _drop_symbols(self) -> None:
        runs, before = self._trials.runs, self.draft["market"].get("symbols", [])
        for symbol in before:
            self._take(cut for name, cut in drafts.fewer_symbols(self.draft) if name == symbol)
        after = self.draft["market"].get("symbols", [])
        self._told("symbols", len(before), len(after), ", ".join(after), runs)

    def _quieten(self) -> None:
        """Send other traders home, and drop overrides nobody needs."""
        gone: list[str] = []
        runs = self._trials.runs
        for cuts in (drafts.fewer_overrides, drafts.quieter):
            for name, _ in list(cuts(self.draft)):
                if self._take(cut for other, cut in cuts(self.draft) if other == name):
                    gone.append(name)
        if gone:
            self._tell("market", f"{len(gone)} simpler", f"without {', '.join(gone)}", self._trials.runs - runs)


def _kinds(draft: Draft) -> list[str]:
    counts: dict[str, int] = {}
    for fault in drafts.faults_of(draft):
        counts[fault["kind"]] = counts.get(fault["kind"], 0) + 1
    return sorted(counts, key=lambda kind: (-counts[kind], kind))


def _named(fault: Record) -> str:
    where = " ".join(fault.get("links") or fault.get("connections") or ())
    return " ".join(filter(None, (fault["kind"], where, f"@{fault['at_s']:g}")))


def _length_of_lists(draft: Draft) -> int:
    return sum(len(value) for value in _lists(draft))


def _lists(draft: Draft) -> Iterator[list[object]]:
    for fault in drafts.faults_of(draft):
        yield from (value for value in fault.values() if isinstance(value, list))
