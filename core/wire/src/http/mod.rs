//! HTTP/1 on one connection (RFC 9110, RFC 9112).
//!
//! `Http` holds a reader per direction and their pairing; `connection` hands it what TCP reports. `framing` reads heads
//! and `bodies` what follows them; `pairing` pairs responses with requests, and `exchanges` emits them; `fields` and
//! `head` parse the syntax. A `tap` reads bodies that say more than their size, and `upgrade` goes on as a WebSocket.

mod bodies;
mod connection;
mod exchanges;
mod fields;
mod framing;
mod head;
mod pairing;
mod pending;
mod reader;
mod tap;
mod upgrade;

pub(crate) use framing::Http;
pub(crate) use head::{may_start_request, may_start_response, starts_request, starts_response};
pub(crate) use pairing::{Pairing, media_type};
pub(crate) use reader::{Side, State};
