//! The arithmetic of sequence numbers (RFC 9293 section 3.4), and the control bits of a segment.

pub(crate) const FIN: u8 = 0x01;
pub(crate) const SYN: u8 = 0x02;
pub(crate) const RST: u8 = 0x04;
pub(crate) const ACK: u8 = 0x10;
pub(crate) const CONTROL: u8 = FIN | SYN | RST;

/// A sequence number this far off belongs to another connection; it is many times any window in use.
pub(crate) const FAR: i64 = 1 << 26;

/// Return how far number `a` is after `b`; negative if it is before.
pub(crate) fn after(a: u32, b: u32) -> i64 {
    i64::from(a.wrapping_sub(b).cast_signed())
}

/// Return the number `size` bytes further on.
pub(crate) fn advanced(number: u32, size: usize) -> u32 {
    number.wrapping_add(size as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_wrap_around() {
        assert_eq!(after(5, 0xFFFF_FFFB), 10);
        assert_eq!(after(0xFFFF_FFFB, 5), -10);
        assert_eq!(after(0x8000_0000, 0), -0x8000_0000);
        assert_eq!(advanced(0xFFFF_FFFF, 2), 1);
    }
}
