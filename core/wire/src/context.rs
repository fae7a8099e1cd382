//! What every part works with: what it counts into, its bounds, and where records go.

use crate::health::Ledger;
use crate::limits::Limits;
use crate::records::Collector;

/// Lent by the decoder, for as long as a packet is taken.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) ledger: &'a mut Ledger,
    pub(crate) limits: &'a Limits,
    pub(crate) out: &'a mut Collector,
}

impl Context<'_> {
    /// Count something malformed, hostile or over-long.
    pub(crate) fn odd(&mut self, name: &str) {
        self.ledger.health.odd(name);
    }

    /// Take `size` bytes of the budget; false when all buffers together are full.
    pub(crate) fn charge(&mut self, size: usize) -> bool {
        let budget = &mut self.ledger.budget;
        let fits = budget.used + size <= budget.limit;
        if fits {
            budget.used += size;
        }
        fits
    }

    /// Give `size` bytes back.
    pub(crate) fn release(&mut self, size: usize) {
        self.ledger.budget.used -= size;
    }
}
