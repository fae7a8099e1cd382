"""The process that tells a front distrusts what it is asked."""

from ipaddress import ip_network

import pytest

from blocking.messages import Bounds, changes_in, request

NOW = 1000.0
BOUNDS = Bounds(32, 64, (ip_network("10.0.0.0/8"), ip_network("::1/128")), most=2, longest=100.0)


def test_a_request_arrives_as_it_was_sent() -> None:
    changes = {"203.0.113.7": 1050.0, "2001:db8::/64": 0.0}
    assert changes_in(request(changes.items()), BOUNDS, NOW) == (changes, "")


@pytest.mark.parametrize(
    "line",
    [
        "203.0.113.7 1100.5",  # too long
        "203.0.113.7 nan",
        "203.0.113.7 inf",
        "203.0.113.7",
        "203.0.113.0/24 1050",  # another prefix
        "0.0.0.0/0 1050",
        "2001:db8::1 1050",
        "10.9.9.9 1050",  # never
        "203.0.113.7;flush 1050",
        "203.0.113.7 } ; flush ruleset 1050",
        "\u0661.2.3.4 1050",
    ],
)
def test_what_may_not_be_asked_is_left_out_and_told(line: str) -> None:
    changes, refused = changes_in(f"{line}\n203.0.113.8 1050\n".encode(), BOUNDS, NOW)
    assert changes == {"203.0.113.8": 1050.0}
    assert refused.startswith("a request was refused: ")


@pytest.mark.parametrize("message", [b"", b"\n", b"\xff\xfe", b"\0" * 100])
def test_noise_changes_nothing(message: bytes) -> None:
    assert changes_in(message, BOUNDS, NOW)[0] == {}
