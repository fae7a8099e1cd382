//! Finds what must not leave: texts that match one of many regular expressions, payment card numbers and IBANs.
//!
//! Bytes come from the network, so time is linear in their number, and what is returned is bounded. No I/O, no clock.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::unwrap_used))] // a failing test may panic

mod bytes;
mod cards;
mod entropy;
mod ibans;
mod keywords;
mod patterns;

pub use cards::{Cards, cards};
pub use ibans::ibans;
pub use keywords::Keywords;
pub use patterns::{Match, Patterns, Rule, RuleError};
