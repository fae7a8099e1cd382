//! Describes a request in a few bytes, one a feature, for models that learn what is usual: amounts on a scale of logarithms,
//! and hashes into 256 bins. Nothing of the content can be restored from them. No I/O, no clock, no `unsafe`; time and
//! memory are linear in the bytes that are read, which are limited.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic))]

use memchr::memchr;

mod amounts;
mod arguments;
mod bodies;
mod categories;
mod classes;
mod decoding;
mod fields;
mod head;
mod hidden;
mod memo;
mod shapes;
mod target;
mod vector;
mod words;

pub use vector::{COUNT, NAMES, Vector};

/// Bytes of a body that are read.
pub const LONGEST_BODY: usize = 2048;
/// Bytes of a head that are read.
pub const LONGEST_HEAD: usize = 8192;

/// Describes requests. What it keeps only saves time: the same request always has the same features.
#[derive(Debug, Default)]
pub struct Describer {
    text: decoding::Text,
    memo: memo::Memo,
}

impl Describer {
    /// Describe a request: its head as sent, with its empty line, and the start of its body without transfer codings.
    ///
    /// It reads at most `LONGEST_HEAD` and `LONGEST_BODY` bytes. An empty head gives None.
    #[must_use]
    pub fn describe(&mut self, head: &[u8], body: &[u8]) -> Option<Vector> {
        described(head, body, &mut self.text, Some(&mut self.memo))
    }
}

/// Describe one request, as a `Describer` does.
#[must_use]
pub fn of(head: &[u8], body: &[u8]) -> Option<Vector> {
    described(head, body, &mut decoding::Text::default(), None)
}

fn described(head: &[u8], body: &[u8], text: &mut decoding::Text, memo: Option<&mut memo::Memo>) -> Option<Vector> {
    let head = head.get(..LONGEST_HEAD).unwrap_or(head);
    let body = body.get(..LONGEST_BODY).unwrap_or(body);
    let (line, lines) = head::cut(head, memchr(b'\n', head));
    let mut head = head::Head::of_line(line)?;
    let memo = memo.filter(|_| body.is_empty()).map(|memo| (memo, memo::hash_of(lines)));
    let known = memo.as_ref().and_then(|(memo, hash)| memo.of_fields(&head, lines, *hash)).copied();
    let mut vector = known.unwrap_or_default();
    if known.is_none() {
        head.add_fields(lines);
        fields::describe(&head, body, text, &mut vector);
        if let Some((memo, hash)) = memo {
            memo.keep(&head, lines, hash, vector);
        }
    }
    target::describe(&head, text, &mut vector);
    arguments::describe(&head, body, text, &mut vector);
    Some(vector)
}

#[cfg(test)]
mod tests;
