"""The whole of it: a served venue, a bot that quotes there, and a Prometheus that sees what it does."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from live_files import write_live
from processes import LIVE, environment
from scraping import free_port, prometheus
from serving import Serving, serving
from small_world import small_scenario
from tools import tool

PATIENCE_S = 60.0


@contextmanager
def bot(folder: Path, venue: Serving, port: int) -> Iterator[subprocess.Popen[str]]:
    """Run a bot against the venue; whatever happens, it is gone afterwards."""
    config = write_live(folder, {"rest": venue.http, "streams": venue.ws}, venue.key, venue.secret)
    words = ["--mode", "real", "--max-loss-usdt", "50", "--confirm", "bybit-custom", "--metrics-port", str(port)]
    with subprocess.Popen(
        [*LIVE, "run", "--config", str(config), *words], env=environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until(is_so: Callable[[], Any], process: subprocess.Popen[str]) -> None:
    """Wait until something is so, while the bot lives."""
    end_s = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < end_s:
        try:
            if is_so():
                return
        except (httpx.HTTPError, IndexError):
            pass  # not there yet
        time.sleep(0.2)
    raise AssertionError(f"it never was so; the bot ended with {process.poll()}")


def ask(url: str, expression: str) -> list[float]:
    said = httpx.get(f"{url}/query", params={"query": expression}).raise_for_status().json()
    return [float(row["value"][1]) for row in said["data"]["result"]]


def position(venue: Serving) -> float:
    (held,) = (one for one in venue.truth()["positions"] if one["symbol"] == "BTCUSDT")
    return float(held["size"] or 0) * (-1 if held["side"] == "Sell" else 1)


@pytest.fixture
def seen(tmp_path) -> Iterator[tuple[str, subprocess.Popen[str], Serving, str]]:
    tool("prometheus")
    small_scenario(tmp_path, 600)
    port = free_port()
    with (
        serving(tmp_path / "small.yaml") as venue,
        bot(tmp_path, venue, port) as process,
        prometheus(tmp_path, port) as url,
    ):
        yield url, process, venue, f"http://127.0.0.1:{port}/metrics"


def test_prometheus_sees_what_a_bot_does_at_a_venue(seen):
    url, process, venue, page = seen
    until(lambda: ask(url, "sum(stormquote_quoting)") == [2.0], process)
    until(lambda: ask(url, "sum(stormquote_fills_total)")[0] >= 2, process)
    assert [1.0] == ask(url, 'up{job="stormquote"}')
    # What it says it holds is what the venue knows.
    until(lambda: ask(url, "stormquote_position_size") == pytest.approx([position(venue)]), process)
    assert ask(url, "sum(stormquote_edge_quote) - sum(stormquote_pnl_quote)") == pytest.approx([0.0], abs=1e-9)
    assert len(ask(url, "latency_breakdown_ms_sum")) == 8
    # A step may fall between the two families of one page, but not of every page.
    apart = "abs(sum(stormquote_cycle_ms_sum) - sum(latency_breakdown_ms_sum))"
    until(lambda: ask(url, apart)[0] < 1e-6, process)
    assert [1.0] == ask(url, "min(stormquote_stream_up)")
    # Nobody guards it, and that is all there is to say.
    until(lambda: ask(url, 'ALERTS{alertname="StormquoteUnguarded"}') == [1.0], process)
    assert [] == ask(url, 'ALERTS{alertstate="firing", severity="page", alertname!="StormquoteUnguarded"}')
    text = httpx.get(page).text
    assert venue.key not in text
    assert venue.secret not in text
    process.terminate()
    assert 0 == process.wait(PATIENCE_S)
    assert [] == venue.truth()["orders"]
