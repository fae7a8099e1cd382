"""What a run may still do, and that the program locks itself down and still does it."""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fleet_helpers import MemoryTarget
from sensor_records import FACTS
from test_exercise import visits

from capture.core import CORE
from capture.lockdown import Grants, lockable
from capture.writer import PcapWriter
from cli.arguments import parse_arguments
from exercise_config import Config
from fleet.sensor import Identity, Sensor
from fleet.spool import Bounds
from run.lockdown import ANYWHERE, LOCAL, granted
from run.outputs import open_outputs
from run.plan import planned

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
SMALL = ("--set", "timeout=1", "--set", "dashboard_bucket_size=1", "--set", "average_bucket_size=10", "--user", "root")
locking = pytest.mark.skipif(not lockable(), reason="the core is not built, or not for this system")


def grants(*given: str, **settings: object) -> Grants:
    arguments, config = parse_arguments(["-r", "x.pcap", *given]), Config(**settings)  # type: ignore[arg-type]
    plan = planned(arguments, config)
    with open_outputs(arguments, config, plan.statistics) as outputs:
        return granted(arguments, config, plan, outputs)


# the list -------------------------------------------------------------------------------------------------------------


def test_a_run_without_outputs_may_write_nothing_but_a_packet_and_connect_to_nobody() -> None:
    found = grants("--ui", "console")
    assert (found.write, found.families, found.connects) == ((), (), False)
    assert found.devices == (os.devnull,)
    assert found.create == (() if CORE is None else (tempfile.gettempdir(),))


def test_a_sensor_may_write_its_spool_and_connect(tmp_path: Path) -> None:
    arguments, config = (
        parse_arguments(["-r", "x.pcap", "--store", "https://x"]),
        Config(store="https://x?ca=/a/ca.pem"),
    )
    plan, spool = planned(arguments, config), tmp_path / "spool"
    with open_outputs(arguments, config, plan.statistics) as outputs:
        identity = Identity("web-1", FACTS, {}, 10, "https://x", ("/a/ca.pem",))
        outputs.sensor = Sensor(identity, MemoryTarget(), spool, Bounds(2**20, 1), 0.0)
        found = granted(arguments, config, plan, outputs)
    assert found.write == (str(spool),)
    assert (found.families, found.connects) == (ANYWHERE, True)
    assert {"/etc", "/a/ca.pem"} <= {*found.read}


def test_it_may_read_the_program_but_neither_all_files_nor_accounts() -> None:
    read = grants().read
    assert {str(ROOT), sys.prefix, sys.base_prefix} <= {*read}
    assert {"/", "/etc", "/home", "/root", "/proc", "/etc/passwd"} & {*read} == set()


def test_the_folders_of_files_that_are_opened_later_may_be_written(tmp_path: Path) -> None:
    history, report = tmp_path / "new" / "history.db", tmp_path / "report.html"
    assert grants("--history", str(history), "--report", str(report)).write == (str(tmp_path), str(history.parent))
    assert history.parent.is_dir(), "only what exists can be granted"
    assert grants("--log", str(tmp_path / "log"), "-w", str(tmp_path / "w.pcap")).write == (), "they stay open"


def test_the_history_that_a_link_leads_to_is_in_another_folder(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "history.db").symlink_to(elsewhere / "history.db")
    assert grants("--history", str(tmp_path / "history.db")).write == (str(elsewhere),)


@pytest.mark.parametrize(
    ("settings", "families", "connects"),
    [
        ({"notice_webhook": "https://hooks.example.com/x"}, ANYWHERE, True),
        ({"notice_syslog": ("udp://logs.example.com:514",)}, ANYWHERE, True),
        ({"notice_smtp": "mail.example.com", "notice_mail_to": ("ops@example.com",)}, ANYWHERE, True),
        ({"notice_syslog": ("/dev/log",)}, LOCAL, False),
        ({"notice_command": sys.executable}, (), False),
    ],
)
def test_receivers_may_be_reached(settings: dict[str, object], families: tuple[int, ...], connects: bool) -> None:
    found = grants(**settings)
    assert (found.families, found.connects) == (families, connects)
    assert ("/etc" in found.read) == connects, "names of hosts are looked up"


def test_the_full_screen_may_use_its_terminal_and_remember_the_panels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "http-monitor"))
    found = grants("--ui", "full", "--user", "root")
    assert "/dev/tty" in found.devices
    assert found.write == (str(tmp_path / "http-monitor"),)


def test_plug_ins_may_be_read(tmp_path: Path) -> None:
    assert str(tmp_path) in grants(statistics_folder=str(tmp_path)).read


# the program ----------------------------------------------------------------------------------------------------------


def pcap(path: Path) -> Path:
    writer = PcapWriter(str(path))
    writer.write(visits((10, 5), (10, 5), (10, 8), (10, 5), (3, 5), path="/cart"))
    writer.close()
    return path


def arguments(*given: str) -> list[str]:
    return [sys.executable, str(ROOT / "exercise.py"), *SMALL, *given]


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def filters(process: int) -> str:
    """Return the mode of seccomp of a process: 2 if its system calls are filtered."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith("Seccomp:"))


def children(process: int) -> list[int]:
    return [int(number) for number in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@locking
@pytest.mark.parametrize("locks", [True, False])
def test_the_program_is_locked_while_packets_come_and_the_process_for_commands_is_not(
    locks: bool, tmp_path: Path
) -> None:
    before = filters(os.getpid())
    pipe, errors = tmp_path / "pipe", tmp_path / "errors"
    os.mkfifo(pipe)
    given = arguments("-r", str(pipe), "-v", "-q", "--on-alert", "true", "--set", f"lockdown={str(locks).lower()}")
    with errors.open("w") as file, subprocess.Popen(given, stderr=file, stdout=subprocess.DEVNULL) as program:
        with pipe.open("wb") as stream:
            stream.write(pcap(tmp_path / "trace.pcap").read_bytes()[:-100])
            stream.flush()
            wait_for(lambda: "locked down" in errors.read_text())
            if locks and "seccomp" not in errors.read_text():
                program.kill()
                pytest.skip("this kernel has no seccomp")
            wait_for(lambda: filters(program.pid) == ("2" if locks else before))
            assert [filters(child) for child in children(program.pid)] == ([before] if locks else [])
        program.wait(PATIENCE)
    assert ("nothing; lockdown is off" in errors.read_text()) == (not locks)


@locking
def test_all_outputs_work_when_it_is_locked(tmp_path: Path) -> None:
    pcap(tmp_path / "trace.pcap")
    told = "import os; open('told', 'a').write(os.environ['HTTP_MONITOR_KIND'] + ' ')"
    command = shlex.join([sys.executable, "-c", told])
    outputs = ("--log", "log", "--report", "page.html", "--history", "state/h.db", "-w", "copy.pcap")
    given = arguments("-r", "trace.pcap", "--ui", "json", *outputs, "--on-alert", command)
    ran = subprocess.run(given, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (tmp_path / "told").read_text() == "raised dismissed "
    assert len((tmp_path / "log").read_text().splitlines()) == 245
    assert "</html>" in (tmp_path / "page.html").read_text()
    assert (tmp_path / "copy.pcap").read_bytes() == (tmp_path / "trace.pcap").read_bytes()
    assert sorted(os.listdir(tmp_path / "state")) == ["h.db"], "SQLite deletes what it made beside it"
    assert json.loads(ran.stdout.splitlines()[-1])["alerts"]
    given = [sys.executable, str(ROOT / "exercise.py"), "report", "--history", "state/h.db", "--since", "2023-11-14"]
    ran = subprocess.run(given, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert "/cart" in ran.stdout
