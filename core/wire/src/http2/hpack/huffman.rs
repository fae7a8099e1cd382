//! The Huffman code of strings (RFC 7541 section 5.2 and appendix B).
//!
//! The code is canonical: codes of a length follow each other in the order of their symbols, after all shorter ones. So the
//! lengths define it, and the compiler makes the tables from them.

use super::malformed::Malformed;

/// The end of a string, which must not occur inside one.
const EOS: u16 = 256;
const LONGEST: usize = 30;
/// Codes of up to so many bits are found by one look at a table; they are those of nearly all text.
const SHORT: usize = 8;

/// Length of each symbol's code in bits.
const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
    28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12,
    10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6,
    5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22,
    22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20,
    22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28,
    27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28,
    27, 27, 27, 27, 27, 26, 30,
];

/// The tables of the code.
struct Codes {
    /// The symbol and the code's length by the next `SHORT` bits; length 0 if the code is longer.
    short: [(u8, u8); 1 << SHORT],
    /// The symbols in the order of their codes.
    symbols: [u16; 257],
    /// For each length: the end of its codes, aligned with the most significant of 32 bits.
    ends: [u64; LONGEST + 1],
    /// For each length: what to add to a code of that length for its place in `symbols`.
    places: [i64; LONGEST + 1],
}

static CODES: Codes = Codes::new();

impl Codes {
    #[expect(clippy::indexing_slicing, reason = "the compiler runs it: an index beyond an array does not compile")]
    const fn new() -> Self {
        let (short, symbols) = ([(0, 0); 1 << SHORT], [0; 257]);
        let mut codes = Self { short, symbols, ends: [0; LONGEST + 1], places: [0; LONGEST + 1] };
        let (mut length, mut code, mut place) = (1, 0, 0);
        while length <= LONGEST {
            codes.places[length] = place as i64 - code as i64;
            let mut symbol = 0;
            while symbol < LENGTHS.len() {
                if LENGTHS[symbol] as usize == length {
                    codes.symbols[place] = symbol as u16;
                    codes.fill(code, symbol as u8, length);
                    place += 1;
                    code += 1;
                }
                symbol += 1;
            }
            codes.ends[length] = (code as u64) << (32 - length);
            code <<= 1;
            length += 1;
        }
        codes
    }

    /// Enter a code in the table of short ones, under all bits that may follow it.
    #[expect(clippy::indexing_slicing, reason = "the compiler runs it: an index beyond an array does not compile")]
    const fn fill(&mut self, code: usize, symbol: u8, length: usize) {
        if length > SHORT {
            return;
        }
        let mut following = 0;
        while following < 1 << (SHORT - length) {
            self.short[(code << (SHORT - length)) + following] = (symbol, length as u8);
            following += 1;
        }
    }

    /// Return the symbol whose code is at the start of 32 bits, and the code's length.
    #[inline]
    fn next(&self, bits: u32) -> (u16, u32) {
        match self.short.get((bits >> (32 - SHORT)) as usize) {
            Some((symbol, length)) if *length > 0 => (u16::from(*symbol), u32::from(*length)),
            _ => self.long(bits),
        }
    }

    fn long(&self, bits: u32) -> (u16, u32) {
        let length = self.ends.iter().skip(SHORT + 1).take_while(|end| u64::from(bits) >= **end).count() + SHORT + 1;
        let place = self.places.get(length).map_or(0, |place| place + i64::from(bits >> (32 - length.min(LONGEST))));
        (
            usize::try_from(place).ok().and_then(|place| self.symbols.get(place)).map_or(EOS, |symbol| *symbol),
            length as u32,
        )
    }
}

/// Decode a string and append it to `text`; it is at most 8/5 as long as its code.
pub(super) fn decode(code: &[u8], text: &mut Vec<u8>) -> Result<(), Malformed> {
    text.reserve(code.len() / 5 * 8 + 8);
    let mut bits = Bits { inverted: 0, held: 0, rest: code };
    loop {
        bits.refill();
        let (symbol, length) = CODES.next(bits.next());
        if length > bits.held {
            return bits.ended();
        }
        text.push(u8::try_from(symbol).map_err(|_| Malformed::Huffman)?);
        bits.take(length);
    }
}

/// The bits of a code that are not yet decoded.
struct Bits<'a> {
    /// The next bits, the first one most significant, all inverted: so ones follow the last bit.
    inverted: u64,
    /// How many of them are bits of the code.
    held: u32,
    rest: &'a [u8],
}

impl Bits<'_> {
    /// Hold at least 32 bits, if there are so many.
    #[inline]
    fn refill(&mut self) {
        if self.held >= 32 {
            return;
        }
        if let Some((four, after)) = self.rest.split_first_chunk::<4>() {
            self.inverted |= u64::from(!u32::from_be_bytes(*four)) << (32 - self.held);
            (self.held, self.rest) = (self.held + 32, after);
            return;
        }
        while let Some((byte, after)) = self.rest.split_first() {
            self.inverted |= u64::from(!byte) << (56 - self.held);
            (self.held, self.rest) = (self.held + 8, after);
        }
    }

    #[inline]
    fn next(&self) -> u32 {
        (!self.inverted >> 32) as u32
    }

    #[inline]
    fn take(&mut self, count: u32) {
        self.inverted <<= count;
        self.held -= count;
    }

    /// Check the padding: at most seven bits, which are ones.
    fn ended(&self) -> Result<(), Malformed> {
        if self.held < 8 && self.inverted == 0 { Ok(()) } else { Err(Malformed::Huffman) }
    }
}

/// Encode symbols; bits that are left over are padded with ones.
#[cfg(test)]
pub(super) fn encoded(symbols: &[u16]) -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    for symbol in symbols {
        let place = CODES.symbols.iter().position(|one| one == symbol).unwrap() as i64;
        let length = usize::from(LENGTHS[usize::from(*symbol)]);
        let code = place - CODES.places[length];
        bits.extend((0..length).rev().map(|bit| code >> bit & 1 == 1));
    }
    bits.resize(bits.len().next_multiple_of(8), true);
    bits.chunks(8).map(|byte| byte.iter().fold(0, |so_far, bit| so_far << 1 | u8::from(*bit))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(code: &[u8]) -> Result<Vec<u8>, Malformed> {
        let mut text = Vec::new();
        decode(code, &mut text).map(|()| text)
    }

    #[test]
    fn the_code_is_complete() {
        let covered: u64 = LENGTHS.iter().map(|length| 1 << (32 - length)).sum();
        assert_eq!((covered, CODES.ends[LONGEST]), (1 << 32, 1 << 32));
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        assert_eq!(decoded(b"\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff").unwrap(), b"www.example.com");
        assert_eq!(encoded(&[0]), [0xFF, 0xC7]);
        assert_eq!(encoded(&[1]), [0xFF, 0xFF, 0xB1]);
        assert_eq!(encoded(&[249]), [0xFF, 0xFF, 0xFF, 0xEF]);
        assert_eq!(encoded(&[255]), [0xFF, 0xFF, 0xFB, 0xBF]);
        assert_eq!(encoded(&[10]), [0xFF, 0xFF, 0xFF, 0xF3]);
    }

    #[test]
    fn every_pair_of_symbols_is_decoded() {
        for first in 0..=255 {
            for second in 0..=255 {
                assert_eq!(decoded(&encoded(&[first, second])).unwrap(), [first as u8, second as u8]);
            }
        }
    }

    #[test]
    fn padding_is_at_most_seven_ones() {
        assert_eq!(decoded(b""), Ok(vec![]));
        assert_eq!(decoded(b"\x07"), Ok(b"0".to_vec()));
        assert_eq!(decoded(b"\x06"), Err(Malformed::Huffman));
        assert_eq!(decoded(b"\x07\xff"), Err(Malformed::Huffman));
        assert_eq!(decoded(b"\xff"), Err(Malformed::Huffman));
    }

    #[test]
    fn the_end_of_a_string_does_not_occur_inside_one() {
        assert_eq!(decoded(&encoded(&[48, EOS])), Err(Malformed::Huffman));
        assert_eq!(decoded(b"\xff\xff\xff\xff"), Err(Malformed::Huffman));
    }
}
