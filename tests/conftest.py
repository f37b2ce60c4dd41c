"""Fixtures that every test may use, and the order of tests: fast ones first."""

from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"

# The machines are shared and noisy: a slow example is no failure.
hypothesis_settings.register_profile("gazeclass", deadline=None, max_examples=50)
hypothesis_settings.load_profile("gazeclass")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of measuring data beside a checkout; tests that need it skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared/data, which a fresh clone does not have")
    return SHARED


@pytest.fixture(scope="session")
def lesson_a(shared_data: Path) -> Path:
    """The rendered lesson with exact truth."""
    return shared_data / "lesson_a"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast tests first, so that a mistake shows early."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)
