"""A private network for a test."""

from collections.abc import Callable
from typing import Any

import pytest
from capture_helpers import ip, network_apart, why_no_network


@pytest.fixture(scope="session")
def _network_reason() -> str:
    return why_no_network()


@pytest.fixture
def own_network(_network_reason: str) -> Callable[[Callable[[], Any]], None]:
    """Run a function in a private network with lo and the pair veth0 and veth1, all up."""
    if _network_reason:
        pytest.skip(_network_reason)

    def run(story: Callable[[], Any]) -> None:
        with network_apart():
            for command in ("link set lo up", "link add veth0 type veth peer name veth1"):
                ip(command)
            with open("/proc/sys/net/ipv6/conf/all/disable_ipv6", "w") as switch:
                switch.write("1")  # no neighbour discovery among the counted frames
            for name in ("veth0", "veth1"):
                ip(f"link set {name} up")
            story()

    return run
