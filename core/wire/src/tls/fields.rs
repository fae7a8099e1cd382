//! Reads the fields of TLS messages (RFC 8446 section 3): numbers, vectors behind their length, and extensions.
//!
//! What a message lacks is read as far as it goes: a truncated number as the bytes that are there, a truncated vector as
//! the bytes that are left. So hostile lengths need no errors.

/// The rest of a message that is still to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(crate) fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    /// Return the next `size` bytes, or as many as there are.
    pub(crate) fn bytes(&mut self, size: usize) -> &'a [u8] {
        let (part, rest) = self.rest.split_at_checked(size).unwrap_or((self.rest, &[]));
        self.rest = rest;
        part
    }

    /// Return the next number of `size` bytes, at most 4, in network byte order.
    pub(crate) fn number(&mut self, size: usize) -> usize {
        self.bytes(size).iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
    }

    /// Return the next number of two bytes.
    pub(crate) fn short(&mut self) -> u16 {
        self.number(2) as u16
    }

    /// Return the next vector, whose length takes `size` bytes.
    pub(crate) fn vector(&mut self, size: usize) -> &'a [u8] {
        let length = self.number(size);
        self.bytes(length)
    }

    /// Return what is left.
    pub(crate) fn rest(self) -> &'a [u8] {
        self.rest
    }
}

/// The numbers of two bytes in a vector: cipher suites, groups, versions, algorithms. A final odd byte is ignored.
pub(crate) fn shorts(vector: &[u8]) -> impl Iterator<Item = u16> + Clone + '_ {
    vector.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair))
}

/// The vectors in a vector whose lengths take one byte each: the protocols of ALPN (RFC 7301 section 3.1).
pub(crate) fn vectors(list: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    let mut fields = Fields::new(list);
    std::iter::from_fn(move || (!fields.rest().is_empty()).then(|| fields.vector(1)))
}

/// The types and contents of extensions (RFC 8446 section 4.2), in their order.
pub(crate) fn extensions(block: &[u8]) -> impl Iterator<Item = (u16, &[u8])> + Clone {
    let mut fields = Fields::new(block);
    std::iter::from_fn(move || (fields.rest().len() >= 4).then(|| (fields.short(), fields.vector(2))))
}

/// Return whether a value is reserved so that peers learn to ignore what they do not know (RFC 8701): 0x0A0A, 0x1A1A, ...
pub(crate) fn is_grease(value: u16) -> bool {
    let [high, low] = value.to_be_bytes();
    high == low && low & 0x0F == 0x0A
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncated_fields_are_read_as_far_as_they_go() {
        let mut fields = Fields::new(b"\x00\x02ab\x00\x09cd");
        assert_eq!((fields.vector(2), fields.vector(2), fields.short()), (b"ab".as_slice(), b"cd".as_slice(), 0));
        assert_eq!(Fields::new(b"\x01").short(), 1);
        assert_eq!(
            extensions(b"\x00\x10\x00\x01x\x00\x2b\x00\x09y\x00").collect::<Vec<_>>(),
            [(16, b"x".as_slice()), (43, b"y\x00".as_slice())]
        );
        assert_eq!(extensions(b"\x00\x10\x00").count(), 0);
        assert_eq!(vectors(b"\x02h2\x00\x05x").collect::<Vec<_>>(), [b"h2".as_slice(), b"", b"x"]);
        assert_eq!(shorts(b"\x13\x01\x13").collect::<Vec<_>>(), [0x1301]);
    }

    #[test]
    fn sixteen_values_are_reserved() {
        let reserved = (0..=u16::MAX).filter(|value| is_grease(*value)).collect::<Vec<_>>();
        assert_eq!((reserved.len(), reserved[0], reserved[1], reserved[15]), (16, 0x0A0A, 0x1A1A, 0xFAFA));
    }
}
