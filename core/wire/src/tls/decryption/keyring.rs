//! What a decoder needs to decrypt: the secrets that it was given, and buffers.

use super::buffers::Buffers;
use super::lingering::Lingering;
use crate::health::Health;
use crate::limits::Limits;
use crate::secrets::Store;

/// The secrets of a decoder, and its buffers for records.
#[derive(Debug)]
pub(crate) struct Keyring {
    pub(crate) store: Store,
    /// How often secrets were added: until then, it is useless to ask for them again.
    pub(super) additions: u64,
    pub(super) buffers: Buffers,
    /// Connections that ended before their secrets came.
    pub(super) lingering: Lingering,
}

impl Keyring {
    pub(crate) fn new(limits: &Limits) -> Self {
        let store = Store::new(limits.secrets);
        Self { store, additions: 0, buffers: Buffers::default(), lingering: Lingering::default() }
    }

    /// Read lines of a key log.
    pub(crate) fn add(&mut self, health: &mut Health, lines: &[u8]) {
        let Self { store, additions, lingering, .. } = self;
        store.add(health, lines, |random| {
            *additions += 1;
            lingering.awaken(random);
        });
    }
}
