"""The web server of the demo returns the responses of its table, and closes connections like real servers."""

import http.client
import threading
from collections.abc import Iterator

import pytest

from demo.web_server import NOT_FOUND, REQUESTS_PER_CONNECTION, RESPONSES, DemoServer


@pytest.fixture
def connection() -> Iterator[http.client.HTTPConnection]:
    """Return a connection to a running demo server."""
    with DemoServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        yield client
        client.close()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("path", [*RESPONSES, "/search?q=1", "/nowhere"])
def test_each_path_returns_its_response(connection: http.client.HTTPConnection, path: str) -> None:
    connection.request("GET", path)
    response = connection.getresponse()
    expected = RESPONSES.get(path.partition("?")[0], NOT_FOUND)
    assert (response.status, len(response.read())) == (expected.status, expected.size)
    assert response.getheader("Location", "") == expected.location


def test_all_status_classes_occur() -> None:
    assert {response.status // 100 for response in [*RESPONSES.values(), NOT_FOUND]} == {2, 3, 4, 5}


def test_a_connection_is_kept_alive_and_closed_after_its_share_of_requests(
    connection: http.client.HTTPConnection,
) -> None:
    closing = []
    for _ in range(REQUESTS_PER_CONNECTION):
        connection.request("POST", "/cart/add", body=b"x" * 100)
        response = connection.getresponse()
        response.read()
        closing.append(response.getheader("Connection"))
    assert closing == [None] * (REQUESTS_PER_CONNECTION - 1) + ["close"]


def test_the_server_logs_nothing(connection: http.client.HTTPConnection, capfd: pytest.CaptureFixture[str]) -> None:
    connection.request("GET", "/no-such-page")
    connection.getresponse().read()
    assert capfd.readouterr() == ("", "")
