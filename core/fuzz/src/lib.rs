//! What the targets share: a decoder that is given any frames, and what must hold of all that it gives.

pub mod check;
pub mod talk;

use wire::decoder::Decoder;
use wire::limits::Limits;
use wire::ports::Ports;
use wire::records::Wanted;

/// A frame, as a decoder takes it.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Capture time in seconds since the epoch.
    pub time: f64,
    /// Number of its link layer.
    pub link_type: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What is done with a decoder.
#[derive(Clone, Debug)]
pub enum Step {
    /// A frame is fed.
    Feed(Frame),
    /// No frame came until then.
    Advance(f64),
    /// Its records are taken.
    Take,
}

/// Take all steps, and finish; the first byte of `data` chooses limits, records and ports, as `fuzz_both.py` has it.
///
/// # Panics
/// Something does not hold.
pub fn play(data: &[u8], steps: impl Iterator<Item = Step>) {
    let choice = data.first().copied().unwrap_or_default();
    let wanted = choice & 4 != 0;
    let wanted = Wanted { connections: wanted, hellos: wanted, packets: wanted, answers: wanted };
    let ports = if choice & 8 == 0 { vec![1; 1 << 16] } else { (0..=80).map(|port| u8::from(port == 80)).collect() };
    let limits = limits(choice & 3);
    let most = limits.total_buffer;
    let inner = |_, frame: &[u8]| frame.get(3..).filter(|rest| !rest.is_empty()).map(<[u8]>::to_vec);
    let mut decoder = Decoder::new(Ports::new(&ports), limits, Some(Box::new(inner)), wanted);
    let (mut count, mut totals) = (0, check::Totals::default());
    for step in steps {
        match step {
            Step::Feed(frame) => {
                count += 1;
                decoder.feed(frame.time, frame.link_type, &frame.bytes);
            }
            Step::Advance(now) => decoder.advance(now),
            Step::Take => totals.add(&decoder.take()),
        }
        assert!(decoder.held() <= most + 4 * 65536, "{} bytes are held", decoder.held());
    }
    decoder.finish();
    totals.add(&decoder.take());
    assert_eq!(decoder.held(), 0, "bytes are held when all is over");
    assert_eq!(decoder.health().frames, count);
    totals.check(decoder.health());
}

/// From those of every day to those that are always reached.
fn limits(choice: u8) -> Limits {
    let small = |string_length, connections, bytes: usize, waiting_records| Limits {
        string_length,
        connections,
        pending_requests: connections,
        header_bytes: bytes,
        headers: connections,
        connection_buffer: bytes,
        server_names: connections,
        total_buffer: 8 * bytes,
        held_segments: connections,
        waiting_records,
        waiting_characters: 1000 * waiting_records,
        ..Limits::default()
    };
    match choice {
        0 => Limits::default(),
        1 => small(64, 8, 4096, 1000),
        2 => small(20, 2, 100, 3),
        _ => small(16, 1, 1, 1),
    }
}
