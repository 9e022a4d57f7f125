"""Numbers this program did not invent come out of it: the economics table, with `--chaos` at full size."""

import pytest
from conformance.economics import recorded
from conformance.economics.flow import compensated, exponential_p, fano, times
from conformance.economics.table import Row, main, sections

from sim.dice import Dice
from sim.market.hawkes import Hawkes


@pytest.mark.parametrize("name", sections())
def test_every_row_holds(name, is_deep):
    rows = list(sections()[name](not is_deep))
    assert rows
    if isinstance(rows[0], str):
        pytest.skip(rows[0])
    assert [] == [row.line() for row in rows if not row.holds]


def test_a_row_fails_beyond_its_tolerance_and_a_floor_only_below():
    assert [True, False, False] == [Row("", "", 1.0, 1.0 + off, 0.1).holds for off in (0.05, 0.2, -0.2)]
    assert [True, False] == [Row("", "", 1.0, 1.0 + off, 0.1, is_floor=True).holds for off in (5.0, -0.2)]


def test_a_row_of_a_factor_wants_the_sign_as_well_and_a_control_wants_it_wrong():
    def holds(measured, **kind):
        return Row("", "", -0.3, measured, 1.5, is_factor=True, **kind).holds

    assert [True, True, False, False, False] == [holds(one) for one in (-0.3, -0.44, -0.46, -0.19, 0.3)]
    assert [False, True, True] == [holds(one, is_wrong=True) for one in (-0.3, -0.46, 0.3)]


def test_the_command_says_what_failed_and_leaves_with_1(monkeypatch, capsys):
    wrong = {"wrong": lambda quick: iter([Row("9 none", "two and two", 4.0, 5.0, 0.5)])}
    monkeypatch.setattr("conformance.economics.table.sections", lambda: wrong)
    assert 1 == main(["--quick"])
    assert "FAIL\n1 failed\n" == capsys.readouterr().out[-14:]


def test_an_option_that_is_misspelt_starts_no_table_of_half_an_hour(monkeypatch):
    monkeypatch.setattr("conformance.economics.table.sections", dict)
    with pytest.raises(SystemExit):
        main(["--quik"])


def test_without_recordings_the_table_says_so(monkeypatch, capsys):
    monkeypatch.delenv("STORMQUOTE_DATA", raising=False)
    monkeypatch.setattr("conformance.economics.table.sections", lambda: {"recorded": recorded.rows})
    assert 0 == main([])
    assert "skipped: no recorded data" in capsys.readouterr().out


def test_poisson_flow_fails_what_clustered_flow_passes():
    (instants,) = times(Hawkes(Dice(7), "poisson", [1.0], [[0.0]], 1.6), 10_000)
    assert fano(instants, 10, 10_000) < 1.5
    # Believed to be self-exciting, its residuals are nothing like exponential.
    assert exponential_p(compensated(instants, 0.5, 0.8, 1.6)) < 1e-4
