//! TLS handshakes, for statistics that ask for them.

use std::net::IpAddr;

/// How a handshake ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Both sides have the keys.
    Established,
    /// A fatal alert, or the end of the connection, ended it.
    Failed,
    /// Bytes are missing from the capture, or it did not go on.
    Incomplete,
}

impl Outcome {
    /// Return its name in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Established => "established",
            Self::Failed => "failed",
            Self::Incomplete => "incomplete",
        }
    }
}

/// What a certificate says of its owner. Nothing is verified; what is missing or malformed is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Certificate {
    /// The distinguished name of the owner, in the order of the certificate: `C=US, O=Example, CN=www.example.com`.
    pub subject: String,
    /// Host names and addresses, separated by commas.
    pub names: String,
    /// The distinguished name of who signed it.
    pub issuer: String,
    /// Start of its validity, in seconds since the epoch.
    pub not_before: Option<f64>,
    /// End of its validity, in seconds since the epoch.
    pub not_after: Option<f64>,
    /// SHA-1 and SHA-256 of the whole certificate, in lower-case hexadecimal digits; empty if a part of it is missing.
    pub sha1: String,
    /// See `sha1`.
    pub sha256: String,
}

impl Certificate {
    fn characters(&self) -> usize {
        [&self.subject, &self.names, &self.issuer, &self.sha1, &self.sha256].into_iter().map(String::len).sum()
    }
}

/// What both sides say in the clear; texts are empty where they say nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HandshakeFacts {
    /// Server name in lower case.
    pub server_name: String,
    /// Protocols that the client offers inside the connection, separated by commas.
    pub offered_alpn: String,
    /// The protocol that the server chose; TLS 1.3 encrypts it.
    pub alpn: String,
    /// The version that the server chose.
    pub version: String,
    /// Registered name of the cipher suite that the server chose.
    pub cipher: String,
    /// JA3 of the client.
    pub ja3: String,
    /// JA3S of the server.
    pub ja3s: String,
    /// JA4 of the client.
    pub ja4: String,
    /// Name of the group of the key exchange that the server chose, if it withstands quantum computers.
    pub post_quantum: &'static str,
    /// Whether the server goes on with an earlier connection.
    pub resumed: bool,
    /// Whether the server asked for another ClientHello.
    pub hello_retry: bool,
    /// Whether the client sent an encrypted ClientHello, real or not.
    pub ech: bool,
    /// Name of the last alert in the clear.
    pub alert: String,
    /// Who sent it: `client` or `server`.
    pub alert_side: &'static str,
    /// The server's certificate, up to TLS 1.2.
    pub certificate: Option<Box<Certificate>>,
    /// Seconds from the connection's ClientHello to the Finished that establishes it, or to the first application data.
    pub handshake_time: Option<f64>,
}

impl HandshakeFacts {
    /// Return the bytes of the texts.
    #[must_use]
    pub fn size(&self) -> usize {
        let certificate = self.certificate.as_deref();
        let of_certificate = certificate.map_or(0, |one| one.characters());
        let texts = [&self.server_name, &self.offered_alpn, &self.alpn, &self.version, &self.cipher, &self.ja3];
        let more = [&self.ja3s, &self.ja4, &self.alert];
        texts.iter().chain(&more).map(|text| text.len()).sum::<usize>() + of_certificate
    }
}

/// A TLS handshake.
#[derive(Clone, Debug)]
pub struct HandshakeRow {
    /// Capture time of its end.
    pub time: f64,
    /// Client address and port.
    pub client: (IpAddr, u16),
    /// Server address and port.
    pub server: (IpAddr, u16),
    /// Capture time of the first byte of the ClientHello; if it was missed, of the first byte seen.
    pub started: f64,
    /// Seconds from the client's SYN to the server's; None if one of them was not seen.
    pub connect_time: Option<f64>,
    /// Whether other bytes came before the ClientHello.
    pub starttls: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// What both sides say.
    pub facts: Box<HandshakeFacts>,
}
