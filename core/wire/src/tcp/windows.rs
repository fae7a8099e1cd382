//! The receive windows that both sides of a connection announce (RFC 9293 section 3.8.6).

use super::connection::Packet;
use super::sequence::{ACK, RST, SYN};
use super::stream::{Both, Direction};
use crate::readers::be16;

/// Maximum bits of a window scale (RFC 7323 section 2.3).
const MOST_BITS: u8 = 14;
/// Kinds of options (RFC 9293 section 3.2, RFC 7323 section 2.2).
const END: u8 = 0;
const PADDING: u8 = 1;
const WINDOW_SCALE: u8 = 3;
/// Where they begin.
const OPTIONS: usize = 20;

/// The latest window of each side.
#[derive(Clone, Debug, Default)]
pub(crate) struct Windows {
    /// As announced, by the direction of the segments that did; None before the first.
    announced: Both<Option<u16>>,
    /// Bits by which to shift them; None if the handshake was not seen.
    scales: Option<Both<u8>>,
}

impl Windows {
    /// Note what both SYNs say of later windows; nothing is scaled unless both say something (RFC 7323 section 2.2).
    pub(crate) fn scale(&mut self, direction: Direction, own: Option<u8>, other: Option<u8>) {
        let mut scales = Both::default();
        if let (Some(own), Some(other)) = (own, other) {
            *scales.of_mut(direction) = own.min(MOST_BITS);
            *scales.of_mut(direction.reversed()) = other.min(MOST_BITS);
        }
        self.scales = Some(scales);
    }

    /// Note the window in a segment.
    pub(crate) fn note(&mut self, direction: Direction, packet: &Packet<'_>) {
        if packet.flags & (SYN | RST | ACK) == ACK
            && let Ok(window) = be16(packet.head, 14)
        {
            *self.announced.of_mut(direction) = Some(window);
        }
    }

    /// Return the latest window of the sender of a direction, in bytes; None if unknown. It is 0 whatever its scale.
    pub(crate) fn of(&self, direction: Direction) -> Option<i64> {
        let announced = i64::from((*self.announced.of(direction))?);
        match &self.scales {
            Some(scales) => Some(announced << scales.of(direction)),
            None => (announced == 0).then_some(0),
        }
    }
}

impl Packet<'_> {
    /// Return the window scale of a SYN; None if it has none.
    pub(crate) fn window_scale(&self) -> Option<u8> {
        window_scale(self.head.get(OPTIONS..)?)
    }
}

/// Return the window scale among options; None if there is none.
#[cold]
fn window_scale(mut options: &[u8]) -> Option<u8> {
    loop {
        match *options {
            [PADDING, ref rest @ ..] => options = rest,
            [WINDOW_SCALE, 3, bits, ..] => return Some(bits),
            [END, ..] | [] => return None,
            [_, length, ..] if length >= 2 => options = options.get(usize::from(length)..)?,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_scales_are_found_behind_other_options() {
        for (options, scale) in [
            (b"\x02\x04\x05\xb4\x01\x03\x03\x07".as_slice(), Some(7)),
            (b"\x02\x04\x05\xb4\x00\x03\x03\x07", None),
            (b"\x02\x00\x03\x03\x07", None),
            (b"\x02\x40\x03\x03\x07", None),
            (b"\x03\x03", None),
            (b"", None),
        ] {
            assert_eq!(window_scale(options), scale, "{}", options.escape_ascii());
        }
    }

    #[test]
    fn windows_are_scaled_if_both_sides_say_so() {
        let note = |windows: &mut Windows, window: u8| {
            let head = [[0; 15].as_slice(), &[window]].concat();
            let packet = Packet { time: 0.0, seq: 1, ack: 1, flags: ACK, head: &head, payload: &[], cut: 0 };
            windows.note(Direction::Forth, &packet);
        };
        let mut windows = Windows::default();
        assert_eq!(windows.of(Direction::Forth), None);
        note(&mut windows, 5);
        assert_eq!(windows.of(Direction::Forth), None); // the handshake was not seen
        note(&mut windows, 0);
        assert_eq!(windows.of(Direction::Forth), Some(0));
        note(&mut windows, 5);
        windows.scale(Direction::Back, Some(1), Some(7));
        assert_eq!(windows.of(Direction::Forth), Some(640));
        windows.scale(Direction::Back, None, Some(7));
        assert_eq!(windows.of(Direction::Forth), Some(5));
    }
}
