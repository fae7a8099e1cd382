"""Names in rules: protocols, buffers, classes. Pure data.

https://docs.suricata.io/en/latest/rules/http-keywords.html, and the same for DNS and TLS; classification.config.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from detection.suricata.rule import DNS, HTTP, TLS
from traffic.finding import HIGH, INFO, LOW, MEDIUM

PROTOCOLS: Final[Mapping[str, str]] = MappingProxyType(
    {"http": HTTP, "http1": HTTP, "http2": HTTP, "dns": DNS, "tls": TLS, "ssl": TLS}
)
VERSIONS: Final = {"http1": b"HTTP/1", "http2": b"HTTP/2"}
CARRIERS: Final = ("tcp", "ip", "udp", "tcp-stream", "tcp-pkt")
"""Protocols that say nothing about what they carry; buffers in the rule do."""
TO_SERVER: Final = ("to_server", "from_client")
TO_CLIENT: Final = ("to_client", "from_server")
WITHOUT_EFFECT: Final = ("established", "stateless", "only_stream", "no_stream")
"""Words of `flow`; the last ones are about packets, of which we see none."""
MULTIPLE: Final = ("http.request_header", "http.response_header", "dns.query")
"""Buffers of which there are several: what follows the name each time is about one of them."""
SEVERITIES: Final = {1: HIGH, 2: MEDIUM, 3: LOW, 4: INFO}
FIRST: Final = frozenset(
    (
        "attempted-user",
        "unsuccessful-user",
        "successful-user",
        "attempted-admin",
        "successful-admin",
        "shellcode-detect",
        "trojan-activity",
        "web-application-attack",
        "inappropriate-content",
        "policy-violation",
        "targeted-activity",
        "exploit-kit",
        "domain-c2",
        "credential-theft",
        "command-and-control",
    )
)
THIRD: Final = frozenset(
    (
        "not-suspicious",
        "unknown",
        "string-detect",
        "network-scan",
        "protocol-command-decode",
        "misc-activity",
        "tcp-connection",
        "icmp-event",
        "external-ip-check",
    )
)
"""Classes with the priorities 1 and 3 in Suricata's classification.config; others have 2."""
IGNORED: Final = frozenset(
    (
        "rev",
        "gid",
        "reference",
        "metadata",
        "fast_pattern",
        "rawbytes",
        "target",
        "requires",
        "sid",
        "msg",
        "classtype",
        "priority",
    )
)
"""Options that say nothing about what fits, or are read apart."""
REQUEST: Final = (
    "http.method",
    "http.uri",
    "http.uri.raw",
    "http.request_line",
    "http.request_body",
    "http.user_agent",
    "http.host",
    "http.host.raw",
    "http.referer",
    "http.accept",
    "http.accept_lang",
    "http.accept_enc",
    "http.request_header",
)
RESPONSE: Final = (
    "http.stat_code",
    "http.stat_msg",
    "http.response_line",
    "http.response_body",
    "http.server",
    "http.location",
    "http.response_header",
)
EITHER: Final = (
    "http.header",
    "http.header.raw",
    "http.header_names",
    "http.cookie",
    "http.content_type",
    "http.content_len",
    "http.connection",
    "http.protocol",
    "http.start",
    "file.data",
)
BUFFERS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        HTTP: frozenset(("", *REQUEST, *RESPONSE, *EITHER)),
        DNS: frozenset(("dns.query",)),
        TLS: frozenset(
            (
                "tls.sni",
                "tls.cert_subject",
                "tls.cert_issuer",
                "tls.cert_fingerprint",
                "ja3.hash",
                "ja3s.hash",
                "ja4.hash",
            )
        ),
    }
)
"""Buffers of each protocol; the empty name is for the bytes as sent."""
OLD_NAMES: Final = {
    "dns_query": "dns.query", "tls_sni": "tls.sni", "tls_cert_subject": "tls.cert_subject",
    "tls_cert_issuer": "tls.cert_issuer", "tls_cert_fingerprint": "tls.cert_fingerprint", "ja3_hash": "ja3.hash",
    "ja3s_hash": "ja3s.hash", "file_data": "file.data", "http_request_line": "http.request_line",
    "http_response_line": "http.response_line", "pkt_data": "", "http_accept": "http.accept",
    "http_accept_lang": "http.accept_lang", "http_accept_enc": "http.accept_enc", "http_referer": "http.referer",
    "http_content_type": "http.content_type", "http_content_len": "http.content_len",
    "http_connection": "http.connection", "http_protocol": "http.protocol", "http_start": "http.start",
    "http_header_names": "http.header_names",
}  # fmt: skip
"""Older names of buffers, which stand before their contents too."""
OF_CERTIFICATES: Final = {
    "tls.subject": "tls.cert_subject", "tls.issuerdn": "tls.cert_issuer", "tls.fingerprint": "tls.cert_fingerprint",
}  # fmt: skip
"""Options that say a buffer and what is in it at once."""
MODIFIERS: Final = {
    "http_uri": "http.uri", "http_raw_uri": "http.uri.raw", "http_method": "http.method",
    "http_header": "http.header", "http_raw_header": "http.header.raw", "http_cookie": "http.cookie",
    "http_client_body": "http.request_body", "http_server_body": "http.response_body",
    "http_stat_code": "http.stat_code", "http_stat_msg": "http.stat_msg", "http_user_agent": "http.user_agent",
    "http_host": "http.host", "http_raw_host": "http.host.raw",
}  # fmt: skip
"""Options after a content that say in which buffer it is."""
LETTERS: Final = {
    "U": "http.uri", "I": "http.uri.raw", "P": "http.request_body", "Q": "http.response_body", "H": "http.header",
    "D": "http.header.raw", "M": "http.method", "C": "http.cookie", "S": "http.stat_code", "Y": "http.stat_msg",
    "V": "http.user_agent", "W": "http.host", "Z": "http.host.raw",
}  # fmt: skip
"""Letters after an expression that say in which buffer it is."""
