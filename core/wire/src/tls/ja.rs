//! Fingerprints of TLS implementations: JA3 and JA3S (MD5), and JA4 of clients (SHA-256).
//!
//! They are hashes of what a hello lists, without the reserved values (RFC 8701), which differ each time. JA4 sorts
//! ciphers and extensions, because browsers shuffle them; so JA3 of a browser differs from connection to connection.

use md5::Md5;
use sha2::{Digest, Sha256};

use super::client_hello::{ALPN, ClientHello, SERVER_NAME};
use super::fields::{extensions, is_grease, shorts};

/// What JA4 shows of a hash.
const SHORT_HASH: usize = 12;
/// The hash of an empty list.
const NOTHING: &str = "000000000000";
/// What carries TLS, as JA4 names it: TCP, or QUIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Tcp,
    Quic,
}

/// Return JA3 of a client: version, cipher suites, extensions, groups and point formats in decimal, hashed.
pub(crate) fn ja3(hello: &ClientHello<'_>) -> String {
    let mut text = Vec::with_capacity(512);
    push_decimal(&mut text, hello.version);
    decimal(&mut text, shorts(hello.cipher_suites));
    decimal(&mut text, extensions(hello.extensions).map(|(kind, _)| kind));
    decimal(&mut text, shorts(hello.groups));
    decimal(&mut text, hello.point_formats.iter().map(|format| u16::from(*format)));
    hex(&Md5::digest(&text))
}

/// Return JA3S of a server: version, cipher suite and extensions in decimal, hashed.
pub(crate) fn ja3s(version: u16, cipher_suite: u16, extension_block: &[u8]) -> String {
    let mut text = Vec::with_capacity(64);
    push_decimal(&mut text, version);
    text.push(b',');
    push_decimal(&mut text, cipher_suite);
    decimal(&mut text, extensions(extension_block).map(|(kind, _)| kind));
    hex(&Md5::digest(&text))
}

/// Return JA4 of a client, such as `t13d1516h2_8daaf6152771_e5627efa2ab1`.
pub(crate) fn ja4(hello: &ClientHello<'_>, transport: Transport) -> String {
    let without_grease = |value: &u16| !is_grease(*value);
    let mut ciphers = shorts(hello.cipher_suites).filter(without_grease).collect::<Vec<_>>();
    let mut kinds = extensions(hello.extensions).map(|(kind, _)| kind).filter(without_grease).collect::<Vec<_>>();
    let transport = if transport == Transport::Quic { 'q' } else { 't' };
    let name = if hello.names_server { 'd' } else { 'i' };
    let (version, protocol) = (ja4_version(hello), ja4_protocol(hello));
    let mut ja4 = format!("{transport}{version}{name}{:02}{:02}{protocol}", ciphers.len().min(99), kinds.len().min(99));
    ciphers.sort_unstable();
    kinds.retain(|kind| !matches!(*kind, SERVER_NAME | ALPN));
    kinds.sort_unstable();
    push_short_hash(&mut ja4, &ciphers, &[]);
    let algorithms = shorts(hello.signature_algorithms).filter(without_grease).collect::<Vec<_>>();
    push_short_hash(&mut ja4, &kinds, &algorithms);
    ja4
}

fn ja4_version(hello: &ClientHello<'_>) -> &'static str {
    match hello.highest_version() {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0x0002 => "s2",
        _ => "00",
    }
}

/// Return the first and the last character of the first protocol; of its hexadecimal form if one is not alphanumeric.
fn ja4_protocol(hello: &ClientHello<'_>) -> String {
    let first = hello.protocols().next().unwrap_or_default();
    let (Some(start), Some(end)) = (first.first(), first.last()) else {
        return "00".to_owned();
    };
    if start.is_ascii_alphanumeric() && end.is_ascii_alphanumeric() {
        return [*start, *end].map(char::from).iter().collect();
    }
    format!("{:x}{:x}", start >> 4, end & 0x0F)
}

/// Append a comma and the values, joined by hyphens.
fn decimal(text: &mut Vec<u8>, values: impl Iterator<Item = u16>) {
    let mut separator = b',';
    for value in values.filter(|value| !is_grease(*value)) {
        text.push(separator);
        push_decimal(text, value);
        separator = b'-';
    }
    if separator == b',' {
        text.push(separator);
    }
}

/// Append a number. The formatter of the standard library takes ten times as long.
fn push_decimal(text: &mut Vec<u8>, value: u16) {
    let mut digits = [10_000, 1000, 100, 10].map(|unit| b'0' + (value / unit % 10) as u8).into_iter().peekable();
    while digits.next_if_eq(&b'0').is_some() {}
    text.extend(digits);
    text.push(b'0' + (value % 10) as u8);
}

/// Append an underscore and the start of the hash of a list, behind which another may follow.
fn push_short_hash(ja4: &mut String, values: &[u16], more: &[u16]) {
    ja4.push('_');
    if values.is_empty() {
        return ja4.push_str(NOTHING);
    }
    let mut text = Vec::with_capacity(5 * (values.len() + more.len()));
    push_hexadecimal(&mut text, values);
    if !more.is_empty() {
        text.push(b'_');
        push_hexadecimal(&mut text, more);
    }
    let hash = Sha256::digest(&text);
    ja4.push_str(&hex(hash.get(..SHORT_HASH / 2).unwrap_or_default()));
}

/// Append values in four digits, joined by commas.
fn push_hexadecimal(text: &mut Vec<u8>, values: &[u16]) {
    for (place, value) in values.iter().enumerate() {
        if place > 0 {
            text.push(b',');
        }
        text.extend(value.to_be_bytes().into_iter().flat_map(digits));
    }
}

/// Write bytes in lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().copied().flat_map(digits).map(char::from).collect()
}

/// Return the two hexadecimal digits of a byte.
fn digits(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 0x0F].map(|half| if half < 10 { b'0' + half } else { b'a' + half - 10 })
}

#[cfg(test)]
mod tests {
    use super::super::samples::{extension, hello, vector};
    use super::*;

    fn shorts_of(values: &[u16]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_be_bytes()).collect()
    }

    /// The ClientHello of Chrome that is the example in the description of JA4.
    fn chrome(alpn: &[u8]) -> Vec<u8> {
        let ciphers = [
            0x2A2A, 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x009C,
            0x009D, 0x002F, 0x0035,
        ];
        let algorithms = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601];
        let mut extensions =
            [0x1B, SERVER_NAME, 0x33, ALPN, 0x4469, 0x17, 0x2D, 0x0D, 0x05, 0x23, 0x12, 0x2B, 0xFF01, 0x0B, 0x0A, 0x15]
                .map(|kind| match kind {
                    0x0D => extension(kind, &vector(2, &shorts_of(&algorithms))),
                    0x2B => extension(kind, &vector(1, &shorts_of(&[0x9A9A, 0x0304, 0x0303]))),
                    ALPN => extension(kind, &vector(2, alpn)),
                    _ => extension(kind, b""),
                })
                .to_vec();
        extensions.insert(0, extension(0xDADA, b""));
        extensions.push(extension(0xAAAA, b"\0"));
        hello(0x0303, &ciphers, &extensions)
    }

    #[test]
    fn ja4_is_that_of_its_description() {
        let body = chrome(b"\x02h2\x08http/1.1");
        assert_eq!(ja4(&ClientHello::parse(&body), Transport::Tcp), "t13d1516h2_8daaf6152771_e5627efa2ab1");
        assert_eq!(ja4(&ClientHello::parse(&body), Transport::Quic), "q13d1516h2_8daaf6152771_e5627efa2ab1");
    }

    #[test]
    fn ja4_shows_both_ends_of_the_first_protocol() {
        let shown = |alpn: &[u8]| ja4(&ClientHello::parse(&chrome(alpn)), Transport::Tcp)[8..10].to_owned();
        assert_eq!(shown(b"\x08http/1.1\x02h2"), "h1");
        assert_eq!(shown(b"\x01x"), "xx");
        assert_eq!(shown(b"\x02\xABx"), "a8");
        assert_eq!(shown(b""), "00");
    }

    #[test]
    fn a_hello_without_extensions_has_a_ja4() {
        let body = hello(0x0300, &[], &[]);
        assert_eq!(ja4(&ClientHello::parse(&body), Transport::Tcp), "ts3i000000_000000000000_000000000000");
    }

    #[test]
    fn ja3_is_that_of_its_description() {
        let lists = [extension(0, b""), extension(10, &vector(2, &shorts_of(&[23, 24, 25]))), extension(11, b"\x01\0")];
        let ciphers = [47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4];
        let ja3_of = |body: &[u8]| ja3(&ClientHello::parse(body));
        assert_eq!(ja3_of(&hello(769, &ciphers, &lists)), "ada70206e40642a3e4461f35503241d5");
        let few = hello(769, &[4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99], &[]);
        assert_eq!(ja3_of(&few), "de350869b8c85de67a350c8d186f11e6");
    }

    #[test]
    fn ja3s_is_the_hash_of_what_the_server_chose() {
        let block = [65281, 0, 11, 35, 5, 16].map(|kind| extension(kind, b"")).concat();
        assert_eq!(ja3s(769, 47, &block), "836ce314215654b5b1f85f97c73e506f");
    }
}
