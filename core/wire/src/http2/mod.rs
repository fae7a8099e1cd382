//! HTTP/2 on one connection (RFC 9113), and gRPC in it.
//!
//! `connection` takes the bytes of both sides. For each, a `lane` holds the `frames` reader, the header block that is being
//! read, and its `hpack` decoder. `messages` makes requests and responses of header lists, whose `fields` may be unknown; a
//! `stream` is an exchange, and `streams` the table of those that are not complete; `inside` reads what their bodies say
//! besides their size. `windows` is how much the client lets the server send, and `losses` says what is unknown after a loss; `chain` finds frames again, and tells whether a connection
//! that was joined late is HTTP/2.

mod chain;
mod codes;
mod connection;
mod fields;
mod floods;
mod frame;
mod frames;
pub mod hpack;
mod inside;
mod lane;
mod losses;
mod messages;
mod stream;
mod streams;
mod windows;

pub(crate) use chain::{ENOUGH, Proof, has_messages, proof, starts_settings};
pub(crate) use connection::{Http2, Start, Upgrade};
pub(crate) use fields::UNKNOWN;
pub(crate) use frames::HTTP2_START;
pub(crate) use stream::Half;
