//! Undoes the content codings of a body (RFC 9110 section 8.4.1): gzip, deflate, br and zstd, also one inside the other.
//!
//! The output is bounded at each level, so that a bomb costs no more than that. What is wrong with a body is a short
//! text, and whatever could be decoded before it is returned.

#![forbid(unsafe_code)]

mod brotli;
mod deflate;
mod gzip;
mod zstd;

use std::borrow::Cow;
use std::panic::catch_unwind;

/// Content codings that are undone, one inside the other.
pub const MOST_CODINGS: usize = 4;
/// The body ends before its coding does.
pub const TRUNCATED: &str = "truncated";
/// There are bytes after the end of the coding.
pub const TRAILING: &str = "trailing bytes";
/// The checksum or the length at the end is another.
pub const CHECKSUM: &str = "bad checksum";
/// The body is not what its coding says.
pub const MALFORMED: &str = "malformed";
/// There are more codings than `MOST_CODINGS`.
pub const TOO_MANY: &str = "too many content codings";
/// The coding is deflate, but the body lacks the header of zlib (RFC 9110 section 8.4.1.2).
pub const HEADERLESS: &str = "deflate without zlib header";
/// Characters of an unknown coding that are shown.
const LONGEST_NAME: usize = 40;

/// A body without its codings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The start of the body.
    pub plain: Vec<u8>,
    /// The first problem, which may have ended it; empty if there was none.
    pub problem: String,
    /// Whether the body is longer.
    pub more: bool,
}

/// A body without one coding.
#[derive(Debug, Default)]
struct Level {
    plain: Vec<u8>,
    problem: &'static str,
    more: bool,
}

impl Level {
    /// Note a problem, unless there is one already.
    fn note(&mut self, problem: &'static str) {
        if self.problem.is_empty() {
            self.problem = problem;
        }
    }

    /// Cut the output; return whether it was longer.
    fn cut(&mut self, longest: usize) -> bool {
        self.more = self.plain.len() > longest;
        self.plain.truncate(longest);
        self.more
    }
}

type Undo = fn(&[u8], usize) -> Level;

fn undo(name: &[u8]) -> Option<Undo> {
    Some(match name {
        b"gzip" | b"x-gzip" => gzip::undo,
        b"deflate" => deflate::undo,
        b"br" => brotli::undo,
        b"zstd" => zstd::undo,
        _ => return None,
    })
}

/// Undo the codings of a body, the last one first, up to `longest` bytes. `codings` is the value of Content-Encoding.
#[must_use]
pub fn decode(body: &[u8], codings: &[u8], longest: usize) -> Decoded {
    let names = codings.split(|byte| *byte == b',').map(|name| name.trim_ascii().to_ascii_lowercase());
    let names: Vec<_> =
        names.filter(|name| !matches!(name.as_slice(), b"" | b"identity")).take(MOST_CODINGS + 1).collect();
    if names.len() > MOST_CODINGS {
        return ended(body, TOO_MANY.to_owned(), false, longest);
    }
    let (mut bytes, mut problem, mut more) = (Cow::Borrowed(body), String::new(), false);
    for name in names.iter().rev().take_while(|_| !body.is_empty()) {
        let Some(undo) = undo(name) else {
            let unknown = format!("unknown content coding {}", shown(name));
            return ended(&bytes, if problem.is_empty() { unknown } else { problem }, more, longest);
        };
        let level = safely(undo, &bytes, longest);
        if problem.is_empty() && !(more && level.problem == TRUNCATED) {
            level.problem.clone_into(&mut problem);
        }
        more |= level.more;
        let broken = level.problem == MALFORMED;
        if !broken || !level.plain.is_empty() {
            bytes = Cow::Owned(level.plain);
        }
        if broken {
            break;
        }
    }
    ended(&bytes, problem, more, longest)
}

fn ended(bytes: &[u8], problem: String, more: bool, longest: usize) -> Decoded {
    Decoded { plain: bytes.get(..longest).unwrap_or(bytes).to_vec(), problem, more: more || bytes.len() > longest }
}

/// Undo one coding. A fault of a library costs the body only.
fn safely(undo: Undo, body: &[u8], longest: usize) -> Level {
    catch_unwind(|| undo(body, longest)).unwrap_or(Level { problem: MALFORMED, ..Level::default() })
}

/// Return the name of a coding without what would confuse a reader.
fn shown(name: &[u8]) -> String {
    name.escape_ascii().to_string().chars().take(LONGEST_NAME).collect()
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests;
