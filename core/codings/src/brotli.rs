//! Brotli (RFC 7932), without the large windows that HTTP does not know.

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

use super::{Level, MALFORMED, TRAILING, TRUNCATED};

/// Bytes of output at a time.
const PIECE: usize = 16384;

/// Undo `br`.
pub(crate) fn undo(body: &[u8], longest: usize) -> Level {
    let alloc = StandardAlloc::default;
    let mut state = BrotliState::<StandardAlloc, StandardAlloc, StandardAlloc>::new_strict(alloc(), alloc(), alloc());
    let (mut left, mut read, mut total) = (body.len(), 0, 0);
    let (mut level, mut piece) = (Level::default(), vec![0; PIECE]);
    loop {
        let (mut room, mut written) = (PIECE, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut read,
            body,
            &mut room,
            &mut written,
            &mut piece,
            &mut total,
            &mut state,
        );
        level.plain.extend_from_slice(piece.get(..written).unwrap_or_default());
        if level.cut(longest) {
            return level;
        }
        match result {
            BrotliResult::NeedsMoreOutput => continue,
            BrotliResult::NeedsMoreInput => level.note(TRUNCATED),
            BrotliResult::ResultFailure => level.note(MALFORMED),
            BrotliResult::ResultSuccess if left > 0 => level.note(TRAILING),
            BrotliResult::ResultSuccess => {}
        }
        return level;
    }
}
