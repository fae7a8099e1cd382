//! Buffers for records, which are used again: decrypting a record takes no memory of its own.

use crate::context::Context;

/// Buffers that are kept for the next record.
const MOST: usize = 32;

/// Buffers of a decoder.
#[derive(Debug, Default)]
pub(crate) struct Buffers(Vec<Vec<u8>>);

/// Return an empty buffer.
pub(super) fn spare(cx: &mut Context<'_>) -> Vec<u8> {
    cx.keys.as_deref_mut().and_then(|keyring| keyring.buffers.0.pop()).unwrap_or_default()
}

/// Take a buffer that is no longer needed.
pub(super) fn keep(cx: &mut Context<'_>, buffer: &mut Vec<u8>) {
    let mut buffer = std::mem::take(buffer);
    if let Some(Buffers(spare)) = cx.keys.as_deref_mut().map(|keyring| &mut keyring.buffers)
        && spare.len() < MOST
        && buffer.capacity() > 0
    {
        buffer.clear();
        spare.push(buffer);
    }
}
