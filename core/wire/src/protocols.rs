//! The protocols to decode besides HTTP/1.

/// Which protocols are decoded; without any, connections that speak them are counted as unreadable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Protocols {
    /// HTTP/2 in clear text and gRPC (RFC 9113).
    pub http2: bool,
    /// WebSocket messages (RFC 6455).
    pub websocket: bool,
    /// Operations in the bodies of SOAP, GraphQL and JSON-RPC, and server-sent events.
    pub operations: bool,
    /// TLS handshakes (RFC 8446).
    pub tls: bool,
    /// DNS lookups (RFC 1035).
    pub dns: bool,
    /// QUIC connections (RFC 9000).
    pub quic: bool,
}

impl Protocols {
    /// Return whether bodies of HTTP/1 may say more than their size.
    pub(crate) fn reads_bodies(self) -> bool {
        self.http2 || self.operations
    }

    /// Add a protocol by its name, as in `traffic.protocols`; return false if there is none of that name.
    #[must_use]
    pub fn add(&mut self, name: &str) -> bool {
        let field = match name {
            "http2" => &mut self.http2,
            "websocket" => &mut self.websocket,
            "operations" => &mut self.operations,
            "tls" => &mut self.tls,
            "dns" => &mut self.dns,
            "quic" => &mut self.quic,
            _ => return false,
        };
        *field = true;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_added_by_their_names() {
        let mut protocols = Protocols::default();
        assert!(["http2", "websocket", "operations", "tls", "dns", "quic"].iter().all(|name| protocols.add(name)));
        let all = Protocols { http2: true, websocket: true, operations: true, tls: true, dns: true, quic: true };
        assert_eq!(protocols, all);
        assert!(!protocols.add("HTTP2"));
    }
}
