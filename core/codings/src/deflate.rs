//! Deflate (RFC 1951), and its wrapper zlib (RFC 1950), which the coding of that name means.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use super::{CHECKSUM, HEADERLESS, Level, MALFORMED, TRAILING, TRUNCATED};

/// Bytes by which the output grows at first.
const FIRST: usize = 4096;

/// How a stream of deflate ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With its last block, after so many bytes of input.
    Whole(usize),
    /// There is more output than wanted.
    Enough,
    Truncated,
    Malformed,
}

/// Inflate a stream to the end of `out`, until that has more than `longest` bytes.
pub(crate) fn inflate(body: &[u8], out: &mut Vec<u8>, longest: usize) -> End {
    let (mut reader, mut read, start) = (DecompressorOxide::new(), 0, out.len());
    // Distances reach no further back than this stream.
    let mut plain = Vec::new();
    let room = longest.saturating_add(1).saturating_sub(start);
    loop {
        let filled = plain.len();
        plain.resize((filled * 2).max(FIRST).min(room), 0);
        let rest = body.get(read..).unwrap_or_default();
        let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (status, taken, written) = decompress(&mut reader, rest, &mut plain, filled, flags);
        read += taken;
        plain.truncate(filled + written);
        let end = match status {
            TINFLStatus::Done => End::Whole(read),
            TINFLStatus::HasMoreOutput if plain.len() >= room => End::Enough,
            TINFLStatus::HasMoreOutput => continue,
            TINFLStatus::NeedsMoreInput | TINFLStatus::FailedCannotMakeProgress => End::Truncated,
            _ => End::Malformed,
        };
        out.append(&mut plain);
        return end;
    }
}

/// Undo `deflate`: zlib, or deflate alone, which many servers send.
pub(crate) fn undo(body: &[u8], longest: usize) -> Level {
    let mut level = Level::default();
    let stream = match body {
        [cmf, flg, rest @ ..] if is_header(*cmf, *flg) => rest,
        _ => {
            level.note(HEADERLESS);
            body
        }
    };
    let end = inflate(stream, &mut level.plain, longest);
    if level.cut(longest) {
        return level;
    }
    match end {
        End::Whole(size) => finish(&mut level, stream.get(size..).unwrap_or_default()),
        End::Truncated => level.note(TRUNCATED),
        End::Malformed => {
            if level.problem == HEADERLESS {
                level.plain.clear(); // nothing says that this was deflate
            }
            level.problem = MALFORMED;
        }
        End::Enough => {}
    }
    level
}

/// Return whether these bytes start zlib without a dictionary.
fn is_header(cmf: u8, flg: u8) -> bool {
    cmf & 15 == 8 && cmf >> 4 <= 7 && flg & 32 == 0 && (u16::from(cmf) << 8 | u16::from(flg)) % 31 == 0
}

/// Check what follows the stream.
fn finish(level: &mut Level, rest: &[u8]) {
    if level.problem == HEADERLESS {
        return;
    }
    let Some((sum, behind)) = rest.split_first_chunk() else {
        return level.note(TRUNCATED);
    };
    if u32::from_be_bytes(*sum) != adler2::adler32_slice(&level.plain) {
        level.note(CHECKSUM);
    }
    if !behind.is_empty() {
        level.note(TRAILING);
    }
}
