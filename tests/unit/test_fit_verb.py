"""``sim fit``: what it prints and writes, and with which exit code it leaves."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sim.market.figures import played_market
from sim.market.fit import Effort
from sim.market.flow_model import Flow
from sim.scenario.profiles import profile_folder, profile_names
from sim.verbs.fit import _read, command
from strategy.errors import OperatorError
from strategy.units import BUY

DAY_NS = 1_720_000_000 * 10**9
QUICK = Effort(rounds=1, seeds=(1,), unseen=(2,), for_s=30)


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A profile whose window is a played market, and a fit that takes no minutes."""
    text = (Path(str(profile_folder())) / "btc_vip0.yaml").read_text(encoding="utf-8")
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace("binance_usdm_btcusdt_20240718-19", "made"), encoding="utf-8")
    flow = _read(path).symbols["BTCUSDT"].flow
    assert flow is not None
    record(tmp_path / "made", flow)
    monkeypatch.setattr("sim.market.fit.Effort", lambda: QUICK)
    return path


def record(folder: Path, flow: Flow) -> None:
    """Write what a played market shows as a recorded window."""
    folder.mkdir()
    quotes, trades = played_market("BTCUSDT", flow, 639_440, 3, 40)
    stamp = "{},{}".format
    first = stamp(DAY_NS, DAY_NS // 10**6)
    rows: dict[str, list[str]] = {
        "snapshot": [
            "local_ts_ns,exch_ts_ms,last_update_id,side,price,qty",
            f"{first},1,B,63944.0,1.000",
            f"{first},1,A,63944.1,1.000",
        ],
        "depth": ["local_ts_ns,exch_ts_ms,first_id,last_id,prev_last_id,side,price,qty"],
        "bbo": ["local_ts_ns,exch_ts_ms,update_id,bid_px,bid_qty,ask_px,ask_qty"],
        "trades": ["local_ts_ns,exch_ts_ms,trade_id,price,qty,aggressor"],
    }
    for number, quote in enumerate(quotes):
        at = stamp(DAY_NS + quote.at_ns, (DAY_NS + quote.at_ns) // 10**6)
        sides = f"{quote.bid_ticks / 10},{quote.bid_lots / 1000:.3f},{quote.ask_ticks / 10},{quote.ask_lots / 1000:.3f}"
        rows["bbo"].append(f"{at},{number},{sides}")
    for number, trade in enumerate(trades):
        at = stamp(DAY_NS + trade.at_ns, (DAY_NS + trade.at_ns) // 10**6)
        side = "B" if trade.side == BUY else "S"
        rows["trades"].append(f"{at},{number},{trade.price_ticks / 10},{trade.size_lots / 1000:.3f},{side}")
    for part, lines in rows.items():
        (folder / f"{part}.csv").write_text("\n".join(lines) + "\n")


def ran(*words: str, data: Path | None = None) -> Result:
    return CliRunner().invoke(command, list(words), env={"STORMQUOTE_DATA": None if data is None else str(data)})


def test_a_profile_that_differs_from_its_fit_fails_and_says_in_what(profile: Path, tmp_path: Path) -> None:
    before = profile.read_text(encoding="utf-8")
    result = ran(str(profile), data=tmp_path)
    assert result.exit_code == 1, result.output
    assert "BTCUSDT   fitted to made" in result.output
    assert "(the profile has " in result.output
    assert profile.read_text(encoding="utf-8") == before


def test_what_is_written_is_what_the_next_fit_gives_and_comments_stay(profile: Path, tmp_path: Path) -> None:
    before = profile.read_text(encoding="utf-8")
    ran(str(profile), "--write", data=tmp_path)
    after = profile.read_text(encoding="utf-8")
    changed = [line for line in after.splitlines() if line not in before.splitlines()]
    assert [line.split(":")[0].strip() for line in changed] == ["latent", "makers", "takers", "informed", "moods"]
    assert len(after.splitlines()) == len(before.splitlines())
    found = json.loads(ran(str(profile), "--format", "json", data=tmp_path).stdout)
    assert [(one["symbol"], one["window"], one["moved"]) for one in found] == [("BTCUSDT", "made", [])]
    assert {row["figure"]: row["within"] for row in found[0]["figures"]}["rms_1s_bps"] in (True, False)


def test_without_data_it_is_skipped_visibly(profile: Path, tmp_path: Path) -> None:
    assert (ran(str(profile)).exit_code, ran(str(profile)).output[:8]) == (5, "skipped:")
    result = ran(str(profile), data=tmp_path / "nowhere")
    assert result.exit_code == 5
    assert "nowhere/made does not exist" in result.output


def test_a_profile_fitted_to_nothing_has_nothing_to_fit(tmp_path: Path) -> None:
    result = ran("synthetic", data=tmp_path)
    assert (result.exit_code, "no flow of synthetic says fitted_to" in result.output) == (5, True)


def test_a_profile_that_is_none_is_told_as_every_bad_file(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("schema_version: 1\nname: bad\n", encoding="utf-8")
    for name in (str(bad), str(tmp_path / "absent.yaml"), "absent"):
        assert isinstance(ran(name, data=tmp_path).exception, OperatorError)


def test_a_name_that_no_profile_has_is_told_with_those_there_are(tmp_path: Path) -> None:
    for name, words in (
        ("btc_vip9", "no market profile 'btc_vip9', did you mean 'btc_vip0'? (known are "),
        ("../data/profiles/btc_vip0", "no market profile '../data/profiles/btc_vip0'"),
    ):
        error = ran(name, data=tmp_path).exception
        assert isinstance(error, OperatorError)
        assert f"{name}: error[SQ-C022]: {words}" in str(error)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["btc_rebate", "btc_vip0"])
def test_the_profile_is_what_the_fit_gives_and_within_the_bands(name: str, recorded_data: str, is_deep: bool) -> None:
    assert name in profile_names(profile_folder())
    if not is_deep:
        pytest.skip("takes minutes: run with --chaos")
    result = ran(name, data=Path(recorded_data))
    assert result.exit_code == 0, result.output
