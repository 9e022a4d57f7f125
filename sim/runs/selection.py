"""From a command line to scenarios and seeds; every mistake in every file is told at once."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from sim.dice import SEED_MAX
from sim.scenario.load import Ready, load_scenarios

if TYPE_CHECKING:
    from sim.runs.session import Options

# More are a slip of the finger, and a list of them takes all memory before anything runs.
SEEDS_MAX: Final = 1_000_000


class One(msgspec.Struct, frozen=True):
    """A scenario to run, the file it came from and its seeds."""

    scenario: Ready
    source: str
    seeds: tuple[int, ...]


class Selected(msgspec.Struct, frozen=True):
    """What to run, and the hashes of the files that say so."""

    scenarios: tuple[One, ...]
    hashes: dict[str, str]


def select(options: "Options") -> Selected:
    """Read every file, apply filters and overrides; bad files raise ``OperatorError``."""
    paths = _files(options.scenarios)
    loaded = load_scenarios(paths, settings=options.settings)
    chosen, hashes = [], {}
    for path, scenario in zip(paths, loaded, strict=True):
        if options.expression and options.expression not in scenario.name:
            continue
        if options.tag and options.tag not in scenario.tags:
            continue
        seeds = seeds_of(options.seeds) if options.seeds is not None else scenario.run.seed_numbers
        chosen.append(One(scenario, path.as_posix(), seeds))
        hashes[path.as_posix()] = hashlib.blake2b(path.read_bytes(), digest_size=8).hexdigest()
    return Selected(tuple(chosen), hashes)


def _files(paths: tuple[Path, ...]) -> list[Path]:
    """Replace folders by the scenario files directly in them; keep order, drop repeats."""
    files: list[Path] = []
    for path in paths:
        files += sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    return list(dict.fromkeys(files))


def seeds_of(text: str, option: str = "--seed") -> tuple[int, ...]:
    """Read ``7``, ``1,3`` or ``101-164``; anything else is wrong usage (exit 2) of the ``option`` it was given by."""
    seeds: list[int] = []
    # Nothing at all is a shell variable that was never set, and no wish for the scenario's own seeds.
    for part in text.split(",") if text.strip() else ():
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise click.BadParameter(f"{text!r} is not a list of seeds such as 7 or 1,3 or 101-164", param_hint=option)
        if not (_is_seed(first) and _is_seed(last or first)):
            raise click.BadParameter(f"{text!r} is beyond the last seed, which is {SEED_MAX}", param_hint=option)
        some = range(int(first), int(last or first) + 1)
        # Of a range of 2**63 even the length cannot be asked.
        if some.stop - some.start > SEEDS_MAX - len(seeds):
            raise click.BadParameter(f"{text!r} selects more than {SEEDS_MAX:,} seeds", param_hint=option)
        seeds += some
    if not seeds:
        raise click.BadParameter(f"{text!r} selects no seed", param_hint=option)
    return tuple(dict.fromkeys(seeds))


def _is_seed(digits: str) -> bool:
    """Say whether a number is one of a seed; of thousands of digits no number can be made."""
    return len(digits.lstrip("0")) <= len(str(SEED_MAX)) and int(digits) <= SEED_MAX
