//! TCP reassembly: takes segments in any order and delivers bytes in order (RFC 9293).

mod connection;
mod held;
pub(crate) mod sequence;
mod stream;

pub(crate) use connection::{Handshake, Packet, Tcp};
pub(crate) use stream::{Both, Direction, Position};
