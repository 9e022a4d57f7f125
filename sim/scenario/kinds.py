"""The kinds of file a person writes, and how to tell which one a text is."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sim.scenario.models import Scenario
from sim.scenario.profiles import Profile
from sim.scenario.study import Study
from strategy import document_tree
from strategy.config import Config
from strategy.config_live import LiveConfig
from strategy.file_model import Document

MODELS: Final[Mapping[str, type[Document]]] = MappingProxyType(
    {"scenario": Scenario, "config": Config, "profile": Profile, "live": LiveConfig, "study": Study}
)

# Keys that all kinds share say nothing about which one it is; keys of old versions do.
_OWN_KEYS: Final = {
    "scenario": ("run", "market", "strategy", "faults", "gates", "invariants", "tags"),
    "config": (
        *(name for name in Config.model_fields if name not in ("schema_version", "name", "description")),
        *("sizes", "limits"),  # of version 1
    ),
    "profile": ("status", "symbols", "links", "rates"),
    "live": ("venue", "symbols", "strategy", "files", "watchdog", "metrics", "memory"),
    "study": ("scenarios", "walk_forward", "train", "holdout", "objective", "constraints", "parameters", "search"),
}


def kind_of_text(text: str) -> str:
    """Tell a file's kind by the keys only that kind has; when in doubt it is a scenario."""
    tree, _ = document_tree.build(text.removeprefix("\ufeff"))
    keys = () if tree is None else tuple(tree.entries or ())
    scores = {kind: sum(key in own for key in keys) for kind, own in _OWN_KEYS.items()}
    return max(scores, key=lambda kind: scores[kind])
