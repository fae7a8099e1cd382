//! What proxies send before the first message of a connection: a PROXY protocol header, or a SOCKS handshake.
//!
//! The first bytes that a side sends tell which. HAProxy's proxy-protocol.txt specifies the PROXY protocol, and RFC 1928
//! SOCKS 5; SOCKS 4 has no RFC.

use crate::bytes::run;

const PROXY_2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const PROXY_2_SIZE: usize = 16;
/// Maximum bytes of a line of version 1 after its protocol, with the space before them.
const LONGEST_ADDRESSES: usize = 96;
const SOCKS_4_SIZE: usize = 9;

/// Return the size of the PROXY protocol header at the start of a connection; 0 if there is none.
///
/// It is sent at once (section 2), so its start is never split. One of version 2 may be longer than `data`.
pub(crate) fn proxy_header_size(data: &[u8]) -> usize {
    match data.get(14..PROXY_2_SIZE) {
        Some(&[high, low]) if data.starts_with(PROXY_2) => PROXY_2_SIZE + usize::from(u16::from_be_bytes([high, low])),
        _ => proxy_line_size(data).unwrap_or(0),
    }
}

fn proxy_line_size(data: &[u8]) -> Option<usize> {
    let protocols: [&[u8]; 3] = [b"PROXY TCP4", b"PROXY TCP6", b"PROXY UNKNOWN"];
    let begin = protocols.iter().find(|protocol| data.starts_with(protocol))?.len();
    let rest = data.get(begin..)?;
    let addresses = run(rest, |byte| !matches!(byte, b'\r' | b'\n'));
    let known = addresses == 0 || (rest.starts_with(b" ") && addresses <= LONGEST_ADDRESSES);
    (known && rest.get(addresses..)?.starts_with(b"\r\n")).then_some(begin + addresses + 2)
}

/// Return whether the first segment of a connection is the first message of a SOCKS client.
pub(crate) fn starts_socks(data: &[u8]) -> bool {
    match data {
        [5, methods, rest @ ..] => *methods > 0 && rest.len() == usize::from(*methods),
        [4, 1 | 2, .., 0] => data.len() >= SOCKS_4_SIZE,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_the_proxy_protocol() {
        let line = b"PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\n";
        assert_eq!(proxy_header_size(&[line.as_slice(), b"GET / HTTP/1.1\r\n"].concat()), line.len());
        assert_eq!(proxy_header_size(b"PROXY UNKNOWN\r\n"), 15);
        assert_eq!(proxy_header_size(b"PROXY TCP5 a b 1 2\r\n"), 0);
        assert_eq!(proxy_header_size(b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c"), 28);
        assert_eq!(proxy_header_size(b"\r\n\r\nGET / HTTP/1.1\r\n"), 0);
    }

    #[test]
    fn first_messages_of_socks_clients() {
        assert!(starts_socks(b"\x05\x01\x00"));
        assert!(starts_socks(b"\x04\x01\x00\x50\xc0\x00\x02\x01me\0"));
        assert!(!starts_socks(b"\x05\x00"));
        assert!(!starts_socks(b"\x05\x01\x00\x00"));
        assert!(!starts_socks(b"\x04\x01\x00\x50\0"));
    }
}
