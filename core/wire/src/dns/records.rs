//! The resource records of a message: addresses, what belongs to DNSSEC, and EDNS.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::name::{self, Fault};
use crate::readers::{Short, be16, be32, be128, part};

/// Maximum addresses kept of an answer.
const MOST_ADDRESSES: usize = 64;
/// Maximum Extended DNS Errors kept of an answer.
const MOST_ERRORS: usize = 8;
/// EDNS option: Extended DNS Error (RFC 8914 section 2).
const EXTENDED_ERROR: u16 = 15;
/// EDNS flag: the client understands DNSSEC (RFC 3225).
const DNSSEC_OK: u32 = 0x8000;

pub(super) const RRSIG: u8 = 1 << 0;
pub(super) const DS: u8 = 1 << 1;
pub(super) const DNSKEY: u8 = 1 << 2;
pub(super) const NSEC: u8 = 1 << 3;
pub(super) const NSEC3: u8 = 1 << 4;
pub(super) const EXPIRED: u8 = 1 << 5;
/// The same question failed before, asked without CD.
pub(super) const FAILED_BEFORE: u8 = 1 << 6;

/// What a message holds beside numbers; reused from message to message.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The first name: that of the question, else of the first answer. Labels, each after its length.
    pub(super) name: Vec<u8>,
    /// Type of the first answer, if the name is its.
    pub(super) kind: Option<u16>,
    /// Addresses in the answers.
    pub(super) addresses: Vec<IpAddr>,
    /// Extended DNS Errors.
    pub(super) errors: Vec<u16>,
}

impl Found {
    pub(super) fn clear(&mut self) {
        self.name.clear();
        self.kind = None;
        self.addresses.clear();
        self.errors.clear();
    }
}

/// What the records of a message say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Content {
    /// What belongs to DNSSEC: bits in the order of `SEEN`.
    pub(super) seen: u8,
    /// The upper bits of the response code.
    pub(super) extended: u16,
    pub(super) wants_dnssec: bool,
    /// How many answers are the start of a zone.
    pub(super) zone_starts: u32,
    /// Whether the last answer is one.
    pub(super) ends_zone: bool,
}

impl Content {
    /// Read the record at an index, which is one of the answers or not; return the index after it.
    pub(super) fn record(
        &mut self,
        message: &[u8],
        place: usize,
        answer: bool,
        time: f64,
        found: &mut Found,
    ) -> Result<usize, Fault> {
        let after = name::skip(message, place)?;
        let (kind, size) = (be16(message, after)?, be16(message, after + 8)?);
        let content = after + 10;
        let next = content + usize::from(size);
        if next > message.len() {
            return Err(Short.into());
        }
        let data = part(message, content, next);
        if answer {
            if found.name.is_empty() && found.kind.is_none() {
                name::read(message, place, &mut found.name)?;
                found.kind = Some(kind);
            }
            self.answer(kind, data, found);
        }
        match kind {
            41 => self.options(message, after, data, found),
            43 => self.seen |= DS,
            46 => self.signature(data, time),
            47 => self.seen |= NSEC,
            48 => self.seen |= DNSKEY,
            50 => self.seen |= NSEC3,
            _ => {}
        }
        Ok(next)
    }

    fn answer(&mut self, kind: u16, data: &[u8], found: &mut Found) {
        let address: Option<IpAddr> = match (kind, data.len()) {
            (1, 4) => be32(data, 0).ok().map(|bits| Ipv4Addr::from(bits).into()),
            (28, 16) => be128(data, 0).ok().map(|bits| Ipv6Addr::from(bits).into()),
            _ => None,
        };
        if found.addresses.len() < MOST_ADDRESSES {
            found.addresses.extend(address);
        }
        self.ends_zone = kind == 6;
        self.zone_starts += u32::from(self.ends_zone);
    }

    /// Note a signature, and whether it has expired (RFC 4034 section 3.1.5: numbers wrap around).
    fn signature(&mut self, data: &[u8], time: f64) {
        self.seen |= RRSIG;
        let expired = be32(data, 8).is_ok_and(|end| (time as u64 as u32).wrapping_sub(end).cast_signed() > 0);
        if expired {
            self.seen |= EXPIRED;
        }
    }

    /// Read an OPT record, whose time to live has other uses (RFC 6891 section 6.1.3).
    fn options(&mut self, message: &[u8], after: usize, data: &[u8], found: &mut Found) {
        let bits = be32(message, after + 4).unwrap_or_default();
        self.extended = (bits >> 24) as u16;
        self.wants_dnssec = bits & DNSSEC_OK != 0;
        let mut rest = data;
        while let (Ok(code), Ok(size)) = (be16(rest, 0), be16(rest, 2)) {
            let (option, next) =
                rest.get(4..).and_then(|rest| rest.split_at_checked(usize::from(size))).unwrap_or_default();
            if code == EXTENDED_ERROR && found.errors.len() < MOST_ERRORS {
                found.errors.extend(be16(option, 0));
            }
            rest = next;
        }
    }
}
