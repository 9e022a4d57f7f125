"""Small mistakes: one at a time, told by line and change, none of them loud, the same for the same seed."""

import ast

import pytest

pytest.importorskip("mutmut", reason="no mutmut, which the extra dev has")

from small_mistakes import drawn, mistake_at, places_in

SOURCE = """\
import msgspec


class Kept(msgspec.Struct, frozen=True, gc=False):
    level: int


def reach(low: int, high: int) -> int:
    far = max(low, high)
    if low < high and not far:
        return far + 1
    return abs(low - high)
"""


def all_of(source):
    tree, places = places_in(source)
    return [mistake_at(source, tree, place) for place in places]


def test_each_mistake_is_one_change_of_one_line():
    told = {(one.number, one.change) for one in all_of(SOURCE)}
    assert {(10, "< -> <="), (10, "and -> or"), (10, "not -> nothing"), (11, "1 -> 2"), (11, "+ -> -")} <= told
    for one in all_of(SOURCE):
        ast.parse(one.text)
        differ = [pair for pair in zip(SOURCE.splitlines(), one.text.splitlines(), strict=True) if pair[0] != pair[1]]
        assert [one.line] == [was.strip() for was, _ in differ]


def test_what_python_tells_of_and_what_nobody_can_notice_is_left_out():
    texts = [one.text for one in all_of(SOURCE)]
    assert not any("None" in text or "max(low, )" in text or "max(high)" in text for text in texts)
    assert all("frozen=True, gc=False" in text for text in texts)


def test_a_seed_draws_the_same_mistakes_each_on_a_line_of_its_own():
    some = list(drawn("strategy/limits", 1, 9))
    assert some == list(drawn("strategy/limits", 1, 9))
    assert 9 == len({one.number for one in some})
    assert some != list(drawn("strategy/limits", 2, 9))
    assert some[:4] == list(drawn("strategy/limits", 1, 4))
