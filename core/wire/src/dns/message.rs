//! A message: its header, its question and what its records say (RFC 1035 section 4.1).

use super::name::{self, Fault};
use super::records::{Content, Found};
use crate::readers::{Short, be16};

pub(super) const HEADER: usize = 12;
const RESPONSE: u16 = 0x8000;
/// The reserved bit (RFC 6895 section 2.1).
const RESERVED: u16 = 0x0040;
const QUERY: u8 = 0;
/// Classes of questions: Internet, Chaos, none (RFC 2136) and any.
const CLASSES: [u16; 4] = [1, 3, 254, 255];
/// Maximum additional records of a query whose protocol has to be proven: OPT and a signature.
const MOST_ADDITIONAL: u16 = 2;

/// The first 12 bytes of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) id: u16,
    bits: u16,
    pub(super) questions: u16,
    pub(super) answers: u16,
    pub(super) authorities: u16,
    pub(super) additional: u16,
}

impl Header {
    pub(super) fn read(message: &[u8]) -> Result<Self, Short> {
        Ok(Self {
            id: be16(message, 0)?,
            bits: be16(message, 2)?,
            questions: be16(message, 4)?,
            answers: be16(message, 6)?,
            authorities: be16(message, 8)?,
            additional: be16(message, 10)?,
        })
    }

    pub(super) fn is_response(self) -> bool {
        self.bits & RESPONSE != 0
    }

    pub(super) fn operation(self) -> u8 {
        (self.bits >> 11 & 15) as u8
    }

    /// Return the response code without its extension.
    pub(super) fn rcode(self) -> u16 {
        self.bits & 15
    }

    /// Return the flags in the order of `FLAGS`, without that of EDNS.
    pub(super) fn flags(self) -> u8 {
        let high = self.bits >> 8; // QR, operation, AA, TC, RD
        let low = self.bits; // RA, Z, AD, CD, response code
        (high >> 2 & 1 | high & 2 | (high & 1) << 2 | (low >> 7 & 1) << 3 | (low >> 5 & 1) << 4 | (low >> 4 & 1) << 5)
            as u8
    }

    fn records(self) -> usize {
        [self.answers, self.authorities, self.additional].into_iter().map(usize::from).sum()
    }
}

/// A message; its first name and lists are in the `Found` that it was read with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message {
    pub(super) header: Header,
    /// Type and class of the first question; None if it has no question.
    pub(super) question: Option<(u16, u16)>,
    pub(super) content: Content,
    /// Why the rest could not be read, if so.
    pub(super) fault: Option<Fault>,
    /// Whether the name of a question has a pointer that leads forward.
    pub(super) forward: bool,
    size: usize,
    end: usize,
}

impl Message {
    /// Read a message captured at `time`, as far as it can be read; an error if its header is incomplete.
    pub(super) fn read(message: &[u8], time: f64, found: &mut Found) -> Result<Self, Short> {
        found.clear();
        let header = Header::read(message)?;
        let (question, content) = (None, Content::default());
        let mut read =
            Self { header, question, content, fault: None, forward: false, size: message.len(), end: HEADER };
        read.fault = read.rest(message, time, found).err();
        Ok(read)
    }

    fn rest(&mut self, message: &[u8], time: f64, found: &mut Found) -> Result<(), Fault> {
        for number in 0..self.header.questions {
            let after = if number == 0 {
                let end = name::read(message, self.end, &mut found.name)?;
                self.forward = end.forward;
                end.after
            } else {
                name::skip(message, self.end)?
            };
            let (kind, class) = (be16(message, after)?, be16(message, after + 2)?);
            self.question = self.question.or(Some((kind, class)));
            self.end = after + 4;
        }
        for number in 0..self.header.records() {
            let answer = number < usize::from(self.header.answers);
            self.end = self.content.record(message, self.end, answer, time, found)?;
        }
        Ok(())
    }

    /// Return the type and class of the question, unless its name was not read either.
    pub(super) fn readable(&self) -> bool {
        self.fault.is_none() || self.question.is_some()
    }

    /// Return the response code with its extension by EDNS (RFC 6891 section 6.1.3).
    pub(super) fn rcode(&self) -> u16 {
        self.content.extended << 4 | self.header.rcode()
    }

    /// Return the flags in the order of `FLAGS`.
    pub(super) fn flags(&self) -> u8 {
        self.header.flags() | u8::from(self.content.wants_dnssec) << 6
    }

    /// Return whether all of it has the form of a query with one question, or of an answer to one.
    fn is_proven(&self) -> bool {
        let Header { bits, questions, answers, authorities, additional, .. } = self.header;
        let form = questions == 1 && self.header.operation() == QUERY && bits & RESERVED == 0;
        let class = self.question.is_some_and(|(_, class)| CLASSES.contains(&class));
        let bare = bits & 0x068F == 0 && answers == 0 && authorities == 0 && additional <= MOST_ADDITIONAL;
        let whole = self.fault.is_none() && !self.forward && self.end == self.size;
        form && class && whole && (self.header.is_response() || bare)
    }
}

/// Return whether the header and the question of a message can be read.
pub(crate) fn is_plausible(message: &[u8]) -> bool {
    let mut wire = Vec::new();
    Header::read(message).is_ok_and(|header| {
        header.questions == 0 || header.questions < 16 && name::read(message, HEADER, &mut wire).is_ok()
    })
}

/// Return whether bytes are certainly a DNS message: they are, to the last one, a query or an answer with one question.
pub(crate) fn is_proven(message: &[u8]) -> bool {
    // Most other bytes fail at the counts.
    be16(message, 4) == Ok(1)
        && Message::read(message, 0.0, &mut Found::default()).is_ok_and(|message| message.is_proven())
}
