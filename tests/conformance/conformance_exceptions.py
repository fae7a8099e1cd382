"""The intended differences between the corpus and this program, with reasons, by name of the capture."""

from typing import NamedTuple


class Exemption(NamedTuple):
    """An intended difference. A capture must differ in exactly this."""

    differences: dict[str, int]
    """For transactions and handshakes: `missing`, `extra`, `wrong`, with their numbers. For unreadable connections: by
    kind or server name, how many more (or fewer, if negative) are counted than expected.
    """
    reason: str
    section: str
    """The rule that justifies it."""


TRANSACTIONS = {
    "zeek/communityid__tcp.pcap": Exemption(
        {"extra": 1},
        "the capture has only the start of each head, which says what was requested and how it was answered",
        "RFC 9112 section 3",
    ),
}
"""Exceptions for HTTP transactions."""

_TUNNEL = "the connection counts as the CONNECT tunnel that it started as; its content is not read"
_TUNNEL_RULE = "RFC 9110 section 9.3.6"
_RECORDS = "TLS records without a ClientHello in the capture are also unreadable; the corpus lists only ClientHellos"
_OPENVPN = "OpenVPN over TCP, which carries TLS inside its own packets, is not a TLS connection"

CONNECTIONS = {
    "ndpi/default__pcap__443-opvn.pcap": Exemption({"TLS": -1}, _OPENVPN, "RFC 8446 section 5.1"),
    "ndpi/default__pcap__openvpn_nohmac_tcp.pcapng": Exemption({"TLS": -1}, _OPENVPN, "RFC 8446 section 5.1"),
    "ndpi/default__pcap__anydesk.pcapng": Exemption({"TLS": 1}, _RECORDS, "RFC 8446 section 5.1"),
    "ndpi/default__pcap__riot.pcapng": Exemption({"TLS": 1}, _RECORDS, "RFC 8446 section 5.1"),
    "scapy/pcaps__tls_new-session-ticket.pcap": Exemption({"TLS": 12}, _RECORDS, "RFC 8446 section 5.1"),
    "ndpi/default__pcap__http_connect.pcap": Exemption({"TLS": -1, "apache.org": -1}, _TUNNEL, _TUNNEL_RULE),
    "suricata-verify/bug-2430__backwards.pcap": Exemption(
        {"TLS": -1, "qagpublic.qg1.apps.qualys.com": -1}, _TUNNEL, _TUNNEL_RULE
    ),
    "suricata-verify/bug-2769__issue_no_icmp.pcap": Exemption(
        {"TLS": -1, "supportingfunctions.us.newsweaver.com": -1}, _TUNNEL, _TUNNEL_RULE
    ),
    "suricata-verify/http2-errorcode__input.pcap": Exemption({"HTTP/2": -1}, _TUNNEL, _TUNNEL_RULE),
    "suricata-verify/drop-protocol-change__input.pcap": Exemption(
        {"HTTP/2": 1},
        "101 switched to h2c and the preface follows; the corpus lists no complete request of it",
        "RFC 7540 section 3.2",
    ),
    "suricata-verify/tcp-fastopen-10-syn-data-ignore__input.pcap": Exemption(
        {"TLS": 1, "icloud.com": 1}, "Fast Open puts the ClientHello in the SYN", "RFC 7413 section 4.1"
    ),
    "zeek/tls__irc-starttls.pcap": Exemption(
        {"TLS": 1}, "TLS after STARTTLS on an IRC port; Zeek logs it too", "RFC 8446 section 4.1.2"
    ),
    "zeek/tls__ssl-v2.pcap": Exemption({"TLS": -1}, "SSL 2.0 is not TLS and counts as other", "RFC 6176 section 3"),
}
"""Exceptions for unreadable connections."""

QUIC = {
    "zeek/quic__vector-max-size-crash.pcap": Exemption(
        {"missing": 1},
        "the packet names a version that does not exist, so nothing shows that it is QUIC",
        "RFC 8999 section 7",
    ),
}
"""Exceptions for QUIC connections."""
_ORDER = "the ServerHello is captured out of order; tshark says the same with tcp.reassemble_out_of_order"
_OTHER_PORT = "the corpus omits TLS on this port, which tshark reads as another protocol"
_SEQUENCES = "RFC 9293 section 3.4"

HANDSHAKES = {
    "ndpi/default__pcap__android.pcap": Exemption({"wrong": 3}, _ORDER, _SEQUENCES),
    "suricata-verify/tls__tls-fingerprint-alert__input.pcap": Exemption({"wrong": 3}, _ORDER, _SEQUENCES),
    "suricata-verify/tls__tls-subjectaltname__input.pcap": Exemption({"wrong": 2}, _ORDER, _SEQUENCES),
    "suricata-verify/tcp-fastopen-10-syn-data-ignore__input.pcap": Exemption(
        {"wrong": 2, "extra": 1},
        "the server ignores the ClientHello in the SYN; the connection that replaces it is another record",
        "RFC 7413 section 4.1",
    ),
    "ndpi/default__pcap__443-opvn.pcap": Exemption({"missing": 1}, _OPENVPN, "RFC 8446 section 5.1"),
    "ndpi/default__pcap__openvpn_nohmac_tcp.pcapng": Exemption({"missing": 1}, _OPENVPN, "RFC 8446 section 5.1"),
    "ndpi/default__pcap__anydesk.pcapng": Exemption({"extra": 1}, _OTHER_PORT, "RFC 8446 section 4.1.2"),
    "zeek/tls__irc-starttls.pcap": Exemption({"extra": 1}, _OTHER_PORT, "RFC 8446 section 4.1.2"),
    "zeek/tls__ssl-to-http-server.pcap": Exemption({"extra": 1}, _OTHER_PORT, "RFC 8446 section 4.1.2"),
    "zeek/tls__ssl-v2.pcap": Exemption({"missing": 1}, "SSL 2.0 is not TLS", "RFC 6176 section 3"),
}
"""Exceptions for TLS handshakes."""
