//! Reads numbers from bytes, for use with `?`: missing bytes are an error, never a panic.

/// The bytes end too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Short;

/// Read the byte at an index.
#[inline]
pub(crate) fn byte(data: &[u8], at: usize) -> Result<u8, Short> {
    data.get(at).copied().ok_or(Short)
}

/// Read `SIZE` bytes at an index.
#[inline]
fn array<const SIZE: usize>(data: &[u8], at: usize) -> Result<[u8; SIZE], Short> {
    data.get(at..).and_then(<[u8]>::first_chunk).copied().ok_or(Short)
}

/// Read two bytes in network byte order.
#[inline]
pub(crate) fn be16(data: &[u8], at: usize) -> Result<u16, Short> {
    array(data, at).map(u16::from_be_bytes)
}

/// Read four bytes in network byte order.
#[inline]
pub(crate) fn be32(data: &[u8], at: usize) -> Result<u32, Short> {
    array(data, at).map(u32::from_be_bytes)
}

/// Read eight bytes in network byte order.
#[inline]
pub(crate) fn be64(data: &[u8], at: usize) -> Result<u64, Short> {
    array(data, at).map(u64::from_be_bytes)
}

/// Read sixteen bytes in network byte order.
#[inline]
pub(crate) fn be128(data: &[u8], at: usize) -> Result<u128, Short> {
    array(data, at).map(u128::from_be_bytes)
}

/// Read two bytes in the byte order of the capturing machine, nearly always little endian.
#[inline]
pub(crate) fn le16(data: &[u8], at: usize) -> Result<u16, Short> {
    array(data, at).map(u16::from_le_bytes)
}

/// Read four bytes in the byte order of the capturing machine.
#[inline]
pub(crate) fn le32(data: &[u8], at: usize) -> Result<u32, Short> {
    array(data, at).map(u32::from_le_bytes)
}

/// Return the bytes from one index up to another, or as many as there are.
#[inline]
pub(crate) fn part(data: &[u8], from: usize, to: usize) -> &[u8] {
    data.get(from..to.min(data.len())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_past_the_end_is_an_error() {
        let data = [1, 2, 3, 4, 5];
        assert_eq!(be16(&data, 3), Ok(0x0405));
        assert_eq!(be16(&data, 4), Err(Short));
        assert_eq!(le32(&data, 1), Ok(0x0504_0302));
        assert_eq!(be32(&data, usize::MAX), Err(Short));
    }

    #[test]
    fn a_part_is_as_long_as_the_bytes_allow() {
        let data = [1, 2, 3];
        assert_eq!(part(&data, 1, 9), [2, 3]);
        assert_eq!((part(&data, 2, 1).len(), part(&data, 9, 12).len()), (0, 0));
    }
}
