"""The socket for commands: its mode, what it answers, and what it survives."""

import json
import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from run.door import NOBODY, Door, ask, sockets


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    door = Door(tmp_path / "state")
    door.answer("tea", echo)
    yield door
    door.close()


def echo(asked: dict[str, Any]) -> dict[str, Any]:
    return {"echo": asked}


def talk(door: Door, message: bytes) -> bytes:
    """Send a message, let the monitor serve once, and return the answer."""
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(10)
        channel.connect(str(door.path))
        channel.sendall(message)
        door.serve()
        try:
            return channel.recv(4096)
        except ConnectionResetError:
            return b""


def test_only_the_owner_can_open_it(door: Door) -> None:
    assert stat.S_IMODE(door.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(door.path.parent.stat().st_mode) == 0o700


def test_it_answers_a_line_with_a_line(door: Door) -> None:
    asked = {"about": "tea", "command": "list"}
    assert json.loads(talk(door, json.dumps(asked).encode() + b"\n")) == {"echo": asked}


def test_what_is_not_part_of_this_monitor_is_told_so(door: Door) -> None:
    assert json.loads(talk(door, b'{"about": "blocks", "command": "list"}\n')) == {NOBODY: True}
    assert json.loads(talk(door, b"{}\n")) == {NOBODY: True}


@pytest.mark.parametrize(
    "noise", [b"\n", b"[]\n", b"7\n", b"{\n", b"\xff\xff\n", b"[" * 4000 + b"\n", b"x" * 5000, b'"' + b"a" * 50 + b"\n"]
)
def test_noise_gets_no_answer_and_does_no_harm(door: Door, noise: bytes) -> None:
    assert talk(door, noise) == b""
    assert talk(door, b"{}\n") != b""


def test_nobody_asks_and_nothing_waits(door: Door) -> None:
    door.serve()


def test_the_command_finds_it_and_asks(door: Door) -> None:
    assert sockets(door.path.parent) == [door.path]
    asked = threading.Event()

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        asked.set()
        return request

    door.answer("coffee", answer)
    answers: list[dict[str, Any]] = []
    thread = threading.Thread(target=lambda: answers.append(ask(door.path, {"about": "coffee"}, 10)))
    thread.start()
    while not asked.is_set():
        door.serve()
    thread.join()
    assert answers == [{"about": "coffee"}]


def test_sockets_of_ended_monitors_go(tmp_path: Path) -> None:
    left = tmp_path / "monitor-1.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(left))
    Door(tmp_path).close()
    assert sockets(tmp_path) == []


def test_its_end_removes_it(tmp_path: Path) -> None:
    door = Door(tmp_path)
    assert os.path.exists(door.path)
    door.close()
    assert not os.path.exists(door.path)
