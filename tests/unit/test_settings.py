"""The files a live bot is started with."""

from pathlib import Path

import pytest
from live_files import LIVE, NOBODY, write_live

from adapters.settings import load
from strategy.config_live import LiveConfig
from strategy.documents import parse
from strategy.errors import OperatorError

ROOT = Path(__file__).parents[2]


def mistakes(path: Path) -> list[tuple[str, int, int, str]]:
    with pytest.raises(OperatorError) as caught:
        load(path)
    return [(each.code, each.line, each.col, each.message) for each in caught.value.problems]


def edited(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    path = write_live(tmp_path)
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_are_relative_to_the_file_that_names_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_live(tmp_path)
    monkeypatch.chdir("/")
    settings = load(path)
    assert settings.state_dir == tmp_path / "state"
    assert settings.keys_dir == tmp_path / "keys"
    assert settings.journal == tmp_path / "state" / "journal.sqlite"
    assert settings.log == tmp_path / "state" / "live.ndjson"
    assert settings.venue_name == "bybit-custom"


def test_the_shipped_example_is_right() -> None:
    settings = load(ROOT / "scenarios" / "configs" / "live.yaml")
    assert settings.venue_name == "bybit-testnet"
    assert settings.state_dir == ROOT / "state" / "testnet"


def test_mistakes_in_both_files_are_told_at_once(tmp_path: Path) -> None:
    path = edited(tmp_path, ("symbols: [BTCUSDT]", "symbols: [BTCUSD]"), ("metrics: {port: 0}", "metrics: {prot: 0}"))
    (tmp_path / "strategy.yaml").write_text(
        'schema_version: 2\nname: c\nsymbols:\n  BTCUSDT: {quote_size: "0.010", position_max: "0.1"}\nspraed: {}\n',
        encoding="utf-8",
    )
    assert mistakes(path) == [
        ("SQ-C010", 7, 11, "unknown key 'prot', did you mean 'port'?"),
        ("SQ-C010", 5, 1, "unknown key 'spraed', did you mean 'spread'?"),
        (
            "SQ-C030",
            4,
            11,
            f"no sizes for BTCUSD in {(tmp_path / 'strategy.yaml').as_posix()}, did you mean 'BTCUSDT'?",
        ),
    ]


def test_an_unknown_venue_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    path = edited(tmp_path, ("name: bybit", "name: bibit"))
    assert mistakes(path) == [("SQ-C022", 3, 15, "no venue 'bibit', did you mean 'bybit'?")]


def test_a_strategy_config_must_be_there(tmp_path: Path) -> None:
    path = write_live(tmp_path)
    (tmp_path / "strategy.yaml").unlink()
    assert [each[0] for each in mistakes(path)] == ["SQ-C022"]


def test_a_live_config_must_be_there_and_be_text(tmp_path: Path) -> None:
    assert [each[0] for each in mistakes(tmp_path / "gone.yaml")] == ["SQ-C001"]
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    assert [each[3] for each in mistakes(tmp_path / "binary.yaml")] == ["not UTF-8 text"]


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ("environment: testnet", "urls belong to environment custom; testnet has its own addresses"),
        ("environment: mainent", "Input should be 'mainnet', 'testnet', 'demo' or 'custom' (got 'mainent')"),
    ],
)
def test_urls_belong_to_the_custom_environment(tmp_path: Path, environment: str, words: str) -> None:
    found = mistakes(edited(tmp_path, ("environment: custom", environment)))
    assert any(words in each[3] for each in found), found


def test_the_custom_environment_needs_urls(tmp_path: Path) -> None:
    urls = f', urls: {{rest: "{NOBODY["rest"]}", streams: "{NOBODY["streams"]}"}}'
    found = mistakes(edited(tmp_path, (urls, "")))
    assert [(code, words) for code, _, _, words in found] == [
        ("SQ-C011", "venue.environment: environment custom needs urls")
    ]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.org", "only this host may be spoken to in the clear"),
        ("ftp://127.0.0.1", "begins with https:// or http://"),
        ("http://user:word@127.0.0.1", "begins with https:// or http://"),
        ("http://127.0.0.1:99999", "port from 1 to 65535"),
        ("http://127.0.0.1:0", "port from 1 to 65535"),
        ("https://example.org/?key=1", "begins with https:// or http://"),
    ],
)
def test_an_address_that_would_leak_or_lie_is_refused(url: str, words: str) -> None:
    text = LIVE.format(rest=url, streams="wss://example.org")
    value, problems = parse(text, LiveConfig, "f")
    assert value is None
    assert [words in each.message for each in problems] == [True]


def test_a_slash_at_the_end_of_an_address_means_nothing() -> None:
    value, problems = parse(LIVE.format(rest="https://example.org/", streams="wss://example.org"), LiveConfig, "f")
    assert problems == ()
    assert value is not None
    assert value.venue.urls is not None
    assert value.venue.urls.rest == "https://example.org"


def test_a_symbol_is_listed_once(tmp_path: Path) -> None:
    path = edited(tmp_path, ("symbols: [BTCUSDT]", "symbols: [BTCUSDT, BTCUSDT]"))
    assert [each[3] for each in mistakes(path)] == ["symbols.1: BTCUSDT is listed twice"]


@pytest.mark.parametrize("symbol", ["LTCUSDT", "ETHUSDT"])
def test_another_coin_is_no_slip_of_the_pen(tmp_path: Path, symbol: str) -> None:
    path = edited(tmp_path, ("[BTCUSDT]", f"[{symbol}]"))
    (found,) = mistakes(path)
    assert found[3].endswith("strategy.yaml")


def test_a_symbol_in_small_letters_is_told_in_words(tmp_path: Path) -> None:
    (found, *_) = mistakes(edited(tmp_path, ("[BTCUSDT]", "[btcusdt]")))
    assert "symbols.0: Input should be a symbol as the venue writes it, in capitals (got 'btcusdt')" == found[3]
