"""A config as it is proposed: the old file with the weights that were found, comments kept."""

from collections.abc import Sequence
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from sim.search.points import Point
from strategy.document_tree import scalar_of


def proposed_text(text: str, point: Point, head: Sequence[str]) -> str:
    """Set the weights of ``point`` in a config's text; ``head`` are lines of comment for its top."""
    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes = True
    yaml.width = 1000
    document = yaml.load(text)
    for setting in point:
        key, _, value = setting.partition("=")
        *groups, last = key.split(".")
        group: Any = document
        for name in groups:
            # A group the file leaves out has only defaults; it is written where one is changed.
            group = group.setdefault(name, CommentedMap())
        group[last] = scalar_of(value)
    written = StringIO()
    yaml.dump(document, written)
    return "".join(f"# {line}\n" for line in head) + written.getvalue()
