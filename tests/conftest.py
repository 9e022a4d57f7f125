"""What all tests share: Hypothesis profiles, the options for long suites, recorded data."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("quick", max_examples=60, deadline=None, derandomize=True)
settings.register_profile(
    "deep", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chaos", action="store_true", help="run the chaos tests at full depth")
    parser.addoption("--property", action="store_true", help="run the property tests at full depth")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("deep" if config.getoption("--property") else "quick")


@pytest.fixture(scope="session")
def is_deep(request: pytest.FixtureRequest) -> bool:
    """Whether the chaos tests run at full depth."""
    return bool(request.config.getoption("--chaos"))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds the packages, the scenarios and this test."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def recorded_data() -> str:
    """The folder of recorded market data; without it a test is skipped, visibly."""
    folder = os.environ.get("STORMQUOTE_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("no recorded data: STORMQUOTE_DATA is not set")
    return folder


@pytest.fixture
def book() -> Any:
    """Orders without a core around them."""
    from ledger import Ledger

    return Ledger()


@pytest.fixture(scope="session")
def knobs(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Knobs of the shipped config and profile, for one symbol."""
    from small_world import small_scenario

    from strategy.config_knobs import knobs

    ready = small_scenario(tmp_path_factory.mktemp("knobs"))
    return knobs(ready.config, ready.instruments)


@pytest.fixture
def seat(knobs: Any) -> Any:
    """A core that has started, has read what it must, and has both streams."""
    from seat import Seat

    seat = Seat(knobs)
    seat.boot()
    return seat


@pytest.fixture
def contract(tmp_path: Path) -> Any:
    """A client of a served venue that trades one contract."""
    from served import Client

    return Client(tmp_path)


@pytest.fixture
def pair(tmp_path: Path) -> Any:
    """A client of a served venue that trades one pair on spot."""
    from served import SPOT, Client

    return Client(tmp_path, market=SPOT)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that was kept."""
    from replayed import keep_run

    return keep_run(tmp_path_factory.mktemp("run"))


@pytest.fixture
def seed(kept: Path, tmp_path: Path) -> Path:
    """The folder of a seed of it: a copy, which may be spoilt."""
    from replayed import NAME

    shutil.copytree(kept, tmp_path / "kept")
    return tmp_path / "kept" / NAME / "1"
