"""For all tests."""

import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from decoders import MAKERS, using
from hypothesis import HealthCheck, settings

# An example may take long on a busy machine. CI=1 uses the same examples each time.
settings.register_profile("busy", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
pytest.register_assert_rewrite("fleet_contract")

pytest_plugins = ("clickhouse_server",)

SECRETS = {"HTTP_MONITOR_WEBHOOK", "HTTP_MONITOR_SMTP_PASSWORD"}
TASTE = {"NO_COLOR", "COLUMNS", "LINES", "COLORFGBG", "XDG_STATE_HOME", "SUDO_USER", "SUDO_UID", "SUDO_GID"}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """pytest-xdist asks this for the scheduler, if it is there and used."""
    from file_scheduling import FileScheduling

    return FileScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the files with slow tests first: started last, they would keep one process busy while the others wait."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True, scope="session")
def _nobodys_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hide the settings and the history of the user from the tests and the programs that they start."""
    state = tempfile.mkdtemp(prefix="http-monitor-")
    os.chmod(state, 0o1777)  # for any user that a program switches to
    with pytest.MonkeyPatch.context() as environment:
        for name in SECRETS | TASTE:
            environment.delenv(name, raising=False)
        for name in [name for name in os.environ if name.startswith("OTEL_")]:
            environment.delenv(name)
        environment.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("configuration")))
        environment.setenv("STATE_DIRECTORY", state)
        yield
    shutil.rmtree(state)


@pytest.fixture(scope="module", params=list(MAKERS))
def each_decoder(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run every test of the module with each available decoder."""
    with using(request.param):
        yield


class QuietHandler(BaseHTTPRequestHandler):
    """Answers every GET with 204."""

    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the parameter's name in http.server
        """Log nothing."""


@pytest.fixture
def web_port() -> Iterator[int]:
    """Port of a web server on loopback."""
    server = HTTPServer(("127.0.0.1", 0), QuietHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def run_here(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """Run the command in this process; return its status, output and errors.

    It does not drop root, because this process continues: see `test_privileges.py`.
    """
    import exercise
    from run import opening

    monkeypatch.setattr(opening, "give_up_rights", lambda *arguments: None)

    def command(*arguments: str) -> tuple[int, str, str]:
        try:
            status = exercise.main(arguments)
        except SystemExit as exit_:
            status = exit_.code if isinstance(exit_.code, int) else 1
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return command
