"""The kernel drops the packets of who is blocked: real namespaces, a real client, the process with few rights."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from block_scene import needs, needs_root, soon
from live.network import Side, veth_pair

from blocking.bouncer import BouncerError
from blocking.nft import Nft

ROOT = Path(__file__).parents[2]
DRIVER = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from blocking.process import BouncerProcess
bouncer = BouncerProcess(json.loads(sys.argv[2]))
bouncer.open()
print("open", flush=True)
for line in sys.stdin:
    bouncer.sync({network: time.time() + seconds for network, seconds in json.loads(line).items()})
    time.sleep(0.3)
    bouncer.sync(bouncer._told)
    print(bouncer.warning or "done", flush=True)
bouncer.close()
"""
SETTINGS = {
    "name": "nft", "user": ["nobody", 65534, 65534], "table": "http_monitor", "ports": "80,8000-8100", "most": 2,
    "prefix_v4": 32, "prefix_v6": 64, "never": ["192.0.2.0/24"], "longest": 1000.0,
}  # fmt: skip


class Driver:
    """A program with a bouncer in a process, in the namespace of the server."""

    def __init__(self, side: Side, **settings: Any) -> None:
        words = [*side.inside, sys.executable, "-c", DRIVER, str(ROOT), json.dumps({**SETTINGS, **settings})]
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.opened = self.answer()

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def tell(self, blocked: dict[str, float]) -> str:
        assert self.process.stdin is not None
        print(json.dumps(blocked), file=self.process.stdin, flush=True)
        return self.answer()

    def end(self) -> str:
        _, errors = self.process.communicate(timeout=60)
        return errors


@pytest.fixture(scope="module")
def sides() -> Iterator[tuple[Side, Side]]:
    needs_root()
    needs("nft")
    needs("curl")
    with veth_pair() as (server, client):
        command = [*server.inside, sys.executable, "-m", "http.server", "--bind", server.address]
        quiet: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
        servers = [subprocess.Popen([*command, port], **quiet) for port in ("80", "9000")]
        assert soon(lambda: all(reaches((server, client), port) for port in (80, 9000)))
        yield server, client
        for each in servers:
            each.kill()
            each.wait()


def reaches(sides: tuple[Side, Side], port: int = 80) -> bool:
    server, client = sides
    command = [*client.inside, "curl", "-s", "-o", os.devnull, "--max-time", "1", f"http://{server.address}:{port}/"]
    return subprocess.run(command, timeout=30, check=False).returncode == 0


def rules(sides: tuple[Side, Side]) -> str:
    command = [*sides[0].inside, needs("nft"), "list", "ruleset"]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout


def test_a_blocked_client_is_cut_off_from_the_monitored_ports_only(sides: tuple[Side, Side]) -> None:
    driver = Driver(sides[0])
    assert (driver.opened, reaches(sides)) == ("open", True)
    assert driver.tell({sides[1].address: 100, "2001:db8::/64": 100}) == "done"
    assert (reaches(sides, 80), reaches(sides, 9000)) == (False, True)
    assert driver.tell({"2001:db8::/64": 100}) == "done"
    assert reaches(sides)
    assert driver.end() == ""
    assert rules(sides) == ""


def test_with_all_ports_monitored_all_packets_are_dropped(sides: tuple[Side, Side]) -> None:
    driver = Driver(sides[0], ports="any")
    driver.tell({sides[1].address: 100})
    assert not reaches(sides, 9000)
    driver.end()


def test_kill_9_leaves_nothing(sides: tuple[Side, Side]) -> None:
    driver = Driver(sides[0])
    driver.tell({sides[1].address: 100})
    assert not reaches(sides)
    os.kill(driver.process.pid, signal.SIGKILL)
    driver.end()
    assert soon(lambda: rules(sides) == "")
    assert reaches(sides)


def test_the_process_runs_as_nobody_with_one_capability(sides: tuple[Side, Side]) -> None:
    driver = Driver(sides[0])
    found = subprocess.run(["pgrep", "-P", str(driver.process.pid)], capture_output=True, text=True, check=True).stdout
    lines = Path(f"/proc/{found.split()[0]}/status").read_text().splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    assert status["Uid"].split() == ["65534"] * 4
    assert {int(status[name], 16) for name in ("CapPrm", "CapEff", "CapAmb")} == {1 << 12}
    assert (status["NoNewPrivs"], int(status["CapBnd"], 16)) == ("1", 0)
    driver.end()


def test_it_refuses_what_may_not_be_asked(sides: tuple[Side, Side]) -> None:
    driver = Driver(sides[0])
    assert "never blocked" in driver.tell({"192.0.2.9": 100})
    assert "too far away" in driver.tell({"203.0.113.9": 1e6})
    assert "too many blocks" in driver.tell({f"203.0.113.{number}": 100 for number in range(3)})
    assert rules(sides).count("timeout 1m45s") == 2
    driver.end()


def test_a_longer_block_has_its_new_time_and_the_kernel_ends_it(sides: tuple[Side, Side]) -> None:
    driver = Driver(sides[0])
    driver.tell({"203.0.113.7": 100})
    driver.tell({"203.0.113.7": 200})
    assert "203.0.113.7 timeout 3m25s" in rules(sides)
    driver.end()


def test_a_flushed_table_is_made_again_and_a_stale_one_replaced(sides: tuple[Side, Side]) -> None:
    stale = [
        *sides[0].inside,
        needs("nft"),
        "add table inet http_monitor; add set inet http_monitor old { type mark; }",
    ]
    subprocess.run(stale, check=True, timeout=30)
    driver = Driver(sides[0])
    driver.tell({sides[1].address: 100})
    assert " old " not in rules(sides)
    subprocess.run([*sides[0].inside, needs("nft"), "flush", "ruleset"], check=True, timeout=30)
    assert reaches(sides)
    assert soon(lambda: sides[1].address in rules(sides))
    driver.end()


def test_other_tables_are_left_alone(sides: tuple[Side, Side]) -> None:
    subprocess.run([*sides[0].inside, needs("nft"), "add table inet filter"], check=True, timeout=30)
    driver = Driver(sides[0])
    driver.tell({sides[1].address: 100})
    driver.end()
    assert rules(sides).split() == ["table", "inet", "filter", "{", "}"]
    subprocess.run([*sides[0].inside, needs("nft"), "delete table inet filter"], check=True, timeout=30)


def test_without_rights_the_error_names_the_fix(sides: tuple[Side, Side]) -> None:
    words = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    server = Side(sides[0].interface, sides[0].address, [*sides[0].inside, needs(words[0]), *words[1:]])
    driver = Driver(server, user=None)
    assert driver.opened == ""
    assert "Operation not permitted; run as root, or give CAP_NET_ADMIN" in driver.end()


def test_sync_asks_only_for_what_changed() -> None:
    scripts: list[str] = []

    def run(script: str) -> str:
        scripts.append(script)
        return ""

    table = Nft("http_monitor", "80", 10, run)
    table.open()
    later = time.time() + 100
    table.sync({"203.0.113.7": later})
    table.sync({"203.0.113.7": later})
    table.sync({})
    assert len(scripts) == 3
    assert "delete element inet http_monitor blocked4 { 203.0.113.7 }" in scripts[2]


def test_a_failed_call_is_repaired_by_the_next() -> None:
    scripts: list[str] = []
    broken = [False]

    def run(script: str) -> str:
        if broken[0]:
            raise BouncerError("nft: not now")
        scripts.append(script)
        return ""

    table = Nft("http_monitor", "80", 10, run)
    table.open()
    broken[0] = True
    with pytest.raises(BouncerError):
        table.sync({"203.0.113.7": time.time() + 100})
    broken[0] = False
    table.sync({"203.0.113.7": time.time() + 100})
    assert "203.0.113.7 timeout" in scripts[-1]
