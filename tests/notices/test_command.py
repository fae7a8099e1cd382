import json
import os
import sys
import threading
import time
from pathlib import Path

import pytest
from notice_samples import DISMISSED, RAISED, about, soon

from notices.bodies import json_body
from notices.command import Command, DistantProgram, run_on_request, variables
from notices.errors import Refused
from notices.notice import facts

REPORT = """
import json, os, sys
facts = {name: value for name, value in os.environ.items() if name.startswith("HTTP_MONITOR_")}
with open(sys.argv[1], "a") as file:
    print(json.dumps({"environment": facts, "arguments": sys.argv[2:], "input": sys.stdin.read()}), file=file)
"""


def python(code: str, *arguments: str, timeout: float = 20) -> Command:
    return Command([sys.executable, "-c", code, *arguments], timeout, {"PATH": os.environ["PATH"]})


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text() if sys.platform == "linux" else True


def test_the_facts_are_in_the_environment_and_on_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "report"
    command = python(REPORT, str(path), "two words", "$(id)")
    command.send(RAISED)
    command.send(DISMISSED)
    for line, notice in zip(path.read_text().splitlines(), (RAISED, DISMISSED), strict=True):
        report = json.loads(line)
        assert report["environment"] == variables(notice)
        assert report["input"].encode() == json_body(notice) + b"\n"
        assert report["arguments"] == ["two words", "$(id)"]


def test_each_fact_is_a_variable() -> None:
    found = variables(DISMISSED)
    names = {f"HTTP_MONITOR_{name.upper()}" for name in facts(DISMISSED)}
    assert set(found) == names | {"HTTP_MONITOR_CONTRIBUTORS"}
    assert found["HTTP_MONITOR_KIND"] == "dismissed"
    assert found["HTTP_MONITOR_VALUE"] == "1844"
    assert found["HTTP_MONITOR_CONTRIBUTORS"] == "section shop.example.com/cart 64 %; client 192.0.2.7 22 %"
    assert variables(RAISED)["HTTP_MONITOR_END"] == "", "not known"


def test_text_from_the_wire_is_never_run(tmp_path: Path) -> None:
    path = tmp_path / "harm"
    hostile = f"$(touch {path}); `touch {path}` | touch {path} \0"
    command = Command(["/bin/sh", "-c", 'printf %s "$HTTP_MONITOR_TEXT" >/dev/null'], 20, {})
    command.send(about(hostile, hostile))
    assert not path.exists()


def test_a_command_may_ignore_its_input(tmp_path: Path) -> None:
    Command(["touch", str(tmp_path / "ran")], 20, os.environ).send(about("x" * 2000, "y" * 2000))
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise SystemExit(3)", "ended with status 3"),
        ("import os; os.kill(os.getpid(), 15)", "ended by SIGTERM"),
    ],
)
def test_a_failing_command_is_reported_with_its_status(code: str, words: str) -> None:
    with pytest.raises(Refused) as caught:
        python(code).send(RAISED)
    assert str(caught.value) == words


def test_a_command_that_cannot_be_started_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "script"
    path.write_text("#!/bin/sh\n")
    with pytest.raises(Refused, match=r"^cannot be started: Permission denied$"):
        Command([str(path)], 20, {}).send(RAISED)
    with pytest.raises(Refused, match=r"^cannot be started: its arguments contain a NUL character$"):
        Command(["true", "\0"], 20, {}).send(RAISED)


STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "time.sleep(60)"])
with open(sys.argv[1] + ".part", "w") as file:
    print(os.getpid(), child.pid, file=file)
os.rename(sys.argv[1] + ".part", sys.argv[1])
time.sleep(60)
"""


def test_a_slow_command_is_killed_with_everything_it_started(tmp_path: Path) -> None:
    path = tmp_path / "processes"
    with pytest.raises(Refused, match=r"^killed after 2 s$"):
        python(STUBBORN, str(path), timeout=2).send(RAISED)
    processes = [int(number) for number in path.read_text().split()]
    assert len(processes) == 2
    assert soon(lambda: not any(is_alive(process) for process in processes))


def test_a_command_may_clean_up_before_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "cleaned"
    code = (
        "import signal, sys, time\nsignal.signal(15, lambda *_: (open(sys.argv[1], 'w'), sys.exit()))\ntime.sleep(60)"
    )
    with pytest.raises(Refused, match=r"^killed after 3 s$"):
        python(code, str(path), timeout=3).send(RAISED)
    assert path.exists()


def test_the_end_kills_a_running_command_and_starts_no_more(tmp_path: Path) -> None:
    path = tmp_path / "processes"
    command = python(STUBBORN, str(path), timeout=60)
    ending: list[str] = []

    def send() -> None:
        try:
            command.send(RAISED)
        except Refused as error:
            ending.append(str(error))

    thread = threading.Thread(target=send)
    thread.start()
    assert soon(path.exists)
    begun = time.monotonic()
    command.cancel()
    thread.join(60)
    assert time.monotonic() - begun < 30
    assert ending == ["ended by SIGKILL"]
    with pytest.raises(Refused, match=r"^the program ended$"):
        command.send(DISMISSED)


# by another process ---------------------------------------------------------------------------------------------------


def distant(command: Command) -> Command:
    """Have the command run on request, as outside the lock-down, but in this process."""
    program = command.program
    command.program = DistantProgram(lambda request: run_on_request(program, request), program.cancel)
    return command


def test_another_process_runs_it_alike(tmp_path: Path) -> None:
    path = tmp_path / "report"
    distant(python(REPORT, str(path), "word")).send(RAISED)
    report = json.loads(path.read_text())
    assert report["environment"] == variables(RAISED)
    assert report["input"].encode() == json_body(RAISED) + b"\n"
    with pytest.raises(Refused, match=r"^ended with status 3$"):
        distant(python("raise SystemExit(3)")).send(RAISED)


def test_another_process_that_has_ended_is_reported() -> None:
    def ask(_: bytes) -> bytes:
        raise BrokenPipeError

    command = python("")
    command.program = DistantProgram(ask, lambda: None)
    with pytest.raises(Refused, match=r"^the process that runs commands has ended$"):
        command.send(RAISED)


@pytest.mark.parametrize(
    "request_",
    [[{"LD_PRELOAD": "/tmp/harm.so"}, ""], [{"PATH": "/tmp"}, ""], [{"HTTP_MONITOR_TEXT": 1}, ""], [{}, ["text"]]],
)
def test_a_hostile_request_sets_no_other_variables(request_: list[object], tmp_path: Path) -> None:
    program = Command(["touch", str(tmp_path / "ran")], 20, os.environ).program
    assert run_on_request(program, json.dumps(request_).encode()) == b"the request is not one of a notice"
    assert not (tmp_path / "ran").exists()
