"""The page of the scoreboard: what was judged, by what it was found, and how many of a kind were."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from shrunken import CPU_S_MAX, RUNS_MAX

NEVER_ENDS: Final = "never ends"
UNLOADABLE: Final = "cannot be loaded"
_RAISES: Final = "raises "
# A kind of mistake, and how the names of its members begin; what is left over was planted.
_CANARY, _PLANTED, _SMALL = "Canary", "Planted bugs", "Small mistakes"
_BEGINS: Final = {"canary: ": _CANARY, "strategy/": _SMALL}


class Bug(NamedTuple):
    """A core with a mistake in it. ``make`` is called in a process of its own."""

    name: str
    what: str
    make: Callable[[], Any]


class Score(NamedTuple):
    """How many storms it took; ``by`` is what found it, empty where nothing did; ``size`` is one example's, shrunk."""

    bug: Bug
    storms: int
    by: str
    size: str = ""


def raises(name: str) -> str:
    """Say that something was found by what it raises."""
    return f"{_RAISES}{name}"


def breaks_a_promise(by: str) -> bool:
    """Whether it was an invariant that found it; a crash, or a step without end, anybody sees."""
    return bool(by) and by != NEVER_ENDS and not by.startswith((_RAISES, UNLOADABLE))


def page_of(scores: Sequence[Score], seeds: Sequence[int], draw_seed: int, wrong: Sequence[str]) -> str:
    """Write the page."""
    lines = [*_head(seeds, draw_seed), *([f"As it stands: {'; '.join(wrong)}.", ""] if wrong else [])]
    for kind in (_CANARY, _PLANTED, _SMALL):
        some = [one for one in scores if _kind(one) == kind]
        lines += _table(kind, some) if some else []
    return "\n".join(lines)


def _kind(score: Score) -> str:
    return next((kind for begin, kind in _BEGINS.items() if score.bug.name.startswith(begin)), _PLANTED)


def _head(seeds: Sequence[int], draw_seed: int) -> list[str]:
    return [
        "# The scoreboard",
        "",
        "Which mistakes the invariants find by themselves, without a unit test, in storms that `sim swarm` draws",
        f"(`tests/planted/swarm.yaml`, seeds {', '.join(map(str, seeds))}), and how many storms that takes. Written by",
        "`python tests/scoreboard.py` (`make scoreboard`), which fails where a planted bug is not found, where a",
        "mute core is not, or where a sound one is: storms that a sound core fails judge nobody.",
        "",
        f"The smallest storm is what `sim shrink` leaves of the one that found the mistake, in {RUNS_MAX} runs at most",
        f"and {CPU_S_MAX} s of a processor: where that was too little it may be smaller still.",
        "",
        "The small mistakes are mutmut's, without those that put None in the place of a value or leave an argument out:",
        "Python itself tells of these. They are put into the core alone, so that world and oracle keep sound eyes,",
        f"and are drawn by seed {draw_seed}, as many in each module. Who raises, or never ends, is counted by itself: anybody",
        "sees that, with no invariant.",
        "",
        "Not found is not harmless: the storms of one page are few. Some of the small mistakes mean the same as the",
        "original, some cost money, or a moment, that nobody was promised: `tests/blind_spots.py` says why each is not",
        "seen, where somebody has looked. `python tests/mutate.py` asks the same of the unit tests.",
        "",
    ]


def _table(kind: str, some: Sequence[Score]) -> list[str]:
    lines = [
        f"## {kind}: {_headline(some)}",
        "",
        f"| mistake | {'why not' if kind == _SMALL else 'is'} | found by | storms | smallest storm |",
        "|---|---|---|---|---|",
    ]
    for one in some:
        by = f"`{one.by}`" if one.by else "**not found**"
        what = "" if one.by and kind == _SMALL else one.bug.what
        # A line of code may have a bar in it, which would end its cell.
        name = one.bug.name.replace("|", "\\|")
        lines.append(f"| `{name}` | {what} | {by} | {one.storms} | {one.size} |")
    return [*lines, ""]


def _headline(some: Sequence[Score]) -> str:
    """Count what an invariant found, what anybody would have, and what nobody did."""
    promised = sum(breaks_a_promise(one.by) for one in some)
    loud = sum(bool(one.by) and not breaks_a_promise(one.by) for one in some)
    rest = [f"{loud} raised or never ended"] if loud else []
    rest += [f"{len(some) - promised - loud} not found"] if promised + loud < len(some) else []
    return ", ".join([f"{promised} of {len(some)} found by a broken promise", *rest])
