//! The ServerHello (RFC 8446 section 4.1.3): what a server chose.

use super::client_hello::{ALPN, KEY_SHARE, PRE_SHARED_KEY, SUPPORTED_VERSIONS};
use super::fields::{Fields, extensions, vectors};

/// The random value of a HelloRetryRequest, which is otherwise a ServerHello (RFC 8446 section 4.1.3).
const RETRY: [u8; 32] = [
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2, 0x11,
    0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
];
/// Drafts of TLS 1.3 whose ServerHello has neither session id nor compression method (draft-ietf-tls-tls13-21).
const SHORT_DRAFTS: std::ops::RangeInclusive<u16> = 0x7F00..=0x7F15;

/// A ServerHello, whose fields refer to its bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ServerHello<'a> {
    /// `legacy_version`: 0x0303 in TLS 1.3.
    pub(crate) legacy_version: u16,
    /// The version that was chosen.
    pub(crate) version: u16,
    /// Whether the client shall send another ClientHello.
    pub(crate) retry: bool,
    pub(crate) session_id: &'a [u8],
    pub(crate) cipher_suite: u16,
    /// All extensions, for `fields::extensions`.
    pub(crate) extensions: &'a [u8],
    /// The protocol that was chosen, which TLS 1.3 encrypts.
    pub(crate) protocol: &'a [u8],
    /// The group of the server's key, in TLS 1.3.
    pub(crate) group: Option<u16>,
    /// Whether a key of an earlier connection is used, in TLS 1.3.
    pub(crate) pre_shared_key: bool,
}

impl<'a> ServerHello<'a> {
    /// Read the body of a ServerHello. A truncated one is read as far as it goes.
    pub(crate) fn parse(body: &'a [u8]) -> Self {
        let mut fields = Fields::new(body);
        let version = fields.short();
        let retry = fields.bytes(32) == RETRY;
        let short = SHORT_DRAFTS.contains(&version);
        let session_id = if short { &[] } else { fields.vector(1) };
        let cipher_suite = fields.short();
        fields.bytes(usize::from(!short)); // compression method
        let block = fields.vector(2);
        let mut hello = Self {
            legacy_version: version,
            version,
            retry,
            session_id,
            cipher_suite,
            extensions: block,
            ..Self::default()
        };
        for (kind, content) in extensions(block) {
            hello.extension(kind, content);
        }
        hello
    }

    fn extension(&mut self, kind: u16, content: &'a [u8]) {
        let mut fields = Fields::new(content);
        match kind {
            SUPPORTED_VERSIONS => self.version = fields.short(),
            ALPN => self.protocol = vectors(fields.vector(2)).next().unwrap_or_default(),
            KEY_SHARE => self.group = Some(fields.short()),
            PRE_SHARED_KEY => self.pre_shared_key = true,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{extension, server_hello, vector};
    use super::*;

    #[test]
    fn the_version_in_an_extension_counts() {
        let body = server_hello(
            0x0303,
            0x1302,
            &[
                extension(SUPPORTED_VERSIONS, b"\x03\x04"),
                extension(KEY_SHARE, b"\x11\xEC\x00\x01k"),
                extension(PRE_SHARED_KEY, b"\0\0"),
            ],
        );
        let found = ServerHello::parse(&body);
        assert_eq!((found.legacy_version, found.version, found.cipher_suite), (0x0303, 0x0304, 0x1302));
        assert_eq!((found.group, found.pre_shared_key, found.retry), (Some(0x11EC), true, false));
    }

    #[test]
    fn the_chosen_protocol_is_told_in_the_clear() {
        let body = server_hello(0x0303, 0xC02F, &[extension(ALPN, &vector(2, b"\x02h2"))]);
        let found = ServerHello::parse(&body);
        assert_eq!((found.version, found.protocol, found.session_id), (0x0303, b"h2".as_slice(), b"id".as_slice()));
    }

    #[test]
    fn a_retry_is_told_by_its_random_value() {
        let body = server_hello(0x0303, 0x1301, &[extension(SUPPORTED_VERSIONS, b"\x03\x04")]);
        let retry = [&body[..2], &RETRY, &body[34..]].concat();
        assert!(ServerHello::parse(&retry).retry);
    }

    #[test]
    fn early_drafts_have_a_shorter_one() {
        let body =
            [b"\x7F\x0E".as_slice(), &[7; 32], b"\x13\x01", &vector(2, &extension(KEY_SHARE, b"\0\x1D"))].concat();
        let found = ServerHello::parse(&body);
        assert_eq!((found.version, found.cipher_suite, found.group), (0x7F0E, 0x1301, Some(0x1D)));
    }
}
