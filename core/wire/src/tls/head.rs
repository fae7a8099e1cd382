//! The head of a record (RFC 8446 section 5.1).

/// Bytes of the head.
pub(crate) const HEAD: usize = 5;

/// The head of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Type of its content, or of what it pretends to be.
    pub(crate) kind: u8,
    pub(crate) version: [u8; 2],
    pub(crate) length: usize,
}

impl Head {
    pub(crate) fn of([kind, major, minor, high, low]: [u8; HEAD]) -> Self {
        Self { kind, version: [major, minor], length: usize::from(u16::from_be_bytes([high, low])) }
    }

    pub(crate) fn bytes(self) -> [u8; HEAD] {
        let ([major, minor], [high, low]) = (self.version, (self.length as u16).to_be_bytes());
        [self.kind, major, minor, high, low]
    }

    /// Return what TLS 1.2 authenticates besides the content of `size` bytes (RFC 5246 section 6.2.3).
    pub(crate) fn numbered(self, number: u64, size: usize) -> [u8; 13] {
        let ([major, minor], [high, low]) = (self.version, (size as u16).to_be_bytes());
        let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
        [a, b, c, d, e, f, g, h, self.kind, major, minor, high, low]
    }
}
