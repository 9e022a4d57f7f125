"""Which mistakes do the invariants find by themselves, and after how many drawn storms?

    python tests/scoreboard.py                     everything, and the table in docs/scoreboard.md
    python tests/scoreboard.py --only quotes       a part of it, to stdout

What was judged is kept in `.cache/scoreboard` until a line of the program, of a planted bug or of the board
itself is another: a board that was interrupted goes on where it was. The table in docs/ is only ever a whole
board's: what was asked for in part, or was interrupted, goes to stdout or to the file that `-o` names.

No unit test has a say here: a mistake is found by a broken promise, by a step that raises or one that never
ends, in worlds that `sim swarm` draws. Two canaries say whether the board itself works: a sound core, which
must not be found, and a mute one, which must be. Exit 1 where a canary or a planted bug is not as it should
be; a mutant that is not found is only told: some mean the same as the original. Exit 2 where nothing is asked for.
"""

import argparse
import hashlib
import json
import multiprocessing
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from blind_spots import WHY  # noqa: E402
from mutated import core_of  # noqa: E402
from scoreboard_page import NEVER_ENDS, UNLOADABLE, Bug, Score, breaks_a_promise, page_of, raises  # noqa: E402
from shrunken import smallest  # noqa: E402

from sim.plan import expand  # noqa: E402
from sim.runs.seed import core_factory  # noqa: E402
from sim.scenario.load import Ready  # noqa: E402
from sim.swarm.worlds import path_of, read_base, write_worlds  # noqa: E402
from sim.world import World  # noqa: E402

PAGE = ROOT / "docs" / "scoreboard.md"
BASE = ROOT / "tests" / "planted" / "swarm.yaml"
KEPT = ROOT / ".cache" / "scoreboard"
SOUND, MUTE = "canary: a sound core", "canary: a mute core"
SEEDS, MUTANTS = 6, 14
# Planted bug -> the public incident it stands for, where there is one.
PLANTED = {
    "doubts:silence_is_rejection": "BitMEX sample-market-maker 63: a 503, tried again, all copies executed",
    "doubts:drops_unanswered": "hummingbot 8454, 6901: a timeout, the resting order dropped as failed",
    "doubts:first_absent_believed": "passivbot 514: not found taken for gone, exposure doubled",
    "doubts:cancel_sent_is_cancelled": "peatio 2843, freqtrade 9273: a cancel taken for done, the order lived on",
    "doubts:late_word_reopens": "nautilus_trader 4991: an old report brings an order back",
    "doubts:deaf_to_reads": "akin to nautilus_trader 4522: what recovery reads is lost",
    "slots:doubt_frees_slot": "nautilus_trader 4215: a duplicate id read as failure, a second order",
    "slots:doubt_weighs_nothing": "akin to Knight 2012: orders out that no limit counts",
    "limits:over_limit": "Knight 2012: no cumulative limit",
    "ids:reuses_session": "akin to Knight 2012: two lives under one name",
    "feeds:trusts_silence": "nautilus_trader 4298: a frozen book on a live socket",
    "feeds:overlooks_gaps": "akin to passivbot 980: quotes on a stale state",
    "fills:counts_fill_twice": "none named: a fill told by stream and by read, applied twice",
    "fills:forgets_fill": "nautilus_trader 4518: marked as seen before it was applied",
    "fills:never_reads_fills": "akin to Binance 2023-03-24: what happened meanwhile is never read",
    "pace:ignores_ban": "hummingbot 1291: a 429 retried into a ban",
    "pace:knows_no_budget": "hummingbot 1291: no token left for a cancel",
    "quotes:gives_up": "passivbot 1323: stands still for good",
    "quotes:crosses_itself": "none named: two quotes of ours meet each other",
    "unsent:silence_is_unsent": "none named: what a broken connection carried is taken for never sent",
    "words:deaf_to_streams": "pybit 13, nautilus_trader 3820: connected anew without its topics",
}
# Modules in which small mistakes are made, as many in each.
MODULES = (
    "strategy/orders",
    "strategy/order_words",
    "strategy/order_chase",
    "strategy/limits",
    "strategy/pacing",
    "strategy/book",
    "strategy/position",
)
_CPU_S_MAX = 60
_JUDGES = ("scoreboard", "shrunken", "small_mistakes", "mutated")


class Storm(NamedTuple):
    """A drawn world, its seed and its file."""

    seed: int
    world: Ready
    path: Path = Path()


def planted(only: str) -> Iterator[Bug]:
    """Give the planted bugs."""
    for name, incident in PLANTED.items():
        if only in name:
            yield Bug(name, incident, lambda name=name: core_factory(f"planted.{name}"))


def mutants(count: int, seed: int, only: str) -> Iterator[Bug]:
    """Draw small mistakes, as many in each module; the same for the same seed."""
    # Who wants none needs no mutmut.
    from small_mistakes import drawn

    modules = [module for module in MODULES if only in module]
    for number, module in enumerate(modules):
        share = count // len(modules) + (number < count % len(modules))
        for one in drawn(module, seed, share):
            name = f"{module}.py line {one.number}: {one.change}"
            why = WHY.get(f"{one.line}: {one.change}", "")
            yield Bug(name, why, lambda m=module, t=one.text: core_of(m, t))


def chosen(mutants_max: int, draw_seed: int, only: str) -> list[Bug]:
    """Give what is asked for, the mute canary first; nothing where there is nothing to judge."""
    some = [*planted(only), *(mutants(mutants_max, draw_seed, only) if mutants_max else ())]
    return (
        [Bug(MUTE, "never quotes: must be found", lambda: core_factory("planted.quotes:mute")), *some] if some else []
    )


def _luck(name: str) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=8).digest()


def sound_storms(storms: Sequence[Storm], kept: Path) -> tuple[list[Storm], list[str]]:
    """Give the storms in which a sound core breaks nothing, and what it breaks in the others: they judge nobody."""
    sound = Bug(SOUND, "", lambda: core_factory(""))
    scores = [(storm, _scored(kept, sound, (storm,))) for storm in storms]
    broken = [f"a sound core was found in storm {storm.seed} by {score.by}" for storm, score in scores if score.by]
    return [storm for storm, score in scores if not score.by], broken


def judged(bug: Bug, storms: Sequence[Storm], cpu_s: int = _CPU_S_MAX) -> Score:
    """Judge one bug in a process of its own, storm after storm until it is found."""
    fork = multiprocessing.get_context("fork")
    here, there = fork.Pipe(duplex=False)
    child = fork.Process(target=_judge, args=(bug, storms, there, cpu_s))
    child.start()
    there.close()
    many, by = 0, ""
    try:
        while True:
            many, by = here.recv()
    except EOFError:
        child.join()
    if child.exitcode not in (0, -signal.SIGXCPU):
        raise RuntimeError(f"{bug.name}: the judge ended with {child.exitcode}")
    # What never ends is stopped by the limit on its time; it is found by that.
    return Score(bug, many, NEVER_ENDS if child.exitcode else by)


def _judge(bug: Bug, storms: Sequence[Storm], told: Connection, cpu_s: int) -> None:
    """Tell, for each storm, its number and what was found in it."""
    # Who interrupts the board hears of it from the board alone.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        factory = bug.make()
    except Exception as raised:  # noqa: BLE001 - it cannot even be loaded
        told.send((0, f"{UNLOADABLE}: {type(raised).__name__}"))
        return
    for number, storm in enumerate(storms, start=1):
        told.send((number, ""))
        spent_s = int(time.process_time())
        resource.setrlimit(resource.RLIMIT_CPU, (spent_s + cpu_s, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        by = _found(storm, factory)
        if by:
            told.send((number, by))
            return


def _found(storm: Storm, factory: Any) -> str:
    """Run one storm; give the first promise it breaks, or what it raises."""
    try:
        run = World(storm.world, expand(storm.world, storm.seed), factory)
        outcome = run.run()
    except Exception as raised:  # noqa: BLE001 - a core that cannot even be built
        return raises(type(raised).__name__)
    if outcome.error:
        return raises(outcome.error.strip().splitlines()[-1].partition(":")[0])
    return str(run.oracle.breaches[0].identity) if run.oracle.breaches else ""


def score_all(bugs: Sequence[Bug], storms: Sequence[Storm], kept: Path) -> Iterator[Score]:
    """Judge bugs one after the other, but for those that were; ``kept`` is where that is written."""
    for bug in bugs:
        score = _scored(kept, bug, storms)
        print(f"{score.by or 'not found':<50} {score.storms:>3}  {bug.name}", flush=True)
        yield score


def size_all(scores: Sequence[Score], storms: Sequence[Storm], kept: Path, folder: Path) -> Iterator[Score]:
    """Shrink the storm that found each bug. What cannot be loaded, or never ends, has no smallest storm."""
    for score in scores:
        if not score.by or not score.storms or score.by == NEVER_ENDS:
            yield score
            continue
        storm = storms[score.storms - 1]
        size = str(_kept(kept, ("size", score.bug.name, storm.seed), partial(_size, score.bug, storm, folder)))
        print(f"{size:<60} {score.bug.name}", file=sys.stderr, flush=True)
        yield score._replace(size=size)


def _size(bug: Bug, storm: Storm, folder: Path) -> str:
    return str(smallest(bug.make, storm.path, storm.seed, folder / f"{_luck(bug.name).hex()}.yaml") or "")


def _scored(kept: Path, bug: Bug, storms: Sequence[Storm]) -> Score:
    name = ("score", bug.name, *(storm.seed for storm in storms))
    return Score(bug, *_kept(kept, name, lambda: judged(bug, storms)[1:]))


def _kept(folder: Path, name: tuple[str | int, ...], find: Callable[[], Any]) -> Any:
    """Give what was written down under a name, or find it out and write it down."""
    path = folder / f"{_luck(json.dumps(name)).hex()}.json"
    if not path.exists():
        found = json.dumps(find())
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(found, encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))


def fingerprint() -> str:
    """Sum up everything that may change a score."""
    digest = hashlib.blake2b(sys.version.encode(), digest_size=8)
    for folder in ("strategy", "sim", "tests/planted", "scenarios/configs"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".yaml", ".json"):
                digest.update(path.read_bytes())
    for name in _JUDGES:
        digest.update((ROOT / "tests" / f"{name}.py").read_bytes())
    return digest.hexdigest()


def problems_of(scores: Sequence[Score], names: Sequence[str]) -> list[str]:
    """Say what is not as it should be; mutants are only told."""
    found = {score.bug.name: score.by for score in scores}
    wrong = ["a mute core was not found"] if not found.get(MUTE, "-") else []
    asked = [name for name in names if name in found]
    wrong += [f"{name} was not found" for name in asked if not found[name]]
    # A bug that is planted is no typing error: it must be blamed for what it does.
    is_loud = {name: found[name] and not breaks_a_promise(found[name]) for name in asked}
    return wrong + [f"{name} broke no promise: {found[name]}" for name in asked if is_loud[name]]


class Judged(NamedTuple):
    """What came of a board: the scores, the seeds of the storms that may judge, what is wrong, whether all was judged."""

    scores: list[Score]
    seeds: tuple[int, ...]
    wrong: list[str]
    is_whole: bool


def judge_all(some: Sequence[Bug], seeds: Sequence[int], kept: Path) -> Judged:
    """Draw the storms and judge in them; who interrupts gets what there is."""
    scores: list[Score] = []
    storms: list[Storm] = []
    broken: list[str] = []
    is_whole = True
    with tempfile.TemporaryDirectory() as folder:
        worlds = write_worlds(read_base(BASE), seeds, Path(folder))
        paths = [path_of(Path(folder), seed) for seed in seeds]
        try:
            storms, broken = sound_storms([Storm(*one) for one in zip(seeds, worlds, paths, strict=True)], kept)
            for score in score_all(some, storms, kept) if storms else ():
                scores.append(score)
            for place, score in enumerate(size_all(scores, storms, kept, Path(folder))):
                scores[place] = score
        except KeyboardInterrupt:
            is_whole = False
    wrong = broken + problems_of(scores, tuple(PLANTED))
    return Judged(scores, tuple(storm.seed for storm in storms), wrong, is_whole)


def write(page: str, out: str, is_whole: bool) -> None:
    """Write the page where it belongs: a part never where a whole one does."""
    path = Path(out) if out else PAGE
    if out == "-" or (not is_whole and path.resolve() == PAGE.resolve()):
        print(page)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")


def options_of(words: Sequence[str]) -> tuple[argparse.Namespace, list[Bug]]:
    """Read the command line, and what it asks to judge; wrong usage, and nothing to judge, end with 2."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="storms at most for each mistake")
    parser.add_argument("--mutants", type=int, default=MUTANTS, help="how many small mistakes")
    parser.add_argument("--draw-seed", type=int, default=1, help="names the draw of the small mistakes")
    parser.add_argument("--only", default="", help="mistakes whose name contains this")
    parser.add_argument("-o", "--out", default="", help="page to write, - for stdout; else docs/, or stdout for a part")
    options = parser.parse_args(words)
    if options.seeds < 1 or options.mutants < 0:
        parser.error("--seeds is at least 1, --mutants at least 0")
    some = chosen(options.mutants, options.draw_seed, options.only)
    if not some:
        there = ", ".join([*PLANTED, *(MODULES if options.mutants else ())])
        parser.error(f"nothing to judge is called {options.only!r}; there are {there}")
    if options.out and not is_all(options) and Path(options.out).resolve() == PAGE.resolve():
        parser.error(f"a part of the board is no {options.out}: name another file, or - for stdout")
    return options, some


def is_all(options: argparse.Namespace) -> bool:
    """Whether nothing of the board is left out."""
    return not options.only and options.seeds >= SEEDS and options.mutants >= MUTANTS


def main(words: Sequence[str] | None = None) -> int:
    """Judge, print, write."""
    options, some = options_of(sys.argv[1:] if words is None else words)
    told = judge_all(some, range(1, options.seeds + 1), KEPT / fingerprint())
    page = page_of(told.scores, told.seeds, options.draw_seed, told.wrong)
    if not told.is_whole:
        page += f"\nInterrupted: {len(told.scores)} of {len(some)} were judged.\n"
    write(page, options.out, is_all(options) and told.is_whole and bool(told.seeds))
    for one in told.wrong:
        print(f"error: {one}", file=sys.stderr)
    return 130 if not told.is_whole else 1 if told.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
