"""Every kind of fault says what a swarm draws for it; what is drawn, and the ends of it, can be read back."""

import itertools
import json
from collections import Counter

import pytest
from click.testing import CliRunner

from sim.dice import Dice
from sim.scenario.faults import KINDS
from sim.scenario.faults.base import LINKS
from sim.scenario.faults.ranges import (
    AnySymbols,
    Choice,
    LogUniform,
    Maybe,
    Roll,
    Rows,
    Several,
    Signed,
    Subset,
    TimesField,
    Uniform,
    Where,
    drawn,
)
from sim.verbs.faults import command

SYMBOLS = ("BTCUSDT", "ETHUSDT")
ALMOST_ONE = 1 - 2**-53
LADDER = (0.0, 0.2, 0.4, 0.6, 0.8, ALMOST_ONE)


def keyed(seed, *key):
    dice = Dice(seed)
    return lambda *name: dice.unit(*key, *name)


def read(kind, fields):
    return KINDS[kind].model_validate({"kind": kind, "id": "x", "at_s": 1.0, **fields})


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_is_drawn_for_it(kind):
    model = KINDS[kind]
    assert model.SWARM, f"{kind} has no ranges: a swarm would never draw it"
    unknown = [field for field in model.SWARM if field not in model.model_fields]
    assert [] == unknown
    needed = [name for name, info in model.model_fields.items() if info.is_required() and name not in ("kind", "at_s")]
    assert [] == [name for name in needed if name not in model.SWARM]
    assert not model.SWARM.keys() & {"at_s", "id", "kind"}, "when, and what it is called, is the swarm's to say"


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_that_can_last_is_given_an_end(kind):
    assert ("for_s" in KINDS[kind].model_fields) == ("for_s" in KINDS[kind].SWARM)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_drawn_can_be_read(kind):
    for seed in range(200):
        read(kind, drawn(KINDS[kind].SWARM, keyed(seed, kind, 0), SYMBOLS))


@pytest.mark.parametrize("kind", KINDS)
def test_the_ends_of_what_is_drawn_can_be_read(kind):
    swarm = KINDS[kind].SWARM
    for field, at, rest in itertools.product(swarm, LADDER, (0.0, 0.5, ALMOST_ONE)):
        read(kind, drawn(swarm, lambda *name, f=field, a=at, r=rest: a if name[0] == f else r, SYMBOLS))


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_that_is_no_longer_drawn_moves_no_other(kind):
    swarm = KINDS[kind].SWARM
    for left_out in swarm:
        if any(
            left_out in getattr(draw, "fields", ()) or left_out == getattr(draw, "field", "") for draw in swarm.values()
        ):
            continue
        less = {field: draw for field, draw in swarm.items() if field != left_out}
        for seed in range(20):
            whole = drawn(swarm, keyed(seed, kind), SYMBOLS)
            whole.pop(left_out, None)
            assert whole == drawn(less, keyed(seed, kind), SYMBOLS)


def one(draw, luck, before=None, symbols=SYMBOLS):
    return draw.value(Roll(luck if callable(luck) else lambda *name: luck, before or {}, symbols))


def test_numbers_reach_both_ends_and_stay_between_them():
    assert (1, 9) == (one(Uniform(1, 9), 0.0), one(Uniform(1, 9), ALMOST_ONE))
    assert (0.01, 100) == (one(LogUniform(0.01, 100), 0.0), one(LogUniform(0.01, 100), ALMOST_ONE))
    assert 1 == one(LogUniform(0.01, 100), 0.5)
    assert (3, 8) == (one(Uniform(3, 8, whole=True), 0.0), one(Uniform(3, 8, whole=True), ALMOST_ONE))
    assert (1, 3000) == (one(LogUniform(1, 3000, whole=True), 0.0), one(LogUniform(1, 3000, whole=True), ALMOST_ONE))
    assert isinstance(one(LogUniform(1, 3000, whole=True), 0.3), int)


def test_orders_of_magnitude_are_equally_likely():
    values = [one(LogUniform(1, 10_000), keyed(seed, "x")) for seed in range(4000)]
    decades = Counter(len(str(int(value))) for value in values)
    assert all(850 < decades[digits] < 1150 for digits in (1, 2, 3, 4))


def test_a_sign_is_a_coin():
    values = [one(Signed(Uniform(1, 2)), keyed(seed, "x")) for seed in range(400)]
    assert 150 < sum(value < 0 for value in values) < 250


def test_a_subset_is_never_empty_and_every_part_of_it_comes():
    chosen = [one(Subset(LINKS), keyed(seed, "x")) for seed in range(400)]
    assert all(chosen)
    assert set(LINKS) == {link for each in chosen for link in each}
    assert any(len(each) == 1 for each in chosen)
    assert any(len(each) >= 5 for each in chosen)


def test_symbols_are_all_or_some_of_those_traded():
    chosen = Counter(str(one(AnySymbols(), keyed(seed, "x"))) for seed in range(400))
    assert {"None", "['BTCUSDT']", "['ETHUSDT']", "['BTCUSDT', 'ETHUSDT']"} == set(chosen)
    assert one(AnySymbols(), 0.9, symbols=("BTCUSDT",)) is None


def test_a_field_that_hangs_on_another_is_drawn_beside_it_only():
    where = Where(("how",), Choice((200,)), among=("html",))
    assert (200, None) == (one(where, 0.5, {"how": "html"}), one(where, 0.5, {"how": "cut"}))
    held = Where(("connections",), Choice((1,)), among=("rest",))
    assert (1, None) == (
        one(held, 0.5, {"connections": ["rest", "public"]}),
        one(held, 0.5, {"connections": ["public"]}),
    )
    unless = Where(("prob",), Choice((1,)), but_not=True)
    assert (None, 1) == (one(unless, 0.5, {"prob": 0.2}), one(unless, 0.5, {}))


def test_some_fields_are_left_out_now_and_then():
    values = [one(Maybe(0.3, Choice((7,))), keyed(seed, "x")) for seed in range(1000)]
    assert {7, None} == set(values)
    assert 230 < values.count(7) < 370


def test_a_factor_of_another_field_is_at_least_that_field():
    assert (40, 200) == tuple(
        one(TimesField("soft", Uniform(1, 5), whole=True), luck, {"soft": 40}) for luck in (0.0, ALMOST_ONE)
    )
    assert 0.123456 == one(TimesField("p50", Uniform(1, 5)), 0.0, {"p50": 0.123456}), "not rounded below it"


def test_lists_have_at_least_one_entry():
    nths = [one(Several(LogUniform(1, 40, whole=True), most=4), keyed(seed, "x")) for seed in range(200)]
    assert {1, 2, 3, 4} == {len(nth) for nth in nths}
    assert all(nth == sorted(set(nth)) for nth in nths)
    rows = [
        one(Rows({"regime": Choice(("a", "b")), "for_s": Uniform(1, 2)}, most=3), keyed(seed, "x"))
        for seed in range(100)
    ]
    assert {1, 2, 3} == {len(row) for row in rows}
    assert any(row[0]["regime"] != row[-1]["regime"] for row in rows)


def test_the_ranges_are_shown_to_who_asks_for_a_kind():
    told = CliRunner().invoke(command, ["latency_spike"]).output
    assert "what `sim swarm` draws" in told
    assert "extra_p50_ms times 1 to 20, by orders of magnitude" in told
    fields = json.loads(CliRunner().invoke(command, ["clock_drift", "--format", "json"]).output)["fields"]
    assert {"ppm": "± 1 to 200, by orders of magnitude"}.items() <= {
        field["field"]: field["swarm"] for field in fields
    }.items()


@pytest.mark.parametrize("kind", KINDS)
def test_every_range_has_words(kind):
    assert all(draw.words() for draw in KINDS[kind].SWARM.values())
