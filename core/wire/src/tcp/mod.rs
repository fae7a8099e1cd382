//! TCP streams put back together: segments in any order go in, bytes in order come out (RFC 9293).

mod connection;
mod held;
pub(crate) mod sequence;
mod stream;

pub(crate) use connection::{Handshake, Packet, Tcp};
pub(crate) use stream::{Both, Direction, Place};
