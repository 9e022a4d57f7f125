"""Raising a file a person wrote from its version to the current one, comments kept.

A migration is a pure step from version N to N + 1 on the loaded text; a chain runs as many as
are needed. A step assumes nothing about the file but its version: what it does not find it
leaves alone, and reading the result says what is wrong with it.

No comment is ever lost. One that stands behind a value moves with the value; one that stands
above a key that disappears goes to the nearest key that stays.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import CommentMark
from ruamel.yaml.tokens import CommentToken

from strategy import document_tree
from strategy.documents import TOO_NEW, VERSION_KEY, place_of
from strategy.errors import OurMistake, Problem

Step = Callable[[CommentedMap], tuple[str, ...]]
# Where ruamel keeps a key's comments: the one behind its value, and those above its first child.
_AFTER: Final = 2
_ABOVE_FIRST: Final = 3
_BAD_VERSION: Final = "SQ-C010"


@dataclass(frozen=True)
class Migrated:
    """A file in its new version; ``notes`` say what changed, in the order it was done."""

    text: str
    from_version: int
    to_version: int
    notes: tuple[str, ...]


def migrate(
    text: str, name: str, chain: Mapping[int, Step], to_version: int
) -> tuple[Migrated | None, tuple[Problem, ...]]:
    """Raise ``text`` to ``to_version``; a file that is there already comes back as it is."""
    lines = document_tree.lines_of(text)
    tree, mistakes = document_tree.build(text)

    def problem(code: str, place: document_tree.Place, message: str) -> Problem:
        return Problem(code, name, place.line, place.col, message, (lines[place.line - 1 : place.line] or [""])[0])

    if tree is None or mistakes:
        return None, tuple(problem(each.code, each.place, each.message) for each in mistakes)
    node = (tree.entries or {}).get(VERSION_KEY)
    version = None if node is None else node.scalar
    place = place_of(tree, (VERSION_KEY,))
    if type(version) is not int or version < 1:
        return None, (problem(_BAD_VERSION, place, f"{VERSION_KEY} should be a whole number from 1"),)
    if version > to_version:
        return None, (problem(TOO_NEW, place, f"{VERSION_KEY} {version} is newer than {to_version}"),)
    if version == to_version:
        return Migrated(text, version, version, ()), ()
    return _run(text, version, chain, to_version), ()


def _run(text: str, version: int, chain: Mapping[int, Step], to_version: int) -> Migrated:
    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes = True
    yaml.width = 1000
    document = yaml.load(text)
    comments = list(_comments_below(document))
    notes: list[str] = []
    for step_version in range(version, to_version):
        if step_version not in chain:
            raise OurMistake(f"no migration leads from version {step_version} to {step_version + 1}")
        notes += chain[step_version](document)
        document[VERSION_KEY] = step_version + 1
    sink = _Sink()
    yaml.dump(document, sink)
    result = sink.text()
    # A comment in a group that is empty now has no neighbour to go to: it is kept at the end.
    homeless = [line for line in dict.fromkeys(comments) if line not in result]
    return Migrated("\n".join([result.rstrip("\n"), *homeless, ""]), version, to_version, tuple(notes))


def _comments_below(node: Any) -> Iterator[str]:
    """Give every comment line of a loaded document."""
    if isinstance(node, CommentedMap | CommentedSeq):
        yield from _lines_in([node.ca.comment, list(node.ca.items.values()), node.ca.end])
        for child in node.values() if isinstance(node, CommentedMap) else node:
            yield from _comments_below(child)


class _Sink:
    """What the dumper writes into: memory, since nothing here touches a file."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> None:
        self._parts.append(part)

    def text(self) -> str:
        return b"".join(self._parts).decode()


# Version 1 to 2 of the strategy config.
#
# Version 1 counted half widths, from the mid to one quote; everything since counts full widths,
# because costs and spreads of the market are full ones and a forgotten factor of two is money.
# It also kept a symbol's size and its limit in two places, and the halt beside the loop.

_HALVES: Final = {
    "half_bps_base": "base_bps",
    "half_bps_min": "width_bps_min",
    "half_bps_max": "width_bps_max",
    "half_bps_ceiling": "width_bps_ceiling",
}


def config_1_to_2(config: CommentedMap) -> tuple[str, ...]:
    """Turn half widths into full ones, and gather what belongs to a symbol under ``symbols``."""
    notes: list[str] = []
    spread = config.get("spread")
    if isinstance(spread, CommentedMap):
        for old, new in _HALVES.items():
            if isinstance(spread.get(old), int | float) and not isinstance(spread[old], bool):
                _rename(spread, old, new)
                half, spread[new] = spread[new], float(Decimal(str(spread[new])) * 2)
                notes.append(f"spread.{old} {half} became spread.{new} {spread[new]:g}: widths are full widths now")
    loop = config.get("loop")
    if isinstance(loop, CommentedMap) and "halt_ms" in loop:
        config.setdefault("guard", CommentedMap())
        if isinstance(config["guard"], CommentedMap):
            _move(loop, "halt_ms", config, "guard")
            notes.append("loop.halt_ms became guard.halt_ms")
    notes += _gather_symbols(config)
    if "limits" in config:
        _rename(config, "limits", "account")
        notes.append("limits became account")
    return tuple(notes)


def _gather_symbols(config: CommentedMap) -> tuple[str, ...]:
    sizes, limits = config.get("sizes"), config.get("limits")
    maxima = limits.get("position_max") if isinstance(limits, CommentedMap) else None
    if not isinstance(sizes, CommentedMap) or not isinstance(maxima, CommentedMap):
        return ()
    for symbol in list(sizes):
        row = CommentedMap(quote_size=sizes[symbol])
        row.fa.set_flow_style()
        if symbol in maxima:
            row["position_max"] = maxima[symbol]
            behind, above_next = _take_comment(maxima, symbol)
            _append_behind(sizes, symbol, behind)
            _keep_lines(maxima, symbol, above_next)
            del maxima[symbol]
        sizes[symbol] = row
    if not maxima:
        left_over = _lines_in([limits.ca.items.pop("position_max", None), maxima.ca.comment, maxima.ca.end])
        _keep_lines(limits, "position_max", left_over)
        del limits["position_max"]
    _rename(config, "sizes", "symbols")
    return ("sizes and limits.position_max became symbols",)


def _rename(mapping: CommentedMap, old: str, new: str) -> None:
    """Give a key another name in its place; its comments stay with it."""
    comments = mapping.ca.items.pop(old, None)
    position = list(mapping).index(old)
    value = mapping.pop(old)
    mapping.insert(position, new, value)
    if comments is not None:
        mapping.ca.items[new] = comments


def _move(source: CommentedMap, key: str, root: CommentedMap, group: str) -> None:
    """Move a value to the front of ``root[group]``, with the comment behind it."""
    target = root[group]
    behind, above_next = _take_comment(source, key)
    _keep_lines(source, key, above_next)
    _pin_first_lines(root, group)
    target.insert(0, key, source.pop(key))
    _append_behind(target, key, behind)


def _pin_first_lines(root: CommentedMap, group: str) -> None:
    """Tie the lines above a group's first key to that key, so that a newcomer does not inherit them."""
    mapping, tokens = root[group], root.ca.items.get(group)
    if not mapping or not tokens or not tokens[_ABOVE_FIRST]:
        return
    # The loader hangs these lines on the group's key and on the group itself; the dumper reads the former.
    lines, tokens[_ABOVE_FIRST] = _lines_in(tokens[_ABOVE_FIRST]), None
    _put_above(mapping, next(iter(mapping)), lines)


def _take_comment(mapping: CommentedMap, key: str) -> tuple[str, list[str]]:
    """Take a key's comments: the one behind its value, and the lines above it or above what follows."""
    tokens = mapping.ca.items.pop(key, None)
    if not tokens:
        return "", []
    text = tokens[_AFTER].value if tokens[_AFTER] is not None else ""
    first, _, rest = text.partition("\n")
    return first.strip(), _lines_in(tokens[1]) + [line.strip() for line in rest.splitlines() if line.strip()]


def _append_behind(mapping: CommentedMap, key: str, comment: str) -> None:
    """Write a comment behind a value, after one that is there already."""
    if not comment:
        return
    tokens = mapping.ca.items.setdefault(key, [None, None, None, None])
    if tokens[_AFTER] is None:
        tokens[_AFTER] = CommentToken(f"{comment}\n", CommentMark(0), None)
        return
    first, _, rest = tokens[_AFTER].value.partition("\n")
    tokens[_AFTER].value = f"{f'{first} {comment}'.strip()}\n{rest}"


def _keep_lines(mapping: CommentedMap, leaving: str, lines: list[str]) -> None:
    """Keep comment lines when ``leaving`` goes: above the next key, else above the one before."""
    if not lines:
        return
    keys = list(mapping)
    position = keys.index(leaving)
    neighbours = keys[position + 1 :] or keys[:position][-1:]
    if neighbours:
        _put_above(mapping, neighbours[0], lines)
    else:
        # Nothing else is left here; the mapping itself goes next, and takes the lines along.
        mapping.ca.end = [*(mapping.ca.end or []), *(_token(line, 0) for line in lines)]


def _put_above(mapping: CommentedMap, key: str, lines: list[str]) -> None:
    tokens = mapping.ca.items.setdefault(key, [None, None, None, None])
    tokens[1] = [*(tokens[1] or []), *(_token(line, mapping.lc.col or 0) for line in lines)]


def _token(line: str, column: int) -> CommentToken:
    return CommentToken(f"{line}\n", CommentMark(column), None)


def _lines_in(tokens: Any) -> list[str]:
    if isinstance(tokens, CommentToken):
        return [line.strip() for line in tokens.value.splitlines() if line.strip()]
    if isinstance(tokens, list | tuple):
        found = [line for token in tokens for line in _lines_in(token)]
        return list(dict.fromkeys(found))
    return []


CONFIG_CHAIN: Final[Mapping[int, Step]] = {1: config_1_to_2}
CHAINS: Final[Mapping[str, Mapping[int, Step]]] = {
    "config": CONFIG_CHAIN,
    "scenario": {},
    "profile": {},
    "live": {},
    "study": {},
}
