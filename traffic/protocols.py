"""The protocols that the core decodes besides HTTP/1, by name.

The reference decodes HTTP/1 only, and counts connections that speak another protocol as unreadable.
"""

from typing import Final, Literal, get_args

ProtocolName = Literal["http2", "websocket", "operations", "tls", "dns", "quic"]
"""HTTP/2 in clear text and gRPC; WebSocket messages; calls of SOAP, GraphQL and JSON-RPC, and server-sent events; TLS
handshakes; DNS lookups; QUIC connections."""
PROTOCOLS: Final[frozenset[str]] = frozenset(get_args(ProtocolName))
"""All of them."""
