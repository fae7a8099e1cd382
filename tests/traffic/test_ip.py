"""IPv4 and IPv6: lengths, options, extension headers, fragments, and malformed packets."""

from struct import pack

import pytest
from encapsulations import (
    CLIENT4,
    CLIENT6,
    MACS,
    REQUEST,
    SERVER4,
    SERVER6,
    ethernet,
    frame,
    ipv4,
    ipv6,
    network,
    tcp,
    udp,
    vxlan,
)

SEGMENT = tcp(40000, 80)


def changed(packet: bytes, place: int, value: bytes) -> bytes:
    return packet[:place] + value + packet[place + len(value) :]


def payload(data: bytes, link_type: int = 101) -> bytes | None:
    found = network()[0].packet(0.0, link_type, data)
    return None if found is None else found.data[found.start + 20 : found.end]


def oddities(data: bytes) -> dict[str, int]:
    door, health = network()
    assert door.packet(0.0, 101, data) is None
    return dict(health.oddities)


def test_a_length_of_zero_means_offloading() -> None:
    assert payload(changed(ipv4(6, SEGMENT), 2, b"\0\0")) == REQUEST
    assert payload(changed(ipv6(6, SEGMENT), 4, b"\0\0")) == REQUEST
    assert payload(frame(changed(ipv4(6, SEGMENT), 2, b"\0\0")), 1) == REQUEST


def test_ip_options_are_skipped() -> None:
    options = b"\x94\4\0\0" + b"\1\1\1\0"
    packet = ipv4(6, SEGMENT)
    packet = b"\x47\0" + pack(">H", len(packet) + 8) + packet[4:20] + options + SEGMENT
    assert payload(packet) == REQUEST
    assert payload(frame(packet), 1) == REQUEST


def test_frame_padding_is_not_payload() -> None:
    bare = tcp(40000, 80, payload=b"")
    for packet in (ipv4(6, bare), ipv6(6, bare)):
        assert payload(frame(packet) + bytes(6), 1) == b""


@pytest.mark.parametrize("flags", [0x0000, 0x4000, 0x8000])
def test_flags_that_do_not_mean_a_fragment(flags: int) -> None:
    assert payload(frame(ipv4(6, SEGMENT, field=flags)), 1) == REQUEST


@pytest.mark.parametrize("kind", [0, 43, 60, 135])
def test_ipv6_extension_headers_are_skipped(kind: int) -> None:
    assert payload(ipv6(kind, b"\6\1" + bytes(14) + SEGMENT)) == REQUEST
    assert payload(ipv6(kind, bytes((kind, 0)) + bytes(6) + b"\6\0" + bytes(6) + SEGMENT)) == REQUEST


def test_an_atomic_fragment_is_whole() -> None:
    assert payload(ipv6(44, b"\6\0\0\0\0\0\0\7" + SEGMENT)) == REQUEST


def fragments4(inner: bytes, size: int, protocol: int = 6) -> list[bytes]:
    return [
        ipv4(protocol, inner[at : at + size], field=at // 8 | (0x2000 if at + size < len(inner) else 0))
        for at in range(0, len(inner), size)
    ]


def fragments6(inner: bytes, size: int) -> list[bytes]:
    return [
        ipv6(44, pack(">BBHI", 6, 0, at | (1 if at + size < len(inner) else 0), 7) + inner[at : at + size])
        for at in range(0, len(inner), size)
    ]


@pytest.mark.parametrize("pieces", [fragments4(SEGMENT, 16), fragments6(SEGMENT, 16)], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("backwards", [False, True])
def test_fragments_are_reassembled_in_any_order(pieces: list[bytes], backwards: bool) -> None:
    door, health = network()
    found = [door.packet(0.0, 101, piece) for piece in (reversed(pieces) if backwards else pieces)]
    assert found[:-1] == [None] * (len(pieces) - 1)
    whole = found[-1]
    assert whole is not None
    assert whole.data[whole.start + 20 : whole.end] == REQUEST
    assert whole.key[-4:] == pack(">HH", 40000, 80)
    assert not health.oddities


def test_a_fragmented_tunnel_that_carries_fragments() -> None:
    door, health = network()
    found = None
    for inner in fragments4(SEGMENT, 24):
        for piece in fragments4(udp(50000, 4789, vxlan(frame(inner))), 32, protocol=17):
            found = door.packet(0.0, 101, piece)
    assert found is not None
    assert found.data[found.start + 20 : found.end] == REQUEST
    assert not health.oddities


def test_fragments_of_different_vlans_do_not_mix() -> None:
    door, _ = network()
    first, *rest = fragments4(SEGMENT, 24)
    assert door.packet(0.0, 1, MACS + b"\x81\0\0\5\x08\0" + first) is None
    for piece in rest:
        assert door.packet(0.0, 1, MACS + b"\x81\0\0\6\x08\0" + piece) is None


def test_a_truncated_fragment_is_counted() -> None:
    assert oddities(fragments4(SEGMENT, 24)[0][:-1]) == {"truncated IP fragment": 1}


@pytest.mark.parametrize(
    ("packet", "oddity"),
    [
        (changed(ipv4(6, SEGMENT), 0, b"\x44"), "bad IPv4 header"),
        (changed(ipv4(6, SEGMENT), 2, b"\0\x13"), "bad IPv4 header"),
        (changed(ipv4(6, SEGMENT), 2, b"\0\x14"), "truncated TCP header"),
        (ipv4(6, SEGMENT)[:30], "truncated TCP header"),
        (ipv4(6, SEGMENT)[:19], "truncated frame"),
        (ipv6(6, SEGMENT)[:39], "truncated frame"),
        (ipv6(0, (b"\0\0" + bytes(6)) * 20), "too many IPv6 extension headers"),
        (ipv6(0, b"\6\xff"), "truncated TCP header"),
    ],
)
def test_a_malformed_packet_is_counted_by_name(packet: bytes, oddity: str) -> None:
    assert oddities(packet) == {oddity: 1}


def test_an_ethertype_that_does_not_fit_the_version_is_counted() -> None:
    door, health = network()
    assert door.packet(0.0, 1, ethernet(0x86DD, ipv4(6, SEGMENT))) is None
    assert door.packet(0.0, 1, ethernet(0x0800, ipv6(6, SEGMENT))) is None
    assert dict(health.oddities) == {"bad IPv6 header": 1, "bad IPv4 header": 1}


def test_the_fast_and_the_general_path_agree() -> None:
    """A common frame is handled by a fast path; the same packet on a raw link is not."""
    for flags in (0, 0x4000):
        for ttl in (0, 1, 64, 255):
            packet = changed(ipv4(6, SEGMENT, field=flags), 8, bytes((ttl,)))
            short = network()[0].packet(0.0, 1, frame(packet))
            long = network()[0].packet(0.0, 101, packet)
            assert short is not None
            assert long is not None
            assert short.key == long.key == CLIENT4 + SERVER4 + pack(">HH", 40000, 80)
            assert (short.end - short.start, short.cut) == (long.end - long.start, long.cut)


def test_keys_of_both_directions_mirror_each_other() -> None:
    back = network()[0].packet(0.0, 101, ipv6(6, tcp(80, 40000), SERVER6, CLIENT6))
    assert back is not None
    assert back.key == SERVER6 + CLIENT6 + pack(">HH", 80, 40000)
