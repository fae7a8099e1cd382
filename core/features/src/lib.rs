//! Describes a request in a few bytes, one a feature, for models that learn what is usual: amounts on a scale of logarithms,
//! and hashes into 256 bins. Nothing of the content can be restored from them. No I/O, no clock, no `unsafe`; time and
//! memory are linear in the bytes that are read, which are limited.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod amounts;
mod arguments;
mod bodies;
mod categories;
mod classes;
mod decoding;
mod fields;
mod head;
mod hidden;
mod shapes;
mod target;
mod vector;
mod words;

pub use vector::{COUNT, NAMES, Vector};

/// Bytes of a body that are read.
pub const LONGEST_BODY: usize = 2048;
/// Bytes of a head that are read.
pub const LONGEST_HEAD: usize = 8192;

/// Describe a request: its head as sent, with its empty line, and the start of its body without transfer codings.
///
/// It reads at most `LONGEST_HEAD` and `LONGEST_BODY` bytes. An empty head gives None.
#[must_use]
pub fn of(head: &[u8], body: &[u8]) -> Option<Vector> {
    let head = head.get(..LONGEST_HEAD).unwrap_or(head);
    let body = body.get(..LONGEST_BODY).unwrap_or(body);
    let head = head::Head::of(head)?;
    let mut vector = Vector::default();
    let mut text = decoding::Text::default();
    target::describe(&head, &mut text, &mut vector);
    fields::describe(&head, body, &mut text, &mut vector);
    arguments::describe(&head, body, &mut text, &mut vector);
    Some(vector)
}

#[cfg(test)]
mod tests;
