//! What is kept of messages for those who inspect them: heads, and the starts of bodies.
//!
//! Everything kept is charged to the total buffer, of which it never takes the second half: heads and segments that are
//! needed to decode at all find room there. What does not fit is not kept, which is counted.

use features::{Describer, Vector as Features};

use crate::context::Context;

/// Memory of a kept message in bytes, besides its head and body.
const COST: usize = 128;

/// The head of a message, and the start of its body.
#[derive(Debug, Default)]
pub struct Kept {
    /// The head as it was sent, with its empty line; empty if there is none.
    pub head: Vec<u8>,
    /// The start of the body without transfer codings.
    pub body: Vec<u8>,
    /// Whether nothing more is kept: bytes of the body are missing, there is no room, or it is no body of HTTP.
    closed: bool,
    /// Whether the head lacks a part, so that it is not what was sent.
    cut: bool,
}

impl Kept {
    /// Keep the head of a message; None if there is no room for it.
    pub(crate) fn new(cx: &mut Context<'_>, head: &[u8]) -> Option<Box<Self>> {
        let fits = charge(cx, COST + head.len());
        fits.then(|| Box::new(Self { head: head.to_vec(), ..Self::default() }))
    }

    /// Keep the next bytes of the body, up to `Limits::inspected_body` in all.
    #[cold]
    pub(crate) fn data(&mut self, cx: &mut Context<'_>, part: &[u8]) {
        let room = cx.limits.inspected_body.saturating_sub(self.body.len());
        let part = part.get(..room).unwrap_or(part);
        if self.closed || part.is_empty() {
            return;
        }
        if charge(cx, part.len()) {
            self.body.extend_from_slice(part);
        } else {
            self.closed = true;
        }
    }

    /// Note that a part of the head is missing.
    pub(crate) fn cut_head(&mut self) {
        self.cut = true;
    }

    /// Return the features of a request; None if a part of its head is missing.
    pub(crate) fn features(&self, describer: &mut Describer) -> Option<Features> {
        if self.cut { None } else { describer.describe(&self.head, &self.body) }
    }

    /// Keep nothing more of the body.
    pub(crate) fn close(&mut self) {
        self.closed = true;
    }

    /// Return its memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        COST + self.head.capacity() + self.body.capacity()
    }

    /// Return the bytes of the budget in use.
    pub(crate) fn held(&self) -> usize {
        COST + self.head.len() + self.body.len()
    }
}

/// Return what is kept of a message to its owner: it is no longer charged.
pub(crate) fn released(cx: &mut Context<'_>, kept: Option<Box<Kept>>) -> Option<Box<Kept>> {
    if let Some(kept) = &kept {
        cx.release(kept.held());
    }
    kept
}

/// Return the bytes of the budget that a message uses.
pub(crate) fn held(kept: Option<&Kept>) -> usize {
    kept.map_or(0, Kept::held)
}

/// Charge `size` bytes while less than half of the budget is in use.
fn charge(cx: &mut Context<'_>, size: usize) -> bool {
    let budget = &cx.ledger.budget;
    let fits = budget.used + size <= budget.limit / 2 && cx.charge(size);
    if !fits {
        cx.odd("content not kept");
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::tests::with_context;

    #[test]
    fn what_is_kept_is_charged_until_it_is_released() {
        with_context(|cx| {
            let mut kept = Kept::new(cx, b"GET / HTTP/1.1\r\n\r\n").unwrap();
            kept.data(cx, b"abc");
            assert_eq!((cx.ledger.budget.used, kept.body.as_slice()), (kept.held(), b"abc".as_slice()));
            kept.close();
            kept.data(cx, b"d");
            assert_eq!(released(cx, Some(kept)).unwrap().body, b"abc");
            assert_eq!((cx.ledger.budget.used, cx.ledger.health.oddities.len()), (0, 0));
        });
    }

    #[test]
    fn nothing_is_kept_once_half_of_the_budget_is_used() {
        with_context(|cx| {
            cx.ledger.budget.limit = 2 * (COST + 5);
            let mut kept = Kept::new(cx, b"HTTP").unwrap();
            kept.data(cx, b"a");
            kept.data(cx, b"b");
            kept.data(cx, b"c");
            assert!(Kept::new(cx, b"").is_none());
            assert_eq!((kept.body.as_slice(), cx.ledger.health.oddities["content not kept"]), (b"a".as_slice(), 2));
        });
    }
}
