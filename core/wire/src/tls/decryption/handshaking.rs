//! Handshake messages of a connection that is decrypted, in the clear or not: they say which keys come next.

use super::connection::Decryption;
use super::lane::{Key, Stage};
use super::schedule::{opener, updated};
use super::session::{Choice, Session};
use super::suite::Suite;
use crate::context::Context;
use crate::http::Side;
use crate::tls::certificate;
use crate::tls::fields::Fields;
use crate::tls::messages::{
    CERTIFICATE, CLIENT_HELLO, ENCRYPTED_EXTENSIONS, END_OF_EARLY_DATA, FINISHED, KEY_UPDATE, Progress, SERVER_HELLO,
};

impl Decryption {
    /// Read handshake messages, or parts of them.
    pub(super) fn messages(&mut self, cx: &mut Context<'_>, side: Side, content: &[u8]) {
        let mut rest = content;
        while !rest.is_empty() && !self.over {
            match self.lane(side).messages.read(cx, &mut rest) {
                Progress::Unfinished => return,
                Progress::Complete => {
                    let mut messages = std::mem::take(&mut self.lane(side).messages);
                    self.message(cx, side, messages.kind().unwrap_or_default(), messages.body());
                    messages.release(cx);
                }
                Progress::TooLong | Progress::Full => return self.lane(side).messages.release(cx),
            }
        }
    }

    /// Handle a message, of which the body may be cut.
    fn message(&mut self, cx: &mut Context<'_>, side: Side, kind: u8, body: &[u8]) {
        let new = matches!(self.choice(), Choice::New(_));
        match (side, kind, self.lane(side).stage) {
            (Side::Requests, CLIENT_HELLO, _) => self.client_hello(body),
            (Side::Responses, SERVER_HELLO, _) => self.server_hello(cx, body),
            _ if !new => {}
            (Side::Responses, ENCRYPTED_EXTENSIONS, _) => self.extensions(cx, body),
            (Side::Responses, CERTIFICATE, _) if self.wanted.handshakes => {
                let chain = behind_context(body);
                self.certificate =
                    Some(Box::new(certificate::parse(certificate::first(chain), cx.limits.string_length)));
            }
            (_, FINISHED, Stage::Handshake) => self.lane(side).enter(Stage::Application),
            (Side::Requests, END_OF_EARLY_DATA, Stage::Early) => self.client.enter(Stage::Handshake),
            (_, KEY_UPDATE, Stage::Application) => self.update_key(side),
            _ => {}
        }
    }

    fn client_hello(&mut self, body: &[u8]) {
        match &mut self.session {
            Some(session) => session.again(body),
            None => self.session = Some(Box::new(Session::new(body))),
        }
    }

    fn server_hello(&mut self, cx: &mut Context<'_>, body: &[u8]) {
        let Some(session) = &mut self.session else {
            self.over = true; // without the ClientHello, the secrets cannot be found
            return;
        };
        if !session.answered(body) {
            self.decide_early(cx, false);
        }
        if self.choice() == Choice::Unsupported {
            cx.ledger.health.secret("connections of unsupported ciphers");
            self.over = true;
        }
    }

    fn extensions(&mut self, cx: &mut Context<'_>, body: &[u8]) {
        if let Some(accepts) = self.session.as_mut().map(|session| session.extended(body)) {
            self.decide_early(cx, accepts);
        }
    }

    /// Go on with the next key of a side (RFC 8446 section 4.6.3).
    fn update_key(&mut self, side: Side) {
        let Choice::New(suite) = self.choice() else {
            return;
        };
        let lane = self.lane(side);
        let key = lane.key.take().and_then(|key| next_key(suite, &key));
        lane.change_key(key);
    }
}

/// Return the chain in a Certificate message of TLS 1.3, which follows a context (RFC 8446 section 4.4.2).
fn behind_context(body: &[u8]) -> &[u8] {
    let mut fields = Fields::new(body);
    fields.vector(1);
    fields.rest()
}

fn next_key(suite: Suite, key: &Key) -> Option<Key> {
    let secret = updated(suite, key.secret.as_deref()?)?;
    Some(Key { opener: opener(suite, &secret)?, secret: Some(secret) })
}
