"""An arm is found by its entry point, or it is said plainly what is missing."""

import arms
import pytest
from click.testing import CliRunner

from sim.through.arms import arm
from sim.verbs.run import command
from strategy.errors import OperatorError


def test_an_arm_is_whatever_its_entry_point_names(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(arms.install(tmp_path, {"toy": "fractions:Fraction"}))
    assert "Fraction" == arm("toy").__name__


@pytest.mark.parametrize(
    "value, words",
    [("no_such_module:thing", "cannot be loaded: No module"), ("fractions:NoSuchThing", "cannot be loaded: ")],
)
def test_an_arm_that_does_not_load_is_an_error_of_the_operators(tmp_path, monkeypatch, value, words):
    monkeypatch.syspath_prepend(arms.install(tmp_path, {"toy": value}))
    with pytest.raises(OperatorError, match=words) as refused:
        arm("toy")
    assert ["SQ-S021"] == [one.code for one in refused.value.problems]


def test_an_arm_nobody_installed_is_told_with_those_there_are(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(arms.install(tmp_path, {"toy": "fractions:Fraction"}))
    with pytest.raises(OperatorError, match=r"no arm 'lvie' is installed \(there is: .*toy.*\)"):
        arm("lvie")


def test_this_project_declares_one_arm():
    assert {"live": "adapters.arm:LiveArm"} == arms.declared()


def test_run_refuses_an_arm_that_is_not_there_before_anything_starts(repository):
    scenario = repository / "scenarios" / "calm.yaml"
    result = CliRunner().invoke(command, [str(scenario), "--through", "nowhere", "--dry-run"])
    assert isinstance(result.exception, OperatorError)
    assert "--through: error[SQ-S021]" in str(result.exception)
