"""The dashboard counts the DNS lookups that dnsmasq logged and dig printed, over veth."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from capture.core import CORE

from .monitor import command, running
from .network import Side, veth_pair

MISSING = [tool for tool in ("dnsmasq", "dig", "ip") if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="runs on Linux only"),
    pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="capturing needs root"),
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
    pytest.mark.skipif(CORE is None, reason="the core is not built"),
]

BRISK = {"timeout": 0.2, "dashboard_bucket_size": 1, "dns_timeout": 2}
NAMES, TYPES = "DNS lookups by name", "DNS lookups by type"
CODES, SERVERS = "DNS response codes", "DNS lookups by server"
LONG = "long.test"
"""Its TXT record does not fit into a datagram of 512 bytes."""


class Query(NamedTuple):
    """A line of the log."""

    name: str
    type: str


@contextmanager
def name_server(folder: Path, side: Side) -> Iterator[Path]:
    """Run dnsmasq in a namespace; yield its log."""
    log = folder / "dnsmasq.log"
    texts = ",".join("x" * 200 for _ in range(5))
    options = ["--no-daemon", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--cache-size=0", "--user=root"]
    options += ["--bind-interfaces", f"--listen-address={side.address}", "--log-queries", f"--log-facility={log}"]
    options += ["--address=/known.test/192.0.2.1", "--local=/test/", f"--txt-record={LONG},{texts}"]
    process = subprocess.Popen([*side.inside, "dnsmasq", "--pid-file=", *options], stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 10
        while not (log.exists() and "started" in log.read_text()) and time.monotonic() < until:
            time.sleep(0.05)
        yield log
    finally:
        process.terminate()
        process.wait(timeout=10)


def logged(log: Path) -> list[Query]:
    return [Query(*reversed(found)) for found in re.findall(r" query\[(\w+)\] (\S+) from", log.read_text())]


def dig(side: Side, server: str, *arguments: str) -> list[str]:
    """Ask; return the response codes."""
    asked = [*side.inside, "dig", f"@{server}", "+tries=2", "+time=1", "+nosearch", *arguments]
    told = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False).stdout
    return re.findall(r"status: (\w+)", told)


def ask_everything(side: Side, server: str) -> list[str]:
    """Ask in every way, a hundred times in all; return the response codes."""
    codes: list[str] = []
    for number in range(30):
        codes += dig(side, server, f"host{number % 7}.known.test", ("A", "AAAA", "HTTPS")[number % 3])
    for number in range(20):
        codes += dig(side, server, f"no{number}.test", "A")
    many: Sequence[str] = [word for number in range(40) for word in (f"tcp{number % 3}.known.test", "A")]
    codes += dig(side, server, "+tcp", "+keepopen", *many)
    for _ in range(10):
        codes += dig(side, server, "+noedns", LONG, "TXT")  # truncated, then asked over TCP
    return codes


def test_counts_match_the_log_of_the_server(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with veth_pair() as (far, near), name_server(tmp_path, far) as log:
        arguments = command("-i", near.interface, "--protocols", "+dns", "--history", "none", **BRISK)
        with running(tmp_path, arguments, near.inside) as monitor:
            codes = ask_everything(near, far.address)
            queries = logged(log)
            # The server was asked for these twice each, but that is one lookup.
            names = Counter(query.name for query in queries)
            names[LONG] //= 2
            page = monitor.wait("all lookups", lambda page: page.hits.get(NAMES, Counter()).total() >= 100, seconds=20)
            assert monitor.stop() == 0
            assert monitor.errors == ""
    assert len(codes) == names.total() == 100
    assert page.hits[NAMES] == names
    assert page.hits[CODES] == Counter(codes)
    types = Counter(query.type for query in queries)
    types["TXT"] //= 2
    assert page.hits[TYPES] == types
    assert page.hits[SERVERS] == Counter({far.address: 100})


def test_a_server_that_is_not_there_leaves_lookups_unanswered(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with veth_pair() as (far, near):
        arguments = command("-i", near.interface, "--history", "none", "--set", "statistics=+dns_unanswered", **BRISK)
        with running(tmp_path, arguments, near.inside) as monitor:
            # Nobody listens, but the datagram arrives.
            dig(near, far.address, "+tries=1", "a.test", "A")
            title = "Unanswered DNS lookups"
            page = monitor.wait("the lookup", lambda page: bool(page.hits.get(title)), seconds=20)
            assert monitor.stop() == 0
    assert page.hits[title] == Counter({far.address: 1})
