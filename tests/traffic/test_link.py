"""Link layers: a request is found behind each of them, in both directions, and no truncated frame raises an error."""

from struct import pack

import pytest
from encapsulations import (
    CLIENT4,
    CLIENT6,
    LINKS,
    REQUEST,
    SERVER4,
    SERVER6,
    ethernet,
    frame,
    ipv4,
    ipv6,
    network,
    tcp,
    wifi,
)

CLIENT_TO_SERVER, SERVER_TO_CLIENT = pack(">HH", 40000, 80), pack(">HH", 80, 40000)
PACKETS = {
    "IPv4": (ipv4(6, tcp(40000, 80)), CLIENT4 + SERVER4 + CLIENT_TO_SERVER),
    "IPv4 back": (ipv4(6, tcp(80, 40000), SERVER4, CLIENT4), SERVER4 + CLIENT4 + SERVER_TO_CLIENT),
    "IPv6": (ipv6(6, tcp(40000, 80)), CLIENT6 + SERVER6 + CLIENT_TO_SERVER),
    "IPv6 back": (ipv6(6, tcp(80, 40000), SERVER6, CLIENT6), SERVER6 + CLIENT6 + SERVER_TO_CLIENT),
}


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("packet", PACKETS)
def test_a_request_is_found_behind_each_link_layer(link: str, packet: str) -> None:
    link_type, wrap = LINKS[link]
    ip, key = PACKETS[packet]
    door, health = network()
    found = door.packet(0.0, link_type, wrap(ip))
    assert found is not None
    assert found.key == key
    assert found.data[found.start + 20 : found.end] == REQUEST
    assert found.cut == 0
    assert not health.oddities


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("packet", ["IPv4", "IPv6"])
def test_a_truncated_frame_reports_how_much_is_missing(link: str, packet: str) -> None:
    link_type, wrap = LINKS[link]
    whole = wrap(PACKETS[packet][0])
    size = len(whole) - (len(b"GET /trailer") if link == "Ethernet with trailer" else 0)
    for kept in range(len(whole)):
        found = network()[0].packet(0.0, link_type, whole[:kept])
        if found is not None:
            assert found.cut == max(0, size - kept)
            assert found.data[found.start + 20 : found.end] == REQUEST[: len(REQUEST) - found.cut]


def test_arcnet_of_rfc_1051_has_nothing_between_protocol_and_ip() -> None:
    ip, key = PACKETS["IPv4"]
    found = network()[0].packet(0.0, 129, b"\1\2\0\0\xf0" + ip)
    assert found is not None
    assert found.key == key


def test_ip_directly_in_llc() -> None:
    ip, key = PACKETS["IPv4"]
    found = network()[0].packet(0.0, 1, frame(ip)[:12] + pack(">H", 3 + len(ip)) + b"\6\6\3" + ip)
    assert found is not None
    assert found.key == key


@pytest.mark.parametrize(
    ("link_type", "data", "oddity"),
    [
        (105, wifi(b"\x45" + bytes(60), flags=0x41), "encrypted 802.11 frame"),
        (1, ethernet(0x88E5, b"\x0c" + bytes(60)), "encrypted MACsec frame"),
        (1, ethernet(0x8864, b"\x21" + bytes(60)), "bad PPPoE header"),
        (1, ethernet(0x8847, bytes(200)), "too many MPLS labels"),
        (1, ethernet(0x894F, bytes(60)), "bad NSH header"),
        (1, ethernet(0x8100, b"\0\5\x81\0" * 60), "too many encapsulations"),
        (127, bytes(60), "bad radiotap header"),
        (192, bytes(60), "bad PPI header"),
        (258, bytes(60), "bad PKTAP header"),
        (239, b"\2\0\0\0" + pack("<HH", 200, 10) + bytes(8), "bad NFLOG field"),
        (239, b"\2\0\0\0" + pack("<HH", 0, 10) + bytes(8), "bad NFLOG field"),
        (129, b"\1\2\0\0\xd4\1\0\0" + bytes(60), "fragmented ARCNET packet"),
        (9999, bytes(60), "unknown link type 9999"),
        (1, bytes(13), "truncated frame"),
    ],
)
def test_unreadable_frames_are_counted_by_name(link_type: int, data: bytes, oddity: str) -> None:
    door, health = network()
    assert door.packet(0.0, link_type, data) is None
    assert dict(health.oddities) == {oddity: 1}


@pytest.mark.parametrize(
    ("link_type", "data"),
    [
        (1, ethernet(0x0806, bytes(46))),
        (1, ethernet(38, b"\x42\x42\3" + bytes(43))),
        (105, b"\x80\0" + bytes(60)),
        (105, b"\x48\1" + bytes(60)),
        (113, bytes(14) + b"\0\1" + bytes(60)),
        (9, b"\xff\3\xc0\x21" + bytes(60)),
        (0, b"\x21\0\0\0" + bytes(60)),
    ],
)
def test_frames_without_ip_are_ignored(link_type: int, data: bytes) -> None:
    door, health = network()
    assert door.packet(0.0, link_type, data) is None
    assert not health.oddities


def test_inner_ip_may_find_ip_in_a_rare_link_type() -> None:
    ip, key = PACKETS["IPv4"]
    asked = []

    def inner_ip(link_type: int, data: bytes) -> bytes | None:
        asked.append(link_type)
        return data[3:] if data[:3] == b"abc" else None

    door, health = network(inner_ip)
    found = door.packet(0.0, 9999, b"abc" + ip)
    assert found is not None
    assert found.key == key
    assert door.packet(0.0, 9999, b"def" + ip) is None
    assert asked == [9999, 9999]
    assert dict(health.oddities) == {"unknown link type 9999": 1}
