//! A cache of recently found numbers: most lookups end here and avoid the keyed hash of a table.
//!
//! The mixing of bits is cheap and not secret, so an attacker can make every lookup miss; then each one goes to the
//! table as well. A hit may belong to something else and must be compared.

const PLACES: usize = 1 << PLACE_BITS;
const PLACE_BITS: u32 = 10;
/// 2^64 divided by the golden ratio (Knuth's multiplicative hashing).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Numbers, each with the bits of the key it was found for.
#[derive(Debug)]
pub(crate) struct Recent(Box<[(u64, u32); PLACES]>);

impl Default for Recent {
    fn default() -> Self {
        Self(Box::new([(0, 0); PLACES]))
    }
}

impl Recent {
    /// Return the number noted for these bits, unless another has replaced it.
    pub(crate) fn get(&self, bits: u64) -> Option<u32> {
        self.0.get(place(bits)).filter(|(noted, _)| *noted == bits).map(|(_, number)| *number)
    }

    /// Note a number that was found.
    pub(crate) fn note(&mut self, bits: u64, number: u32) {
        if let Some(noted) = self.0.get_mut(place(bits)) {
            *noted = (bits, number);
        }
    }
}

fn place(bits: u64) -> usize {
    // The highest bits of the product depend on all bits.
    (bits.wrapping_mul(SPREAD) >> (u64::BITS - PLACE_BITS)) as usize
}

/// Return bits that differ between most texts, from their length and the bytes at four positions.
pub(crate) fn bits_of_text(text: &[u8]) -> u64 {
    let size = text.len();
    let word = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let word_at = |place: usize| word(text.get(place..).and_then(<[u8]>::first_chunk));
    let byte = |byte: Option<&u8>| byte.copied().map_or(0, u64::from);
    let ends = [byte(text.first()), byte(text.last()), word(text.first_chunk()), word(text.last_chunk())];
    let between = [word_at(size / 4), word_at(size / 2)];
    ends.iter().chain(&between).fold(size as u64, |mixed, part| mixed.rotate_left(13) ^ part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_noted_number_is_found() {
        let mut recent = Recent::default();
        assert_eq!(recent.get(7), None);
        recent.note(7, 1);
        recent.note(7, 2);
        assert_eq!((recent.get(7), recent.get(8)), (Some(2), None));
    }

    #[test]
    fn common_texts_do_not_collide() {
        let texts: Vec<String> = (0..100).map(|number| format!("www.host{number}.example.com")).collect();
        let usual = ["GET", "PUT", "POST", "HEAD", "DELETE", "1.0", "1.1", ""].map(str::to_owned);
        let all = texts.iter().chain(&usual);
        let places: std::collections::HashSet<usize> = all.map(|text| place(bits_of_text(text.as_bytes()))).collect();
        assert!(places.len() > 90, "{}", places.len());
    }
}
