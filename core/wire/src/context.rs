//! The context of every component: the counters, the limits, the protocols and the destination of records.

use crate::health::Ledger;
use crate::limits::Limits;
use crate::protocols::Protocols;
use crate::records::Collector;

/// Lent by the decoder while it handles a packet.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) ledger: &'a mut Ledger,
    pub(crate) limits: &'a Limits,
    pub(crate) protocols: Protocols,
    pub(crate) out: &'a mut Collector,
}

impl Context<'_> {
    /// Count malformed, hostile or oversized input.
    pub(crate) fn odd(&mut self, name: &str) {
        self.ledger.health.odd(name);
    }

    /// Charge `size` bytes to the budget; return false if the total buffer is full.
    pub(crate) fn charge(&mut self, size: usize) -> bool {
        let budget = &mut self.ledger.budget;
        let fits = budget.used + size <= budget.limit;
        if fits {
            budget.used += size;
        }
        fits
    }

    /// Return `size` bytes to the budget.
    pub(crate) fn release(&mut self, size: usize) {
        self.ledger.budget.used -= size;
    }
}
