"""The client that proxies name, as read from one table by the tests of both languages, and from anything else."""

from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traffic.forwarding import CLIENT_FIELDS, TrustedProxies, address_of

TABLE = Path(__file__).parents[2] / "core" / "wire" / "tests" / "forwarding.txt"
TRUSTED = TrustedProxies(["10.0.0.0/8", "fd00::/8"])
PROXY = "10.0.0.2"
ROWS = [line for line in TABLE.read_text().splitlines() if not line.startswith("#")]


def field(line: str) -> tuple[bytes, bytes]:
    name, _, value = line.partition(": ")
    return name.lower().encode(), value.encode()


@pytest.mark.parametrize("row", ROWS)
def test_the_client_is_the_first_untrusted_address_from_the_right(row: str) -> None:
    expected, *lines = row.split(" | ")
    client, malformed = TRUSTED.client(PROXY, [field(line) for line in lines])
    shown = "-" if client == PROXY else client
    assert (f"{shown} !" if malformed else shown) == expected


def test_a_list_is_read_as_far_as_32_proxies() -> None:
    client, _ = TRUSTED.client(PROXY, [(b"x-forwarded-for", b"192.0.2.1" + b", 10.0.0.3" * 31)])
    assert client == "192.0.2.1"
    client, _ = TRUSTED.client(PROXY, [(b"x-forwarded-for", b"192.0.2.1, 10.0.0.4" + b", 10.0.0.3" * 31)])
    assert client == "10.0.0.4"


def test_only_the_chosen_fields_are_believed_in_their_order() -> None:
    named = [(b"x-forwarded-for", b"192.0.2.1"), (b"x-real-ip", b"192.0.2.2")]
    assert TrustedProxies(["10.0.0.0/8"], [b"x-real-ip"]).client(PROXY, named).client == "192.0.2.2"
    assert TrustedProxies(["10.0.0.0/8"], [b"x-real-ip", b"x-forwarded-for"]).client(PROXY, named).client == "192.0.2.2"
    assert TrustedProxies(["10.0.0.0/8"], []).client(PROXY, named).client == PROXY


nodes = st.one_of(
    st.ip_addresses().map(str),
    st.ip_addresses(v=6).map(lambda address: f'"[{address}%eth0]:80"'),
    st.sampled_from(["10.0.0.3", "::ffff:10.0.0.3", "unknown", "_x", "", '"', "\\", "for=", ";", "by=1;for=192.0.2.1"]),
    st.text("0123456789abcdef.:[]%\"'\\;= \t_", max_size=30),
)
values = st.one_of(st.lists(nodes, max_size=5).map(lambda parts: ",".join(parts).encode()), st.binary(max_size=60))


@given(st.lists(st.tuples(st.sampled_from(CLIENT_FIELDS), values), max_size=4))
@settings(max_examples=400, derandomize=True)
def test_the_client_is_always_an_address_of_the_header_or_the_proxy(named: list[tuple[bytes, bytes]]) -> None:
    client, _ = TRUSTED.client(PROXY, named)
    canonical = ip_address(client)
    assert canonical.version == 4 or canonical.ipv4_mapped is None
    assert client == PROXY or canonical in addresses_in(b" ".join(value for _, value in named))


def addresses_in(text: bytes) -> set[IPv4Address | IPv6Address]:
    """Return every address that a part of a text may stand for, whatever is before and after it."""
    found = set()
    for start in range(len(text)):
        for end in range(start + 2, min(len(text), start + 45) + 1):
            with suppress(ValueError):
                address = ip_address(text[start:end].decode("ascii"))
                found |= {address, getattr(address, "ipv4_mapped", None) or address}
    return found


@given(st.one_of(st.binary(max_size=60), nodes.map(str.encode)))
@settings(max_examples=400, derandomize=True)
def test_what_is_taken_for_an_address_is_one(node: bytes) -> None:
    address = address_of(node)
    assert not address or address_of(address.encode()) == address
