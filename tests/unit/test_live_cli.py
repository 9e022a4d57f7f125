"""The command ``live``: verbs, help, and how every failure ends."""

import re
import subprocess
import sys

import click
import pytest
from processes import environment

from adapters import cli
from adapters.endings import Ended
from adapters.venue import VenueUnusable
from strategy.error_codes import REGISTRY
from strategy.errors import OperatorError, OurMistake, Problem
from strategy.exit_codes import ExitCode


def ended(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["live", *words])
    try:
        cli.main()
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return ExitCode.OK


def raising(monkeypatch: pytest.MonkeyPatch, failure: BaseException) -> int:
    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(cli.live, "main", fail)
    return ended(monkeypatch)


def test_help_names_every_verb(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(monkeypatch, "--help") == ExitCode.OK
    said = capsys.readouterr().out
    for verb in ("check", "run", "status", "stop", "flatten", "kill", "guard", "reconcile", "report"):
        assert re.search(rf"^  {verb} +\S", said, re.MULTILINE)


def test_a_misspelled_verb_is_wrong_usage_with_the_nearest_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, "chekc") == ExitCode.USAGE
    assert capsys.readouterr().err.splitlines()[-1] == "Error: no verb 'chekc', did you mean 'check'?"
    assert ended(monkeypatch, "zzz") == ExitCode.USAGE
    assert "verbs are check, run" in capsys.readouterr().err


def test_a_misspelled_option_is_wrong_usage_with_the_nearest_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, "check", "--ofline") == ExitCode.USAGE
    assert "--offline" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("failure", "exit_code", "last_line"),
    [
        (Ended("SQ-O031", "nothing runs", ExitCode.NOT_RUNNING), ExitCode.NOT_RUNNING, "error[SQ-O031]: nothing runs"),
        (VenueUnusable("SQ-V030", "no answer"), ExitCode.PREFLIGHT, "error[SQ-V030]: no answer"),
        (
            OperatorError((Problem("SQ-C001", "gone.yaml", 0, 0, "no such file"),)),
            ExitCode.BAD_FILE,
            "error[SQ-C001]: 1 mistake in the files",
        ),
        (OurMistake("two and two"), ExitCode.INTERNAL, "error[SQ-S001]: two and two"),
        (ZeroDivisionError(), ExitCode.INTERNAL, "error[SQ-S001]: ZeroDivisionError"),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED, "interrupted"),
        (click.Abort(), ExitCode.INTERRUPTED, "interrupted"),
    ],
)
def test_every_failure_ends_with_its_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failure: BaseException,
    exit_code: ExitCode,
    last_line: str,
) -> None:
    assert raising(monkeypatch, failure) == exit_code
    assert capsys.readouterr().err.splitlines()[-1] == last_line


def test_only_a_bug_shows_a_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    raising(monkeypatch, ZeroDivisionError("x"))
    assert "Traceback" in capsys.readouterr().err
    raising(monkeypatch, Ended("SQ-O031", "nothing runs", ExitCode.NOT_RUNNING))
    assert "Traceback" not in capsys.readouterr().err


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, adapters.cli; print(*(m for m in ('pydantic', 'httpx', 'msgspec', 'websockets') if m in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


def test_every_code_of_live_can_be_explained() -> None:
    mine = [code for code in REGISTRY if re.fullmatch(r"SQ-([OVRS]03\d|C04\d)", code)]
    assert len(mine) >= 14
