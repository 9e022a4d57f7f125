"""What a study asks for, read and checked before anything runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from sim.runs.selection import seeds_of
from sim.scenario.load import Desk, Ready
from sim.scenario.profiles import profile_folder
from sim.scenario.settings import OPTION, read_settings
from sim.scenario.study import Study
from sim.search.points import Point, number_text
from strategy.documents import Reading
from strategy.errors import OperatorError, Problem
from strategy.file_model import Complaint, Where

NO_WEIGHT = "SQ-C010"
OVERRIDDEN = "SQ-C011"
NOWHERE = "SQ-C022"


class Step(msgspec.Struct, frozen=True):
    """The scenarios of one search, and those its best is judged on."""

    train: tuple[Path, ...]
    judged: tuple[Path, ...]


class Asked(msgspec.Struct, frozen=True):
    """A study with its files found: one step, or several that walk forward, and the one config of all."""

    study: Study
    steps: tuple[Step, ...]
    config: Path
    train_seeds: tuple[int, ...]
    holdout_seeds: tuple[int, ...]


def read_study(path: Path, holdout: str | None, trials: int | None, sampler: str | None) -> Asked:
    """Read a study and try the ends of its ranges; bad files raise ``OperatorError`` with all that is wrong.

    The last three take the place of what the file says, when they are given.
    """
    desk = Desk(profile_folder())
    words = {("holdout",): holdout, ("search", "trials"): trials, ("search", "sampler"): sampler}
    given: dict[Where, Any] = {where: value for where, value in words.items() if value is not None}
    reading = desk.document(path, Study, path.as_posix(), given)
    if reading is None or reading.value is None:
        alone = Desk(profile_folder())
        alone.document(path, Study, path.as_posix())
        # What the file by itself is not blamed for, the command line is.
        for problem in (one for one in desk.sorted_problems() if one not in alone.problems):
            raise click.BadParameter(problem.message, param_hint="--holdout")
        raise OperatorError(desk.sorted_problems())
    study = reading.value
    steps = tuple(Step(_beside(path, fold.train), _beside(path, fold.holdout)) for fold in study.folds)
    files = dict.fromkeys(file for step in steps for file in (*step.train, *step.judged))
    desk.problems += _absences(reading, study, path)
    worlds = {file: desk.scenario(file) for file in files if file.is_file()}
    if desk.problems:
        raise OperatorError(desk.sorted_problems())
    problems = _misfits(reading, study, {file: world for file, world in worlds.items() if world is not None})
    if problems:
        raise OperatorError(problems)
    (config,) = {(file.parent / world.strategy.config).resolve() for file, world in worlds.items() if world is not None}
    return Asked(study, steps, config, seeds_of(study.train), seeds_of(study.holdout))


def worlds_at(paths: Sequence[Path], point: Point) -> list[Ready]:
    """Read scenarios with the settings of one point."""
    desk = Desk(profile_folder())
    given = read_settings(point, desk.problems)
    worlds = [desk.scenario(path, given) for path in paths]
    if desk.problems:
        raise OperatorError(desk.sorted_problems())
    return [world for world in worlds if world is not None]


def _beside(study: Path, names: Sequence[str]) -> tuple[Path, ...]:
    return tuple(study.parent / name for name in names)


def _absences(reading: Reading[Study], study: Study, path: Path) -> list[Problem]:
    """Say at its place in the study which scenario is not there."""
    named: dict[Where, Sequence[str]] = {
        ("scenarios",): study.scenarios,
        ("holdout_scenarios",): study.holdout_scenarios,
    }
    for number, fold in enumerate(study.walk_forward):
        named |= {("walk_forward", number, "train"): fold.train, ("walk_forward", number, "holdout"): fold.holdout}
    return [
        reading.problem(Complaint(NOWHERE, (*where, number), f"no such file: {file.as_posix()}"))
        for where, names in named.items()
        for number, file in enumerate(_beside(path, names))
        if not file.is_file()
    ]


def _misfits(reading: Reading[Study], study: Study, worlds: dict[Path, Ready]) -> list[Problem]:
    """Say where the ranges do not fit the config, and where the scenarios do not fit each other."""
    problems = []
    configs = {(path.parent / world.strategy.config).resolve() for path, world in worlds.items()}
    if len(configs) > 1:
        words = f"one study proposes one config; its scenarios have {len(configs)}"
        at = ("walk_forward",) if study.walk_forward else ("scenarios",)
        problems.append(reading.problem(Complaint(NOWHERE, at, words)))
    for key, one in study.parameters.items():
        where = ("parameters", key)
        if any(setting.is_of_run for setting in read_settings((f"{key}=0",), [])):
            words = f"{key} is of the scenario's run: no config has it, and none could be proposed"
            problems.append(reading.problem(Complaint(NO_WEIGHT, where, words, at_key=True)))
            continue
        for path, world in worlds.items():
            if any(_covers(override, key) for override in world.strategy.overrides):
                words = f"{path.as_posix()} overrides {key}: a config could not change it there"
                problems.append(reading.problem(Complaint(OVERRIDDEN, where, words, at_key=True)))
        for value in (one.low, one.high):
            text = str(int(value)) if one.whole else number_text(value)
            for mistake in _mistakes(worlds, f"{key}={text}"):
                words = f"at {text}: {mistake.message}"
                problems.append(reading.problem(Complaint(mistake.code, where, words, at_key=True)))
    return list(dict.fromkeys(problems))


def _mistakes(worlds: dict[Path, Ready], setting: str) -> list[Problem]:
    try:
        worlds_at(tuple(worlds), (setting,))
    except OperatorError as wrong:
        return [problem for problem in wrong.problems if problem.path_text == OPTION]
    return []


def _covers(override: str, key: str) -> bool:
    return override == key or key.startswith(f"{override}.") or override.startswith(f"{key}.")
