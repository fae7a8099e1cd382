//! TLS without decrypting it: what is said in the clear, and what can be concluded from it.
//!
//! `connection` is the protocol of a connection. `reader` finds messages in one direction, and `handshake` draws the
//! conclusions. `client_hello`, `server_hello` and `certificate` parse messages with `fields` and `der`; `ja` makes
//! fingerprints of them, and `names` and `ciphers` know the registered names.

mod certificate;
mod ciphers;
pub(crate) mod client_hello;
mod connection;
mod der;
pub(crate) mod fields;
mod handshake;
pub(crate) mod ja;
pub(crate) mod names;
mod reader;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod server_hello;

pub(crate) use connection::{Tls, begins_record, starts_alert, starts_answer, starts_hello, starts_record};
