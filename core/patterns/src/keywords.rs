//! Which of many words occur in a text: a first search, so that few rules have to be looked at closely.

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError};

/// Words, ready to search; the case of ASCII letters does not count.
pub struct Keywords {
    words: AhoCorasick,
}

impl Keywords {
    /// Prepare words. An empty one never occurs.
    ///
    /// # Errors
    /// They are too many.
    pub fn new(words: &[Vec<u8>]) -> Result<Self, BuildError> {
        let words = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::ContiguousNFA)) // a tenth of the memory of a DFA, and half as fast
            .build(words)?;
        Ok(Self { words })
    }

    /// Return the places of the words that occur, each once, ascending.
    #[must_use]
    pub fn find(&self, text: &[u8]) -> Vec<usize> {
        let mut occurs = vec![false; self.words.patterns_len()];
        let mut left = occurs.len();
        for found in self.words.find_overlapping_iter(text) {
            if let Some(here) = occurs.get_mut(found.pattern().as_usize())
                && !found.is_empty()
                && !*here
            {
                *here = true;
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
        occurs.into_iter().enumerate().filter_map(|(place, here)| here.then_some(place)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Keywords;

    fn found(words: &[&str], text: &str) -> Vec<usize> {
        let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        Keywords::new(&words).unwrap().find(text.as_bytes())
    }

    #[test]
    fn words_are_found_once_in_any_case() {
        assert_eq!(found(&["cmd", "shell", "none"], "SHELL cmd Cmd"), [0, 1]);
        assert_eq!(found(&["cmd", "cmd.exe", "md", "cmd"], "CMD.exe"), [0, 1, 2, 3]);
    }

    #[test]
    fn nothing_is_found_in_nothing() {
        assert_eq!(found(&[], "text"), [0; 0]);
        assert_eq!(found(&["word"], ""), [0; 0]);
        assert_eq!(found(&["", "text"], "text"), [1]);
    }

    #[test]
    fn bytes_that_are_no_text_are_words() {
        let words = Keywords::new(&[vec![0xff, 0x00], vec![0xe9]]).unwrap();
        assert_eq!(words.find(&[0x00, 0xff, 0x00, 0xc9]), [0]);
    }
}
