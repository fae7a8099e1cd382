"""For all tests."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says nothing on a busy machine. CI=1 has the same examples each time.
settings.register_profile("busy", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

ONCE = {
    "alerting", "bench", "dashboard", "history", "notices", "outputs", "packaging", "settings",
    "test_completion.py", "test_distribution.py", "test_gen_traffic.py", "test_layout.py",
}  # fmt: skip
"""What is tested here without a packet being decoded, or with so few that the rest of the tests tell."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in ONCE."""
    for item in items:
        if not ONCE.isdisjoint(item.path.relative_to(Path(__file__).parents[1]).parts):
            item.add_marker("once")


SECRETS = {"HTTP_MONITOR_WEBHOOK", "HTTP_MONITOR_SMTP_PASSWORD"}
TASTE = {"NO_COLOR", "COLUMNS", "LINES", "COLORFGBG", "XDG_STATE_HOME", "SUDO_USER", "SUDO_UID", "SUDO_GID"}


@pytest.fixture(autouse=True, scope="session")
def _nobodys_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The settings and the history of who runs the tests are none of theirs, nor of the programs that they start."""
    state = tempfile.mkdtemp(prefix="http-monitor-")
    os.chmod(state, 0o1777)  # whoever they become
    with pytest.MonkeyPatch.context() as environment:
        for name in SECRETS | TASTE:
            environment.delenv(name, raising=False)
        environment.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("configuration")))
        environment.setenv("STATE_DIRECTORY", state)
        yield
    shutil.rmtree(state)
