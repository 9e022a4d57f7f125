"""What a run was made by and of, kept beside its seeds, so that any of them can be run again from there alone.

The scenario is kept with everything it names, config and profile included: the files it was read from
may change. Recorded tapes are not kept; they are found by ``--data`` as they were. The code is named by
its digest, since another program may rightly do otherwise.
"""

import hashlib
import importlib
import platform
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec
from pydantic import ValidationError

from sim import __version__
from sim.runs.job import Job
from sim.scenario.load import Ready
from sim.through.arms import module_of
from strategy.errors import StormquoteError

FILE: Final = "scenario.json"
SCHEMA_VERSION: Final = 1
LIBRARIES: Final = ("simpy", "msgspec", "pydantic", "ruamel.yaml", "click")
_PACKAGES: Final = ("strategy", "sim")
_DIGEST_BYTES: Final = 8
_TOLD_MAX: Final = 3
UNREADABLE: Final = "SQ-S041"


class Unreadable(StormquoteError):
    """A file of a run folder is damaged, edited into nonsense, or of another version."""

    code = UNREADABLE


class Program(msgspec.Struct, frozen=True):
    """Everything a digest depends on besides scenario and seed. ``code`` covers strategy, simulator and arm."""

    stormquote: str
    code: str
    python: str
    libraries: dict[str, str]
    machine: str

    def differs(self, other: "Program") -> str:
        """Say in what another program differs; empty where it does in nothing."""
        pairs = [
            ("code", self.code, other.code),
            ("stormquote", self.stormquote, other.stormquote),
            ("Python", _minor(self.python), _minor(other.python)),
            ("machine", self.machine, other.machine),
            *((name, self.libraries.get(name, "none"), other.libraries.get(name, "none")) for name in LIBRARIES),
        ]
        return ", ".join(f"{name} {mine} then, {its} now" for name, mine, its in pairs if mine != its)


class Recipe(msgspec.Struct, frozen=True):
    """A scenario, what ran it, and how: ``core`` and ``through`` as on the command line of ``sim run``."""

    scenario: Ready
    program: Program
    core: str = ""
    through: str = ""


class _Written(msgspec.Struct, frozen=True):
    schema_version: int
    program: Program
    core: str
    through: str
    scenario: msgspec.Raw


def this_program(through: str = "") -> Program:
    """Name the program that runs now; ``through`` names the arm whose code counts as well."""
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    arms = [module_of(through).partition(".")[0]] if through else []
    for name, body in _sources([*_PACKAGES, *arms]):
        digest.update(f"{name} {len(body)}\n".encode())
        digest.update(body)
    return Program(
        __version__,
        digest.hexdigest(),
        ".".join(map(str, sys.version_info[:3])),
        {name: version(name) for name in LIBRARIES},
        platform.machine(),
    )


def recipe_of(job: Job, program: Program) -> bytes:
    """Write down what a job is made of; its seed and length are in its plan."""
    # Without defaults: of some fields it matters whether a person wrote them.
    scenario = job.scenario.model_dump_json(exclude_unset=True)
    written = _Written(SCHEMA_VERSION, program, job.core, job.through, msgspec.Raw(scenario.encode()))
    return msgspec.json.format(msgspec.json.encode(written), indent=2)


def recipe_in(content: bytes, name: str) -> Recipe:
    """Read it back; raises ``Unreadable``, calling the file ``name``."""
    try:
        written = msgspec.json.decode(content, type=_Written)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"{name} does not say what was run: {error}") from None
    if written.schema_version != SCHEMA_VERSION:
        raise Unreadable(f"{name} is of version {written.schema_version}; this program reads {SCHEMA_VERSION}")
    try:
        scenario = Ready.model_validate_json(bytes(written.scenario))
    except ValidationError as error:
        told = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_url=False)]
        more = f"; and {len(told) - _TOLD_MAX} more" if len(told) > _TOLD_MAX else ""
        raise Unreadable(f"{name} holds no scenario: {'; '.join(told[:_TOLD_MAX])}{more}") from None
    return Recipe(scenario, written.program, written.core, written.through)


def _sources(packages: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Give every file of code by its name below its package, in one order."""
    for package in packages:
        root = Path(importlib.import_module(package).__file__ or "").parent
        for path in sorted(root.rglob("*.py")):
            yield f"{package}/{path.relative_to(root).as_posix()}", path.read_bytes()


def _minor(python: str) -> str:
    return ".".join(python.split(".")[:2])
