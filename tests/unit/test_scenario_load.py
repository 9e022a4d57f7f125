"""Reading scenarios and all they name: every mistake of every file at once."""

import os
import pickle
from pathlib import Path

import pytest

from sim.scenario.load import load_scenarios, read_text
from sim.scenario.profiles import profile_folder
from strategy.config_knobs import knobs
from strategy.errors import OperatorError, Problem

ROOT = Path(__file__).parents[2]
SCENARIO = """\
schema_version: 1
name: demo
description: A demonstration.
run: {duration_s: 100}
market: {profile: btc_rebate, symbols: [BTCUSDT]}
strategy: {config: configs/c.yaml}
gates: [{metric: fills, min: 1}]
"""
CONFIG = 'schema_version: 2\nname: c\nsymbols:\n  BTCUSDT: {quote_size: "0.010", position_max: "0.1"}\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty place with one config."""
    monkeypatch.chdir(tmp_path)
    Path("configs").mkdir()
    Path("configs/c.yaml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def write(name: str, text: str) -> Path:
    Path(name).write_text(text, encoding="utf-8")
    return Path(name)


def told(*texts: str, settings: tuple[str, ...] = ()) -> str:
    paths = [write(f"{number}.yaml", text) for number, text in enumerate(texts)]
    with pytest.raises(OperatorError) as caught:
        load_scenarios(paths, settings=settings)
    return str(caught.value)


def test_a_ready_scenario_carries_all_it_names_and_travels_to_workers(here: Path) -> None:
    text = SCENARIO.replace("c.yaml}", "c.yaml, overrides: {spread.base_bps: 1.5}}")
    (ready,) = load_scenarios([write("s.yaml", text)], settings=("spread.neutral=0.4", "name='other'"))
    assert (ready.config.spread.base_bps, ready.config.spread.neutral, ready.config.name) == (1.5, 0.4, "other")
    assert [each.symbol for each in ready.instruments] == ["BTCUSDT"]
    assert knobs(ready.config, ready.instruments).symbols[0].quote_lots == 10
    again = pickle.loads(pickle.dumps(ready))
    assert again == ready
    assert again.config == ready.config


def test_the_command_line_comes_after_the_scenario(here: Path) -> None:
    text = SCENARIO.replace("c.yaml}", "c.yaml, overrides: {spread.base_bps: 1.5}}")
    (ready,) = load_scenarios([write("s.yaml", text)], settings=("spread.base_bps=1.7",))
    assert ready.config.spread.base_bps == 1.7


def test_market_overrides_change_the_profile(here: Path) -> None:
    text = SCENARIO.replace("[BTCUSDT]}", "[BTCUSDT], overrides: {rates.burst: 5}}")
    (ready,) = load_scenarios([write("s.yaml", text)])
    assert ready.profile.rates.burst == 5


def test_a_tier_is_what_the_venue_allows_and_an_override_comes_after_it(here: Path) -> None:
    four = SCENARIO.replace("btc_rebate", "reference")
    allowed = []
    for more in ("", ", tier: default", ", tier: default, overrides: {rates.burst: 7}"):
        (ready,) = load_scenarios([write("s.yaml", four.replace("[BTCUSDT]}", f"[BTCUSDT]{more}}}"))])
        allowed.append((ready.profile.rates.orders_per_s, ready.profile.rates.burst))
    assert [(60, 60), (10, 20), (10, 7)] == allowed
    words = "0.yaml:5:56: error[SQ-C022]: profile reference has no rate tier 'vip', did you mean 'vip3'? (known are default, vip3)"
    assert words in told(four.replace("[BTCUSDT]}", "[BTCUSDT], tier: vip}"))


def test_mistakes_of_all_files_are_told_at_once(here: Path) -> None:
    first = SCENARIO.replace("metric: fills", "metric: fils").replace("configs/c.yaml", "configs/gone.yaml")
    second = SCENARIO.replace("btc_rebate", "btc_rebat").replace("duration_s: 100", "duration_s: 0")
    text = told(first, second)
    assert [line for line in text.splitlines() if "error[" in line] == [
        "0.yaml:6:20: error[SQ-C022]: no config at configs/gone.yaml",
        "0.yaml:7:18: error[SQ-G001]: gates.0.metric: unknown metric 'fils', did you mean 'fills'?",
        "1.yaml:2:7: error[SQ-C023]: name 'demo' is taken by 0.yaml",
        "1.yaml:4:19: error[SQ-C010]: run.duration_s: Input should be greater than 0 (got 0)",
        "1.yaml:5:19: error[SQ-C022]: no market profile 'btc_rebat', did you mean 'btc_rebate'?"
        f" (known are {', '.join(sorted(path.stem for path in (ROOT / 'sim/data/profiles').glob('*.yaml')))})",
    ]


def test_an_override_that_does_not_fit_is_shown_in_the_scenario(here: Path) -> None:
    overrides = "{spread.base_bp: 1, spread.neutral: 3, skew.dead_band_pct: x}"
    assert told(SCENARIO.replace("c.yaml}", f"c.yaml, overrides: {overrides}}}")) == (
        "0.yaml:6:48: error[SQ-C010]: unknown key 'base_bp', did you mean 'base_bps'?\n"
        "     6 | strategy: {config: configs/c.yaml, overrides: "
        "{spread.base_bp: 1, spread.neutral: 3, skew.dead_band_pct: x}}\n"
        f"       | {'':47}^\n"
        "0.yaml:6:83: error[SQ-C010]: spread.neutral: Input should be less than or equal to 1 (got 3)\n"
        "     6 | strategy: {config: configs/c.yaml, overrides: "
        "{spread.base_bp: 1, spread.neutral: 3, skew.dead_band_pct: x}}\n"
        f"       | {'':82}^\n"
        "0.yaml:6:106: error[SQ-C010]: skew.dead_band_pct: Input should be a number (got 'x')\n"
        "     6 | strategy: {config: configs/c.yaml, overrides: "
        "{spread.base_bp: 1, spread.neutral: 3, skew.dead_band_pct: x}}\n"
        f"       | {'':105}^"
    )


def test_an_override_that_crosses_a_threshold_elsewhere_is_blamed(here: Path) -> None:
    text = told(SCENARIO.replace("c.yaml}", "c.yaml, overrides: {guard.round_trip_ms: 3}}"))
    assert "0.yaml:6:" in text
    assert "guard.round_trip_ms: Input should be a mapping (got 3)" in text


def test_a_contradiction_that_no_override_names_points_at_the_overrides(here: Path) -> None:
    text = told(SCENARIO.replace("c.yaml}", "c.yaml, overrides: {spread.width_bps_max: 0.5}}"))
    assert text.startswith("0.yaml:6:47: error[SQ-C011]: spread.width_bps_min: width_bps_min (0.6) must be below")


def test_a_market_override_that_does_not_fit_is_shown_in_the_scenario(here: Path) -> None:
    text = told(SCENARIO.replace("[BTCUSDT]}", "[BTCUSDT], overrides: {rates.bursts: 5}}"))
    assert text.startswith("0.yaml:5:63: error[SQ-C010]: unknown key 'bursts', did you mean 'burst'?")


def test_a_setting_is_shown_as_it_was_typed(here: Path) -> None:
    given = ("spread.base_bps=wide", "spraed.neutral=1", "nonsense", "spread.width_bps_max=0.5")
    assert told(SCENARIO, settings=given) == (
        "--set:1:1: error[SQ-C010]: 'nonsense' is not of the form KEY=VALUE, such as spread.base_bps=1.5\n"
        "     1 | nonsense\n"
        "       | ^\n"
        "--set:1:1: error[SQ-C010]: unknown key 'spraed', did you mean 'spread'?\n"
        "     1 | spraed.neutral=1\n"
        "       | ^\n"
        "--set:1:17: error[SQ-C010]: spread.base_bps: Input should be a number (got 'wide')\n"
        "     1 | spread.base_bps=wide\n"
        "       | " + " " * 16 + "^"
    )
    blamed = told(SCENARIO, settings=("spread.neutral=0.4", "spread.width_bps_max=0.5"))
    assert blamed.startswith("--set:1:22: error[SQ-C011]: spread.width_bps_min: width_bps_min (0.6) must be below")


def test_a_config_with_mistakes_is_told_once_however_often_it_is_named(here: Path) -> None:
    Path("configs/c.yaml").write_text(CONFIG + "spraed: 1\n", encoding="utf-8")
    text = told(SCENARIO, SCENARIO.replace("name: demo", "name: other"))
    assert text == (
        "configs/c.yaml:5:1: error[SQ-C010]: unknown key 'spraed', did you mean 'spread'?\n"
        "     5 | spraed: 1\n"
        "       | ^"
    )


def test_symbols_nobody_has(here: Path) -> None:
    assert told(SCENARIO.replace("[BTCUSDT]", "[BTCUSDT, XYZ]")).startswith(
        "0.yaml:5:50: error[SQ-S012]: profile btc_rebate has no XYZ, only BTCUSDT, ETHUSDT"
    )
    assert [
        line for line in told(SCENARIO.replace("[BTCUSDT]", "[BTCUSDT, ETHUSDT]")).splitlines() if "error[" in line
    ] == [
        "0.yaml:5:50: error[SQ-S012]: profile btc_rebate does not say who trades ETHUSDT: it has neither flow nor rates",
        "0.yaml:6:20: error[SQ-C030]: symbols: no sizes for ETHUSDT; there are some for BTCUSDT",
    ]
    tape = SCENARIO.replace("profile: btc_rebate, symbols: [BTCUSDT]", "tape: {folder: x, profile: no, symbol: XYZ}")
    assert "0.yaml:5:37: error[SQ-C022]: no market profile 'no'" in told(tape)
    assert "0.yaml:5:57: error[SQ-S012]: profile btc_rebate has no XYZ" in told(tape.replace("no,", "btc_rebate,"))


def test_a_size_off_the_grid_points_at_the_config_or_at_the_override(here: Path) -> None:
    words = "symbols.BTCUSDT.quote_size: quote_size 0.0105 is not a multiple of the lot 0.001"
    text = told(SCENARIO.replace("c.yaml}", "c.yaml, overrides: {symbols.BTCUSDT.quote_size: '0.0105'}}"))
    assert text.startswith(f"0.yaml:6:76: error[SQ-C030]: {words}")
    Path("configs/c.yaml").write_text(CONFIG.replace("0.010", "0.0105"), encoding="utf-8")
    assert told(SCENARIO).startswith(f"0.yaml:6:20: error[SQ-C030]: {words}")


def test_a_profile_with_mistakes_is_told_by_its_own_name(here: Path) -> None:
    Path("profiles").mkdir()
    good = (profile_folder() / "btc_rebate.yaml").read_text(encoding="utf-8")
    Path("profiles/mine.yaml").write_text(good.replace("status: counterfactual", "status: maybe"), encoding="utf-8")
    with pytest.raises(OperatorError, match=r"profiles/mine.yaml:\d+:9: error\[SQ-C010\]: status: Input should be"):
        load_scenarios([write("s.yaml", SCENARIO.replace("btc_rebate", "mine"))], profiles=Path("profiles"))


def test_files_that_cannot_be_read(here: Path) -> None:
    Path("latin.yaml").write_bytes(b"name: \xe9\n")
    with pytest.raises(OperatorError) as caught:
        load_scenarios([Path("gone.yaml"), Path("latin.yaml"), Path("configs")])
    assert str(caught.value).splitlines() == [
        "gone.yaml: error[SQ-C001]: no such file",
        "latin.yaml: error[SQ-C001]: not UTF-8 text",
        "configs: error[SQ-C001]: a folder, not a file",
    ]


def test_a_file_that_may_not_be_opened_says_so() -> None:
    class Locked:
        def read_text(self, encoding: str) -> str:
            raise PermissionError(13, os.strerror(13))

    problems: list[Problem] = []
    assert read_text(Locked(), "locked.yaml", problems) is None
    assert problems[0].render() == "locked.yaml: error[SQ-C001]: cannot be read: Permission denied"
