"""IP within frames of rare link types, found by Scapy's dissectors. It is only loaded when such a frame comes."""

from traffic.frame import Frame


def inner_ip(link_type: int, data: bytes) -> bytes | None:
    """The IP packet within a frame; None where there is none, or Scapy does not know the link type."""
    try:
        from scapy.layers.inet import IP
        from scapy.layers.inet6 import IPv6

        from capture.dissect import dissect
    except ImportError:  # the user that we became may not be allowed to read it
        return None
    packet = dissect(Frame(0.0, link_type, data, len(data)))
    layer = packet.getlayer(IP) or packet.getlayer(IPv6)
    return None if layer is None else bytes(layer.original)
