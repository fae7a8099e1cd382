//! The payload of a Close frame: a code and a reason (RFC 6455 section 5.5.1).

use super::frame::LONGEST_CONTROL;
use crate::text::printable;

/// The code of a Close frame without one (RFC 6455 section 7.4.1).
pub(super) const NO_CODE: u16 = 1005;
/// The code of a WebSocket that ended without a Close frame.
pub(super) const NO_CLOSE: u16 = 1006;

/// Collects the payload.
#[derive(Debug, Default)]
pub(crate) struct Close {
    payload: Vec<u8>,
    /// Whether the capture lost a part of it.
    cut: bool,
}

impl Close {
    /// Add bytes of the payload that follow the first `place` ones, and take their mask off (RFC 6455 section 5.3).
    pub(super) fn add(&mut self, part: &[u8], mask: Option<[u8; 4]>, place: u64) {
        let mask = mask.unwrap_or_default();
        let key = mask.iter().cycle().skip((place % 4) as usize);
        let room = (LONGEST_CONTROL as usize).saturating_sub(self.payload.len());
        if !self.cut {
            self.payload.extend(part.iter().zip(key).take(room).map(|(byte, mask)| byte ^ mask));
        }
    }

    /// Note that the rest of the payload is missing.
    pub(super) fn cut(&mut self) {
        self.cut = true;
    }

    /// Return the code; None if the capture lost it.
    pub(super) fn code(&self) -> Option<u16> {
        match self.payload.as_slice() {
            [high, low, ..] => Some(u16::from_be_bytes([*high, *low])),
            _ if self.cut => None,
            _ => Some(NO_CODE),
        }
    }

    /// Return the reason, as far as it was captured.
    pub(super) fn reason(&self) -> String {
        printable(self.payload.get(2..).unwrap_or_default(), LONGEST_CONTROL as usize)
    }

    /// Return whether an endpoint must not send it: half a code, or one that is not for the wire (section 7.4).
    pub(super) fn is_bad(&self) -> bool {
        let code = self.code().filter(|_| !self.payload.is_empty());
        self.payload.len() == 1 && !self.cut || code.is_some_and(|code| !may_be_sent(code))
    }
}

fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(payload: &[u8]) -> Close {
        let mut close = Close::default();
        close.add(payload, None, 0);
        close
    }

    #[test]
    fn a_masked_payload_in_parts_gives_code_and_reason() {
        let mut close = Close::default();
        let masked: Vec<u8> = b"\x03\xe8good bye".iter().zip(b"mask".iter().cycle()).map(|(a, b)| a ^ b).collect();
        for (place, byte) in masked.iter().enumerate() {
            close.add(&[*byte], Some(*b"mask"), place as u64);
        }
        assert_eq!((close.code(), close.reason().as_str(), close.is_bad()), (Some(1000), "good bye", false));
    }

    #[test]
    fn codes_that_are_not_for_the_wire_are_bad() {
        for (payload, bad) in [
            (b"".as_slice(), false),
            (b"\x03", true),
            (b"\x03\xe8", false),
            (b"\x03\xed", true),
            (b"\x03\xf7", true),
            (b"\x0f\xa0", false),
            (b"\x00\x00", true),
        ] {
            assert_eq!(close(payload).is_bad(), bad, "{}", payload.escape_ascii());
        }
        assert_eq!(close(b"").code(), Some(NO_CODE));
    }

    #[test]
    fn what_was_lost_is_unknown() {
        let mut all = Close::default();
        all.cut();
        let mut part = close(b"\x03\xe8good");
        part.cut();
        part.add(b"bye", None, 9);
        assert_eq!((all.code(), part.code(), part.reason().as_str()), (None, Some(1000), "good"));
        assert!(!all.is_bad());
    }

    #[test]
    fn a_reason_is_as_long_as_a_control_frame_allows() {
        assert_eq!(close(&[b'a'; 999]).reason().len(), 123);
    }
}
