//! What a client says in clear when it connects, from its ClientHello or Google's CHLO.

use super::google::Chlo;
use crate::text::printable;
use crate::tls::client_hello::ClientHello;
use crate::tls::ja::{Transport, ja4};

/// Maximum characters of a host name, of the list of protocols, and of a user agent.
const LONGEST_TEXT: usize = 255;

/// What a client says of itself and of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hello {
    /// Server name in lower case; empty if there is none. With `ech`, it is only that of the front.
    pub(super) server_name: String,
    /// The protocols that it offers, such as `h3, h3-29`.
    pub(super) alpn: String,
    pub(super) ja4: String,
    pub(super) ech: bool,
    /// Only Google's QUIC names it.
    pub(super) user_agent: String,
}

impl Hello {
    /// Read the body of a ClientHello.
    pub(super) fn of_tls(body: &[u8]) -> Self {
        let hello = ClientHello::parse(body);
        let protocols = hello.protocols().collect::<Vec<_>>().join(b", ".as_slice());
        Self {
            server_name: host_name(hello.server_name),
            alpn: printable(&protocols, LONGEST_TEXT),
            ja4: ja4(&hello, Transport::Quic),
            ech: hello.ech,
            user_agent: String::new(),
        }
    }

    /// Take over what a CHLO says.
    pub(super) fn of_google(chlo: &Chlo<'_>) -> Self {
        let user_agent = printable(chlo.user_agent, LONGEST_TEXT);
        Self { server_name: host_name(chlo.server_name), user_agent, ..Self::default() }
    }
}

fn host_name(wire: &[u8]) -> String {
    printable(&wire.to_ascii_lowercase(), LONGEST_TEXT)
}
