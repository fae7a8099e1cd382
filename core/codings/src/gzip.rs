//! gzip (RFC 1952): one member after the other.

use super::deflate::{End, inflate};
use super::{CHECKSUM, Level, MALFORMED, TRAILING, TRUNCATED};

/// Members that are read; what follows counts as trailing bytes.
const MOST_MEMBERS: usize = 1000;
const MAGIC: &[u8] = b"\x1f\x8b";
const DEFLATE: u8 = 8;
const HEADER_CRC: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
const RESERVED: u8 = 0xE0;

/// Undo `gzip`.
pub(crate) fn undo(body: &[u8], longest: usize) -> Level {
    let (mut level, mut rest) = (Level::default(), body);
    for _ in 0..MOST_MEMBERS {
        match member(&mut level, rest, longest) {
            Some(behind) if behind.starts_with(MAGIC) => rest = behind,
            Some([]) | None => return level,
            Some(_) => break,
        }
    }
    level.note(TRAILING);
    level
}

/// Read a member; return what follows it, unless the body ends in it.
fn member<'a>(level: &mut Level, body: &'a [u8], longest: usize) -> Option<&'a [u8]> {
    let stream = match header(body) {
        Ok((stream, checked)) => {
            if !checked {
                level.note(CHECKSUM);
            }
            stream
        }
        Err(problem) => {
            if problem == MALFORMED {
                level.problem = problem
            } else {
                level.note(problem)
            }
            return None;
        }
    };
    let start = level.plain.len();
    let end = inflate(stream, &mut level.plain, longest);
    if level.cut(longest) {
        return None;
    }
    match end {
        End::Whole(size) => finish(level, start, stream.get(size..).unwrap_or_default()),
        End::Malformed => {
            level.problem = MALFORMED;
            None
        }
        End::Truncated | End::Enough => {
            level.note(TRUNCATED);
            None
        }
    }
}

/// Return what follows the header of a member, and whether the header's checksum, if it has one, is right.
fn header(body: &[u8]) -> Result<(&[u8], bool), &'static str> {
    let Some((fixed, mut rest)) = body.split_first_chunk::<10>() else {
        let start = [MAGIC, &[DEFLATE]].concat();
        let fits = body.iter().zip(&start).all(|(one, other)| one == other);
        return Err(if fits { TRUNCATED } else { MALFORMED });
    };
    let flags = fixed[3];
    if !fixed.starts_with(MAGIC) || fixed[2] != DEFLATE || flags & RESERVED != 0 {
        return Err(MALFORMED);
    }
    if flags & EXTRA != 0 {
        let (size, behind) = rest.split_first_chunk().ok_or(TRUNCATED)?;
        rest = behind.get(usize::from(u16::from_le_bytes(*size))..).ok_or(TRUNCATED)?;
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            let end = rest.iter().position(|byte| *byte == 0).ok_or(TRUNCATED)?;
            rest = rest.get(end + 1..).ok_or(TRUNCATED)?;
        }
    }
    if flags & HEADER_CRC == 0 {
        return Ok((rest, true));
    }
    let head = body.get(..body.len() - rest.len()).unwrap_or_default();
    let (sum, behind) = rest.split_first_chunk().ok_or(TRUNCATED)?;
    Ok((behind, u32::from(u16::from_le_bytes(*sum)) == crc32fast::hash(head) & 0xFFFF))
}

/// Check the trailer of a member, whose output starts at `start`; return what follows it.
fn finish<'a>(level: &mut Level, start: usize, rest: &'a [u8]) -> Option<&'a [u8]> {
    let Some((trailer, behind)) = rest.split_first_chunk::<8>() else {
        level.note(TRUNCATED);
        return None;
    };
    let plain = level.plain.get(start..).unwrap_or_default();
    let right = u64::from(crc32fast::hash(plain)) | u64::from(plain.len() as u32) << 32;
    if u64::from_le_bytes(*trailer) != right {
        level.note(CHECKSUM);
    }
    Some(behind)
}
