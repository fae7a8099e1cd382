//! What proxies send before the first message of a connection: a PROXY protocol header, or a SOCKS handshake.
//!
//! The first bytes that a side sends tell which. HAProxy's proxy-protocol.txt specifies the PROXY protocol, and RFC 1928
//! SOCKS 5; SOCKS 4 has no RFC.

use std::net::{IpAddr, Ipv6Addr};

use crate::bytes::{partition, run};
use crate::forwarding::numeric;

const PROXY_2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const PROXY_2_SIZE: usize = 16;
/// Maximum bytes of a line of version 1 after its protocol, with the space before them.
const LONGEST_ADDRESSES: usize = 96;
/// Version 2, and a connection on behalf of a client; LOCAL is one of the proxy's own.
const PROXY_COMMAND: u8 = 0x21;
const TCP_4: u8 = 0x11;
const TCP_6: u8 = 0x21;
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

/// Return the client that a PROXY protocol header names; None if it names none, or not in full.
pub(crate) fn proxied_client(header: &[u8]) -> Option<IpAddr> {
    let client = if header.starts_with(PROXY_2) { client_of_2(header) } else { client_of_1(header) };
    client.map(|client| client.to_canonical())
}

/// Return the client in a header of version 1 (section 2.1).
fn client_of_1(header: &[u8]) -> Option<IpAddr> {
    let mut words = partition(header, b'\r').0.split(|byte| *byte == b' ').skip(1);
    let (family, source, target) = (words.next()?, numeric(words.next()?)?, numeric(words.next()?)?);
    let fits = match family {
        b"TCP4" => source.is_ipv4() && target.is_ipv4(),
        b"TCP6" => source.is_ipv6() && target.is_ipv6(),
        _ => false,
    };
    (fits && words.count() == 2).then_some(source)
}

/// Return the client in a header of version 2 (section 2.2).
fn client_of_2(header: &[u8]) -> Option<IpAddr> {
    let &[command, family, high, low] = header.get(PROXY_2.len()..)?.first_chunk()?;
    let addresses = header.get(PROXY_2_SIZE..)?;
    let size = usize::from(u16::from_be_bytes([high, low])).min(addresses.len());
    match family {
        _ if command != PROXY_COMMAND => None,
        TCP_4 if size >= 12 => Some(IpAddr::from(*addresses.first_chunk::<4>()?)),
        TCP_6 if size >= 36 => Some(IpAddr::from(Ipv6Addr::from(*addresses.first_chunk::<16>()?))),
        _ => None,
    }
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
    fn clients_in_headers_of_the_proxy_protocol() {
        let client = |header: &[u8]| proxied_client(header).map(crate::address::text);
        for (line, expected) in [
            (b"PROXY TCP4 192.0.2.1 192.0.2.2 1234 80\r\nGET ".as_slice(), Some("192.0.2.1")),
            (b"PROXY TCP6 2001:db8::1 2001:db8::2 1234 80\r\n", Some("2001:db8::1")),
            (b"PROXY TCP6 ::ffff:192.0.2.1 ::1 1234 80\r\n", Some("192.0.2.1")),
            (b"PROXY TCP4 2001:db8::1 2001:db8::2 1234 80\r\n", None),
            (b"PROXY TCP6 192.0.2.1 192.0.2.2 1234 80\r\n", None),
            (b"PROXY TCP4 192.0.2.1 192.0.2.2 1234\r\n", None),
            (b"PROXY TCP4 192.0.2.1  192.0.2.2 1234 80\r\n", None),
            (b"PROXY TCP4 junk 192.0.2.2 1234 80\r\n", None),
            (b"PROXY UNKNOWN\r\n", None),
            (b"PROXY UNKNOWN 192.0.2.1 192.0.2.2 1234 80\r\n", None),
        ] {
            assert_eq!(client(line).as_deref(), expected, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn clients_in_binary_headers_of_the_proxy_protocol() {
        let header = |command: u8, family: u8, addresses: &[u8]| {
            let size = (addresses.len() as u16).to_be_bytes();
            let header = [PROXY_2, &[command, family], &size, addresses, b"GET / HTTP/1.1\r\n"].concat();
            proxied_client(&header).map(crate::address::text)
        };
        let (four, six) = ([192, 0, 2, 1, 192, 0, 2, 2, 0, 1, 0, 2], [[0xFE; 16], [1; 16], [2; 16]].concat());
        assert_eq!(header(0x21, 0x11, &four).as_deref(), Some("192.0.2.1"));
        assert_eq!(header(0x21, 0x21, &six).as_deref(), Some("fefe:fefe:fefe:fefe:fefe:fefe:fefe:fefe"));
        assert_eq!(header(0x21, 0x21, &six[..35]), None);
        assert_eq!(header(0x21, 0x11, &four[..11]), None);
        assert_eq!(header(0x20, 0x11, &four), None, "LOCAL");
        assert_eq!(header(0x11, 0x11, &four), None, "version 1");
        assert_eq!(header(0x21, 0x12, &four), None, "UDP");
        assert_eq!(header(0x21, 0x31, &[b'/'; 216]), None, "a Unix socket");
        assert_eq!(proxied_client(&[PROXY_2, b"\x21\x11\0\x0c\xc0\0"].concat()), None, "cut short");
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
