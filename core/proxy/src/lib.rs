//! A reverse proxy. It ends TLS, passes requests to upstreams, and shows its clients' connections as frames, with the keys
//! of those that are encrypted, so that the monitor's own decoder counts what a capture would have shown.
//!
//! Each thread has its own runtime, connections and pool; they share settings, counters and the ring. HTTP is spoken by
//! hyper, TLS by rustls. Before hyper sees the bytes of a request, the monitor's decoder has read them: what it names
//! ambiguous is refused.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod agent;
mod bodies;
pub mod clients;
pub mod connection;
mod counts;
pub mod forward;
pub mod guard;
mod guests;
mod health;
mod keys;
pub mod listener;
mod page;
mod passing;
mod pipe;
mod pool;
mod proxy_header;
pub mod refusal;
pub mod ring;
pub mod routes;
mod runtime;
mod segments;
mod serve;
pub mod server;
mod service;
mod spop;
mod tap;
pub mod tls;
pub mod upstream;
mod verdict;

pub use page::Page;
pub use server::{Server, Settings};
