//! Reads lines of a key log: a label, the client's random value and a secret, both in hexadecimal digits.

use super::secret::{LONGEST, Secret};
use super::store::Random;
use crate::bytes::trimmed;

/// Sizes of the hashes of TLS 1.3, and so of its secrets; a master secret is as long as the longer one.
const SHORT: usize = 32;

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Label {
    /// The master secret, up to TLS 1.2.
    Master,
    /// What the client sends before the handshake ends, in TLS 1.3.
    ClientEarly,
    ClientHandshake,
    ServerHandshake,
    ClientTraffic,
    ServerTraffic,
}

/// Number of labels.
pub(crate) const LABELS: usize = 6;

impl Label {
    fn of(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"CLIENT_RANDOM" => Self::Master,
            b"CLIENT_EARLY_TRAFFIC_SECRET" => Self::ClientEarly,
            b"CLIENT_HANDSHAKE_TRAFFIC_SECRET" => Self::ClientHandshake,
            b"SERVER_HANDSHAKE_TRAFFIC_SECRET" => Self::ServerHandshake,
            b"CLIENT_TRAFFIC_SECRET_0" => Self::ClientTraffic,
            b"SERVER_TRAFFIC_SECRET_0" => Self::ServerTraffic,
            _ => return None,
        })
    }

    fn fits(self, size: usize) -> bool {
        size == LONGEST || size == SHORT && self != Self::Master
    }
}

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Nothing, or a comment.
    Nothing,
    Secret(Label, Random, Box<Secret>),
    /// A secret that no record is encrypted with, or of QUIC.
    Other,
    Malformed,
}

/// Read a line.
pub(super) fn parse(line: &[u8]) -> Line {
    let line = trimmed(line);
    if line.is_empty() || line.starts_with(b"#") {
        return Line::Nothing;
    }
    let mut words = line.split(|byte| *byte == b' ' || *byte == b'\t').filter(|word| !word.is_empty());
    let (Some(name), Some(random), Some(secret), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Line::Malformed;
    };
    match Label::of(name) {
        Some(label) => labelled(label, random, secret).unwrap_or(Line::Malformed),
        None if is_label(name) && is_hex(random) && is_hex(secret) => Line::Other,
        None => Line::Malformed,
    }
}

fn labelled(label: Label, random: &[u8], secret: &[u8]) -> Option<Line> {
    let mut number = [0; SHORT];
    decode(random, &mut number)?;
    let size = secret.len() / 2;
    if !label.fits(size) {
        return None;
    }
    Some(Line::Secret(label, number, Secret::filled(size, |bytes| decode(secret, bytes))?))
}

fn is_label(name: &[u8]) -> bool {
    name.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
}

fn is_hex(text: &[u8]) -> bool {
    text.len().is_multiple_of(2) && text.iter().all(u8::is_ascii_hexdigit)
}

/// Decode hexadecimal digits; None unless they give exactly as many bytes.
fn decode(text: &[u8], bytes: &mut [u8]) -> Option<()> {
    let (pairs, []) = text.as_chunks::<2>() else {
        return None;
    };
    if pairs.len() != bytes.len() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(())
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(label: &str, random: usize, secret: usize) -> String {
        format!("{label} {} {}", "a1".repeat(random), "B2".repeat(secret))
    }

    fn read(text: &str) -> Line {
        parse(text.as_bytes())
    }

    #[test]
    fn a_line_has_a_label_a_random_value_and_a_secret() {
        let Line::Secret(label, random, secret) = read(&line("CLIENT_RANDOM", 32, 48)) else {
            panic!("no secret");
        };
        assert_eq!((label, random, secret.bytes()), (Label::Master, [0xA1; 32], [0xB2; 48].as_slice()));
        let traffic = format!("\t{}\r\n", line("SERVER_TRAFFIC_SECRET_0", 32, 32).replace(' ', "  "));
        assert!(matches!(read(&traffic), Line::Secret(Label::ServerTraffic, ..)));
        assert!(matches!(read(&line("CLIENT_EARLY_TRAFFIC_SECRET", 32, 48)), Line::Secret(Label::ClientEarly, ..)));
    }

    #[test]
    fn what_no_record_needs_is_told_from_nonsense() {
        assert_eq!([read(""), read(" \r"), read("# a comment")], [Line::Nothing, Line::Nothing, Line::Nothing]);
        let others =
            [line("EXPORTER_SECRET", 32, 32), line("RSA", 8, 48), line("QUIC_CLIENT_TRAFFIC_SECRET_0", 32, 32)];
        assert!(others.iter().all(|other| read(other) == Line::Other));
    }

    #[test]
    fn a_line_cut_anywhere_is_malformed() {
        let whole = line("CLIENT_RANDOM", 32, 48);
        assert!((1..whole.len()).all(|end| read(&whole[..end]) == Line::Malformed));
        let wrong = [
            line("CLIENT_RANDOM", 31, 48),
            line("CLIENT_RANDOM", 32, 32),
            line("CLIENT_TRAFFIC_SECRET_0", 32, 33),
            line("Client_Random", 32, 48),
            line("CLIENT_RANDOM", 32, 48) + " more",
            line("CLIENT_RANDOM", 32, 47) + "zz",
        ];
        assert!(wrong.iter().all(|one| read(one) == Line::Malformed));
    }
}
