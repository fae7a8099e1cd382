//! The ClientHello (RFC 8446 section 4.1.2): what a client offers, and which server it asks for.

use super::fields::{Fields, extensions, is_grease, shorts, vectors};

pub(crate) const SERVER_NAME: u16 = 0;
pub(crate) const SUPPORTED_GROUPS: u16 = 10;
pub(crate) const POINT_FORMATS: u16 = 11;
pub(crate) const SIGNATURE_ALGORITHMS: u16 = 13;
pub(crate) const ALPN: u16 = 16;
pub(crate) const SESSION_TICKET: u16 = 35;
pub(crate) const PRE_SHARED_KEY: u16 = 41;
pub(crate) const EARLY_DATA: u16 = 42;
pub(crate) const SUPPORTED_VERSIONS: u16 = 43;
pub(crate) const KEY_SHARE: u16 = 51;
/// Encrypted ClientHello (RFC 9849 section 5), and its predecessor, the encrypted server name.
const ENCRYPTED_CLIENT_HELLO: u16 = 0xFE0D;
const ENCRYPTED_SERVER_NAME: u16 = 0xFFCE;
const OUTER: u8 = 0;
const HOST_NAME: u8 = 0;

/// A ClientHello, whose fields refer to its bytes. Vectors may contain reserved values (RFC 8701).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ClientHello<'a> {
    /// `legacy_version`: at most 0x0303, whatever is offered.
    pub(crate) version: u16,
    pub(crate) session_id: &'a [u8],
    /// Numbers of two bytes.
    pub(crate) cipher_suites: &'a [u8],
    /// All extensions, for `fields::extensions`.
    pub(crate) extensions: &'a [u8],
    /// The host name (RFC 6066 section 3); empty if there is none. With `ech`, it is only that of the front.
    pub(crate) server_name: &'a [u8],
    /// The protocols of ALPN, each behind its length, for `fields::vectors`.
    pub(crate) alpn: &'a [u8],
    /// Numbers of two bytes.
    pub(crate) supported_versions: &'a [u8],
    /// Numbers of two bytes (RFC 8422 section 5.1.1, RFC 8446 section 4.2.7).
    pub(crate) groups: &'a [u8],
    /// Numbers of one byte (RFC 8422 section 5.1.2).
    pub(crate) point_formats: &'a [u8],
    /// Numbers of two bytes.
    pub(crate) signature_algorithms: &'a [u8],
    /// Whether there is a server_name extension, even without a name.
    pub(crate) names_server: bool,
    /// Whether a session ticket is presented (RFC 5077 section 3.1).
    pub(crate) ticket: bool,
    /// Whether a key of an earlier connection is offered (RFC 8446 section 4.2.11).
    pub(crate) pre_shared_key: bool,
    pub(crate) early_data: bool,
    /// Whether the real ClientHello is encrypted inside this one, or claims to be: clients send such an extension for
    /// every server, so that the real ones do not stand out (RFC 9849 section 6.2).
    pub(crate) ech: bool,
}

impl<'a> ClientHello<'a> {
    /// Read the body of a ClientHello, which follows the head of four bytes. A truncated one is read as far as it goes.
    pub(crate) fn parse(body: &'a [u8]) -> Self {
        let mut fields = Fields::new(body);
        let version = fields.short();
        fields.bytes(32); // random
        let session_id = fields.vector(1);
        let cipher_suites = fields.vector(2);
        fields.vector(1); // compression methods
        let mut hello = Self { version, session_id, cipher_suites, extensions: fields.vector(2), ..Self::default() };
        let mut before = 0_u64; // the first of several extensions of one type counts
        for (kind, content) in extensions(hello.extensions) {
            let known = 1_u64.checked_shl(u32::from(kind)).unwrap_or_default();
            if before & known == 0 {
                hello.extension(kind, content);
            }
            before |= known;
        }
        hello
    }

    fn extension(&mut self, kind: u16, content: &'a [u8]) {
        let mut fields = Fields::new(content);
        match kind {
            SERVER_NAME => (self.names_server, self.server_name) = (true, host_name(content)),
            SUPPORTED_GROUPS => self.groups = fields.vector(2),
            POINT_FORMATS => self.point_formats = fields.vector(1),
            SIGNATURE_ALGORITHMS => self.signature_algorithms = fields.vector(2),
            ALPN => self.alpn = fields.vector(2),
            SESSION_TICKET => self.ticket = !content.is_empty(),
            PRE_SHARED_KEY => self.pre_shared_key = true,
            EARLY_DATA => self.early_data = true,
            SUPPORTED_VERSIONS => self.supported_versions = fields.vector(1),
            ENCRYPTED_CLIENT_HELLO => self.ech |= content.first() == Some(&OUTER),
            ENCRYPTED_SERVER_NAME => self.ech = true,
            _ => {}
        }
    }

    /// Return the highest version that is offered; `supported_versions` overrides `legacy_version`.
    pub(crate) fn highest_version(&self) -> u16 {
        let offered = shorts(self.supported_versions).filter(|version| !is_grease(*version));
        offered.max_by_key(|version| rank(*version)).unwrap_or(self.version)
    }

    /// Return the protocols that are offered for use inside the connection, such as `h2`.
    pub(crate) fn protocols(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        vectors(self.alpn)
    }
}

/// Order versions by age: drafts of TLS 1.3 (0x7F..) come before 1.3 itself, and after 1.2.
fn rank(version: u16) -> (u16, u16) {
    match version {
        0x0304.. if version >> 8 == 3 => (version, 1),
        0x7F00..=0x7FFF => (0x0304, 0),
        _ => (version.min(0x0303), 0),
    }
}

/// Return the first name in the list; host names are the only kind there is.
fn host_name(names: &[u8]) -> &[u8] {
    let mut fields = Fields::new(names);
    fields.bytes(2); // length of the list
    let kind = fields.bytes(1);
    let length = fields.number(2);
    let name = fields.rest().get(..length).unwrap_or_default();
    if kind == [HOST_NAME] { name } else { &[] }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{extension, hello, vector};
    use super::*;

    #[test]
    fn a_hello_is_read_field_by_field() {
        let body = hello(
            0x0303,
            &[0x1301, 0xC02F],
            &[
                extension(0x0A0A, b""),
                extension(SERVER_NAME, &vector(2, b"\x00\x00\x04a.ex")),
                extension(SUPPORTED_GROUPS, &vector(2, b"\x11\xEC\x00\x1D")),
                extension(POINT_FORMATS, &vector(1, b"\x00")),
                extension(ALPN, &vector(2, b"\x02h2\x08http/1.1")),
                extension(SUPPORTED_VERSIONS, &vector(1, b"\x7A\x7A\x03\x04\x03\x03")),
                extension(SESSION_TICKET, b"ticket"),
                extension(ENCRYPTED_CLIENT_HELLO, b"\x00..."),
            ],
        );
        let found = ClientHello::parse(&body);
        assert_eq!((found.version, found.highest_version(), found.session_id), (0x0303, 0x0304, b"id".as_slice()));
        assert_eq!(shorts(found.cipher_suites).collect::<Vec<_>>(), [0x1301, 0xC02F]);
        assert_eq!((found.server_name, found.names_server), (b"a.ex".as_slice(), true));
        assert_eq!(shorts(found.groups).collect::<Vec<_>>(), [0x11EC, 0x1D]);
        assert_eq!(found.point_formats, [0]);
        assert_eq!(found.protocols().collect::<Vec<_>>(), [b"h2".as_slice(), b"http/1.1"]);
        assert_eq!((found.ticket, found.ech, found.pre_shared_key, found.early_data), (true, true, false, false));
    }

    #[test]
    fn the_first_of_two_extensions_of_a_type_counts() {
        let names = [b"\x00\x00\x01a", b"\x00\x00\x01b"].map(|name| extension(SERVER_NAME, &vector(2, name)));
        assert_eq!(ClientHello::parse(&hello(0x0303, &[1], &names)).server_name, b"a");
    }

    #[test]
    fn a_hello_cut_anywhere_is_read_as_far_as_it_goes() {
        let body = hello(0x0301, &[0x2F], &[extension(SERVER_NAME, &vector(2, b"\x00\x00\x04a.ex"))]);
        let names = (0..=body.len()).map(|end| ClientHello::parse(&body[..end]).server_name);
        assert_eq!(names.filter(|name| !name.is_empty()).collect::<Vec<_>>(), [b"a.ex"]);
    }

    #[test]
    fn the_highest_version_is_the_newest() {
        let highest = |versions: &[u8]| {
            let body = hello(0x0303, &[1], &[extension(SUPPORTED_VERSIONS, &vector(1, versions))]);
            ClientHello::parse(&body).highest_version()
        };
        assert_eq!(highest(b"\x03\x03\x7F\x1C\x03\x02"), 0x7F1C);
        assert_eq!(highest(b"\x7F\x1C\x03\x04\xFA\xFA"), 0x0304);
        assert_eq!(highest(b"\x1A\x1A"), 0x0303);
    }
}
