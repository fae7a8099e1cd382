//! The common part of the fuzz targets: a decoder that is fed arbitrary frames, and checks of everything it returns.

pub mod check;
pub mod talk;

use std::net::IpAddr;

use wire::decoder::Decoder;
use wire::forwarding::{ClientField, TrustedProxies};
use wire::limits::Limits;
use wire::ports::Ports;
use wire::protocols::Protocols;
use wire::records::Wanted;

/// A frame as fed to a decoder.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Capture time in seconds since the epoch.
    pub time: f64,
    /// Link-layer type.
    pub link_type: u32,
    /// The captured bytes.
    pub bytes: Vec<u8>,
}

/// One operation on a decoder.
#[derive(Clone, Debug)]
pub enum Step {
    /// Feed a frame.
    Feed(Frame),
    /// Advance to a time without frames.
    Advance(f64),
    /// Take the records.
    Take,
    /// Add secrets of TLS connections.
    Secrets(Vec<u8>),
}

/// The bit of the first byte of an input that has all protocols decoded; without it, only HTTP/1 is.
pub const ALL_PROTOCOLS: u8 = 16;

/// Run all steps and finish. The first byte of `data` selects limits, records and ports, as in `fuzz_both.py`.
///
/// # Panics
/// Panics if a check fails.
pub fn play(data: &[u8], steps: impl Iterator<Item = Step>) {
    let choice = data.first().copied().unwrap_or_default();
    let wanted = choice & 4 != 0;
    let wanted = Wanted {
        connections: wanted,
        hellos: wanted,
        handshakes: wanted,
        packets: wanted,
        answers: wanted,
        quic: wanted,
        lookups: wanted,
        content: wanted,
        strains: wanted,
    };
    let ports = if choice & 8 == 0 { vec![1; 1 << 16] } else { (0..=80).map(|port| u8::from(port == 80)).collect() };
    let limits = limits(choice & 3);
    let most = limits.total_buffer;
    let inner = |_, frame: &[u8]| frame.get(3..).filter(|rest| !rest.is_empty()).map(<[u8]>::to_vec);
    let mut decoder = Decoder::new(Ports::new(&ports), limits, Some(Box::new(inner)), wanted, protocols(choice));
    let (mut count, mut totals) = (0, check::Totals::default());
    for step in steps {
        match step {
            Step::Feed(frame) => {
                count += 1;
                decoder.feed(frame.time, frame.link_type, &frame.bytes);
            }
            Step::Advance(now) => decoder.advance(now),
            Step::Take => totals.add(&decoder.take()),
            Step::Secrets(lines) => decoder.add_secrets(&lines),
        }
        assert!(decoder.held() <= most + 4 * 65536, "{} bytes are buffered", decoder.held());
    }
    decoder.finish(usize::MAX);
    totals.add(&decoder.take());
    assert_eq!(decoder.held(), 0, "bytes are still buffered at the end");
    assert_eq!(decoder.health().frames, count);
    totals.check(decoder.health());
}

fn protocols(choice: u8) -> Protocols {
    let mut protocols = Protocols::default();
    if choice & ALL_PROTOCOLS != 0 {
        let names = ["http2", "websocket", "operations", "tls", "dns", "quic"];
        assert!(names.iter().all(|name| protocols.add(name)));
    }
    protocols
}

fn half_of_all() -> TrustedProxies {
    let networks = [(IpAddr::from([0; 4]), 1), (IpAddr::from([0; 16]), 0)];
    TrustedProxies::new(&networks, ClientField::ALL.to_vec())
}

/// Select limits, from the defaults to limits that are always reached.
fn limits(choice: u8) -> Limits {
    let small = |string_length, connections, bytes: usize, waiting_records| Limits {
        string_length,
        connections,
        pending_requests: connections,
        header_bytes: bytes,
        headers: connections,
        header_table: bytes,
        streams: connections,
        continuations: connections,
        connection_buffer: bytes,
        server_names: connections,
        total_buffer: 8 * bytes,
        held_segments: connections,
        secrets: connections,
        undecrypted_buffer: bytes,
        waiting_records,
        waiting_characters: 1000 * waiting_records,
        inspected_body: bytes,
        waiting_content: 1000 * waiting_records,
        ..Limits::default()
    };
    match choice {
        0 => Limits { trusted_proxies: half_of_all(), ..Limits::default() },
        1 => small(64, 8, 4096, 1000),
        2 => small(20, 2, 100, 3),
        _ => small(16, 1, 1, 1),
    }
}
