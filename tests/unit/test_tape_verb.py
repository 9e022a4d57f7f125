"""``sim tape``: what it prints, and with which exit code it leaves."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from small_tape import FILES, T, write_window

from sim.verbs.tape import command


@pytest.fixture
def window(tmp_path: Path) -> Path:
    return write_window(tmp_path / "window")


def _edit(window: Path, part: str, old: str, new: str) -> None:
    path = window / f"{part}.csv"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def _run(*words: str, data: Path | None) -> Result:
    environment = {"STORMQUOTE_DATA": None if data is None else str(data)}
    return CliRunner().invoke(command, list(words), env=environment)


def test_check_prints_the_agreement_and_leaves_with_0(window: Path) -> None:
    got = _run("check", "window", data=window.parent)
    assert got.exit_code == 0, got.output
    for words in (
        "agreement        2 of 2",
        "crossed          0",
        "chain gaps       0",
        "1 before the snapshot",
        "verdict          pass",
        "tick 0.1, lot 0.001 (inferred)",
    ):
        assert words in got.stdout


def test_check_in_json_holds_every_count(window: Path) -> None:
    got = json.loads(_run("check", "window", "--format", "json", data=window.parent).stdout)
    assert got["passed"] is True
    assert (got["replay"]["agreed"], got["replay"]["comparable"]) == (2, 2)
    assert (got["replay"]["dropped_before_snapshot"], got["tick"], got["local_unit"]) == (1, "0.1", "ns")


def test_a_disagreement_fails_unless_allowed(window: Path) -> None:
    _edit(window, "bbo", "109,10.1,2.000", "109,10.1,2.001")
    failed = _run("check", "window", data=window.parent)
    assert failed.exit_code == 1
    assert "agreement        1 of 2" in failed.stdout
    assert "verdict          FAIL" in failed.stdout
    assert "depth.csv:4: [disagreed] book 2.000 at 10.1" in failed.stdout
    allowed = _run("check", "window", "--allow", "1", data=window.parent)
    assert allowed.exit_code == 0
    assert "1 of 2, 1 may disagree" in allowed.stdout


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("104,110,103,A,10.3", "104,110,102,A,10.3", "chain gaps       1"),
        ("A,10.3,1.500", "A,10.1,1.500", "crossed          1"),
    ],
)
def test_a_gap_or_a_crossed_book_fails_whatever_is_allowed(window: Path, old: str, new: str, words: str) -> None:
    _edit(window, "depth", old, new)
    got = _run("check", "window", "--allow", "99", data=window.parent)
    assert got.exit_code == 1
    assert words in got.stdout


@pytest.mark.parametrize(
    ("part", "old", "new", "words"),
    [
        ("bbo", "10.2,4.001", "10.1,4.001", "bbo.csv:2: [SQ-S106] the ticker is crossed: bid 2.000 at 10.1"),
        (
            "trades",
            ",1,10.1,3.000,S\n",
            f",1,10.1,3.000,S\n{T}294000000,{T}285,3,10.1,1.000,S\n",
            "trade 3 does not follow 1",
        ),
    ],
)
def test_a_crossed_ticker_or_a_missing_trade_fails_and_is_named(
    window: Path, part: str, old: str, new: str, words: str
) -> None:
    _edit(window, part, old, new)
    got = _run("check", "window", "--allow", "99", data=window.parent)
    assert got.exit_code == 1
    assert words in got.stdout


def test_a_check_without_anything_to_compare_fails(window: Path) -> None:
    (window / "bbo.csv").write_text(FILES["bbo"].splitlines()[0] + "\n")
    assert _run("check", "window", data=window.parent).exit_code == 1


@pytest.mark.parametrize("verb", ["info", "check"])
def test_a_bad_file_is_named_and_leaves_with_3(window: Path, verb: str) -> None:
    _edit(window, "depth", "10.3,1.500", "10.35,1.500")
    got = _run(verb, "window", "--tick", "0.1", data=window.parent)
    assert got.exit_code == 3
    assert "depth.csv:4:49: error[SQ-S108]" in got.stderr
    assert "price 10.35 is not a multiple of 0.1" in got.stderr


@pytest.mark.parametrize("verb", ["info", "check"])
def test_absent_data_is_a_visible_skip_with_5(tmp_path: Path, verb: str) -> None:
    for data in (None, tmp_path / "nowhere", tmp_path):
        got = _run(verb, "window", data=data)
        assert got.exit_code == 5
        assert "skipped: no data" in got.stdout


def test_the_option_wins_over_the_environment_and_an_absolute_folder_needs_neither(window: Path) -> None:
    elsewhere = window.parent / "nowhere"
    assert _run("check", "window", "--data", str(window.parent), data=elsewhere).exit_code == 0
    assert _run("check", str(window), data=None).exit_code == 0


@pytest.mark.parametrize("step", ["zero", "0", "-1", "NaN"])
def test_a_nonsense_step_is_wrong_usage(window: Path, step: str) -> None:
    assert _run("check", "window", "--lot", step, data=window.parent).exit_code == 2


def test_another_kind_of_market_than_the_window_is_of_is_wrong_usage(window: Path) -> None:
    assert _run("info", "window", "--market", "perp", data=window.parent).exit_code == 0
    got = _run("info", "window", "--market", "spot", data=window.parent)
    assert (got.exit_code, "window is of perp" in got.output) == (2, True)


def test_info_says_what_the_window_holds(window: Path) -> None:
    got = _run("info", "window", "--tick", "0.1", "--lot", "0.001", data=window.parent)
    assert got.exit_code == 0
    for words in (
        "binance-usdm-csv",
        "local time in ns",
        "tick 0.1, lot 0.001 (stated)",
        "2023-04-04 23:58:20 UTC",
        "span             0.3 s",
        "3 messages, 3 rows",
        "mean spread      1.000 ticks",
        "at one tick      100.0 %",
        "2.000 bid, 4.001 ask",
    ):
        assert words in got.stdout


def test_info_names_what_was_read_past(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_text(
        f'{T}000000 {{"stream":"x@markPrice","data":{{}}}}\n{T}000001 {{"lastUpdateId":1,"bids":[],"asks":[]}}\n'
    )
    got = _run("info", str(tmp_path), data=None)
    assert got.exit_code == 0
    assert "1 messages of stream markPrice" in got.stdout
    assert "local time in us" in got.stdout


def test_info_in_json_is_one_object(window: Path) -> None:
    got = json.loads(_run("info", "window", "--format", "json", data=window.parent).stdout)
    assert (got["summary"]["depth_messages"], got["summary"]["trades"], got["market"]) == (3, 1, "perp")


@pytest.mark.parametrize("flag", [["-q"], ["--format", "json"]])
def test_a_run_names_the_line_that_is_wrong_however_little_it_says(tmp_path, repository, flag):
    from sim.verbs.run import command as run

    folder = write_window(tmp_path / "window")
    bad = folder / "depth.csv"
    bad.write_text(bad.read_text().replace(",94,89,", ",94,xx,"))
    scenario = tmp_path / "s.yaml"
    scenario.write_text(
        'schema_version: 1\nname: bad\ndescription: A tape with a slip of the pen.\n'
        'run: {duration_s: 4, warmup_s: 0, seeds: 1, start_utc: "2026-01-05T13:30:00Z"}\n'
        'market: {tape: {folder: window, profile: btc_rebate, symbol: BTCUSDT}}\n'
        f'strategy: {{config: {repository}/scenarios/configs/default.yaml}}\n'
        'gates: [{metric: fills, min: 0}]\n'
    )  # fmt: skip
    words = [str(scenario), "--data", str(tmp_path), "--out", str(tmp_path / "out"), "-w", "1", *flag]
    done = CliRunner().invoke(run, words)
    assert (done.exit_code, "depth.csv:2:" in done.stderr) == (3, True)
    assert "error[SQ-S103]" in done.stderr
