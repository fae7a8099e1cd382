//! TCP reassembly: takes segments in any order and delivers bytes in order (RFC 9293).

pub(crate) mod claim;
mod connection;
mod ends;
pub(crate) mod handshakes;
mod held;
pub(crate) mod sequence;
mod stream;
mod waiting;
mod windows;

pub(crate) use connection::{Packet, Tcp};
pub(crate) use handshakes::Handshake;
pub(crate) use stream::{Both, Direction, Position, Stream};
