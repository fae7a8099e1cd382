//! TLS: what is said in the clear, and what can be concluded from it; with secrets, what is encrypted too.
//!
//! `connection` is the protocol of a connection. `reader` finds `messages` in one direction, and `handshake` draws the
//! conclusions. `client_hello`, `server_hello` and `certificate` parse messages with `fields` and `der`; `ja` makes
//! fingerprints of them, and `names` and `ciphers` know the registered names.

mod certificate;
mod ciphers;
pub(crate) mod client_hello;
mod connection;
mod decryption;
mod der;
pub(crate) mod fields;
mod handshake;
mod head;
pub(crate) mod ja;
mod messages;
pub(crate) mod names;
mod reader;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod server_hello;

pub(crate) use connection::{Tls, begins_record, starts_alert, starts_answer, starts_hello, starts_record};
pub(crate) use decryption::{Keyring, resume_lingering};
