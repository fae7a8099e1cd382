//! The bytes of a connection as TCP segments in IP packets without a link layer (LINKTYPE_RAW).
//!
//! So the decoder, the file of packets and the evidence of alerts get what a capture would have shown.
//! Checksums are 0: nobody computes them on the way into a host either (offload).

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};

/// Most bytes of a segment; an IP packet has room for no more than 64 KiB.
const LONGEST: usize = 32 << 10;
/// Most bytes of the room that is kept for the next frame: idle connections have little.
const KEPT: usize = 2048;
/// The first sequence number of the next connection: far from that of the one before, whose ports may be the same.
static NUMBERS: AtomicU32 = AtomicU32::new(1);
const STEP: u32 = 0x9e37_79b1;
const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;
const PUSH: u8 = 8;
const TCP_HEADER: usize = 20;
/// IPv4: version and header length, and protocol TCP; the flag "don't fragment".
const IPV4: u8 = 0x45;
const TCP: u8 = 6;
const WINDOW: [u8; 2] = [0xff, 0xff];

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

/// The segments of one connection.
#[derive(Debug)]
pub(crate) struct Segments {
    ends: [SocketAddr; 2],
    /// The next sequence numbers of the client and of the server.
    next: [u32; 2],
    /// The latest frame, whose room is used again.
    frame: Vec<u8>,
}

impl Segments {
    /// Begin with a handshake; `take` gets each frame.
    pub(crate) fn begin(client: SocketAddr, server: SocketAddr, mut take: impl FnMut(&[u8])) -> Self {
        let (client, server) = alike(client, server);
        let next = [(); 2].map(|()| NUMBERS.fetch_add(STEP, Ordering::Relaxed));
        let mut made = Self { ends: [client, server], next, frame: Vec::new() };
        made.emit(Side::Client, SYN, &[], &mut take);
        made.emit(Side::Server, SYN | ACK, &[], &mut take);
        made.emit(Side::Client, ACK, &[], &mut take);
        made
    }

    /// Say bytes of one side.
    pub(crate) fn say(&mut self, side: Side, data: &[u8], mut take: impl FnMut(&[u8])) {
        for part in data.chunks(LONGEST) {
            self.emit(side, ACK | PUSH, part, &mut take);
        }
    }

    /// Say that one side sends no more.
    pub(crate) fn finish(&mut self, side: Side, mut take: impl FnMut(&[u8])) {
        self.emit(side, FIN | ACK, &[], &mut take);
    }

    /// Say that the connection ended at once.
    pub(crate) fn reset(&mut self, mut take: impl FnMut(&[u8])) {
        self.emit(Side::Server, RST | ACK, &[], &mut take);
    }

    fn emit(&mut self, side: Side, flags: u8, data: &[u8], take: &mut impl FnMut(&[u8])) {
        let [client, server] = self.ends;
        let [of_client, of_server] = self.next;
        let (from, to, sequence, other) = match side {
            Side::Client => (client, server, of_client, of_server),
            Side::Server => (server, client, of_server, of_client),
        };
        let acknowledged = if flags & ACK == 0 { 0 } else { other };
        let frame = &mut self.frame;
        frame.clear();
        write_ip(frame, from.ip(), to.ip(), TCP_HEADER + data.len());
        frame.extend_from_slice(&from.port().to_be_bytes());
        frame.extend_from_slice(&to.port().to_be_bytes());
        frame.extend_from_slice(&sequence.to_be_bytes());
        frame.extend_from_slice(&acknowledged.to_be_bytes());
        frame.extend_from_slice(&[(TCP_HEADER as u8 / 4) << 4, flags]);
        frame.extend_from_slice(&WINDOW);
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(data);
        take(frame);
        if frame.capacity() > KEPT {
            *frame = Vec::new();
        }
        let used = data.len() as u32 + u32::from(flags & (SYN | FIN) != 0);
        let [of_client, of_server] = &mut self.next;
        let next = if side == Side::Client { of_client } else { of_server };
        *next = next.wrapping_add(used);
    }
}

fn write_ip(frame: &mut Vec<u8>, from: IpAddr, to: IpAddr, size: usize) {
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let total = (size + 20) as u16;
            frame.extend_from_slice(&[IPV4, 0]);
            frame.extend_from_slice(&total.to_be_bytes());
            frame.extend_from_slice(&[0, 0, 0x40, 0, 64, TCP, 0, 0]);
            frame.extend_from_slice(&from.octets());
            frame.extend_from_slice(&to.octets());
        }
        (from, to) => {
            frame.extend_from_slice(&[0x60, 0, 0, 0]);
            frame.extend_from_slice(&(size as u16).to_be_bytes());
            frame.extend_from_slice(&[TCP, 64]);
            frame.extend_from_slice(&sixteen(from));
            frame.extend_from_slice(&sixteen(to));
        }
    }
}

fn sixteen(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

/// Write both addresses as IPv4 if possible.
fn alike(client: SocketAddr, server: SocketAddr) -> (SocketAddr, SocketAddr) {
    let short = |end: SocketAddr| SocketAddr::new(end.ip().to_canonical(), end.port());
    (short(client), short(server))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::decoder::Decoder;
    use wire::limits::Limits;
    use wire::ports::Ports;
    use wire::protocols::Protocols;
    use wire::records::Wanted;

    fn decoded(client: &str, server: &str) -> (u64, u64, u64) {
        let mut flags = vec![0; 65536];
        flags[80] = 1;
        let mut decoder =
            Decoder::new(Ports::new(&flags), Limits::default(), None, Wanted::default(), Protocols::default());
        let ends = (client.parse().unwrap(), server.parse().unwrap());
        let mut feed = |frame: &[u8]| decoder.feed(1.0, 101, frame);
        let mut segments = Segments::begin(ends.0, ends.1, &mut feed);
        segments.say(Side::Client, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", &mut feed);
        let body = vec![b'x'; 100_000];
        segments.say(Side::Server, b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", &mut feed);
        segments.say(Side::Server, &body, &mut feed);
        segments.finish(Side::Client, &mut feed);
        segments.finish(Side::Server, &mut feed);
        let health = decoder.health();
        (health.requests, health.exchanges, health.gaps)
    }

    #[test]
    fn the_decoder_reads_what_was_said() {
        for (client, server) in [
            ("192.0.2.1:50000", "192.0.2.2:80"),
            ("[2001:db8::1]:50000", "[2001:db8::2]:80"),
            ("[::ffff:192.0.2.1]:50000", "192.0.2.2:80"),
            ("192.0.2.1:50000", "[2001:db8::2]:80"),
        ] {
            assert_eq!(decoded(client, server), (1, 1, 0), "{client} {server}");
        }
    }
}
