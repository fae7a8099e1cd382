"""Finds IP in frames of rare link types with Scapy's dissectors, loaded only when such a frame arrives."""

from traffic.frame import Frame


def inner_ip(link_type: int, data: bytes) -> bytes | None:
    """Return the IP packet in a frame; None if there is none, or if Scapy does not know the link type."""
    try:
        from scapy.layers.inet import IP
        from scapy.layers.inet6 import IPv6

        from capture.dissect import dissect
    except ImportError:  # after privileges were dropped, Scapy may be unreadable
        return None
    packet = dissect(Frame(0.0, link_type, data, len(data)))
    layer = packet.getlayer(IP) or packet.getlayer(IPv6)
    return None if layer is None else bytes(layer.original)
