//! Features of header fields that came before: clients send the same ones again and again.

use crate::head::Head;
use crate::vector::Vector;

/// Blocks of fields that are kept.
const MOST: usize = 4096;
/// Bytes of the longest of them, with its method and version.
const LONGEST: usize = 2048;

/// A block of fields without a body, and its features, which depend on the method and the version, too.
#[derive(Debug, Default)]
struct Entry {
    hash: u64,
    method: Vec<u8>,
    version: Vec<u8>,
    lines: Vec<u8>,
    vector: Vector,
}

/// The latest blocks of fields, each at a place by its hash.
#[derive(Debug, Default)]
pub(crate) struct Memo(Vec<Entry>);

impl Memo {
    /// Return the features of the fields of a request without a body, if they came before; `hash` is that of the lines.
    pub(crate) fn of_fields(&self, head: &Head<'_>, lines: &[u8], hash: u64) -> Option<&Vector> {
        let entry = self.0.get(hash as usize % MOST)?;
        let same = entry.hash == hash && entry.lines == lines && entry.method == head.method;
        (same && entry.version == head.version).then_some(&entry.vector)
    }

    /// Keep the features of the fields of a request without a body.
    pub(crate) fn keep(&mut self, head: &Head<'_>, lines: &[u8], hash: u64, vector: Vector) {
        if lines.len() + head.method.len() + head.version.len() > LONGEST {
            return;
        }
        if self.0.is_empty() {
            self.0.resize_with(MOST, Entry::default);
        }
        if let Some(entry) = self.0.get_mut(hash as usize % MOST) {
            (entry.hash, entry.vector) = (hash, vector);
            for (kept, new) in
                [(&mut entry.method, head.method), (&mut entry.version, head.version), (&mut entry.lines, lines)]
            {
                kept.clear();
                kept.reserve_exact(new.len());
                kept.extend_from_slice(new);
            }
        }
    }
}

/// Return a hash that takes eight bytes at a time. It need not be hard to guess: what is not the same is described anew.
pub(crate) fn hash_of(lines: &[u8]) -> u64 {
    let (words, rest) = lines.as_chunks::<8>();
    let mut last = [0; 8];
    for (place, byte) in last.iter_mut().zip(rest) {
        *place = *byte;
    }
    let words = words.iter().chain([&last]);
    let hash = words.fold(lines.len() as u64, |hash, word| {
        (hash.rotate_left(5) ^ u64::from_le_bytes(*word)).wrapping_mul(0x517c_c1b7_2722_0a95)
    });
    hash ^ hash >> 32
}

#[cfg(test)]
mod tests {
    use crate::{Describer, of};

    #[test]
    fn what_came_before_has_the_features_of_what_is_new() {
        let mut describer = Describer::default();
        let fields = "Host: shop\r\nUser-Agent: curl/8\r\nCookie: a=<b\r\n\r\n";
        for line in ["GET /a", "GET /b?c='", "POST /", "GET /a", "*", "GET /a HTTP/1.0", "GET /a HTTP/1.1"] {
            for fields in [fields, "Host: other\r\n\r\n", "", "\r\n", "x"] {
                let head = format!("{line}\r\n{fields}");
                for body in [b"".as_slice(), b"x=1"] {
                    assert_eq!(describer.describe(head.as_bytes(), body), of(head.as_bytes(), body));
                    assert_eq!(describer.describe(head.as_bytes(), body), of(head.as_bytes(), body));
                }
            }
        }
    }
}
