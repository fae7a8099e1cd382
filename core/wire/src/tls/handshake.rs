//! A TLS handshake: what both sides say of it in the clear, when it is done, and how it fails.
//!
//! It is established once both sides must have the keys: in TLS 1.3 with the client's Finished, up to TLS 1.2 with the
//! Finished of both. Those are encrypted, but their place and their size tell them from alerts. An outcome that is not
//! certain is incomplete.

use super::certificate;
use super::ciphers;
use super::client_hello::ClientHello;
use super::fields::is_grease;
use super::ja::{Transport, ja3, ja3s, ja4};
use super::messages::{CERTIFICATE, CLIENT_HELLO, SERVER_HELLO, SERVER_HELLO_DONE};
use super::names;
use super::reader::{APPLICATION_DATA, Event, HANDSHAKE};
use super::server_hello::ServerHello;
use crate::http::Side;
use crate::records::{Certificate, HandshakeFacts, Outcome};
use crate::text::printable;

const TLS_1_2: u16 = 0x0303;
const CLOSE_NOTIFY: u8 = 0;
const USER_CANCELED: u8 = 90;
const LONGEST_HOST_NAME: usize = 255;
const LONGEST_PROTOCOL: usize = 255;
const AES_256_GCM_SHA384: u16 = 0x1302;
const AES_128_CCM_8_SHA256: u16 = 0x1305;

/// A handshake under way.
#[derive(Debug, Default)]
pub(crate) struct Handshake {
    pub(crate) facts: HandshakeFacts,
    /// Whether the ClientHello was read.
    offered: bool,
    /// Capture time of its first byte; if it was missed, of the first byte seen.
    pub(crate) started: Option<f64>,
    session_id: Vec<u8>,
    early_data: bool,
    /// Whether the server awaits another ClientHello. Early data that it rejects by that may still arrive.
    retrying: bool,
    /// The version and the cipher suite, once the server has chosen them.
    chosen: Option<(u16, u16)>,
    /// Whether the side has sent its encrypted Finished, up to TLS 1.2.
    client_finished: bool,
    server_finished: bool,
    /// Capture time of the client's first application data, which may precede the server's Finished (RFC 7918).
    client_spoke: Option<f64>,
    /// Whether the server has sent a key exchange of its own, and does not go on with an earlier connection.
    full: bool,
}

impl Handshake {
    /// Handle an event of a side; return the outcome once it is certain. `limit` is that of texts, in characters.
    pub(crate) fn event(&mut self, side: Side, event: &Event<'_>, time: f64, limit: usize) -> Option<Outcome> {
        match (side, event) {
            (Side::Requests, Event::Message(CLIENT_HELLO, body)) => self.client_hello(&ClientHello::parse(body)),
            (Side::Responses, Event::Message(SERVER_HELLO, body)) => self.server_hello(&ServerHello::parse(body)),
            (Side::Responses, Event::Message(CERTIFICATE, body)) => self.certificate(body, limit),
            (Side::Responses, Event::Message(SERVER_HELLO_DONE, _)) => (self.full, self.facts.resumed) = (true, false),
            (Side::Responses, Event::ChangeCipherSpec) if self.is_old() => self.facts.resumed = !self.full,
            (_, Event::Alert(fatal, description)) => return self.alert(side, *fatal, *description),
            (_, Event::Encrypted(kind, length)) => return self.encrypted(side, *kind, *length, time),
            _ => {}
        }
        None
    }

    /// Return whether a ChangeCipherSpec of a side means that its handshake messages are encrypted from there on.
    ///
    /// In TLS 1.3, it only pleases middleboxes (RFC 8446 section 5), and a client may send it before the server chooses.
    pub(crate) fn encrypts(&self, side: Side) -> bool {
        match self.chosen {
            Some(_) => self.is_old(),
            None => side == Side::Responses,
        }
    }

    /// Add what was decrypted of the handshake: the protocol inside, and the server's certificate.
    pub(crate) fn decrypted(&mut self, protocol: &str, certificate: Option<Box<Certificate>>) {
        if self.facts.alpn.is_empty() {
            protocol.clone_into(&mut self.facts.alpn);
        }
        if self.facts.certificate.is_none() {
            self.facts.certificate = certificate;
        }
    }

    /// Return the outcome at the end of the connection, which one of the peers has closed if `closed`.
    pub(crate) fn at_end(&self, closed: bool) -> Outcome {
        // Once the server has answered, early data cannot be told from a Finished of unusual size.
        let doubtful = self.early_data && self.is_answered();
        if closed && !doubtful { Outcome::Failed } else { Outcome::Incomplete }
    }

    /// Return whether the server's choice is known.
    pub(crate) fn is_answered(&self) -> bool {
        self.chosen.is_some()
    }

    /// Return whether the chosen version is at most TLS 1.2.
    fn is_old(&self) -> bool {
        self.chosen.is_some_and(|(version, _)| version <= TLS_1_2)
    }

    fn client_hello(&mut self, hello: &ClientHello<'_>) {
        if std::mem::replace(&mut self.offered, true) {
            self.early_data = false; // it answers a HelloRetryRequest (RFC 8446 section 4.1.2)
            return;
        }
        let facts = &mut self.facts;
        facts.server_name = printable(&hello.server_name.to_ascii_lowercase(), LONGEST_HOST_NAME);
        facts.offered_alpn = joined(hello.protocols());
        (facts.ja3, facts.ja4) = (ja3(hello), ja4(hello, Transport::Tcp));
        facts.ech = hello.ech;
        self.session_id = hello.session_id.to_vec();
        self.early_data = hello.early_data;
    }

    fn server_hello(&mut self, hello: &ServerHello<'_>) {
        let facts = &mut self.facts;
        facts.hello_retry |= hello.retry;
        self.retrying = hello.retry;
        self.chosen = Some((hello.version, hello.cipher_suite));
        (facts.version, facts.cipher) = (names::version(hello.version), ciphers::name(hello.cipher_suite));
        if hello.retry {
            return;
        }
        facts.ja3s = ja3s(hello.legacy_version, hello.cipher_suite, hello.extensions);
        facts.alpn = printable(hello.protocol, LONGEST_PROTOCOL);
        facts.post_quantum = hello.group.and_then(names::post_quantum).unwrap_or_default();
        let echoed = !self.session_id.is_empty() && hello.session_id == self.session_id;
        facts.resumed = if hello.version <= TLS_1_2 { echoed } else { hello.pre_shared_key };
    }

    fn certificate(&mut self, body: &[u8], limit: usize) {
        (self.full, self.facts.resumed) = (true, false);
        if self.facts.certificate.is_none() {
            self.facts.certificate = Some(Box::new(certificate::parse(certificate::first(body), limit)));
        }
    }

    /// Note an alert. Warnings let the handshake go on, but in TLS 1.3 there are none (RFC 8446 section 6.2).
    fn alert(&mut self, side: Side, fatal: bool, description: u8) -> Option<Outcome> {
        self.facts.alert = names::alert(description);
        self.facts.alert_side = if side == Side::Requests { "client" } else { "server" };
        let new = self.chosen.is_some() && !self.is_old();
        let fatal = fatal || new && !matches!(description, CLOSE_NOTIFY | USER_CANCELED);
        fatal.then_some(Outcome::Failed)
    }

    fn encrypted(&mut self, side: Side, kind: u8, length: usize, time: f64) -> Option<Outcome> {
        let (version, cipher_suite) = self.chosen?;
        match (side, kind) {
            (Side::Requests, APPLICATION_DATA) if self.retrying => {}
            (Side::Requests, APPLICATION_DATA) if version > TLS_1_2 => {
                let size = finished_size(cipher_suite);
                let finished = if self.early_data { length == size } else { length >= size };
                return finished.then(|| self.established(time));
            }
            (Side::Requests, HANDSHAKE) => self.client_finished = true,
            (Side::Responses, HANDSHAKE) => self.server_finished = true,
            (Side::Requests, APPLICATION_DATA) => self.client_spoke = self.client_spoke.or(Some(time)),
            _ => {}
        }
        (self.client_finished && self.server_finished).then(|| self.established(self.client_spoke.unwrap_or(time)))
    }

    fn established(&mut self, time: f64) -> Outcome {
        self.facts.handshake_time =
            self.started.map(|started| time - started).filter(|passed| self.offered && *passed >= 0.0);
        Outcome::Established
    }
}

/// Return the size of a record with a Finished of TLS 1.3: head, hash, record type and tag (RFC 8446 section 4.4.4, 5.2).
/// A record with an alert is smaller.
fn finished_size(cipher_suite: u16) -> usize {
    match cipher_suite {
        AES_256_GCM_SHA384 => 4 + 48 + 1 + 16,
        AES_128_CCM_8_SHA256 => 4 + 32 + 1 + 8,
        _ => 4 + 32 + 1 + 16,
    }
}

/// Join the protocols that a client offers, without those that are reserved (RFC 8701).
fn joined<'a>(protocols: impl Iterator<Item = &'a [u8]>) -> String {
    let mut text = String::new();
    for protocol in protocols.filter(|protocol| !is_reserved(protocol)) {
        let name = printable(protocol, LONGEST_PROTOCOL);
        if text.len() + name.len() + 2 > LONGEST_PROTOCOL {
            break;
        }
        let separator = if text.is_empty() { "" } else { ", " };
        text.push_str(separator);
        text.push_str(&name);
    }
    text
}

fn is_reserved(protocol: &[u8]) -> bool {
    <[u8; 2]>::try_from(protocol).is_ok_and(|pair| is_grease(u16::from_be_bytes(pair)))
}
