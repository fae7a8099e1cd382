"""What is listed is found, and nothing else."""

from dataclasses import replace
from ipaddress import IPv6Address, ip_address, ip_network

import pytest
from feeds import packed, table
from hypothesis import given, settings
from hypothesis import strategies as st

from detection.intelligence.addresses import bounds
from detection.intelligence.addresses import packed as address_bytes
from detection.intelligence.indicator import Kind
from detection.intelligence.networks import Networks
from detection.intelligence.packing import Terms
from detection.intelligence.table import Feed, Found, Table


def found(result: Found) -> dict[int, list[str]]:
    return {number: [match.indicator for match in matches] for number, matches in result.items()}


def test_a_name_is_found_by_itself_and_by_each_domain_above_it() -> None:
    listed = table("example.com\ndeep.a.example.org\n")
    names = [
        "example.com",
        "www.example.com",
        "a.b.c.example.com",
        "badexample.com",
        "com",
        "a.example.org",
        "",
        "x.deep.a.example.org",
    ]
    assert found(listed.domains(names)) == {
        0: ["example.com"], 1: ["example.com"], 2: ["example.com"], 7: ["deep.a.example.org"]
    }  # fmt: skip


def test_an_international_name_is_found_in_either_form() -> None:
    assert [*table("bücher.example.com\n").domains(["www.bücher.example.com", "xn--bcher-kva.example.com"])] == [0, 1]


def test_a_name_of_many_labels_costs_few_look_ups() -> None:
    listed = table("example.com\n")
    assert found(listed.domains(["a." * 14 + "example.com", "a." * 120 + "example.com"])) == {0: ["example.com"]}


def test_addresses_are_found_by_themselves_and_by_the_narrowest_network() -> None:
    listed = table("198.51.0.0/16\n198.51.100.0/24\n198.51.100.7\n2001:db8::/32\n")
    addresses = ["198.51.100.7", "198.51.100.8", "198.51.99.1", "198.52.0.0", "2001:db8::1", "2001:db9::", "no address"]
    assert found(listed.addresses(addresses)) == {
        0: ["198.51.100.7", "198.51.100.0/24"],
        1: ["198.51.100.0/24"],
        2: ["198.51.0.0/16"],
        4: ["2001:db8::/32"],
    }


def test_every_feed_that_lists_a_value_is_named() -> None:
    matches = table("a.example.com\n", "b.example.com\na.example.com\n").exact(Kind.DOMAIN, ["a.example.com"])[0]
    assert [match.feed for match in matches] == ["feed0", "feed1"]


def test_equal_hashes_are_no_match() -> None:
    content, _ = packed("a.example.com\nb.example.com\n")
    forged = replace(content, hashes=content.hashes * 0 + hash("c.example.com"))
    listed = Table([Feed("forged", forged)])
    assert listed.exact(Kind.DOMAIN, ["c.example.com"]) == {}


def test_hosts_of_urls_are_marked() -> None:
    listed = table("http://evil.example.com/x\nhttp://[2001:db8::1]:81/\nbad.example.org\n")
    assert listed.have_urls(["evil.example.com", "2001:db8::1"]).all()
    others = [f"{number}.example.com" for number in range(1000)]
    assert listed.have_urls(others).mean() < 0.25  # some of them share a mark with a listed host


def test_an_empty_table_finds_nothing() -> None:
    empty = Table()
    assert len(empty) == 0
    assert not empty.has(*Kind)
    assert empty.hosts(["a.example.com", "203.0.113.5"]) == {}
    assert empty.have_urls(["a.example.com"]).tolist() == [False]


@pytest.mark.parametrize("values", [[], [""], ["x" * 100_000]])
def test_strange_values_are_not_found(values: list[str]) -> None:
    listed = table("a.example.com\n203.0.113.0/24\nhttp://a.example.com/\n")
    assert listed.hosts(values) == {}
    assert listed.addresses(values) == {}


NAMES = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(
    lambda labels: ".".join([*labels, "example", "com"])
)


@settings(max_examples=60)
@given(st.lists(NAMES, min_size=1, max_size=8), st.lists(NAMES, max_size=8))
def test_names_are_found_as_a_simple_search_finds_them(listed: list[str], names: list[str]) -> None:
    expected = {number for number, name in enumerate(names) if any(f".{name}".endswith(f".{each}") for each in listed)}
    assert {*table("\n".join(listed) + "\n").domains(names)} == expected


NETWORKS = st.builds(
    lambda number, bits, wide: ip_network((number << 96, bits) if wide else (number, bits % 33), strict=False),
    st.sampled_from((0x20010DB8, 0x20010DB9, 0xC6336400, 0xC63364FF, 0xFFFFFFFF, 0)),
    st.integers(0, 128),
    st.booleans(),
)
ADDRESSES = st.ip_addresses() | st.sampled_from(
    [0x20010DB8 << 96, (0x20010DB9 << 96) + 256, 0xC6336401, 0, 2**32 - 1]
).map(ip_address)


@settings(max_examples=60)
@given(st.lists(NETWORKS, max_size=8), st.lists(ADDRESSES, max_size=8))
def test_the_narrowest_network_is_found(networks: list[object], addresses: list[object]) -> None:
    texts = sorted({str(network) for network in networks})
    within = Networks((text, number) for number, text in enumerate(texts))
    expected = {}
    for place, address in enumerate(map(str, addresses)):
        around = [(bounds(text)[2], number) for number, text in enumerate(texts) if _contains(text, address)]
        if around:
            expected[place] = max(around)[1]
    assert dict(within.find([address_bytes(str(address)) for address in addresses])) == expected


def _contains(network: str, address: str) -> bool:
    """IPv4 is part of ::/0 as mapped addresses, and of nothing else of IPv6; mapped addresses are those of IPv4."""
    inner, outer = ip_address(address), ip_network(network)
    if outer.version == 4 and isinstance(inner, IPv6Address) and inner.ipv4_mapped is not None:
        inner = inner.ipv4_mapped
    if inner.version == 4 and outer.version == 6:
        inner = ip_address(f"::ffff:{inner}")
    return inner in outer


def test_the_table_takes_little_memory() -> None:
    content, _ = packed("".join(f"host{number}.example{number % 977}.com\n" for number in range(20_000)), Terms())
    arrays = (
        content.starts,
        content.lengths,
        content.kinds,
        content.hashes,
        content.confidence,
        content.expires,
        content.described,
    )
    assert sum(each.nbytes for each in arrays) + len(content.text) < 20_000 * 60
