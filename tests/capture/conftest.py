"""A network of a test's own."""

import ctypes
import threading
from collections.abc import Callable
from typing import Any

import pytest
from capture_helpers import CLONE_NEWNET, ip, why_no_network


@pytest.fixture(scope="session")
def _network_reason() -> str:
    return why_no_network()


@pytest.fixture
def own_network(_network_reason: str) -> Callable[[Callable[[], Any]], None]:
    """Runs a function in a thread that has a network of its own: lo and the pair veth0, veth1, all up."""
    if _network_reason:
        pytest.skip(_network_reason)

    def run(story: Callable[[], Any]) -> None:
        failure: list[BaseException] = []

        def inside() -> None:
            try:
                assert ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) == 0
                for command in ("link set lo up", "link add veth0 type veth peer name veth1"):
                    ip(command)
                with open("/proc/sys/net/ipv6/conf/all/disable_ipv6", "w") as switch:
                    switch.write("1")  # no neighbour discovery among the frames that we count
                for name in ("veth0", "veth1"):
                    ip(f"link set {name} up")
                story()
            except BaseException as reason:
                failure.append(reason)

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        if failure:
            raise failure[0]

    return run
