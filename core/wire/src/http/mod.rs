//! HTTP/1 on one connection (RFC 9110, RFC 9112).
//!
//! `Http` holds a reader per direction and their pairing; `connection` hands it what TCP reports. `framing` finds heads,
//! `messages` starts what they announce, and `bodies` reads what follows them; `pairing` pairs responses with requests, and
//! `exchanges` emits them; `fields` and `head` parse the syntax, and `irregularities` finds
//! what others may read differently. A `tap` reads bodies that say more than their size,
//! `upgrade` goes on as a WebSocket, and `tunnel` as something else.

mod bodies;
mod connection;
mod exchanges;
mod fields;
mod framing;
mod head;
mod irregularities;
mod messages;
mod pairing;
mod pending;
mod reader;
mod tap;
mod tunnel;
mod upgrade;

pub(crate) use framing::Http;
pub(crate) use head::{may_start_request, may_start_response, starts_request, starts_response};
pub(crate) use pairing::{Pairing, media_type};
pub(crate) use reader::{Side, State};
