"""Memory that runs short is told once, and its relief once."""

import builtins

from adapters.memory import Pressure, resident_mb
from strategy.events import MemoryPressure


def test_a_change_is_told_and_a_mark_that_is_brushed_is_not_told_again_and_again():
    sizes = iter([90, 101, 105, 95, 91, 89, 95, 101])
    pressure = Pressure(100, lambda: next(sizes))
    told = [pressure.look() for _ in range(8)]
    up, down = MemoryPressure(1), MemoryPressure(0)
    assert [None, up, None, None, None, down, None, up] == told


def test_the_size_is_this_process_own_and_zero_where_the_host_does_not_say(monkeypatch):
    assert 5 < resident_mb() < 100_000

    def nobody(*_args, **_kinds):
        raise OSError("no /proc here")

    monkeypatch.setattr(builtins, "open", nobody)
    assert 0.0 == resident_mb()
