//! A fault of the decoder itself, which should never happen. It costs the connection whose packet was being handled,
//! and no other; the frame is kept for a report.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::decoder::Decoder;

/// The message of a fault, and the frame that caused it.
#[derive(Debug, PartialEq)]
pub struct Fault {
    /// The message of the panic.
    pub text: String,
    /// Capture time in seconds since the epoch.
    pub time: f64,
    /// Link-layer type.
    pub link_type: u32,
    /// The captured bytes of the frame.
    pub frame: Vec<u8>,
}

/// Decode a frame, like [`Decoder::feed`]; return the fault that it caused, if any.
#[inline]
pub fn feed(decoder: &mut Decoder, time: f64, link_type: u32, frame: &[u8]) -> Option<Fault> {
    let panic = catch_unwind(AssertUnwindSafe(|| decoder.feed(time, link_type, frame))).err()?;
    decoder.abandon();
    Some(Fault { text: said(&*panic), time, link_type, frame: frame.to_vec() })
}

/// Return the message of a panic.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message").to_owned()
}

/// Bytes that make a connection panic, only in tests of this crate.
#[cfg(test)]
const PROVOKES: &[u8] = b"\0a fault, please\0";

/// Panic if the bytes of a connection ask for it.
#[cfg(test)]
pub(crate) fn provoke(data: &[u8]) {
    assert!(!data.ends_with(PROVOKES), "provoked by {} bytes", data.len());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::network::InnerIp;
    use crate::ports::Ports;
    use crate::protocols::Protocols;
    use crate::records::Wanted;
    use crate::tcp::sequence::{ACK, SYN};

    const RAW: u32 = 101;
    /// A link type known only to `inner_ip`, which panics.
    const UNKNOWN: u32 = 999;
    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    const UNFINISHED: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n";

    /// A client of a server on port 80.
    struct Client {
        port: u16,
        /// Next sequence numbers of the client and of the server.
        next: [u32; 2],
    }

    impl Client {
        fn new(port: u16) -> Self {
            Self { port, next: [1000, 5000] }
        }

        /// Build a segment of the client or the server as an IP packet.
        fn says(&mut self, server: usize, flags: u8, data: &[u8]) -> Vec<u8> {
            let ends = [(1, self.port), (2, 80)];
            let ((source, source_port), (target, target_port)) = (ends[server], ends[1 - server]);
            let size = (40 + data.len() as u16).to_be_bytes();
            let ip = [0x45, 0, size[0], size[1], 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, source, 10, 0, 0, target];
            let ports = [source_port.to_be_bytes(), target_port.to_be_bytes()].concat();
            let numbers = [self.next[server].to_be_bytes(), self.next[1 - server].to_be_bytes()].concat();
            self.next[server] += data.len() as u32 + u32::from(flags & SYN != 0);
            [ip.as_slice(), &ports, &numbers, &[0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0], data].concat()
        }
    }

    /// A decoder, and the time of its next frame.
    struct Case(Decoder, f64);

    impl Case {
        fn new() -> Self {
            let inner_ip: InnerIp = Box::new(|_, frame| panic!("{} bytes of another link type", frame.len()));
            let ports = Ports::new(&[[0; 80].as_slice(), &[1]].concat());
            Self(
                Decoder::new(ports, Limits::default(), Some(inner_ip), Wanted::default(), Protocols::default()),
                1000.0,
            )
        }

        fn take(&mut self, link_type: u32, frame: &[u8]) -> Option<Fault> {
            self.1 += 0.001;
            feed(&mut self.0, self.1, link_type, frame)
        }

        fn shake_hands(&mut self, client: &mut Client) {
            assert_eq!(self.take(RAW, &client.says(0, SYN, b"")), None);
            assert_eq!(self.take(RAW, &client.says(1, SYN | ACK, b"")), None);
        }

        fn client(&mut self, client: &mut Client, data: &[u8]) -> Option<Fault> {
            self.take(RAW, &client.says(0, ACK, data))
        }

        fn server(&mut self, client: &mut Client, data: &[u8]) -> Option<Fault> {
            self.take(RAW, &client.says(1, ACK, data))
        }

        /// Return the number of requests, exchanges and open connections.
        fn counts(&self) -> (u64, u64, u64) {
            let health = self.0.health();
            (health.requests, health.exchanges, health.connections)
        }

        fn faults(&self) -> Option<u64> {
            self.0.health().oddities.get("fault of the core").copied()
        }
    }

    /// Start two connections, the first of which has sent half the body of a request.
    fn two_connections() -> (Case, Client, Client) {
        let (mut case, mut faulty, mut other) = (Case::new(), Client::new(40000), Client::new(40001));
        for client in [&mut faulty, &mut other] {
            case.shake_hands(client);
            assert_eq!(case.client(client, REQUEST), None);
        }
        assert_eq!(case.server(&mut faulty, RESPONSE), None);
        assert_eq!(case.client(&mut faulty, UNFINISHED), None);
        assert_eq!(case.counts(), (3, 1, 2));
        (case, faulty, other)
    }

    #[test]
    fn a_fault_is_reported_with_its_frame() {
        let (mut case, mut faulty, _) = two_connections();
        let frame = faulty.says(0, ACK, PROVOKES);
        let fault = case.take(RAW, &frame).unwrap();
        assert_eq!(fault, Fault { text: "provoked by 17 bytes".into(), time: case.1, link_type: RAW, frame });
    }

    #[test]
    fn a_fault_costs_only_its_connection() {
        let (mut case, mut faulty, mut other) = two_connections();
        assert!(case.client(&mut faulty, PROVOKES).is_some());
        assert_eq!((case.counts(), case.faults()), ((3, 1, 1), Some(1)));
        assert_eq!(case.server(&mut other, RESPONSE), None);
        assert_eq!((case.counts(), case.0.waiting(), case.0.held()), ((3, 2, 1), 5, 0));
    }

    #[test]
    fn the_next_connection_between_the_same_ends_is_decoded() {
        let (mut case, mut faulty, _) = two_connections();
        assert!(case.client(&mut faulty, PROVOKES).is_some());
        let mut next = Client { next: [90_000, 70_000], ..faulty };
        case.shake_hands(&mut next);
        assert_eq!(case.client(&mut next, REQUEST), None);
        assert_eq!(case.server(&mut next, RESPONSE), None);
        assert_eq!((case.counts(), case.faults()), ((4, 2, 2), Some(1)));
    }

    #[test]
    fn repeated_faults_cost_no_more() {
        let (mut case, _, mut other) = two_connections();
        for port in 41000..41100 {
            let mut client = Client::new(port);
            case.shake_hands(&mut client);
            assert_eq!(case.client(&mut client, UNFINISHED), None);
            assert!(case.client(&mut client, PROVOKES).is_some());
        }
        assert_eq!(case.server(&mut other, RESPONSE), None);
        assert_eq!((case.counts(), case.faults()), ((103, 2, 2), Some(100)));
    }

    #[test]
    fn a_fault_outside_of_a_connection_costs_none() {
        let (mut case, mut faulty, mut other) = two_connections();
        let fault = case.take(UNKNOWN, b"abc").unwrap();
        assert_eq!((fault.text.as_str(), fault.frame.as_slice()), ("3 bytes of another link type", b"abc".as_slice()));
        assert_eq!(case.client(&mut faulty, &[b'x'; 99]), None);
        assert_eq!(case.server(&mut faulty, RESPONSE), None);
        assert_eq!(case.server(&mut other, RESPONSE), None);
        assert_eq!((case.counts(), case.faults()), ((3, 3, 2), None));
    }
}
