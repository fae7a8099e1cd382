//! The PROXY protocol (haproxy.org, proxy-protocol.txt), versions 1 and 2: whose connection this is.

use std::io::{Error, ErrorKind, Result};
use std::net::{IpAddr, SocketAddr};

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Most bytes of a header of version 1, with its line end.
const LONGEST_TEXT: usize = 107;
/// Most bytes of a header of version 2 after its first 16.
const LONGEST_REST: usize = 4096;

/// Both ends of a connection; None if the proxy speaks for itself (LOCAL, UNKNOWN).
pub(crate) type Ends = Option<(SocketAddr, SocketAddr)>;

/// Read the header at the start of a connection.
pub(crate) async fn read(stream: &mut TcpStream) -> Result<Ends> {
    let mut start = [0; 1];
    stream.read_exact(&mut start).await?;
    if start == *b"P" { read_text(stream).await } else { read_binary(stream, start).await }
}

async fn read_text(stream: &mut TcpStream) -> Result<Ends> {
    let mut line = vec![b'P'];
    while !line.ends_with(b"\r\n") {
        if line.len() >= LONGEST_TEXT {
            return Err(malformed());
        }
        line.push(stream.read_u8().await?);
    }
    text_ends(&line).ok_or_else(malformed)
}

async fn read_binary(stream: &mut TcpStream, start: [u8; 1]) -> Result<Ends> {
    let mut head = [0; 15];
    stream.read_exact(&mut head).await?;
    let signed = start.iter().chain(head.iter().take(11)).eq(SIGNATURE.iter());
    let [.., version, family, high, low] = head;
    let size = usize::from(u16::from_be_bytes([high, low]));
    if !signed || version >> 4 != 2 || size > LONGEST_REST {
        return Err(malformed());
    }
    let mut rest = vec![0; size];
    stream.read_exact(&mut rest).await?;
    match version & 0xf {
        0 => Ok(None),
        1 => Ok(binary_ends(family, &rest)),
        _ => Err(malformed()),
    }
}

/// The header of version 2 of a connection that the proxy makes for itself, such as a check (LOCAL).
pub(crate) fn local() -> Vec<u8> {
    [&SIGNATURE[..], &[0x20, 0, 0, 0]].concat()
}

/// Write a header of version 2.
pub(crate) fn header(client: SocketAddr, server: SocketAddr) -> Vec<u8> {
    let mut out = SIGNATURE.to_vec();
    let (client, server) = (canonical(client), canonical(server));
    match (client.ip(), server.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            out.extend_from_slice(&[0x21, 0x11, 0, 12]);
            out.extend_from_slice(&from.octets());
            out.extend_from_slice(&to.octets());
        }
        (from, to) => {
            out.extend_from_slice(&[0x21, 0x21, 0, 36]);
            out.extend_from_slice(&sixteen(from));
            out.extend_from_slice(&sixteen(to));
        }
    }
    out.extend_from_slice(&client.port().to_be_bytes());
    out.extend_from_slice(&server.port().to_be_bytes());
    out
}

fn text_ends(line: &[u8]) -> Option<Ends> {
    let line = std::str::from_utf8(line).ok()?.trim_end();
    let words: Vec<&str> = line.split(' ').collect();
    match words.as_slice() {
        ["PROXY", "UNKNOWN", ..] => Some(None),
        ["PROXY", "TCP4" | "TCP6", from, to, from_port, to_port] => {
            let client = SocketAddr::new(from.parse().ok()?, from_port.parse().ok()?);
            let server = SocketAddr::new(to.parse().ok()?, to_port.parse().ok()?);
            Some(Some((client, server)))
        }
        _ => None,
    }
}

fn binary_ends(family: u8, rest: &[u8]) -> Ends {
    let size = match family {
        0x11 => 4,
        0x21 => 16,
        _ => return None,
    };
    let (from, rest) = rest.split_at_checked(size)?;
    let (to, ports) = rest.split_at_checked(size)?;
    let [a, b, c, d, ..] = *ports else {
        return None;
    };
    let client = SocketAddr::new(address(from)?, u16::from_be_bytes([a, b]));
    Some((client, SocketAddr::new(address(to)?, u16::from_be_bytes([c, d]))))
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

fn canonical(end: SocketAddr) -> SocketAddr {
    SocketAddr::new(end.ip().to_canonical(), end.port())
}

fn sixteen(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

fn malformed() -> Error {
    Error::new(ErrorKind::InvalidData, "not a PROXY header")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_name_both_ends() {
        let ends = |text: &str| text_ends(text.as_bytes());
        let client: SocketAddr = "192.0.2.1:5000".parse().unwrap();
        let server: SocketAddr = "192.0.2.2:443".parse().unwrap();
        assert_eq!(ends("PROXY TCP4 192.0.2.1 192.0.2.2 5000 443\r\n"), Some(Some((client, server))));
        assert_eq!(ends("PROXY UNKNOWN\r\n"), Some(None));
        assert_eq!(ends("PROXY TCP4 a b c d\r\n"), None);
        let written = header(client, server);
        assert_eq!(binary_ends(0x11, &written[16..]), Some((client, server)));
        let (client, server) = ("[2001:db8::1]:1".parse().unwrap(), "[2001:db8::2]:2".parse().unwrap());
        assert_eq!(binary_ends(0x21, &header(client, server)[16..]), Some((client, server)));
    }
}
