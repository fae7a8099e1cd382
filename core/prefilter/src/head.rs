//! Heads of messages, if they are written as usual.

/// Most bytes of a head.
const LONGEST: usize = 32 << 10;

/// A head: its start line in three parts, and its fields.
pub(crate) struct Head<'a> {
    pub(crate) first: &'a [u8],
    pub(crate) second: &'a [u8],
    pub(crate) third: &'a [u8],
    pub(crate) fields: Vec<(&'a [u8], &'a [u8])>,
}

impl<'a> Head<'a> {
    /// Take a head apart. None if it is unusual: bytes beyond printable ASCII, folded lines, names that are no tokens.
    pub(crate) fn parse(head: &'a [u8]) -> Option<Self> {
        if head.len() > LONGEST {
            return None;
        }
        let mut lines = head.strip_suffix(b"\r\n\r\n")?.split(|byte| *byte == b'\n').map(line);
        let (first, rest) = split_once(lines.next()??, b' ')?;
        let (second, third) = split_once(rest, b' ').unwrap_or((rest, b""));
        let fields = lines.map(|line| field(line?)).collect::<Option<Vec<_>>>()?;
        Some(Self { first, second, third, fields })
    }

    /// The values of a field; `name` is in lower case.
    pub(crate) fn values(&self, name: &'static [u8]) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.fields.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

/// A line without its end; the last one has none.
fn line(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    line.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~')).then_some(line)
}

fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, value) = split_once(line, b':')?;
    (!name.is_empty() && name.iter().all(|byte| is_token(*byte))).then(|| (name, value.trim_ascii()))
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Split at the first of a byte.
pub(crate) fn split_once(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().position(|byte| *byte == at)?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usual_head() {
        let head = Head::parse(b"GET /a HTTP/1.1\r\nHost: x\r\nAccept:\r\n\r\n").expect("a head");
        assert_eq!((head.first, head.second, head.third), (&b"GET"[..], &b"/a"[..], &b"HTTP/1.1"[..]));
        assert_eq!(head.fields, [(&b"Host"[..], &b"x"[..]), (&b"Accept"[..], &b""[..])]);
        assert_eq!(head.values(b"host").collect::<Vec<_>>(), [b"x"]);
    }

    #[test]
    fn unusual_heads() {
        for head in [
            &b"GET /a HTTP/1.1\r\nHost: x"[..],
            b"GET /a HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
            b"GET /a HTTP/1.1\r\nA : b\r\n\r\n",
            b"GET /a HTTP/1.1\r\nA\r\n\r\n",
            b"GET /a HTTP/1.1\r\nA: \xe9\r\n\r\n",
            b"GET\r\n\r\n",
        ] {
            assert!(Head::parse(head).is_none());
        }
    }
}
