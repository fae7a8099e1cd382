//! Decodes captured frames into records of HTTP/1, HTTP/2, WebSocket, TLS, QUIC and DNS. No I/O, no clock, no threads:
//! time is packet time.
//!
//! Most segments are HTTP/1, and what they run should fit the instruction cache of a core. So what HTTP/1 seldom needs is
//! `cold`: the compiler puts it elsewhere, also where another protocol needs it often.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic))]

pub mod address;
pub mod aged;
mod arrivals;
mod bytes;
pub mod capture;
mod closed;
pub mod content;
mod context;
mod conversation;
pub mod datagrams;
pub mod decoder;
pub mod dns;
mod events;
pub mod fault;
mod flows;
pub mod forwarding;
mod grpc;
pub mod health;
mod http;
pub mod http2;
pub mod key;
pub mod limits;
pub mod network;
mod operations;
pub mod owners;
pub mod ports;
mod preamble;
mod printable;
pub mod protocols;
mod quic;
mod readers;
mod recent;
pub mod records;
mod secrets;
mod sink;
mod speech;
mod strain;
mod tcp;
pub mod text;
mod tls;
mod websocket;
