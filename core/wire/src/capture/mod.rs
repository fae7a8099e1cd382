//! Where frames are in what was captured: a piece of a file, a block of a ring. Bytes are found, and not copied; what
//! the kernel took out of a frame of a ring is put back in its place.

mod pcap;
mod pcapng;
mod ring;

pub use pcap::{PcapLayout, pcap};
pub use pcapng::{Interface, pcapng};
pub use ring::ring;

/// Frames, column by column.
#[derive(Debug, Default)]
pub struct Index {
    /// Capture times in seconds since the epoch.
    pub times: Vec<f64>,
    /// Where in the buffer each begins.
    pub starts: Vec<i64>,
    /// Where in the buffer each ends.
    pub stops: Vec<i64>,
    /// Lengths on the wire in bytes.
    pub lengths: Vec<i64>,
    /// Where the first record begins that is not whole.
    pub next: usize,
    /// The bytes that it claims, if no sane file has so many in a record.
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

/// A number of four bytes.
fn number(data: &[u8], place: usize, little_endian: bool) -> Option<u32> {
    let bytes = *data.get(place..)?.first_chunk::<4>()?;
    Some(if little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
}
