//! Secrets of TLS connections, as programs write them to a key log (draft-ietf-tls-keylogfile).
//!
//! `line` reads a line and `store` keeps its `secret` until a connection asks for it. Secrets are wiped when they are
//! dropped, and no message shows one.

mod line;
mod secret;
mod store;

pub(crate) use line::Label;
pub(crate) use secret::Secret;
pub(crate) use store::{Random, Store};
