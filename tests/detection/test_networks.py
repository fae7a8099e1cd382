"""Tests of networks: which has which address."""

import pytest

from detection.networks import prefix_of, within


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("0.0.0.0", "0.0.0.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("unix:", ""),
    ],
)
def test_addresses_of_one_owner(address: str, network: str) -> None:
    assert prefix_of(address) == network


def test_addresses_within_networks() -> None:
    is_own = within(["10.0.0.0/8", "fc00::/7", "192.0.2.1"])
    inside = ["10.1.2.3", "fd00::1", "192.0.2.1", "::ffff:10.0.0.1"]
    assert [address for address in (*inside, "11.0.0.1", "::1", "x") if is_own(address)] == inside
