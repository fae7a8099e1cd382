//! Small operations on bytes.

/// Return the byte at an index.
pub(crate) fn at(text: &[u8], index: usize) -> Option<u8> {
    text.get(index).copied()
}

/// Return the byte before an index.
pub(crate) fn before(text: &[u8], index: usize) -> Option<u8> {
    at(text, index.checked_sub(1)?)
}
