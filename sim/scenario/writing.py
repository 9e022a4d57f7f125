"""Writing files that a person may read: plain data as YAML, leaves on one line, in the order they were given."""

from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML

_WIDTH: Final = 110
_NO_END: Final = 1_000_000


def yaml_of(plain: dict[str, Any]) -> str:
    """Write plain data as the text of a file."""
    return _dumped(plain, is_flow=None, width=_WIDTH)


def line_of(value: Any) -> str:
    """Write a value on one line, whole numbers without a point."""
    return _dumped(_plainly(value), is_flow=True, width=_NO_END).removesuffix("\n").removesuffix("\n...")


def _dumped(value: Any, *, is_flow: bool | None, width: int) -> str:
    yaml = YAML(typ="safe")
    yaml.default_flow_style = is_flow
    yaml.width = width
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    text = StringIO()
    yaml.dump(value, text)
    return text.getvalue()


def _plainly(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plainly(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plainly(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
