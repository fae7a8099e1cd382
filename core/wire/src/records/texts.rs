//! Columns of texts: one code per row, and the distinct texts that the codes stand for.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use crate::recent::{Recent, bits_of_text};

/// Distinct texts, each with a code: its index in order of first appearance.
///
/// Peers choose the texts, so the hash is keyed.
#[derive(Debug, Default)]
pub struct Interner {
    bytes: String,
    /// Index after the last byte of each text in `bytes`.
    ends: Vec<usize>,
    codes: HashTable<u32>,
    hasher: RandomState,
    /// Recently used codes.
    recent: Recent,
}

impl Interner {
    /// Create an empty dictionary with room for `texts` texts, because rehashing at every doubling takes time.
    #[must_use]
    pub fn with_room(texts: usize) -> Self {
        Self { ends: Vec::with_capacity(texts), codes: HashTable::with_capacity(texts), ..Self::default() }
    }

    /// Return the code of a text, which is added if new.
    pub fn code(&mut self, text: &str) -> u32 {
        let bits = bits_of_text(text.as_bytes());
        let recent = self.recent.get(bits).filter(|code| self.get(*code) == Some(text));
        if let Some(code) = recent {
            return code;
        }
        let Self { bytes, ends, codes, hasher, .. } = self;
        let hash = hasher.hash_one(text);
        let known = codes.find(hash, |code| at(bytes, ends, *code) == Some(text)).copied();
        let code = known.unwrap_or_else(|| self.enter(text, hash));
        self.recent.note(bits, code);
        code
    }

    fn enter(&mut self, text: &str, hash: u64) -> u32 {
        let Self { bytes, ends, codes, hasher, .. } = self;
        let code = ends.len() as u32;
        bytes.push_str(text);
        ends.push(bytes.len());
        codes.insert_unique(hash, code, |code| hasher.hash_one(at(bytes, ends, *code).unwrap_or_default()));
        code
    }

    /// Return the text of a code.
    #[must_use]
    pub fn get(&self, code: u32) -> Option<&str> {
        at(&self.bytes, &self.ends, code)
    }

    /// Return whether there are no texts.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Iterate over all texts, in the order of their codes.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len() as u32).filter_map(|code| self.get(code))
    }
}

fn at<'a>(bytes: &'a str, ends: &[usize], code: u32) -> Option<&'a str> {
    let place = code as usize;
    let end = *ends.get(place)?;
    let start = place.checked_sub(1).map_or(Some(0), |before| ends.get(before).copied())?;
    bytes.get(start..end)
}

/// A column derived from others, with a dictionary of its own.
#[derive(Debug, Default)]
pub struct Codes {
    /// One code per row; -1 stands for None.
    pub codes: Vec<i32>,
    /// The texts that the codes stand for.
    pub texts: Interner,
}

impl Codes {
    /// Create an empty column with room for `rows` rows, each with a text of its own.
    #[must_use]
    pub fn with_room(rows: usize) -> Self {
        Self { codes: Vec::with_capacity(rows), texts: Interner::with_room(rows) }
    }

    /// Add a row.
    pub fn push(&mut self, text: Option<&str>) {
        let code = text.map_or(-1, |text| self.texts.code(text).cast_signed());
        self.codes.push(code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_one_code() {
        let mut texts = Interner::default();
        let codes: Vec<_> = ["a", "b", "a", "", "b"].iter().map(|text| texts.code(text)).collect();
        assert_eq!(codes, [0, 1, 0, 2, 1]);
        assert_eq!(texts.texts().collect::<Vec<_>>(), ["a", "b", ""]);
    }

    #[test]
    fn many_texts_keep_their_codes() {
        let mut texts = Interner::default();
        for number in 0..1000_u32 {
            assert_eq!(texts.code(&number.to_string()), number);
        }
        assert_eq!(texts.code("500"), 500);
    }
}
