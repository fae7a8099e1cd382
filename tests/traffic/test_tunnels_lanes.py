"""Networks with the same addresses: copies and odd tags are one connection, a collision is two."""

from struct import pack

from encapsulations import CLIENT4, MACS, SERVER4, frame, in_udp, ipv4, network, tcp, vxlan

from traffic.flows import reversed_key
from traffic.lanes import Lanes

SYN, SYN_ACK, DATA = 0x02, 0x12, 0x18


class Mirror:
    """Returns the keys of segments between one pair of endpoints."""

    def __init__(self) -> None:
        self._network = network()[0]

    def client(self, vlan: int, flags: int, seq: int, ack: int = 0) -> bytes:
        return self._key(vlan, ipv4(6, tcp(40000, 80, seq, ack, flags)))

    def server(self, vlan: int, flags: int, seq: int, ack: int = 0) -> bytes:
        return self._key(vlan, ipv4(6, tcp(80, 40000, seq, ack, flags), SERVER4, CLIENT4))

    def _key(self, vlan: int, ip: bytes) -> bytes:
        data = MACS + pack(">HH", 0x8100, vlan) + frame(ip)[12:] if vlan else frame(ip)
        found = self._network.packet(0.0, 1, data)
        assert found is not None
        return found.key


def test_directions_with_different_tags_are_one_connection() -> None:
    mirror = Mirror()
    key = mirror.client(5, SYN, 1)
    assert mirror.server(6, SYN_ACK, 9, 2) == reversed_key(key)
    assert mirror.server(0, DATA, 10, 2) == reversed_key(key)
    assert mirror.client(5, DATA, 2, 10) == key


def test_a_packet_seen_in_two_networks_is_a_copy() -> None:
    mirror = Mirror()
    assert mirror.client(5, SYN, 1) == mirror.client(6, SYN, 1) == mirror.client(0, SYN, 1)
    assert mirror.client(5, DATA, 2) == mirror.client(6, DATA, 2) == mirror.client(0, DATA, 2)


def test_another_connection_in_another_network_has_a_key_of_its_own() -> None:
    mirror = Mirror()
    one = mirror.client(5, SYN, 1)
    other = mirror.client(6, SYN, 1000)
    assert one != other
    assert mirror.server(5, SYN_ACK, 9, 2) == mirror.server(5, DATA, 9) == reversed_key(one)
    assert mirror.server(6, SYN_ACK, 9, 1001) == mirror.server(6, DATA, 9) == reversed_key(other)
    assert mirror.client(5, DATA, 2) == one
    assert mirror.client(6, DATA, 1001) == other
    assert len(other) < 36


def test_a_colliding_connection_may_be_answered_with_another_tag() -> None:
    mirror = Mirror()
    mirror.client(5, SYN, 1)
    other = mirror.client(6, SYN, 1000)
    assert mirror.server(7, SYN_ACK, 9, 1001) == mirror.server(7, DATA, 10) == reversed_key(other)


def test_a_network_may_reuse_its_ports() -> None:
    mirror = Mirror()
    assert mirror.client(5, SYN, 1) == mirror.client(5, SYN, 1000)
    other = mirror.client(6, SYN, 2000)
    assert other != mirror.client(5, SYN, 3000)
    assert other == mirror.client(6, SYN, 4000)


def test_virtual_networks_collide_like_vlans() -> None:
    door = network()[0]
    keys = set()
    for identity, seq in ((5, 1), (6, 1), (7, 1000)):
        inner = frame(ipv4(6, tcp(40000, 80, seq, 0, SYN)))
        found = door.packet(0.0, 1, in_udp(4789, vxlan(inner, identity)))
        assert found is not None
        keys.add(found.key)
    assert len(keys) == 2


def test_memory_is_limited() -> None:
    lanes = Lanes(16)
    for number in range(5000):
        key, reverse = number.to_bytes(4, "big"), (-number & 0xFFFFFFFF).to_bytes(4, "big")
        for tag in range(20):
            lanes.label(key, reverse, bytes((tag,)), tcp(1, 2, tag * 7, 0, SYN), 0)
    assert lanes.remembered() <= 16 * 8 + 16 * 4
