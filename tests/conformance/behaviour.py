"""What a behaviour is: a part to play on a stage, and the story that comes of it.

A story is what was heard, and what is really open then. Words come by two roads, in the order the weather
makes, and some twice; a story has each once, sorted.
"""

from collections.abc import Callable
from typing import Any, Final

from conformance.stage import Stage

Story = list[tuple[Any, ...]]


class Behaviour:
    """A part to play, and the faults, settings and market it needs."""

    def __init__(self, play: Callable[[Stage], Story], **kinds: Any) -> None:
        self.play, self.kinds = play, kinds


BEHAVIOURS: Final[dict[str, Behaviour]] = {}


def behaviour(**kinds: Any) -> Callable[[Callable[[Stage], Story]], Callable[[Stage], Story]]:
    def note(play: Callable[[Stage], Story]) -> Callable[[Stage], Story]:
        BEHAVIOURS[play.__name__] = Behaviour(play, **kinds)
        return play

    return note


def story(heard: Story, *more: tuple[Any, ...]) -> Story:
    return [*sorted(dict.fromkeys(heard), key=str), *more]


def is_open(stage: Stage) -> tuple[Any, ...]:
    return ("open", *stage.open_ids())
