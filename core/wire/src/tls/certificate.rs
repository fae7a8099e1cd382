//! What an X.509 certificate says of its owner (RFC 5280 section 4.1): subject, names, issuer and validity; and its hashes.
//!
//! Nothing is verified. What is missing, malformed or cut off is left empty; hostile certificates cost no more than
//! their bytes.

use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::der::{Element, Elements, INTEGER, OCTET_STRING, OID, SEQUENCE, SET};
use super::fields::Fields;
use super::ja::hex;
use crate::records::Certificate;
use crate::text::printable;

const BMP_STRING: u8 = 0x1E;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VERSION: u8 = 0xA0;
const EXTENSIONS: u8 = 0xA3;
const DNS_NAME: u8 = 0x82;
const IP_ADDRESS: u8 = 0x87;
/// The object identifier 2.5.29.17 (RFC 5280 section 4.2.1.6).
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1D, 0x11];
/// Maximum attributes of a distinguished name.
const MOST_ATTRIBUTES: usize = 32;

/// Return the first certificate, that of the server, in the body of a Certificate message (RFC 5246 section 7.4.2).
pub(crate) fn first(body: &[u8]) -> &[u8] {
    let mut fields = Fields::new(body);
    fields.number(3); // length of the list
    fields.vector(3)
}

/// Read a certificate. `limit` is the maximum number of characters of each text.
pub(crate) fn parse(der: &[u8], limit: usize) -> Certificate {
    let certificate = read(der, limit).unwrap_or_default();
    if !is_whole(der) {
        return certificate;
    }
    Certificate { sha1: hex(&Sha1::digest(der)), sha256: hex(&Sha256::digest(der)), ..certificate }
}

fn is_whole(der: &[u8]) -> bool {
    let mut elements = Elements::new(der);
    elements.next().is_some_and(|first| first.tag == SEQUENCE && first.whole) && elements.is_at_end()
}

fn read(der: &[u8], limit: usize) -> Option<Certificate> {
    let mut body = Elements::new(der).within(SEQUENCE)?.within(SEQUENCE)?;
    body.tagged(VERSION);
    body.tagged(INTEGER)?; // serial number
    body.tagged(SEQUENCE)?; // signature algorithm
    let issuer = distinguished_name(body.within(SEQUENCE)?, limit);
    let mut validity = body.within(SEQUENCE)?;
    let (not_before, not_after) = (time(validity.next()), time(validity.next()));
    let subject = distinguished_name(body.within(SEQUENCE)?, limit);
    let names = body.find(|element| element.tag == EXTENSIONS).map(|found| alternative_names(found.content, limit));
    let names = names.unwrap_or_default();
    Some(Certificate { subject, names, issuer, not_before, not_after, ..Certificate::default() })
}

/// Write the attributes of a distinguished name (RFC 5280 section 4.1.2.4), with commas escaped as in RFC 4514.
fn distinguished_name(relative_names: Elements<'_>, limit: usize) -> String {
    let mut text = String::new();
    let attributes = relative_names.filter(|one| one.tag == SET).flat_map(|one| Elements::new(one.content));
    for attribute in attributes.take(MOST_ATTRIBUTES) {
        let mut pair = Elements::new(attribute.content);
        let (Some(kind), Some(value)) = (pair.tagged(OID), pair.next().filter(|value| value.whole)) else {
            continue;
        };
        let separator = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{separator}{}={}", attribute_name(kind), attribute_text(value, limit));
    }
    cut(text, limit)
}

fn attribute_text(value: Element<'_>, limit: usize) -> String {
    let text = match value.tag {
        BMP_STRING => {
            let units = value.content.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair));
            let wide = char::decode_utf16(units.take(limit)).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER));
            printable(wide.collect::<String>().as_bytes(), limit)
        }
        _ => printable(value.content, limit),
    };
    text.replace('\\', "\\\\").replace(',', "\\,")
}

/// Return the usual short name of an attribute, or its object identifier.
fn attribute_name(identifier: &[u8]) -> String {
    let name = match identifier {
        [0x55, 4, 3] => "CN",
        [0x55, 4, 4] => "SN",
        [0x55, 4, 5] => "serialNumber",
        [0x55, 4, 6] => "C",
        [0x55, 4, 7] => "L",
        [0x55, 4, 8] => "ST",
        [0x55, 4, 9] => "street",
        [0x55, 4, 10] => "O",
        [0x55, 4, 11] => "OU",
        [0x55, 4, 12] => "title",
        [0x55, 4, 17] => "postalCode",
        [0x55, 4, 42] => "GN",
        [0x55, 4, 97] => "organizationIdentifier",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 1, 1] => "UID",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 1, 25] => "DC",
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 1] => "emailAddress",
        _ => return dotted(identifier),
    };
    name.to_owned()
}

/// Write an object identifier in digits (X.690 section 8.19). Numbers too large for 32 bits end it.
fn dotted(identifier: &[u8]) -> String {
    let (mut text, mut number) = (String::new(), 0_u32);
    for byte in identifier {
        let Some(higher) = number.checked_mul(128) else {
            break;
        };
        number = higher | u32::from(byte & 0x7F);
        if byte & 0x80 != 0 {
            continue;
        }
        let _ = match text.is_empty() {
            true => write!(text, "{}.{}", (number / 40).min(2), number - 40 * (number / 40).min(2)),
            false => write!(text, ".{number}"),
        };
        number = 0;
    }
    text
}

/// Return the names in the subjectAltName extension: host names as they are, and addresses.
fn alternative_names(extensions: &[u8], limit: usize) -> String {
    let all = Elements::new(extensions).within(SEQUENCE).into_iter().flatten();
    let found = all.filter_map(|one| {
        let mut parts = Elements::new(one.content);
        let kind = parts.tagged(OID)?;
        let content = parts.find(|part| part.tag == OCTET_STRING)?.content;
        (kind == SUBJECT_ALT_NAME).then_some(content)
    });
    let names = found.take(1).flat_map(|content| Elements::new(content).within(SEQUENCE).into_iter().flatten());
    joined(names.filter(|name| name.whole).filter_map(|name| general_name(name, limit)), limit)
}

fn general_name(name: Element<'_>, limit: usize) -> Option<String> {
    match name.tag {
        DNS_NAME => Some(printable(&name.content.to_ascii_lowercase(), limit).replace(',', "\\,")),
        IP_ADDRESS => match *name.content {
            [a, b, c, d] => Some(Ipv4Addr::from([a, b, c, d]).to_string()),
            _ => <[u8; 16]>::try_from(name.content).ok().map(|bytes| Ipv6Addr::from(bytes).to_string()),
        },
        _ => None,
    }
}

/// Join names by commas, as many as fit as a whole.
fn joined(names: impl Iterator<Item = String>, limit: usize) -> String {
    let mut text = String::new();
    for name in names {
        let separator = if text.is_empty() { "" } else { ", " };
        if text.len() + separator.len() + name.len() > limit {
            break;
        }
        text.push_str(separator);
        text.push_str(&name);
    }
    text
}

fn cut(mut text: String, limit: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(limit) {
        text.truncate(end);
    }
    text
}

/// Return a time in seconds since the epoch (RFC 5280 section 4.1.2.5); None if it is malformed.
fn time(element: Option<Element<'_>>) -> Option<f64> {
    let element = element?;
    let (year_digits, rest) = match element.tag {
        UTC_TIME => element.content.split_at_checked(2)?,
        GENERALIZED_TIME => element.content.split_at_checked(4)?,
        _ => return None,
    };
    let year = match number(year_digits)? {
        year if element.tag == GENERALIZED_TIME => year,
        year if year < 50 => 2000 + year,
        year => 1900 + year,
    };
    let [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map(|at| rest.get(at..at + 2).and_then(number));
    let days = days_since_epoch(year, month?, day?)?;
    let (hour, minute, second) = (hour?, minute?, second.unwrap_or(0)); // older certificates have no seconds
    let valid = hour < 24 && minute < 60 && second < 60;
    valid.then_some((days * 86400 + hour * 3600 + minute * 60 + second) as f64)
}

/// Return the number that ASCII digits stand for.
fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0')))
}

/// Return the days from 1970-01-01 to a date of the Gregorian calendar.
fn days_since_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    if year < 1 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years start in March, so that a leap day is their last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(365 * year + leap_days + (153 * month + 2) / 5 + day - 719_469)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let size = content.len();
        let length = if size < 128 { vec![size as u8] } else { vec![0x82, (size >> 8) as u8, size as u8] };
        [&[tag], length.as_slice(), content].concat()
    }

    fn name(attributes: &[(&[u8], u8, &[u8])]) -> Vec<u8> {
        let one = |(kind, tag, value): &(&[u8], u8, &[u8])| {
            element(SET, &element(SEQUENCE, &[element(OID, kind), element(*tag, value)].concat()))
        };
        element(SEQUENCE, &attributes.iter().map(one).collect::<Vec<_>>().concat())
    }

    fn certificate(subject: &[u8], names: &[u8], validity: [&[u8]; 2]) -> Vec<u8> {
        let issuer = name(&[(&[0x55, 4, 10], 0x13, b"Example, Inc."), (&[0x2B, 6, 1], 0x0C, b"x")]);
        let validity = [element(UTC_TIME, validity[0]), element(GENERALIZED_TIME, validity[1])].concat();
        let extension = [element(OID, SUBJECT_ALT_NAME), element(1, b"\xFF"), element(OCTET_STRING, names)].concat();
        let body = [
            element(VERSION, b"\x02\x01\x02"),
            element(INTEGER, b"\x09"),
            element(SEQUENCE, b""),
            issuer,
            element(SEQUENCE, &validity),
            subject.to_vec(),
            element(SEQUENCE, b"key"),
            element(EXTENSIONS, &element(SEQUENCE, &element(SEQUENCE, &extension))),
        ];
        element(SEQUENCE, &element(SEQUENCE, &body.concat()))
    }

    fn sample() -> Vec<u8> {
        let subject = name(&[(&[0x55, 4, 6], 0x13, b"DE"), (&[0x55, 4, 3], BMP_STRING, b"\x00w\x00\xFC")]);
        let names = [
            element(DNS_NAME, b"Www.Example.com"),
            element(0x81, b"mail@example.com"),
            element(IP_ADDRESS, &[192, 0, 2, 7]),
            element(DNS_NAME, b"*.example.com"),
        ];
        certificate(&subject, &element(SEQUENCE, &names.concat()), [b"240229120000Z", b"20500101000000Z"])
    }

    #[test]
    fn a_certificate_says_who_owns_it_and_until_when() {
        let found = parse(&sample(), 200);
        assert_eq!(found.subject, "C=DE, CN=w\u{FC}");
        assert_eq!(found.issuer, "O=Example\\, Inc., 1.3.6.1=x");
        assert_eq!(found.names, "www.example.com, 192.0.2.7, *.example.com");
        assert_eq!((found.not_before, found.not_after), (Some(1_709_208_000.0), Some(2_524_608_000.0)));
    }

    #[test]
    fn a_certificate_cut_anywhere_tells_no_part_of_a_name() {
        let (whole, sample) = (parse(&sample(), 200), sample());
        assert_eq!((whole.sha1.len(), whole.sha256.len()), (40, 64));
        for end in 0..sample.len() {
            let found = parse(&sample[..end], 200);
            assert!(whole.subject.starts_with(&found.subject) && whole.names.starts_with(&found.names));
            assert!(found.sha1.is_empty() && found.sha256.is_empty());
            let ends = ["", "www.example.com", "www.example.com, 192.0.2.7", &whole.names];
            assert!(ends.contains(&found.names.as_str()), "{}", found.names);
        }
    }

    #[test]
    fn texts_are_limited() {
        let found = parse(&sample(), 20);
        assert_eq!((found.names.as_str(), found.issuer.as_str()), ("www.example.com", "O=Example\\, Inc., 1."));
    }

    #[test]
    fn impossible_times_are_none() {
        let end = |text: &[u8]| time(Some(Element { tag: GENERALIZED_TIME, content: text, whole: true }));
        assert_eq!(end(b"19700101000001Z"), Some(1.0));
        for text in [b"00000101000000Z", b"20240001000000Z", b"20241301000000Z", b"20240132000000Z", b"20240101240000Z"]
        {
            assert_eq!(end(text), None);
        }
        assert_eq!(end(b"2024"), None);
    }

    #[test]
    fn the_first_certificate_of_a_chain_is_found() {
        assert_eq!(first(b"\0\0\x0A\0\0\x02ab\0\0\x02cd"), b"ab");
        assert_eq!(first(b"\0\0"), b"");
    }
}
