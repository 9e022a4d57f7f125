"""A served venue in a process of its own, on real sockets: started, asked, and certainly ended."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from processes import environment

SIM = (sys.executable, "-c", "from sim.cli import main; main()")
_PATIENCE_S = 30.0


class Serving:
    """A running venue: its first line, and what its control port says."""

    def __init__(self, process: subprocess.Popen[str], line: dict[str, str]) -> None:
        self.process = process
        self.http, self.ws, self.control = line["http"], line["ws"], line["control"]
        self.key, self.secret = line["key"], line["secret"]

    def get(self, path: str) -> Any:
        """Ask the control port."""
        with urllib.request.urlopen(self.control + path, timeout=_PATIENCE_S) as answer:
            return json.load(answer)

    def begin(self, **fault: Any) -> Any:
        """Begin a fault now."""
        body = json.dumps(fault).encode()
        request = urllib.request.Request(self.control + "/faults", data=body, method="POST")
        with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:
            return json.load(answer)

    def truth(self) -> Any:
        """Give the account as the venue knows it."""
        return self.get("/truth")["accounts"][self.key]

    def rss_kib(self) -> int:
        """Give how much memory the process holds."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("the process is gone")

    def end(self) -> int:
        """Ask it to end, and give its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=_PATIENCE_S)


@contextmanager
def serving(scenario: Path, *options: object) -> Iterator[Serving]:
    """Serve a scenario; whatever happens, the process is gone afterwards."""
    words = [*SIM, "serve", str(scenario), *map(str, options)]
    with subprocess.Popen(
        words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                assert process.stderr is not None
                raise AssertionError(process.stderr.read())
            yield Serving(process, json.loads(line))
        finally:
            process.kill()
