"""Where workers are: in this process, in a pool of processes, or on a dask cluster.

Each place hands out a ``concurrent.futures.Executor``, so that whoever shares out jobs need not know
which. A cluster needs the extra ``cluster``; nothing of it is imported before it is asked for.
"""

import multiprocessing
import os
import re
import signal
import threading
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib.util import find_spec
from typing import Any, Final, Protocol

import click

from sim import __version__

# So long a scheduler may take to answer, and a cluster to start.
_PATIENCE_S: Final = 30
# A job that kills its worker is tried once more by the cluster itself.
_DEATHS_ALLOWED: Final = 1


class NoCluster(Exception):
    """The cluster does not answer, or runs another version."""


class Site(Protocol):
    """A place where workers can be hired.

    ``deaths`` are what a job's future raises when its worker died under it. ``outlives_a_death`` says
    whether the other workers can go on after one.
    """

    deaths: tuple[type[BaseException], ...]
    outlives_a_death: bool

    def is_here(self, workers: int) -> bool:
        """Say whether so many workers are no worker at all: the caller does the work."""

    def hire(self, workers: int) -> Executor:
        """Give workers. Raises ``NoCluster``."""

    def is_alive(self) -> bool:
        """Say whether those hired can still answer."""

    def dismiss(self, hired: Executor) -> None:
        """Let workers go without waiting for what they do."""

    def abandon(self) -> None:
        """Stop what runs at once, as far as it is ours to stop."""


_PORT_MAX: Final = 65_535


def site_of(engine: str) -> Site:
    """Read ``--engine``: ``local``, ``dask`` or ``tcp://HOST:PORT``; anything else is wrong usage."""
    if engine == "local":
        return _Pool()
    there = re.fullmatch(r"tcp://[^/\s:]+:(\d{1,5})", engine)
    if engine != "dask" and (there is None or not 0 < int(there[1]) <= _PORT_MAX):
        words = f"{engine!r} is none of local, dask and tcp://HOST:PORT"
        raise click.BadParameter(words, param_hint="--engine")
    if find_spec("distributed") is None:
        words = "dask is not installed; it comes with the extra 'cluster': pip install 'stormquote[cluster]'"
        raise click.BadParameter(words, param_hint="--engine")
    return _Cluster("" if engine == "dask" else engine)


class _Pool:
    """Processes of this machine, or none where one worker is enough."""

    deaths: tuple[type[BaseException], ...] = (BrokenProcessPool,)
    outlives_a_death = False

    def is_here(self, workers: int) -> bool:
        return workers <= 1

    def hire(self, workers: int) -> Executor:
        # Spawned, not forked: a worker starts from nothing, like a run of its own.
        spawn = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(workers, mp_context=spawn, initializer=_begin_work)

    def is_alive(self) -> bool:
        return True  # a pool says of itself that it broke

    def dismiss(self, hired: Executor) -> None:
        hired.shutdown(wait=False, cancel_futures=True)

    def abandon(self) -> None:
        for worker in multiprocessing.active_children():
            worker.terminate()


class _Cluster:
    """A dask scheduler at an address, or a cluster of our own on this machine when there is none."""

    outlives_a_death = True

    def __init__(self, address: str) -> None:
        from distributed import KilledWorker

        self.deaths: tuple[type[BaseException], ...] = (KilledWorker,)
        self._address = address
        self._client: Any = None
        self._cluster: Any = None

    def is_here(self, workers: int) -> bool:
        return False

    def hire(self, workers: int) -> Executor:
        import dask
        from distributed import Client, LocalCluster

        try:
            if not self._address:
                with dask.config.set({"distributed.scheduler.allowed-failures": _DEATHS_ALLOWED}):
                    self._cluster = LocalCluster(  # type: ignore[no-untyped-call]
                        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
                    )
            self._client = Client(  # type: ignore[no-untyped-call]
                self._cluster or self._address, timeout=_PATIENCE_S, set_as_default=False
            )
            versions = self._client.run(_version)
        except OSError as error:  # a timeout is one as well
            self._leave()
            raise NoCluster(f"no cluster at {self._address or 'this machine'}: {error}") from None
        others = {version for version in versions.values() if version != __version__}
        if others or not versions:
            self._leave()
            told = f"runs version {', '.join(sorted(others))}, not {__version__}" if others else "has no workers"
            raise NoCluster(f"the cluster at {self._address} {told}")
        # Two equal jobs are two runs: dask must not answer one from the other's result.
        executor: Executor = self._client.get_executor(pure=False)
        return executor

    def is_alive(self) -> bool:
        return self._client is not None and self._client.status != "closed"

    def dismiss(self, hired: Executor) -> None:
        hired.shutdown(wait=False)
        self._leave()

    def abandon(self) -> None:
        """Leave it to ``dismiss``: leaving a cluster cancels what was asked of it."""

    def _leave(self) -> None:
        for one in (self._client, self._cluster):
            if one is not None:
                one.close(timeout=_PATIENCE_S)
        self._client = self._cluster = None


def _version() -> str:
    return __version__


def _begin_work() -> None:
    # A Ctrl-C reaches the whole process group; one process answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    """Leave when the parent is gone, killed say: nobody else would ever tell its workers."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
