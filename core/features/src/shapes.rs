//! Shapes of text that is meant to be run or to break out of a value: what follows what, not which words.

use crate::amounts::in_short_text;
use crate::bodies::{each_string, looks_structured};
use crate::classes::{VOWELS, is_text};
use crate::words::{COMMANDS, PACKAGES, PROGRAMS, RESERVED, ROOTS, bit_of, may_be_known};

/// Counts of shapes in the decoded texts of one part of a request: of each shape, that of the text with most of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shapes {
    /// Quotation marks, but no apostrophes within words.
    pub(crate) quotes: usize,
    /// `<` and `>`.
    pub(crate) angles: usize,
    /// Parentheses.
    pub(crate) parentheses: usize,
    /// Braces and square brackets.
    pub(crate) braces: usize,
    /// `;`, `|`, `&`, `$` and backticks.
    pub(crate) separators: usize,
    pub(crate) backslashes: usize,
    /// `=`, `!`, `*`, `^`, `~`, `#`, `@` and `%`.
    pub(crate) others: usize,
    /// Control characters.
    pub(crate) controls: usize,
    /// Bytes that are no ASCII.
    pub(crate) high: usize,
    /// Quotation marks before an operator, a bracket or a separator, and one without its counterpart.
    pub(crate) broken_quotes: usize,
    /// Starts and ends of comments.
    pub(crate) comments: usize,
    /// `<` before what a tag starts with.
    pub(crate) tags: usize,
    /// Words before a parenthesis.
    pub(crate) calls: usize,
    /// Variables and expressions that something is put in place of: `$(`, `${`, `{{`, `<%`, backticks, `$name`.
    pub(crate) substitutions: usize,
    /// Commands at the start of a value, or after a separator, a slash or a quotation mark; and options of commands.
    pub(crate) commands: usize,
    /// Steps up to the parent directory.
    pub(crate) traversals: usize,
    /// Directories of the system, hidden files, and files that are programs.
    pub(crate) system_paths: usize,
    /// Schemes of URLs.
    pub(crate) schemes: usize,
    /// Comparisons: `==`, `!=`, `<>`, `||`, and an equals sign with spaces, quotes or the same on both sides.
    pub(crate) comparisons: usize,
    /// Reserved words.
    pub(crate) words: usize,
    /// Names within names: `a->b`, `a::b` and `org.a.b`, and names that start with two underscores.
    pub(crate) names: usize,
    /// Backslashes before what stands for another character.
    pub(crate) escapes: usize,
    /// Changes between letters, digits and special characters.
    pub(crate) changes: usize,
    /// Different special characters, as bits.
    pub(crate) kinds: u64,
    /// Special characters of all kinds.
    pub(crate) specials: usize,
    /// Longest run of letters without a vowel.
    pub(crate) unspeakable: usize,
}

/// What is known of the text that is being read.
struct Reader<'a> {
    text: &'a [u8],
    shapes: Shapes,
    place: usize,
}

impl Shapes {
    /// Count the shapes of a decoded text in lower case, and keep those counts that are higher than before.
    pub(crate) fn read(&mut self, text: &[u8]) {
        let mut reader = Reader { text, shapes: Self::default(), place: 0 };
        reader.all();
        let found = reader.shapes;
        self.keep_higher(&found, text.len());
    }

    /// Count the shapes of a decoded value; of one that is an object or a list of JSON, those of its strings. Return
    /// false if it is no text.
    pub(crate) fn read_value(&mut self, value: &[u8]) -> bool {
        if !is_text(value) {
            return false;
        }
        if looks_structured(value) {
            each_string(value, |part| self.read(part));
        } else {
            self.read(value);
        }
        true
    }

    #[rustfmt::skip]
    fn keep_higher(&mut self, found: &Self, length: usize) {
        let Self {
            quotes, angles, parentheses, braces, separators, backslashes, others, controls, high, broken_quotes, comments,
            tags, calls, substitutions, commands, traversals, system_paths, schemes, comparisons, words, names, escapes,
            changes, kinds, specials, unspeakable,
        } = found;
        for (known, new) in [
            (&mut self.quotes, quotes), (&mut self.angles, angles), (&mut self.parentheses, parentheses),
            (&mut self.braces, braces), (&mut self.separators, separators), (&mut self.backslashes, backslashes),
            (&mut self.others, others), (&mut self.controls, controls), (&mut self.high, high),
            (&mut self.broken_quotes, broken_quotes), (&mut self.comments, comments), (&mut self.tags, tags),
            (&mut self.calls, calls), (&mut self.substitutions, substitutions), (&mut self.commands, commands),
            (&mut self.traversals, traversals), (&mut self.system_paths, system_paths),
            (&mut self.schemes, schemes), (&mut self.comparisons, comparisons), (&mut self.words, words),
            (&mut self.names, names), (&mut self.escapes, escapes), (&mut self.changes, changes),
            (&mut self.specials, specials), (&mut self.unspeakable, unspeakable),
        ] {
            *known = (*known).max(in_short_text(*new, length));
        }
        if kinds.count_ones() > self.kinds.count_ones() {
            self.kinds = *kinds;
        }
    }
}

impl Reader<'_> {
    fn all(&mut self) {
        let (mut specials, mut changes, mut last) = (0, 0, 0);
        let mut quotes = [0_usize; 2];
        while let Some(byte) = self.text.get(self.place).copied() {
            let kind = match byte {
                b'a'..=b'z' | b'_' => {
                    self.word();
                    1
                }
                b'0'..=b'9' => {
                    self.place += 1;
                    2
                }
                _ => {
                    let special = self.special(byte, &mut quotes);
                    specials += usize::from(special);
                    self.place += 1;
                    if special { 3 } else { 0 }
                }
            };
            changes += usize::from(kind != last && kind != 0);
            last = kind;
        }
        let shapes = &mut self.shapes;
        shapes.broken_quotes += quotes.iter().filter(|count| *count % 2 == 1).count();
        (shapes.specials, shapes.changes) = (specials, changes);
    }

    fn at(&self, steps: isize) -> u8 {
        self.place.checked_add_signed(steps).and_then(|place| self.text.get(place)).copied().unwrap_or_default()
    }

    /// Return the next byte that is no space.
    fn next_sign(&self) -> u8 {
        let rest = self.text.get(self.place + 1..).unwrap_or_default();
        rest.iter().find(|byte| !matches!(byte, b' ' | b'\t')).copied().unwrap_or_default()
    }

    /// Read a word, which is made of letters and underscores.
    fn word(&mut self) {
        let start = self.place;
        let (mut run, mut longest) = (0, 0);
        while let Some(byte) = self.text.get(self.place).filter(|byte| byte.is_ascii_lowercase() || **byte == b'_') {
            run = if VOWELS >> (byte & 31) & 1 == 1 { 0 } else { run + 1 };
            longest = longest.max(run);
            self.place += 1;
        }
        self.shapes.unspeakable = self.shapes.unspeakable.max(longest);
        let word = self.text.get(start..self.place).unwrap_or_default();
        if word.len() > 1 {
            self.known_word(word, start);
        }
    }

    /// Look a word up, which is longer than a letter.
    fn known_word(&mut self, word: &[u8], start: usize) {
        let bit = bit_of(word);
        if !may_be_known(bit) {
            self.shapes.names += usize::from(word.starts_with(b"__"));
            return;
        }
        let before = start.checked_sub(1).and_then(|place| self.text.get(place)).copied().unwrap_or_default();
        let next = self.text.get(self.place).copied().unwrap_or_default();
        let starts = matches!(before, 0 | b';' | b'|' | b'&' | b'`' | b'(' | b'/' | b'\'' | b'"' | b'{' | b'\n');
        let starts = starts || before == b' ' && self.follows_separator(start);
        let package = next == b'.' && before != b'.' && PACKAGES.contains_hashed(word, bit) && self.has_more_dots();
        let shapes = &mut self.shapes;
        shapes.words += usize::from(RESERVED.contains_hashed(word, bit));
        if starts && !matches!(next, b'-' | b'.' | b'=' | b'0'..=b'9') {
            shapes.commands += usize::from(COMMANDS.contains_hashed(word, bit));
        }
        if matches!(before, b'/' | b'\\') && matches!(next, b'/' | b'\\') && ROOTS.contains_hashed(word, bit) {
            shapes.system_paths += 1;
        }
        shapes.names += usize::from(word.starts_with(b"__") || package);
        shapes.system_paths += usize::from(before == b'.' && PROGRAMS.contains_hashed(word, bit));
    }

    /// Return whether the name that goes on here has a part after its next one, or ends with it.
    fn has_more_dots(&self) -> bool {
        let rest = self.text.get(self.place + 1..).unwrap_or_default();
        let name = rest.split(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$'))).next();
        name.is_some_and(|name| name.contains(&b'.'))
    }

    /// Return whether only spaces are between a place and a separator before it.
    fn follows_separator(&self, place: usize) -> bool {
        let before = self.text.get(..place).unwrap_or_default().trim_ascii_end();
        matches!(before.last(), Some(b';' | b'|' | b'&' | b'`' | b'(') | None)
    }

    /// Count a byte that is neither a letter nor a digit; return whether it is a special character.
    fn special(&mut self, byte: u8, quotes: &mut [usize; 2]) -> bool {
        match byte {
            b'\'' | b'"' => return self.quote(byte, quotes),
            b'<' | b'>' => self.angle(byte),
            b'(' => {
                self.shapes.parentheses += 1;
                let before = self.at(-1);
                let word = before.is_ascii_alphanumeric() || matches!(before, b'_' | b'/' | b']' | b')' | b'\'' | b'"');
                let spaced = before == b' ' && self.reserved_before();
                self.shapes.calls += usize::from(word || spaced);
            }
            b')' => self.shapes.parentheses += 1,
            b'{' | b'[' => self.opened(byte),
            b'}' | b']' => self.shapes.braces += 1,
            b'`' => {
                self.shapes.separators += 1;
                self.shapes.substitutions += 1;
            }
            b'$' => {
                self.shapes.separators += 1;
                let next = self.at(1);
                let variable = next.is_ascii_lowercase() || matches!(next, b'_' | b'(' | b'{' | b'@' | b'$' | b'*');
                self.shapes.substitutions += usize::from(variable);
            }
            b';' | b'|' | b'&' => {
                self.shapes.separators += 1;
                self.shapes.comparisons += usize::from(byte != b';' && self.at(1) == byte);
            }
            b'\\' => {
                self.shapes.backslashes += 1;
                self.shapes.escapes += usize::from(matches!(self.at(1), b'x' | b'u' | b'0'..=b'7'));
            }
            b'/' | b'.' | b'-' | b':' => return self.joint(byte),
            b'=' | b'!' | b'*' | b'^' | b'~' | b'#' | b'@' | b'%' => self.other(byte),
            0x80.. => {
                self.shapes.high += 1;
                return false;
            }
            b'?' => {
                let glob = matches!(self.at(-1), b'/' | b'?') && self.at(1) == b'?';
                self.shapes.substitutions += usize::from(glob);
                return false;
            }
            b' ' | b'+' | b',' => return false,
            _ => {
                self.shapes.controls += 1;
                return false;
            }
        }
        self.shapes.kinds |= 1 << (byte & 63);
        true
    }

    fn quote(&mut self, byte: u8, quotes: &mut [usize; 2]) -> bool {
        let (before, next) = (self.at(-1), self.at(1));
        if byte == b'\'' && before.is_ascii_lowercase() && next.is_ascii_lowercase() {
            return false; // an apostrophe
        }
        self.shapes.quotes += 1;
        if let Some(count) = quotes.get_mut(usize::from(byte == b'"')) {
            *count += 1;
        }
        let operator = b";)|&=<>+-#,/*(.%^!`'\"]".contains(&self.next_sign()) || self.operator_follows();
        self.shapes.broken_quotes += usize::from(operator);
        self.shapes.kinds |= 1 << (byte & 63);
        true
    }

    /// Return whether a reserved word and a space are before this place.
    fn reserved_before(&self) -> bool {
        let before = self.text.get(..self.place).unwrap_or_default().trim_ascii_end();
        let letters = before.iter().rev().take_while(|byte| byte.is_ascii_lowercase() || **byte == b'_').count();
        before.get(before.len() - letters..).is_some_and(|word| RESERVED.contains(word))
    }

    /// Return whether a word that joins conditions comes next.
    fn operator_follows(&self) -> bool {
        let rest = self.text.get(self.place + 1..).unwrap_or_default();
        let word = rest.trim_ascii_start().split(|byte| !byte.is_ascii_lowercase()).next().unwrap_or_default();
        matches!(word, b"or" | b"and" | b"xor" | b"not" | b"is" | b"in" | b"like" | b"union" | b"having" | b"between")
    }

    fn angle(&mut self, byte: u8) {
        self.shapes.angles += 1;
        let next = self.at(1);
        if byte == b'<' && (next.is_ascii_lowercase() || matches!(next, b'/' | b'!' | b'?' | b'%')) {
            self.shapes.tags += 1;
            self.shapes.substitutions += usize::from(matches!(next, b'%' | b'?'));
        }
        self.shapes.comparisons += usize::from(byte == b'<' && matches!(next, b'>' | b'='));
    }

    fn opened(&mut self, byte: u8) {
        self.shapes.braces += 1;
        let before = self.at(-1);
        let filled = byte == b'{' && (matches!(before, b'#' | b'%' | b'@' | b'*') || self.at(1) == b'{');
        self.shapes.substitutions += usize::from(filled || byte == b'{' && self.at(1) == b'%');
    }

    /// Count a sign that joins words in ordinary text, too.
    fn joint(&mut self, byte: u8) -> bool {
        let (before, next) = (self.at(-1), self.at(1));
        let scheme = byte == b':' && before.is_ascii_lowercase() && self.starts_with_word();
        let shapes = &mut self.shapes;
        match byte {
            b'/' if next == b'*' || before == b'*' => shapes.comments += 1,
            b'.' if next == b'.' && matches!(self.text.get(self.place + 2), Some(b'/' | b'\\')) => {
                shapes.traversals += 1
            }
            b'.' if matches!(before, b'/' | b'\\') && next.is_ascii_lowercase() => shapes.system_paths += 1,
            b'-' if next == b'-' && before != b'-' => {
                let after = self.text.get(self.place + 2).copied().unwrap_or_default();
                shapes.commands += usize::from(before == b' ' && after.is_ascii_lowercase());
                shapes.comments += usize::from(!(after.is_ascii_lowercase() || after == b'-'));
            }
            b'-' if before == b' ' && next.is_ascii_lowercase() => shapes.commands += 1,
            b'-' if next == b'>' => shapes.names += 1,
            b':' if next == b'/' && self.text.get(self.place + 2) == Some(&b'/') => shapes.schemes += 1,
            b':' if next == b':' && before != b':' => shapes.names += 1,
            _ if scheme => shapes.schemes += 1,
            _ => {}
        }
        false
    }

    /// Return whether there are only letters before this place, and something else than a space behind it.
    fn starts_with_word(&self) -> bool {
        let before = self.text.get(..self.place).unwrap_or_default();
        before.len() < 16 && before.iter().all(u8::is_ascii_lowercase) && !matches!(self.at(1), 0 | b' ' | b'0'..=b'9')
    }

    fn other(&mut self, byte: u8) {
        self.shapes.others += 1;
        let (before, next) = (self.at(-1), self.at(1));
        match byte {
            b'=' => {
                let spaced = matches!(before, b' ' | b'\'' | b'"' | b'=' | b'!' | b'>' | b'<' | b')');
                let spaced = spaced || matches!(next, b' ' | b'\'' | b'"' | b'(' | b'`');
                let padding = self.text.get(self.place..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'='));
                self.shapes.comparisons += usize::from(!padding && (spaced || self.same_on_both_sides()));
            }
            b'#' => self.shapes.comments += usize::from(next == 0 || matches!(before, b'\'' | b'"' | b')')),
            _ => {}
        }
    }

    fn same_on_both_sides(&self) -> bool {
        let is_word = |byte: &&u8| byte.is_ascii_alphanumeric();
        let before = self.text.get(..self.place).unwrap_or_default();
        let after = self.text.get(self.place + 1..).unwrap_or_default();
        let left = before.iter().rev().take_while(is_word).count();
        let right = after.iter().take_while(is_word).count();
        left == right && left > 0 && before.get(before.len() - left..) == after.get(..right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(text: &[u8]) -> Shapes {
        let mut shapes = Shapes::default();
        shapes.read(text);
        shapes
    }

    #[test]
    fn ordinary_text_has_no_shapes() {
        for text in
            ["don't worry, it's fine", "red shoes size 42", "2026-11-30t10:00:00", "a/b/c.html", "x@example.com"]
        {
            let found = shapes(text.as_bytes());
            let odd = found.broken_quotes + found.comments + found.tags + found.calls + found.substitutions;
            let odd = odd + found.commands + found.traversals + found.system_paths + found.words + found.names;
            assert_eq!((text, odd), (text, 0));
        }
    }

    #[test]
    fn what_breaks_out_of_a_value_has_a_shape() {
        assert_eq!(shapes(b"1' or '1'='1").broken_quotes, 2);
        assert_eq!(shapes(b"1 or 1=1").comparisons, 1);
        assert_eq!(shapes(b"a -- ").comments, 1);
        assert_eq!(shapes(b"<svg/onload=alert(1)>").tags, 1);
        assert_eq!(shapes(b"sleep (5)").calls, 1);
        assert_eq!(shapes(b"${a}$(b)`c`{{d}}").substitutions, 5);
        assert_eq!(shapes(b"a; cat /etc/hosts").commands, 1);
        assert_eq!(shapes(b"../..\\/etc/.ssh/").traversals, 2);
        assert_eq!(shapes(b"/etc/.ssh/").system_paths, 2);
        assert_eq!(shapes(b"javascript:alert").schemes, 1);
    }
}
