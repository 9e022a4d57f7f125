"""What a live bot is started with, written into a folder of the test's own."""

from pathlib import Path

KEY = "testkey0001"
SECRET = "testsecret-0123456789abcdef"

STRATEGY = 'schema_version: 2\nname: c\nsymbols:\n  BTCUSDT: {quote_size: "0.010", position_max: "0.1"}\n'

# Added to it: deadlines and dwells for a venue a few milliseconds away.
QUICK = """\
orders: {send_within_ms: 100, window_ms: 100, read_lag_ms_max: 100, margin_ms: 100, query_every_ms: 100}
guard:
  dwell_ms: 100
  halt_ms: 100
  rejects_pct: {soft_enter: 97, soft_exit: 96, hard_enter: 99, hard_exit: 98}  # its book moves in leaps
"""

LIVE = """\
schema_version: 1
name: demo
venue: {{name: bybit, environment: custom, urls: {{rest: "{rest}", streams: "{streams}"}}}}
symbols: [BTCUSDT]
strategy: {{config: strategy.yaml}}
files: {{state_dir: state, keys_dir: keys}}
metrics: {{port: 0}}
"""

# Nobody listens there: a port that only a privileged process may take.
NOBODY = {"rest": "http://127.0.0.1:1", "streams": "ws://127.0.0.1:1"}


def write_keys(folder: Path, key: str = KEY, secret: str = SECRET) -> Path:
    """Write keys as they must be: a private folder, private files."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, text in (("api_key", key), ("api_secret", secret)):
        path = folder / name
        path.write_text(f"{text}\n", encoding="utf-8")
        path.chmod(0o600)
    return folder


def write_live(folder: Path, urls: dict[str, str] = NOBODY, key: str = KEY, secret: str = SECRET) -> Path:
    """Write a live config with everything it names; give its path."""
    (folder / "strategy.yaml").write_text(STRATEGY, encoding="utf-8")
    write_keys(folder / "keys", key, secret)
    path = folder / "live.yaml"
    path.write_text(LIVE.format(**urls), encoding="utf-8")
    return path
