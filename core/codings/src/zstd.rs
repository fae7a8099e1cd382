//! Zstandard (RFC 8878), with windows of at most 8 MiB (RFC 9659).
//!
//! The library hands out nothing of the last window before the frame ends. So a frame that is cut or damaged is read
//! again up to its last good block, marked as the last.

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::{CHECKSUM, Level, MALFORMED, TRAILING, TRUNCATED};

const LARGEST_WINDOW: u64 = 8 << 20;
const MAGIC: u32 = 0xFD2F_B528;
/// Frames that are read; what follows counts as trailing bytes.
const MOST_FRAMES: usize = 1000;
const CHECKED: u8 = 4;
const SINGLE_SEGMENT: u8 = 32;
const LAST: u8 = 1;
/// Kind of a block that repeats one byte.
const REPEATED: u32 = 1;

/// Undo `zstd`.
pub(crate) fn undo(body: &[u8], longest: usize) -> Level {
    let (mut level, mut rest) = (Level::default(), body);
    for number in 0..MOST_FRAMES {
        let Some(start) = rest.first_chunk::<4>().map(|magic| u32::from_le_bytes(*magic)) else {
            level.note(if number == 0 { TRUNCATED } else { TRAILING });
            return level;
        };
        let behind = match start {
            MAGIC => frame(&mut level, rest, longest),
            0x184D_2A50..=0x184D_2A5F => skipped(&mut level, rest),
            _ if number == 0 => {
                level.note(MALFORMED);
                None
            }
            _ => break,
        };
        match behind {
            None | Some([]) => return level,
            Some(behind) => rest = behind,
        }
    }
    level.note(TRAILING);
    level
}

/// Skip a frame that is no content.
fn skipped<'a>(level: &mut Level, body: &'a [u8]) -> Option<&'a [u8]> {
    let size = body.get(4..).and_then(<[u8]>::first_chunk).map(|size| u32::from_le_bytes(*size) as usize);
    let behind = size.and_then(|size| body.get(8..)?.get(size..));
    if behind.is_none() {
        level.note(TRUNCATED);
    }
    behind
}

/// Blocks of a frame.
#[derive(Clone, Copy, Debug)]
struct Blocks {
    /// Start of the last one that is complete.
    last: usize,
    /// Index after it.
    end: usize,
    /// Whether it is the last of the frame.
    whole: bool,
}

/// Read a frame; return what follows it, unless the body ends in it.
fn frame<'a>(level: &mut Level, body: &'a [u8], longest: usize) -> Option<&'a [u8]> {
    let Some(blocks) = blocks(body, usize::MAX) else {
        level.note(TRUNCATED);
        return None;
    };
    let start = level.plain.len();
    let sum = match read(body, blocks, &mut level.plain, longest) {
        Ok(sum) => sum,
        Err(good) => {
            level.plain.truncate(start);
            if let Some(blocks) = self::blocks(body, good).filter(|_| good > 0) {
                let _ = read(body, blocks, &mut level.plain, longest);
            }
            if !level.cut(longest) {
                level.problem = MALFORMED;
            }
            return None;
        }
    };
    if level.cut(longest) {
        return None;
    }
    if !blocks.whole {
        level.note(TRUNCATED);
        return None;
    }
    checked(level, body, blocks.end, sum)
}

/// Compare the checksum at the end of a frame, if it has one; return what follows.
fn checked<'a>(level: &mut Level, body: &'a [u8], end: usize, sum: u32) -> Option<&'a [u8]> {
    let rest = body.get(end..).unwrap_or_default();
    if body.get(4).is_none_or(|flags| flags & CHECKED == 0) {
        return Some(rest);
    }
    let Some((told, behind)) = rest.split_first_chunk() else {
        level.note(TRUNCATED);
        return None;
    };
    if u32::from_le_bytes(*told) != sum {
        level.note(CHECKSUM);
    }
    Some(behind)
}

/// Find at most `most` complete blocks (RFC 8878 section 3.1.1); None if there is none.
fn blocks(body: &[u8], most: usize) -> Option<Blocks> {
    let flags = *body.get(4)?;
    let window = usize::from(flags & SINGLE_SEGMENT == 0);
    let dictionary = match flags & 3 {
        3 => 4,
        size => usize::from(size),
    };
    let size = match flags >> 6 {
        0 => usize::from(flags & SINGLE_SEGMENT != 0),
        code => 1 << code,
    };
    let (mut at, mut found) = (5 + window + dictionary + size, None);
    for _ in 0..most {
        let Some([low, middle, high]) = body.get(at..).and_then(<[u8]>::first_chunk).copied() else {
            break;
        };
        let header = u32::from_le_bytes([low, middle, high, 0]);
        let size = if header >> 1 & 3 == REPEATED { 1 } else { (header >> 3) as usize };
        let (last, end) = (at, at + 3 + size);
        if end > body.len() {
            break;
        }
        let whole = low & LAST != 0;
        found = Some(Blocks { last, end, whole });
        if whole {
            break;
        }
        at = end;
    }
    found
}

/// Read these blocks until there are more than `longest` bytes; return the checksum, or how many blocks are good.
fn read(body: &[u8], blocks: Blocks, out: &mut Vec<u8>, longest: usize) -> Result<u32, usize> {
    let mut copy = body.get(..blocks.end).unwrap_or_default().to_vec();
    if let Some(flags) = copy.get_mut(4) {
        *flags &= !CHECKED;
    }
    if let Some(header) = copy.get_mut(blocks.last) {
        *header |= LAST;
    }
    let (mut decoder, mut input) = (FrameDecoder::new(), copy.as_slice());
    decoder.set_max_window_size(LARGEST_WINDOW);
    decoder.init(&mut input).map_err(|_| 0_usize)?;
    loop {
        let done = decoder
            .decode_blocks(&mut input, BlockDecodingStrategy::UptoBlocks(1))
            .map_err(|_| decoder.blocks_decoded())?;
        out.extend(decoder.collect().unwrap_or_default());
        if done || out.len() > longest {
            return Ok(decoder.get_calculated_checksum().unwrap_or_default());
        }
    }
}
