//! Finds frames in captured data: a piece of a file, or a block of a ring. Bytes are not copied; headers that the
//! kernel removed from a frame in a ring are restored in place.

mod pcap;
mod pcapng;
mod ring;

pub use pcap::{PcapLayout, pcap};
pub use pcapng::{Interface, pcapng};
pub use ring::ring;

/// The frames found, column by column.
#[derive(Debug, Default)]
pub struct Index {
    /// Capture times in seconds since the epoch.
    pub times: Vec<f64>,
    /// Index of the first byte of each frame in the buffer.
    pub starts: Vec<i64>,
    /// Index after the last byte of each frame in the buffer.
    pub stops: Vec<i64>,
    /// Lengths on the wire in bytes.
    pub lengths: Vec<i64>,
    /// Index of the first incomplete record.
    pub next: usize,
    /// The length it claims, if implausible.
    pub too_large: Option<u64>,
}

impl Index {
    fn push(&mut self, time: f64, start: usize, stop: usize, length: i64) {
        self.times.push(time);
        self.starts.push(start as i64);
        self.stops.push(stop as i64);
        self.lengths.push(length);
    }
}

/// Read a 4-byte number.
fn number(data: &[u8], place: usize, little_endian: bool) -> Option<u32> {
    let bytes = *data.get(place..)?.first_chunk::<4>()?;
    Some(if little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
}
