"""Writing files that a person may read: plain data as YAML, leaves on one line, in the order they were given."""

from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML

_WIDTH: Final = 110


def yaml_of(plain: dict[str, Any]) -> str:
    """Write plain data as the text of a file."""
    yaml = YAML(typ="safe")
    yaml.default_flow_style = None
    yaml.width = _WIDTH
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    text = StringIO()
    yaml.dump(plain, text)
    return text.getvalue()
