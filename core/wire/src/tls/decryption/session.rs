//! What both sides agree on: the random values by which keys are found, the version and the cipher suite.

use super::lane::Stage;
use super::schedule::{Agreed, Generation};
use super::suite::Suite;
use crate::http::Side;
use crate::secrets::{Label, Random};
use crate::text::printable;
use crate::tls::client_hello::{ALPN, ClientHello, EARLY_DATA};
use crate::tls::fields::{Fields, extensions, vectors};
use crate::tls::names;
use crate::tls::server_hello::ServerHello;

const TLS_1_0: u16 = 0x0301;
const TLS_1_1: u16 = 0x0302;
const TLS_1_2: u16 = 0x0303;
const TLS_1_3: u16 = 0x0304;
/// Drafts whose records and keys are like those of TLS 1.3 itself.
const LATE_DRAFTS: std::ops::RangeInclusive<u16> = 0x7F1A..=0x7F1C;
const ENCRYPT_THEN_MAC: u16 = 22;
const LONGEST_HOST_NAME: usize = 255;
const LONGEST_PROTOCOL: usize = 255;

/// Which keys records have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// The server has not chosen.
    Open,
    /// TLS 1.3.
    New(Suite),
    /// TLS 1.0 to 1.2.
    Old(Suite),
    /// Another version, or a suite that cannot be decrypted.
    Unsupported,
}

/// Whether the client sends data before the handshake ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Early {
    /// No, or the server ignores it.
    Refused,
    Offered,
    Accepted,
}

/// What was said in the clear, or in an earlier handshake.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) client_random: Random,
    server_random: Random,
    pub(super) choice: Choice,
    generation: Generation,
    encrypt_then_mac: bool,
    /// Name of the version.
    pub(super) version: String,
    /// The server name that the client asked for, in lower case.
    pub(super) server_name: String,
    /// The protocol inside, in ALPN.
    pub(super) protocol: String,
    pub(super) early: Early,
}

impl Session {
    /// Read the ClientHello.
    pub(super) fn new(body: &[u8]) -> Self {
        let hello = ClientHello::parse(body);
        Self {
            client_random: random(body),
            server_random: [0; 32],
            choice: Choice::Open,
            generation: Generation::Latest,
            encrypt_then_mac: false,
            version: String::new(),
            server_name: printable(&hello.server_name.to_ascii_lowercase(), LONGEST_HOST_NAME),
            protocol: String::new(),
            early: if hello.early_data { Early::Offered } else { Early::Refused },
        }
    }

    /// Read another ClientHello: of a renegotiation, or after a HelloRetryRequest.
    pub(super) fn again(&mut self, body: &[u8]) {
        self.client_random = random(body);
    }

    /// Read a ServerHello; return whether early data may still be accepted.
    pub(super) fn answered(&mut self, body: &[u8]) -> bool {
        let hello = ServerHello::parse(body);
        if hello.retry {
            return false;
        }
        self.server_random = random(body);
        self.encrypt_then_mac = extensions(hello.extensions).any(|(kind, _)| kind == ENCRYPT_THEN_MAC);
        self.version = names::version(hello.version);
        self.choose_protocol(hello.protocol);
        self.choice = match (hello.version, Suite::of(hello.cipher_suite)) {
            (TLS_1_2, Some(suite)) => self.choose_old(Generation::Latest, suite),
            (TLS_1_1, Some(suite)) if suite.is_chained() => self.choose_old(Generation::Explicit, suite),
            (TLS_1_0, Some(suite)) if suite.is_chained() => self.choose_old(Generation::Chained, suite),
            (version, Some(suite)) if version == TLS_1_3 || LATE_DRAFTS.contains(&version) => Choice::New(suite),
            _ => Choice::Unsupported,
        };
        matches!(self.choice, Choice::New(_))
    }

    fn choose_old(&mut self, generation: Generation, suite: Suite) -> Choice {
        self.generation = generation;
        Choice::Old(suite)
    }

    /// Read what the server of TLS 1.3 says encrypted; return whether it accepts early data.
    pub(super) fn extended(&mut self, body: &[u8]) -> bool {
        let mut accepts = false;
        for (kind, content) in extensions(Fields::new(body).vector(2)) {
            match kind {
                ALPN => self.choose_protocol(vectors(Fields::new(content).vector(2)).next().unwrap_or_default()),
                EARLY_DATA => accepts = true,
                _ => {}
            }
        }
        accepts
    }

    fn choose_protocol(&mut self, name: &[u8]) {
        self.protocol = printable(name, LONGEST_PROTOCOL);
    }

    /// Return what the keys up to TLS 1.2 are derived from, besides the secret.
    pub(super) fn agreed(&self, suite: Suite) -> Agreed {
        let (client_random, server_random) = (self.client_random, self.server_random);
        let (generation, encrypt_then_mac) = (self.generation, self.encrypt_then_mac);
        Agreed { suite, generation, client_random, server_random, encrypt_then_mac }
    }
}

/// Return the label of the secret of a side in TLS 1.3; None if there is none.
pub(super) fn label(side: Side, stage: Stage) -> Option<Label> {
    Some(match (side, stage) {
        (Side::Requests, Stage::Early) => Label::ClientEarly,
        (Side::Requests, Stage::Handshake) => Label::ClientHandshake,
        (Side::Requests, Stage::Application) => Label::ClientTraffic,
        (Side::Responses, Stage::Handshake) => Label::ServerHandshake,
        (Side::Responses, Stage::Application) => Label::ServerTraffic,
        (_, Stage::Clear | Stage::Early) => return None,
    })
}

/// Return the random value of a hello, which follows its version.
fn random(body: &[u8]) -> Random {
    body.get(2..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default()
}
