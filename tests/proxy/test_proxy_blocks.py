"""Clients that are blocked are refused by the proxy itself, with `--block proxy`."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fronts import until
from inline_proxy import HAS_PROXY, STRANGERS, inline
from origins import Origin, hello, origin
from proxy_program import proxy
from raw_clients import asked, get

from proxy.bouncer import REASON, ProxyBouncer

pytestmark = pytest.mark.skipif(not HAS_PROXY, reason="the proxy is part of the core: make fast")
live = pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0, reason="it keeps the rights of root, on Linux"
)
SMUGGLED = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"


@pytest.fixture
def server() -> Iterator[Origin]:
    with origin(hello) as running:
        yield running


@pytest.mark.parametrize("network", ["127.0.0.1", "127.0.0.0/24"])
def test_those_on_the_list_are_refused_and_no_others(server: Origin, network: str) -> None:
    with inline(server.url, **STRANGERS) as running:
        bouncer = ProxyBouncer(running.core)
        bouncer.open()
        bouncer.sync({"192.0.2.1": 1e10, "2001:db8::/64": 1e10})
        assert asked(running.port, get()).status == 200
        bouncer.sync({network: 1e10, "2001:db8::/64": 1e10})
        assert asked(running.port, get()).status == 403
        assert running.causes() == [("blocked", REASON)]
        bouncer.close()
        assert asked(running.port, get()).status == 200


def status_of(port: int, request: bytes) -> int:
    """Ask as another address of this host, because the server of a finding is never blocked."""
    with socket.create_connection(("127.0.0.1", port), 5, ("127.0.0.2", 0)) as sock:
        sock.sendall(request)
        return int(sock.recv(4096).split()[1])


@live
@pytest.mark.parametrize(("dry_run", "status"), [("false", 403), ("true", 200)])
def test_who_smuggles_is_blocked_unless_it_is_a_dry_run(
    server: Origin, tmp_path: Path, dry_run: str, status: int
) -> None:
    options = ("--block", "proxy", f"--block-dry-run={dry_run}", "--set", "block_own_host=true")
    with proxy(tmp_path, server.url, *options, "--set", "trusted_proxies=192.0.2.0/24") as program:
        assert status_of(program.port, get()) == 200
        assert status_of(program.port, SMUGGLED) == 400
        until(lambda: any(line.get("event.action") == "blocked" for line in program.log()), "the block")
        until(lambda: status_of(program.port, get()) == status, "the front")
        (blocked,) = (line for line in program.log() if line.get("event.action") == "blocked")
        assert (blocked["rule.name"], blocked["http_monitor.dry_run"]) == ("ambiguous_request", dry_run == "true")
