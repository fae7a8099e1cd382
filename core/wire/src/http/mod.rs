//! HTTP/1: what two streams say to each other (RFC 9110, RFC 9112).
//!
//! `Http` holds a reader for each direction and what pairs their messages. `framing` reads heads and bodies, `pairing`
//! says which response answers which request, and `fields` and `head` know the syntax.

mod fields;
mod framing;
mod head;
mod pairing;
mod pending;
mod reader;

pub(crate) use framing::Http;
pub(crate) use head::{may_start_request, may_start_response, starts_request, starts_response};
pub(crate) use pairing::Pairing;
pub(crate) use reader::{Side, State};
