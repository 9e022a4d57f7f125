"""What ``docs/live.md`` says is so."""

import re
from pathlib import Path

import pytest
from click import Context
from live_files import write_keys

from adapters.cli import _VERBS, live
from adapters.settings import load
from strategy.exit_codes import ExitCode


@pytest.fixture
def page(repository: Path) -> str:
    return (repository / "docs" / "live.md").read_text(encoding="utf-8")


def test_its_files_are_whole_and_small(page: str, tmp_path: Path) -> None:
    live_text, strategy_text = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "live.yaml").write_text(live_text, encoding="utf-8")
    (tmp_path / "strategy.yaml").write_text(strategy_text, encoding="utf-8")
    write_keys(tmp_path / "keys")
    settings = load(tmp_path / "live.yaml")
    assert ("bybit-mainnet", "5") == (settings.venue_name, settings.config.account.loss_budget)


def test_it_tells_every_verb_and_no_option_that_is_not_there(page: str) -> None:
    table = page.split("## The verbs")[1].split("\n## ")[0]
    assert set(_VERBS) == set(re.findall(r"^\| `live (\w+)", table, re.MULTILINE))
    context = Context(live)
    known = {
        option
        for verb in _VERBS
        for parameter in live.get_command(context, verb).params  # type: ignore[union-attr]
        for option in parameter.opts
    }
    ours = re.sub(r"^ +python .*$", "", page, flags=re.MULTILINE)  # other programs have options of their own
    assert set(re.findall(r"--[a-z][a-z-]+", ours)) <= known


def test_it_says_that_no_order_has_met_the_real_venue(page: str, repository: Path) -> None:
    sentence = "No order of this project has yet met the real venue."
    assert sentence in page
    assert sentence in (repository / "README.md").read_text(encoding="utf-8")


def test_every_exit_code_is_in_the_readme(repository: Path) -> None:
    rows = re.findall(r"^\| (\d+) \|", (repository / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(int(code) for code in ExitCode) == [int(row) for row in rows]
