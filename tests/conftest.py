"""For all tests."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from decoders import MAKERS, using
from hypothesis import HealthCheck, settings

# An example may take long on a busy machine. CI=1 uses the same examples each time.
settings.register_profile("busy", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

SECRETS = {"HTTP_MONITOR_WEBHOOK", "HTTP_MONITOR_SMTP_PASSWORD"}
TASTE = {"NO_COLOR", "COLUMNS", "LINES", "COLORFGBG", "XDG_STATE_HOME", "SUDO_USER", "SUDO_UID", "SUDO_GID"}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """pytest-xdist asks this for the scheduler, if it is there and used."""
    from file_scheduling import FileScheduling

    return FileScheduling(config, log)


@pytest.fixture(autouse=True, scope="session")
def _nobodys_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hide the settings and the history of the user from the tests and the programs that they start."""
    state = tempfile.mkdtemp(prefix="http-monitor-")
    os.chmod(state, 0o1777)  # for any user that a program switches to
    with pytest.MonkeyPatch.context() as environment:
        for name in SECRETS | TASTE:
            environment.delenv(name, raising=False)
        environment.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("configuration")))
        environment.setenv("STATE_DIRECTORY", state)
        yield
    shutil.rmtree(state)


@pytest.fixture(scope="module", params=list(MAKERS))
def each_decoder(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run every test of the module with each available decoder."""
    with using(request.param):
        yield
