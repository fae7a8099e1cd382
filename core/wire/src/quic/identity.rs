//! Connection ids (RFC 9000 section 5.1).

/// Minimum length of the connection id that a client chooses for its server (RFC 9000 section 7.2).
pub(super) const LEAST_IDENTITY: usize = 8;
/// Maximum length of any connection id in the versions known here.
pub(super) const LONGEST: usize = 20;

/// A connection id: up to 20 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    length: u8,
    bytes: [u8; LONGEST],
}

impl Identity {
    /// Create a connection id from its bytes; only the first 20 count.
    pub(super) fn new(from: &[u8]) -> Self {
        let mut bytes = [0; LONGEST];
        for (to, from) in bytes.iter_mut().zip(from) {
            *to = *from;
        }
        Self { length: from.len().min(LONGEST) as u8, bytes }
    }

    /// Return its bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len()).unwrap_or_default()
    }

    /// Return its length.
    pub(super) fn len(&self) -> usize {
        usize::from(self.length)
    }
}
