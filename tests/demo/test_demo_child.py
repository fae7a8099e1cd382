"""The child process of the demo."""

import io
import sys
import threading
from types import SimpleNamespace

import pytest

import demo.__main__ as child


@pytest.mark.parametrize(("said", "ports"), [(b"", 0), (b".", 1)])
def test_visitors_come_once_the_capture_is_open(monkeypatch: pytest.MonkeyPatch, said: bytes, ports: int) -> None:
    came, visited = list[int](), threading.Event()

    def send_visitors(port: int) -> None:
        came.append(port)
        visited.set()

    class Input(io.BytesIO):
        """Ends only after the visitors came, if they come."""

        def read(self, size: int | None = -1) -> bytes:
            return super().read(size) if size == 1 else bytes(visited.wait(30))

    monkeypatch.setattr(child, "send_visitors", send_visitors)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=Input(said)))
    child.serve()
    assert len(came) == ports
