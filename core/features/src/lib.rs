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
        let head = head.get(..LONGEST_HEAD).unwrap_or(head);
        let body = body.get(..LONGEST_BODY).unwrap_or(body);
        let (line, lines) = head::cut(head, head.iter().position(|byte| *byte == b'\n'));
        let mut head = head::Head::of_line(line)?;
        let known = if body.is_empty() { self.memo.of_fields(&head, lines) } else { None };
        let mut vector = known.copied().unwrap_or_else(|| {
            let mut vector = Vector::default();
            head.add_fields(lines);
            fields::describe(&head, body, &mut self.text, &mut vector);
            vector
        });
        if body.is_empty() && !head.fields.is_empty() {
            self.memo.keep(&head, lines, vector);
        }
        target::describe(&head, &mut self.text, &mut vector);
        arguments::describe(&head, body, &mut self.text, &mut vector);
        Some(vector)
    }
}

/// Describe one request, as a new `Describer` does.
#[must_use]
pub fn of(head: &[u8], body: &[u8]) -> Option<Vector> {
    Describer::default().describe(head, body)
}

#[cfg(test)]
mod tests;
