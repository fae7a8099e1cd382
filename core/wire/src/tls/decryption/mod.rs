//! Decrypts TLS with secrets from a key log, and hands what is inside to the same code that reads it in the clear.
//!
//! `connection` is told what TCP delivers. `records` puts records together in its `buffers`; `session` reads what both
//! sides agree on; a `lane` for each direction has its keys and counts its records. `schedule` derives keys from secrets, and
//! an `opener` opens records (`chained` those in AES-CBC) as the cipher `suite` says. What was decrypted goes `inside`. What
//! has no key yet is `waiting`, and, after the end of its connection, `lingering`. A `keyring` has the secrets.

mod buffers;
mod chained;
mod connection;
mod handshaking;
mod inside;
mod keyring;
mod lane;
mod lingering;
mod opener;
mod records;
mod schedule;
mod session;
mod suite;
#[cfg(test)]
mod tests;
mod unlocking;
mod waiting;

pub(crate) use connection::{Decryption, resume_lingering};
pub(crate) use keyring::Keyring;
