"""Quote on a served venue for as long as you like, and hold what the bot believes against the truth.

    python tests/soak.py scenarios/calm.yaml --minutes 30
    python tests/soak.py scenarios/network_partition.yaml --minutes 3 --kills 10

The venue, with the scenario's own faults on the wire, is a process; so is the bot, with real sockets
between them and the wall clock for both. Every few seconds the position of each symbol must come to
be the same on both sides; with ``--kills`` the bot is ended by SIGKILL now and then and started again.
At the end it is stopped, nothing may be open, and journal and venue must agree.
"""

import argparse
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from live_files import write_keys  # noqa: E402 - the script finds its neighbours first
from processes import LIVE, environment, live  # noqa: E402
from serving import Serving, serving  # noqa: E402

from strategy.exit_codes import ExitCode  # noqa: E402

LOOK_EVERY_S = 5.0
STARTS_MAX = 100
AGREE_WITHIN_S = 30.0
_POSITION = re.compile(r'^(?:\w+_)?position_size\{symbol="(\w+)"\} (\S+)$', re.MULTILINE)
_CONFIG = """\
schema_version: 1
name: soak
venue: {{name: bybit, environment: custom, urls: {{rest: "{rest}", streams: "{streams}"}}}}
symbols: [{symbols}]
strategy: {{config: {strategy}}}
files: {{state_dir: state, keys_dir: keys}}
metrics: {{port: {port}}}
"""


class Bot:
    """The bot's process, and what it believes."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.config = folder / "live.yaml"
        self.starts = 0
        self.process: subprocess.Popen[bytes]

    def start(self) -> None:
        words = ("run", "--config", self.config, "--mode", "real", "--confirm", "bybit-custom")
        log = (self.folder / f"run-{self.starts}.out").open("wb")
        self.starts += 1
        command = [*LIVE, *map(str, words), "--max-loss-usdt", "100000"]
        self.process = subprocess.Popen(command, env=environment(), stdout=log, stderr=subprocess.STDOUT)

    def end(self, how: signal.Signals, within_s: float = 90.0) -> int:
        self.process.send_signal(how)
        return self.process.wait(timeout=within_s)

    def positions(self) -> dict[str, float] | None:
        """Read what it believes to hold; None while it does not say."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=2) as page:
                return {symbol: float(size) for symbol, size in _POSITION.findall(page.read().decode())}
        except OSError:
            return None

    def rss_kib(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


def truth_of(venue: Serving) -> dict[str, float]:
    """Give the venue's positions, signed."""
    signs = {"Buy": 1.0, "Sell": -1.0, "": 0.0}
    return {one["symbol"]: signs[one["side"]] * float(one["size"]) for one in venue.truth()["positions"]}


def agree(bot: Bot, venue: Serving) -> float:
    """Wait until both sides hold the same; give how long that took, and fail where it takes too long."""
    began_s = time.monotonic()
    while True:
        believed, held = bot.positions(), truth_of(venue)
        if believed is not None and all(abs(believed.get(one, 0.0) - held[one]) < 1e-9 for one in held):
            return time.monotonic() - began_s
        if bot.process.poll() == ExitCode.PREFLIGHT and bot.starts < STARTS_MAX:
            time.sleep(1.0)  # nobody was there to look at: whoever supervises it starts it again
            bot.start()
        elif bot.process.poll() is not None:
            raise SystemExit(f"the bot ended by itself with {bot.process.returncode}: {bot.folder}")
        if time.monotonic() - began_s > AGREE_WITHIN_S:
            raise SystemExit(f"believed {believed}, held {held}: {bot.folder}")
        time.sleep(0.1)


def soak(scenario: Path, minutes: float, kills: int, seed: int, port: int, folder: Path) -> None:
    """Quote, look, kill; print a line a minute."""
    from sim.scenario.load import load_scenarios

    (ready,) = load_scenarios([scenario])
    with serving(scenario, "--seed", seed) as venue:
        write_keys(folder / "keys", venue.key, venue.secret)
        strategy = ROOT / "scenarios" / "configs" / "default.yaml"
        fields = {"symbols": ", ".join(ready.market.symbols), "strategy": strategy, "port": port}
        bot = Bot(folder, port)
        bot.config.write_text(_CONFIG.format(rest=venue.http, streams=venue.ws, **fields))
        bot.start()
        began_s = time.monotonic()
        end_s = began_s + 60 * minutes
        dice = random.Random(seed)
        kill_s = sorted(began_s + dice.uniform(0.05, 0.9) * 60 * minutes for _ in range(kills))
        told_s, looks, slowest_s = began_s, 0, 0.0
        while time.monotonic() < end_s:
            time.sleep(LOOK_EVERY_S)
            if kill_s and time.monotonic() >= kill_s[0]:
                kill_s.pop(0)
                bot.end(signal.SIGKILL)
                bot.start()
            slowest_s, looks = max(slowest_s, agree(bot, venue)), looks + 1
            if time.monotonic() - told_s >= 60 or time.monotonic() >= end_s:
                told_s = time.monotonic()
                truth = venue.truth()
                print(
                    f"{(told_s - began_s) / 60:.1f} min: {looks} looks agree, the slowest after {slowest_s:.1f} s, "
                    f"{truth['orders_count']} orders, {truth['fills_count']} fills, {bot.starts} starts, "
                    f"bot {bot.rss_kib() // 1024} MB, venue {venue.rss_kib() // 1024} MB",
                    flush=True,
                )
        code = bot.end(signal.SIGTERM)
        left = venue.truth()["orders"]
        for _ in range(10):  # the storm may still be on
            compared = live("reconcile", "--config", bot.config)
            if not compared.returncode:
                break
            time.sleep(LOOK_EVERY_S)
        print(f"ended with {code}, {len(left)} orders left\n{compared.stdout}{compared.stderr}")
        if code or left or compared.returncode:
            raise SystemExit(f"not a clean end: {folder}")


def main() -> None:
    """Read the options, soak, and say so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", type=Path)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=9564)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="soak-"))
    folder.mkdir(parents=True, exist_ok=True)
    soak(options.scenario, options.minutes, options.kills, options.seed, options.port, folder)


if __name__ == "__main__":
    main()
