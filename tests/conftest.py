"""What all tests share: Hypothesis profiles, the options for long suites, recorded data."""

import os
from pathlib import Path

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
