"""Every draw is named: the same name gives the same draw, another name another."""

import itertools
import math
import statistics
import subprocess
import sys

import pytest

from sim.dice import Dice, exponential_ns, geometric, lognormal_ns, normal, unit


def test_a_draw_depends_on_seed_and_key_alone():
    assert Dice(7).u64("a", 1) == Dice(7).u64("a", 1)
    words = [
        Dice(seed).u64(*key) for seed in (1, 2) for key in (("a", 1), ("a", 2), ("b", 1), ("a", "1"), ("a1",), (1, "a"))
    ]
    assert len(words) == len(set(words))


def test_keys_that_join_to_the_same_text_are_different_keys():
    dice = Dice(1)
    assert dice.u64("ab", "c") != dice.u64("a", "bc")
    assert dice.u64("a", 11) != dice.u64("a", 1, 1)


def test_a_stream_can_be_read_at_any_place_in_any_order():
    one, other = Dice(3).stream("flow", "X"), Dice(3).stream("flow", "X")
    forward = [one.word(k) for k in range(2000)]
    assert forward == [other.word(k) for k in range(1999, -1, -1)][::-1]
    assert tuple(forward[512:516]) == other.words(512, 4)
    assert Dice(3).stream("flow", "Y").word(0) != forward[0]


def test_draws_are_the_same_in_another_process_with_another_hash_seed():
    code = "from sim.dice import Dice; print(Dice(5).u64('x', 9), Dice(5).stream('s').word(700))"
    told = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True
        ).stdout
        for seed in ("1", "2")
    }
    assert {f"{Dice(5).u64('x', 9)} {Dice(5).stream('s').word(700)}\n"} == told


@pytest.mark.parametrize("word", [0, 2**64 - 1])
def test_the_ends_of_a_word_stay_inside_every_transform(word):
    assert 0.0 <= unit(word) < 1.0
    assert exponential_ns(word, 1e9) >= 0
    assert geometric(word, 5.0) >= 0
    assert math.isfinite(normal(word, word))


def test_transforms_have_the_moments_they_claim():
    stream = Dice(11).stream("moments")
    words = [stream.word(k) for k in range(20_000)]
    pairs = (
        list(itertools.batched(words, 2))
        if hasattr(itertools, "batched")
        else list(zip(words[::2], words[1::2], strict=True))
    )
    normals = [normal(*pair) for pair in pairs]
    assert abs(statistics.fmean(normals)) < 4 / math.sqrt(len(normals))
    assert abs(statistics.pstdev(normals) - 1) < 0.03
    assert abs(statistics.fmean(exponential_ns(word, 1e6) for word in words) / 1e6 - 1) < 0.03
    assert abs(statistics.fmean(geometric(word, 6.0) for word in words) / 6 - 1) < 0.04
    assert abs(statistics.median(lognormal_ns(*pair, 1_000_000, 0.3) for pair in pairs) / 1e6 - 1) < 0.02


def test_a_delay_without_spread_is_constant():
    assert lognormal_ns(1, 2, 500, 0.0) == 500
    assert geometric(2**63, 0.0) == 0
