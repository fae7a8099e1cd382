//! Remembers which tests values passed: fields and cookies are the same in many requests.

use std::collections::HashMap;

/// Longest value that is remembered, in bytes.
const LONGEST: usize = 512;
/// Values of a generation; there are two.
const MOST: usize = 4096;

/// The tests that values passed, for the values used last. Its keys are compared in whole, so nothing is mistaken.
#[derive(Default)]
pub(crate) struct Memo {
    young: HashMap<Box<[u8]>, Box<[usize]>>,
    old: HashMap<Box<[u8]>, Box<[usize]>>,
    key: Vec<u8>,
}

impl Memo {
    /// Choose the value of a part that the next calls are about. `selected` says which tests look at it.
    pub(crate) fn choose(&mut self, part: u8, selected: u64, text: &[u8]) {
        self.key.clear();
        if text.len() <= LONGEST {
            self.key.push(part);
            self.key.extend_from_slice(&selected.to_le_bytes());
            self.key.extend_from_slice(text);
        }
    }

    /// The tests that it passed; None if that is not known.
    pub(crate) fn passed(&mut self) -> Option<&[usize]> {
        if !self.young.contains_key(self.key.as_slice()) {
            let (key, tests) = self.old.remove_entry(self.key.as_slice())?;
            self.insert(key, tests);
        }
        self.young.get(self.key.as_slice()).map(|tests| &**tests)
    }

    /// Remember the tests that it passed.
    pub(crate) fn remember(&mut self, tests: &[usize]) {
        if !self.key.is_empty() {
            self.insert(self.key.as_slice().into(), tests.into());
        }
    }

    fn insert(&mut self, key: Box<[u8]>, tests: Box<[usize]>) {
        if self.young.len() >= MOST {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, tests);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_used_last_are_remembered() {
        let mut memo = Memo::default();
        memo.choose(1, 2, b"kept");
        memo.remember(&[7]);
        for number in 0..3 * MOST {
            memo.choose(1, 2, number.to_string().as_bytes());
            assert_eq!(memo.passed(), None);
            memo.remember(&[]);
            if number % 1000 == 0 {
                memo.choose(1, 2, b"kept");
                assert_eq!(memo.passed(), Some(&[7][..]));
            }
        }
        memo.choose(1, 3, b"kept");
        assert_eq!(memo.passed(), None);
        memo.choose(1, 2, b"0");
        assert_eq!(memo.passed(), None);
        assert!(memo.young.len() + memo.old.len() <= 2 * MOST);
    }

    #[test]
    fn long_values_are_not() {
        let mut memo = Memo::default();
        memo.choose(1, 2, &[b'a'; LONGEST + 1]);
        memo.remember(&[7]);
        assert_eq!(memo.passed(), None);
    }
}
