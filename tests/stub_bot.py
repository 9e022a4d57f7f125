"""A process that looks like a bot from outside: it holds the lock, and its heart beats."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

from processes import python

_CODE = """
import signal, sys, time
from pathlib import Path
from adapters.heartbeat import QUOTING, STOPPED, Beat, Heart, SymbolState
from adapters.lockfile import Lock

folder, mode, manners = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
lock, stops = Lock(folder), []
signal.signal(signal.SIGTERM, lambda *_: stops.append(1))
heart = Heart(folder)
symbols = (SymbolState(symbol="BTCUSDT", position="0.010", bid="49999.5", ask="50000.5", open_orders=2),)
said = False
while not stops or manners == "deaf":
    heart.beat(Beat(state=QUOTING, mode=mode, session="s1", venue="bybit-custom", started_wall_ns=1, symbols=symbols))
    if not said:
        print("ready", flush=True)
        said = True
    time.sleep(0.05)
if manners == "tidy":
    heart.beat(Beat(state=STOPPED, mode=mode, session="s1", venue="bybit-custom"))
"""


@contextmanager
def stub_bot(folder: Path, mode: str = "real", manners: str = "tidy") -> Iterator["Popen[str]"]:
    """Run one; ``manners``: "tidy" stops when asked, "hasty" just leaves, "deaf" does not listen."""
    with python(_CODE, folder, mode, manners) as process:
        yield process
