//! Integers with a prefix (RFC 7541 section 5.1).

use super::malformed::Malformed;

const MORE: u8 = 0x80;
/// Maximum bytes after the prefix; they have room for 35 bits.
const MOST_BYTES: u32 = 5;

/// Read an integer that starts in the bits `mask` of `first` and continues in `rest`, which is left after it.
#[inline]
pub(super) fn integer(first: u8, mask: u8, rest: &mut &[u8]) -> Result<u32, Malformed> {
    let prefix = first & mask;
    if prefix < mask { Ok(u32::from(prefix)) } else { continued(u64::from(mask), rest) }
}

fn continued(mut value: u64, rest: &mut &[u8]) -> Result<u32, Malformed> {
    for number in 0..MOST_BYTES {
        let (byte, after) = rest.split_first().ok_or(Malformed::Truncated)?;
        *rest = after;
        value += u64::from(byte & !MORE) << (7 * number);
        if byte & MORE == 0 {
            return u32::try_from(value).map_err(|_| Malformed::Integer);
        }
    }
    Err(Malformed::Integer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], mask: u8) -> Result<(u32, &[u8]), Malformed> {
        let (first, mut rest) = bytes.split_first().unwrap();
        integer(*first, mask, &mut rest).map(|value| (value, rest))
    }

    #[test]
    fn the_examples_of_the_rfc_are_read() {
        assert_eq!(read(&[0b1110_1010, 9], 31), Ok((10, [9].as_slice())));
        assert_eq!(read(&[0b0001_1111, 0b1001_1010, 0b0000_1010], 31), Ok((1337, [].as_slice())));
        assert_eq!(read(&[42], 255), Ok((42, [].as_slice())));
    }

    #[test]
    fn the_largest_integer_has_32_bits() {
        assert_eq!(read(&[127, 0x80, 0xFF, 0xFF, 0xFF, 0x0F], 127), Ok((u32::MAX, [].as_slice())));
        assert_eq!(read(&[127, 0x81, 0xFF, 0xFF, 0xFF, 0x0F], 127), Err(Malformed::Integer));
        assert_eq!(read(&[127, 0x80, 0x80, 0x80, 0x80, 0x80, 0], 127), Err(Malformed::Integer));
        assert_eq!(read(&[127, 0x80, 0x80], 127), Err(Malformed::Truncated));
    }
}
