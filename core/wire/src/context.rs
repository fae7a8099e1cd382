//! The context of every component: the counters, the limits, the protocols and the destination of records.

use crate::dns::Lookups;
use crate::health::Ledger;
use crate::limits::Limits;
use crate::protocols::Protocols;
use crate::records::Collector;
use crate::tls::Keyring;

/// Lent by the decoder while it handles a packet.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) ledger: &'a mut Ledger,
    pub(crate) limits: &'a Limits,
    pub(crate) protocols: Protocols,
    pub(crate) out: &'a mut Collector,
    /// DNS lookups under way, if they are wanted.
    pub(crate) lookups: &'a mut Option<Box<Lookups>>,
    /// Secrets of TLS connections, if these are to be decrypted.
    pub(crate) keys: &'a mut Option<Box<Keyring>>,
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

    /// Let the DNS lookups, if they are wanted, act within this context.
    pub(crate) fn with_lookups<R>(&mut self, act: impl FnOnce(&mut Lookups, &mut Context<'_>) -> R) -> Option<R> {
        let Self { ledger, limits, protocols, out, lookups, keys } = self;
        let lookups = lookups.as_deref_mut()?;
        let mut apart = Context { ledger, limits, protocols: *protocols, out, lookups: &mut None, keys };
        Some(act(lookups, &mut apart))
    }

    /// Return `size` bytes to the budget.
    pub(crate) fn release(&mut self, size: usize) {
        self.ledger.budget.used -= size;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::records::Wanted;

    /// Lend a context with the default limits and all protocols.
    pub(crate) fn with_context<T>(work: impl FnOnce(&mut Context<'_>) -> T) -> T {
        let limits = Limits::default();
        let (mut ledger, mut out) = (Ledger::new(limits.total_buffer), Collector::new(&limits, Wanted::default()));
        let protocols = Protocols { http2: true, websocket: true, operations: true, tls: true, dns: true, quic: true };
        work(&mut Context {
            ledger: &mut ledger,
            limits: &limits,
            protocols,
            out: &mut out,
            lookups: &mut None,
            keys: &mut None,
        })
    }
}
