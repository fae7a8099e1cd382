//! One direction of an HTTP/2 connection: its frames, its header blocks and their decoder.

use super::frame::{Frame, Kind, LONGEST};
use super::frames::FrameReader;
use super::hpack::Decoder;
use crate::context::Context;
use crate::records::StrainKind;
use crate::strain::Awaited;
use crate::tcp::Position;

/// What the frame that starts a header block says of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opened {
    pub(super) stream: u32,
    /// The stream that PUSH_PROMISE promises.
    pub(super) promised: Option<u32>,
    /// Whether the message has no body.
    pub(super) ends: bool,
    pub(super) place: Position,
}

/// A header block of which more frames are to come.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) opened: Opened,
    /// None if it cannot be decoded: a part was lost, or it is too long.
    bytes: Option<Vec<u8>>,
    frames: usize,
}

impl Block {
    pub(super) fn new(opened: Opened) -> Self {
        Self { opened, bytes: Some(Vec::new()), frames: 0 }
    }

    /// Add the part in one frame; None if it was lost.
    pub(super) fn add(&mut self, cx: &mut Context<'_>, part: Option<&[u8]>) {
        self.frames += 1;
        let (Some(bytes), Some(part)) = (&mut self.bytes, part) else {
            self.take(cx);
            return;
        };
        let wrong = if self.frames > cx.limits.continuations {
            "too many CONTINUATION frames"
        } else if bytes.len() + part.len() > cx.limits.header_bytes {
            "header block too long"
        } else if cx.charge(part.len()) {
            return bytes.extend_from_slice(part);
        } else {
            "total buffer full"
        };
        cx.odd(wrong);
        self.take(cx);
    }

    /// Forget the bytes, and return them; None if they are not complete.
    pub(super) fn take(&mut self, cx: &mut Context<'_>) -> Option<Vec<u8>> {
        let bytes = self.bytes.take()?;
        cx.release(bytes.len());
        Some(bytes)
    }
}

/// One direction.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) reader: FrameReader,
    pub(super) decoder: Decoder,
    /// Bytes of the decoder that are charged to the budget.
    charged: usize,
    pub(super) block: Option<Block>,
    /// The table size that the other side announced, until this one acknowledges it.
    pub(super) announced: Option<u32>,
}

impl Lane {
    /// Create a direction that is read from its start, or not.
    pub(super) fn new(reader: FrameReader, from_start: bool) -> Self {
        let decoder = if from_start { Decoder::new() } else { Decoder::joined() };
        Self { reader, decoder, charged: 0, block: None, announced: None }
    }

    /// Return the bytes of the budget in use.
    pub(super) fn held(&self) -> usize {
        let block = self.block.as_ref().and_then(|block| block.bytes.as_ref()).map_or(0, Vec::len);
        self.reader.held() + self.charged + block
    }

    /// Return the header block, or the frame of one, whose end has not come.
    pub(super) fn unfinished(&self) -> Option<Awaited> {
        let (place, bytes) = match &self.block {
            Some(block) => (block.opened.place, block.bytes.as_ref().map_or(0, Vec::len)),
            None => self.reader.unfinished()?,
        };
        Some(Awaited::one(StrainKind::SlowHead, place.time, bytes as u64))
    }

    /// Note the table size that the other side announces. Of several that wait for acknowledgement, the largest counts,
    /// because nobody can tell which of them is acknowledged.
    pub(super) fn announce(&mut self, size: u32) {
        self.decoder.allow(size);
        self.announced = self.announced.max(Some(size));
    }

    /// Allow whatever the other side may have allowed in SETTINGS that were not seen.
    pub(super) fn allow_all(&mut self) {
        self.decoder.limit(None);
        self.reader.allow(LONGEST);
    }

    /// Charge the decoder to the budget; if the total buffer is full, its table is forgotten.
    pub(super) fn charge(&mut self, cx: &mut Context<'_>) {
        let held = self.decoder.held();
        if held == self.charged {
            return;
        }
        cx.release(self.charged);
        self.charged = held;
        if !cx.charge(held) {
            cx.odd("total buffer full");
            self.decoder.lose();
            self.charged = 0;
        }
    }

    /// Forget the header block that is being read, and the table, because a block was lost.
    pub(super) fn lose_block(&mut self, cx: &mut Context<'_>) {
        if let Some(mut block) = self.block.take() {
            block.take(cx);
        }
        self.decoder.lose();
        self.charge(cx);
    }

    /// Release all buffers.
    pub(super) fn close(&mut self, cx: &mut Context<'_>) {
        self.lose_block(cx);
        self.reader.release(cx);
        cx.release(std::mem::take(&mut self.charged));
    }

    /// Return whether a frame may come now: only CONTINUATION of the same stream may while a header block goes on (RFC
    /// 9113 section 6.10).
    pub(super) fn continues(&self, frame: &Frame) -> bool {
        let going_on = self.block.as_ref().map(|block| block.opened.stream);
        going_on == (frame.kind == Kind::Continuation).then_some(frame.stream)
    }
}
