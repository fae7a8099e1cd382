"""`--demo` watches the demo's server on loopback during the block."""

import http.client
import os
import sys

import pytest

from cli.arguments import parse_arguments
from demo.private_network import LOOPBACK
from demo.settings import DEMO_DURATION
from run.demonstration import demonstrated


def test_without_the_option_the_arguments_stay_as_they_are() -> None:
    given = parse_arguments(["-i", "eth1", "-p", "8080"])
    with demonstrated(given) as (arguments, _):
        assert arguments is given


@pytest.mark.skipif(
    sys.platform.startswith("linux") and os.geteuid() != 0, reason="without root the demo moves into a private network"
)
def test_with_the_option_the_arguments_name_the_port_of_the_running_server() -> None:
    with demonstrated(parse_arguments(["--demo", "--ui", "console"])) as (arguments, _):
        assert (arguments.interface, arguments.duration) == (LOOPBACK, DEMO_DURATION)
        (port,) = (port for port in range(2**16) if port in arguments.ports)
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        client.request("GET", "/")
        assert client.getresponse().status == 200
        client.close()
    with pytest.raises(ConnectionRefusedError):
        client.connect()
