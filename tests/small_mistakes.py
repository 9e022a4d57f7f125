"""Small mistakes for the scoreboard, one at a time: mutmut makes them, and a seed draws a few of each module.

Of mutmut only what makes a mistake is used, not what runs tests on it: there every mistake is in the one program
that runs, and the world and the oracle would read it too. ``mutated.py`` puts it into the core alone.
"""

import hashlib
import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Final, NamedTuple

import libcst
from mutmut.mutation.file_mutation import Mutation, MutationVisitor, deep_replace
from mutmut.mutation.mutators import mutation_operators, operator_arg_removal, operator_assignment
from mutmut.mutation.pragma_handling import IgnoredCode

ROOT: Final = Path(__file__).resolve().parent.parent
# What puts None in the place of a value, or leaves an argument out, is two in three of its mistakes. Python itself
# tells of nearly all of these, in whatever storm: they would say nothing of the invariants.
LOUD: Final = (operator_arg_removal, operator_assignment)
_OPERATORS: Final = [one for one in mutation_operators if one[1] not in LOUD]
_WORD: Final = re.compile(r"\w+|\s+|[<>=!+*/%-]+|[^\w\s]")


class Mistake(NamedTuple):
    """A text with one mistake in it: the ``line`` (from 1) as it stood there, and its ``change`` in short."""

    number: int
    line: str
    change: str
    text: str


class _Maker(MutationVisitor):
    """Whether a record is frozen, or collected, says nothing that a judge of its meaning could notice."""

    def on_visit(self, node: libcst.CSTNode) -> bool:
        is_idle = isinstance(node, libcst.Arg) and node.keyword is not None and node.keyword.value in ("frozen", "gc")
        return not is_idle and super().on_visit(node)


def places_in(source: str) -> tuple[libcst.Module, list[Mutation]]:
    """Give a text as a tree, and all mistakes that can be made in it."""
    maker = _Maker(_OPERATORS, IgnoredCode(set(), set(), set()))
    module = libcst.MetadataWrapper(libcst.parse_module(source)).visit(maker)
    return module, maker.mutations


def mistake_at(source: str, module: libcst.Module, place: Mutation) -> Mistake:
    """Make one mistake."""
    changed = deep_replace(module, place.original_node, place.mutated_node)
    text = changed.code if isinstance(changed, libcst.Module) else ""
    pairs = zip_longest(source.splitlines(), text.splitlines(), fillvalue="")
    number, was, now = next((number, *pair) for number, pair in enumerate(pairs, start=1) if pair[0] != pair[1])
    return Mistake(number, was.strip(), _change(was, now), text)


def _change(was: str, now: str) -> str:
    """Say in what words two lines differ."""
    before, after = _WORD.findall(was), _WORD.findall(now)
    while before and after and before[0] == after[0]:
        del before[0], after[0]
    while before and after and before[-1] == after[-1]:
        del before[-1], after[-1]
    return " -> ".join("".join(words).strip() or "nothing" for words in (before, after))


def drawn(module: str, seed: int, count: int) -> Iterator[Mistake]:
    """Draw mistakes of a module (``strategy/orders``); the same for the same seed and text, each line once at most."""
    source = (ROOT / f"{module}.py").read_text(encoding="utf-8")
    tree, places = places_in(source)
    told: set[int] = set()
    for number in sorted(range(len(places)), key=lambda one: luck(f"{seed}/{module}/{one}")):
        mistake = mistake_at(source, tree, places[number])
        if len(told) == count:
            return
        if mistake.number not in told:
            told.add(mistake.number)
            yield mistake


def luck(name: str) -> bytes:
    """Give the luck of a name."""
    return hashlib.blake2b(name.encode(), digest_size=8).digest()
