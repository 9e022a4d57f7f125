"""Which keys a model knows at a place in a file: what "did you mean" chooses from."""

import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

Where = tuple[str | int, ...]


def keys_at(model: type[BaseModel], where: Where) -> tuple[str, ...]:
    """Name the keys of every model that may stand at ``where`` (pydantic's own kind of path)."""
    kinds: list[Any] = [model]
    for element in where:
        kinds = [after for kind in kinds for after in _step(kind, element)]
    names: dict[str, None] = {}
    for kind in kinds:
        for each in _models(kind):
            names.update(dict.fromkeys(each.model_fields))
    return tuple(names)


def _step(kind: Any, element: str | int) -> Iterator[Any]:
    """Give what may stand at ``element`` below ``kind``; a union's tag leads to the member it names."""
    for option in _options(kind):
        origin, arguments = get_origin(option), get_args(option)
        if isinstance(option, type) and issubclass(option, BaseModel):
            if element in option.model_fields:
                yield option.model_fields[str(element)].annotation
            elif element in _tags(option):
                yield option
        elif isinstance(origin, type) and issubclass(origin, Mapping):
            yield arguments[1]
        elif isinstance(origin, type) and issubclass(origin, Sequence) and isinstance(element, int):
            yield arguments[0]


def _options(kind: Any) -> Iterator[Any]:
    """Take ``Annotated`` and unions apart."""
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _options(get_args(kind)[0])
    elif origin is Union or origin is types.UnionType:
        for option in get_args(kind):
            yield from _options(option)
    else:
        yield kind


def _models(kind: Any) -> Iterator[type[BaseModel]]:
    for option in _options(kind):
        if isinstance(option, type) and issubclass(option, BaseModel):
            yield option


def _tags(model: type[BaseModel]) -> tuple[str, ...]:
    """Give the literal values a model's discriminator can have."""
    found: list[str] = []
    for info in model.model_fields.values():
        if get_origin(info.annotation) is Literal:
            found.extend(str(value) for value in get_args(info.annotation))
    return tuple(found)
