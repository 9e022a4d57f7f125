"""A bot that trades for real on a served venue: a process of its own, and whatever a person does to it."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from live_files import write_live
from processes import LIVE, environment, live
from serving import Serving

from adapters.heartbeat import QUOTING, last_beat

CALM = Path(__file__).resolve().parent.parent / "scenarios" / "calm.yaml"
_PATIENCE_S = 60.0
_LOOK_S = 0.02


class Trading:
    """One account's folder; its bot may be started again and again."""

    def __init__(self, folder: Path, venue: Serving) -> None:
        self.venue, self.folder = venue, folder
        self.config = write_live(folder, {"rest": venue.http, "streams": venue.ws}, venue.key, venue.secret)
        self.state = folder / "state"

    def verb(self, name: str, *words: object) -> subprocess.CompletedProcess[str]:
        """Run a verb to its end."""
        return live(name, "--config", self.config, *words)

    def status(self) -> dict[str, Any]:
        """Give what ``live status`` says."""
        said: dict[str, Any] = json.loads(self.verb("status", "--format", "json").stdout)
        return said

    def orders(self) -> list[dict[str, Any]]:
        """Give the orders that are open at the venue, in truth."""
        found: list[dict[str, Any]] = self.venue.truth()["orders"]
        return found

    def held(self) -> dict[str, float]:
        """Give what is held, in truth, sold short below zero."""
        sign = {"Buy": 1, "Sell": -1, "": 0}
        rows = self.venue.truth()["positions"]
        return {row["symbol"]: sign[row["side"]] * float(row["size"]) for row in rows}

    @contextmanager
    def started(self, verb: str, *words: object) -> Iterator["subprocess.Popen[str]"]:
        """Start a verb that goes on; whatever happens, it is gone afterwards."""
        path = self.folder / f"{verb}.out"
        with open(path, "a", encoding="utf-8") as out:
            process = subprocess.Popen(
                [*LIVE, verb, "--config", str(self.config), *map(str, words)],
                env=environment(),
                stdout=out,
                stderr=subprocess.STDOUT,
                text=True,
            )
            try:
                yield process
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGCONT)
                process.kill()
                process.wait()

    @contextmanager
    def quoting(self, *words: object) -> Iterator["subprocess.Popen[str]"]:
        """Start the bot and wait until it has orders at the venue."""
        sure = ("--mode", "real", "--max-loss-usdt", 500, "--confirm", "bybit-custom")
        with self.started("run", *sure, *words) as process:
            self.until(lambda: process.poll() is not None or self._quotes(process.pid))
            assert process.poll() is None, self.said("run")
            yield process

    def _quotes(self, pid: int) -> bool:
        beat = last_beat(self.state)
        return beat is not None and (beat.pid, beat.state) == (pid, QUOTING)

    def said(self, verb: str) -> str:
        """Give what a started verb has said."""
        return (self.folder / f"{verb}.out").read_text(encoding="utf-8")

    def until(self, is_so: Callable[[], bool], within_s: float = _PATIENCE_S) -> float:
        """Wait for something; give how long it took."""
        began_s = time.monotonic()
        while not is_so():
            took_s = time.monotonic() - began_s
            assert took_s < within_s, f"not so within {within_s:.1f} s"
            time.sleep(_LOOK_S)
        return time.monotonic() - began_s
