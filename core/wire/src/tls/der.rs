//! The encoding of certificates: elements with a tag, a length and a content (X.690 section 8.1).
//!
//! Nothing recurses, and every byte is looked at a bounded number of times, however its elements are nested.

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// An element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    /// Whether all of the content is there.
    pub(crate) whole: bool,
}

/// The elements that follow each other in a content. It ends before one that is malformed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Elements<'a> {
    pub(crate) fn new(content: &'a [u8]) -> Self {
        Self { rest: content }
    }

    /// Return the content of the next element if it has this tag, else skip nothing.
    pub(crate) fn tagged(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let element = ahead.next().filter(|element| element.tag == tag)?;
        *self = ahead;
        Some(element.content)
    }

    /// Return whether nothing is left.
    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Return the elements within the next one, which has this tag.
    pub(crate) fn within(&mut self, tag: u8) -> Option<Elements<'a>> {
        self.tagged(tag).map(Elements::new)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (&[tag, size], rest) = self.rest.split_first_chunk()?;
        let (length, rest) = match size {
            0..=0x7F => (usize::from(size), rest),
            0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(size & 0x7F))?;
                (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
            }
            _ => return None, // without an end (not in DER), or longer than anything is
        };
        let whole = length <= rest.len();
        let (content, rest) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        self.rest = rest;
        Some(Element { tag, content, whole })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_follow_each_other_until_one_is_malformed() {
        let found = Elements::new(b"\x02\x01\x05\x04\x81\x02ab\x30\x80\x00\x00").collect::<Vec<_>>();
        let element = |tag, content| Element { tag, content, whole: true };
        assert_eq!(found, [element(INTEGER, b"\x05"), element(OCTET_STRING, b"ab")]);
    }

    #[test]
    fn a_truncated_element_says_so() {
        let found = Elements::new(b"\x30\x84\xFF\xFF\xFF\xFFab").collect::<Vec<_>>();
        assert_eq!(found, [Element { tag: SEQUENCE, content: b"ab", whole: false }]);
    }

    #[test]
    fn an_element_is_taken_by_its_tag_or_stays() {
        let mut elements = Elements::new(b"\x02\x01\x05\x31\x00");
        assert_eq!(elements.tagged(SET), None);
        assert_eq!(elements.tagged(INTEGER), Some(b"\x05".as_slice()));
        assert_eq!(elements.within(SET).map(Elements::count), Some(0));
    }
}
