"""A real Prometheus in a process of its own, that scrapes a page on loopback by the example that is shipped."""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deployed import DEPLOY, yaml
from tools import tool


def config(folder: Path, port: int) -> Path:
    """Take the shipped example, at a test's pace and port."""
    example = yaml("prometheus.yml")
    example["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    example["rule_files"] = [str(DEPLOY / name) for name in example["rule_files"]]
    example["scrape_configs"][0]["static_configs"] = [{"targets": [f"127.0.0.1:{port}"]}]
    path = folder / "prometheus.yml"
    path.write_text(json.dumps(example))
    return path


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def prometheus(folder: Path, port: int) -> Iterator[str]:
    """Run one that scrapes ``port``; give its address."""
    address = f"127.0.0.1:{free_port()}"
    words = [tool("prometheus"), f"--config.file={config(folder, port)}", f"--storage.tsdb.path={folder / 'data'}"]
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen([*words, f"--web.listen-address={address}"], stdout=log, stderr=log)
        try:
            yield f"http://{address}/api/v1"
        finally:
            process.kill()
            process.wait()
