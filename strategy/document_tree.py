"""YAML text as a tree that knows where everything stands.

Built from the parser's events rather than from its objects, for three reasons: all duplicate
keys are found and not only the first; every key and every value has its own line and column;
and what a plain word means is decided here, in a dozen lines one can read. ``true`` is a truth
value, ``010`` and ``12:30:00`` and ``no`` are text, ``1e-3`` is a number, ``1_000`` is text:
nothing is turned into something its writer may not have meant.

Nothing here recurses, so no nesting can exhaust the stack.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

NOT_YAML: Final = "SQ-C002"
TWICE: Final = "SQ-C003"
NOT_A_MAPPING: Final = "SQ-C010"

DEPTH_MAX: Final = 32
NODES_MAX: Final = 50_000

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]

_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_INT: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,99})")
_FLOAT: Final = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]{1,3})?")
_WORDS: Final[dict[str, bool | None]] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}


class Place(NamedTuple):
    """Where something begins in the text, counted from 1."""

    line: int
    col: int


class Mistake(NamedTuple):
    """Something wrong with the text itself, before any model looks at it."""

    code: str
    place: Place
    message: str


@dataclass(slots=True)
class Node:
    """One value and where it stands: a scalar, a list or a mapping with the place of each key."""

    place: Place
    scalar: Plain = None
    items: list["Node"] | None = None
    entries: dict[str, "Node"] | None = None
    key_places: dict[str, Place] = field(default_factory=dict)
    size: int = 1

    def plain(self) -> Plain:
        """Give the value without its places. Depth and size were bounded when it was built."""
        if self.items is not None:
            return [item.plain() for item in self.items]
        if self.entries is not None:
            return self.mapping()
        return self.scalar

    def mapping(self) -> dict[str, Plain]:
        """Give a mapping without its places."""
        return {key: node.plain() for key, node in (self.entries or {}).items()}


class _Stop(Exception):
    """The text cannot be read any further."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.mistake = Mistake(NOT_YAML, place, message)


def lines_of(text: str) -> list[str]:
    """Split text where YAML breaks lines, so that line numbers agree with the parser's."""
    return _BREAK.split(text)


def scalar_of(text: str) -> Plain:
    """Say what a plain (unquoted) word is."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def build(text: str) -> tuple[Node | None, tuple[Mistake, ...]]:
    """Read one YAML document; the root must be a mapping. Never raises on any text."""
    builder = _Builder()
    try:
        for event in _events(text):
            builder.take(event)
    except _Stop as stop:
        return None, (*builder.mistakes, stop.mistake)
    root = builder.root
    if root is None or root.entries is None:
        place = Place(1, 1) if root is None else root.place
        message = "the file should be a mapping of keys to values" + (", it is empty" if _is_empty(root) else "")
        return None, (*builder.mistakes, Mistake(NOT_A_MAPPING, place, message))
    return root, tuple(builder.mistakes)


def _is_empty(root: Node | None) -> bool:
    return root is None or (root.items is None and root.scalar is None)


def _events(text: str) -> Iterator[Event]:
    """Run the round-trip parser; whatever it trips over becomes a ``_Stop`` with a place."""
    try:
        yield from YAML(typ="rt", pure=True).parse(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        words = " ".join(str(part) for part in (error.context, error.problem) if part)
        raise _Stop(place, f"not YAML: {words.splitlines()[0] if words else 'unreadable'}") from None
    except YAMLError as error:
        raise _Stop(_place_of(text, getattr(error, "position", 0)), "not YAML: an unprintable character") from None
    except (ValueError, OverflowError, IndexError, TypeError, AttributeError, AssertionError):
        # The parser has rough edges of its own (an escape beyond Unicode, a torn directive).
        raise _Stop(Place(1, 1), "not YAML: the parser cannot make sense of it") from None


def _place_of(text: str, position: int) -> Place:
    before = lines_of(text[:position])
    return Place(len(before), len(before[-1]) + 1)


class _Builder:
    """Folds parser events into nodes, with an explicit stack instead of recursion."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.mistakes: list[Mistake] = []
        self._open: list[Node] = []
        self._pending_keys: list[str | None] = []
        self._anchors: dict[str, Node] = {}
        self._documents = 0

    def take(self, event: Event) -> None:
        """Take in the next event."""
        place = Place(event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise _Stop(place, "not YAML: a file holds one document, a second one begins here")
        elif isinstance(event, ScalarEvent):
            self._refuse_tag(event, place)
            self._scalar(event, place)
        elif isinstance(event, SequenceStartEvent | MappingStartEvent):
            self._refuse_tag(event, place)
            self._begin(event, place)
        elif isinstance(event, CollectionEndEvent):
            self._end()
        elif isinstance(event, AliasEvent):
            self._alias(event.anchor, place)

    def _refuse_tag(self, event: ScalarEvent | SequenceStartEvent | MappingStartEvent, place: Place) -> None:
        if event.tag is not None:
            raise _Stop(place, f"not YAML we read: tags such as {event.tag} have no meaning here")

    def _scalar(self, event: ScalarEvent, place: Place) -> None:
        if self._awaits_key():
            self._key(event.value, place)
            return
        node = Node(place, scalar_of(event.value) if event.style is None else event.value)
        self._name(event.anchor, node)
        self._add(node)

    def _awaits_key(self) -> bool:
        return bool(self._open) and self._open[-1].entries is not None and self._pending_keys[-1] is None

    def _key(self, key: str, place: Place) -> None:
        mapping = self._open[-1]
        first = mapping.key_places.get(key)
        if first is None:
            mapping.key_places[key] = place
        else:
            self.mistakes.append(Mistake(TWICE, place, f"key {key!r} is written twice, first in line {first.line}"))
        self._pending_keys[-1] = key

    def _begin(self, event: SequenceStartEvent | MappingStartEvent, place: Place) -> None:
        if self._awaits_key():
            raise _Stop(place, "not YAML we read: a key is a word, not a list or a mapping")
        if len(self._open) >= DEPTH_MAX:
            raise _Stop(place, f"nested deeper than {DEPTH_MAX} levels")
        is_list = isinstance(event, SequenceStartEvent)
        node = Node(place, items=[] if is_list else None, entries=None if is_list else {})
        self._name(event.anchor, node)
        self._open.append(node)
        self._pending_keys.append(None)

    def _end(self) -> None:
        node = self._open.pop()
        self._pending_keys.pop()
        self._add(node)

    def _name(self, anchor: str | None, node: Node) -> None:
        if anchor:
            self._anchors[anchor] = node

    def _alias(self, anchor: str, place: Place) -> None:
        if self._awaits_key():
            raise _Stop(place, "not YAML we read: a key is a word, not an alias")
        node = self._anchors.get(anchor)
        if node is None:
            raise _Stop(place, f"alias *{anchor} has no anchor &{anchor} before it")
        if any(node is parent for parent in self._open):
            raise _Stop(place, f"alias *{anchor} stands inside what it names")
        if len(self._open) + _depth(node) > DEPTH_MAX:
            raise _Stop(place, f"nested deeper than {DEPTH_MAX} levels")
        self._add(node)

    def _add(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        # An alias counts with everything below it: a few lines of aliases can mean a billion nodes.
        parent.size += node.size
        if parent.size > NODES_MAX:
            raise _Stop(node.place, f"more than {NODES_MAX} values")
        if parent.items is not None:
            parent.items.append(node)
            return
        key, self._pending_keys[-1] = self._pending_keys[-1], None
        if parent.entries is not None and key is not None:
            parent.entries.setdefault(key, node)


def _depth(node: Node) -> int:
    """Count levels below and including ``node``; what was built is bounded in depth and in size."""
    depth, level = 0, [node]
    while level:
        depth += 1
        level = [child for parent in level for child in (parent.items or list((parent.entries or {}).values()))]
    return depth
