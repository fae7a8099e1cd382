//! Lookups that are complete but for what may follow, the oldest first. Their number and their bytes are limited.

use std::hash::Hash;
use std::net::IpAddr;

use super::records::Found;
use super::row::{Lists, Row};
use crate::aged::Aged;
use crate::context::Context;

/// Maximum lookups kept by one map.
pub(super) const MOST_KEPT: usize = 4096;

/// A lookup with its lists.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) row: Row,
    name: Box<[u8]>,
    addresses: Box<[IpAddr]>,
    errors: Box<[u16]>,
}

impl Kept {
    pub(super) fn new(row: Row, found: &Found) -> Self {
        Self {
            row,
            name: found.name.as_slice().into(),
            addresses: found.addresses.as_slice().into(),
            errors: found.errors.as_slice().into(),
        }
    }

    pub(super) fn emit(&self, cx: &mut Context<'_>) {
        let Self { row, name, addresses, errors } = self;
        cx.out.lookup(&mut cx.ledger.health, row, Lists { name, addresses, errors });
    }

    /// Return the bytes charged to the budget.
    fn cost(&self) -> usize {
        2 * size_of::<Self>() + self.name.len() + size_of_val(&*self.addresses) + size_of_val(&*self.errors)
    }
}

/// Lookups by what may follow them.
#[derive(Debug)]
pub(super) struct KeptLookups<K>(Aged<K, Kept>);

impl<K: Hash + Eq + Clone> Default for KeptLookups<K> {
    fn default() -> Self {
        Self(Aged::new())
    }
}

impl<K: Hash + Eq + Clone> KeptLookups<K> {
    /// Keep a lookup. An earlier one with the same key is emitted, and so is the oldest, or this one, without room.
    pub(super) fn keep(&mut self, cx: &mut Context<'_>, key: K, kept: Kept) {
        if let Some(earlier) = self.take(cx, &key) {
            earlier.emit(cx);
        }
        if !cx.charge(kept.cost()) {
            return kept.emit(cx);
        }
        self.0.insert(key, kept);
        if self.0.len() > MOST_KEPT
            && let Some(oldest) = self.oldest_before(cx, f64::INFINITY)
        {
            oldest.emit(cx);
        }
    }

    pub(super) fn take(&mut self, cx: &mut Context<'_>, key: &K) -> Option<Kept> {
        let kept = self.0.remove(key)?;
        cx.release(kept.cost());
        Some(kept)
    }

    /// Take the oldest lookup, if it is from `time` or before.
    pub(super) fn oldest_before(&mut self, cx: &mut Context<'_>, time: f64) -> Option<Kept> {
        let (_, kept) = self.0.pop_front_if(|_, kept| kept.row.time <= time)?;
        cx.release(kept.cost());
        Some(kept)
    }
}
