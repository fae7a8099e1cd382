//! The names and values in bodies: JSON, XML, multipart forms, and plain text.

use crate::classes::is_text;
use crate::head::Head;

/// Media types of files, whose content is no value.
const OPAQUE: [&[u8]; 6] = [b"application/octet-stream", b"application/zip", b"image/", b"video/", b"audio/", b"font/"];

/// Bytes from which a value may have been cut.
const CUT: usize = 500;

/// What a body is read as: what it looks like, whatever its head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Names and values as in a query.
    Form,
    Json,
    Xml,
    Multipart,
    Text,
    /// Nothing that can be read.
    Binary,
}

/// A piece of a body.
pub(crate) struct Part<'a> {
    pub(crate) text: &'a [u8],
    /// Whether it is a name and no value.
    pub(crate) name: bool,
    /// Whether it declares what the rest means: a document type, an entity, an instruction.
    pub(crate) declaration: bool,
}

impl<'a> Part<'a> {
    fn value(text: &'a [u8]) -> Self {
        Self { text, name: false, declaration: false }
    }

    fn name(text: &'a [u8]) -> Self {
        Self { text, name: true, declaration: false }
    }
}

/// Return what a body looks like.
pub(crate) fn kind(head: &Head<'_>, body: &[u8]) -> Kind {
    let body = body.trim_ascii_start();
    let coded = head.field(b"content-encoding").is_some_and(|coding| coding != b"identity");
    if body.is_empty() || coded {
        return Kind::Binary;
    }
    let declared = head.field(b"content-type").unwrap_or_default();
    if OPAQUE.iter().any(|start| declared.starts_with(start)) {
        return Kind::Binary;
    }
    if body.starts_with(b"--") && declared.starts_with(b"multipart") {
        return Kind::Multipart;
    }
    if !is_text(body) {
        return Kind::Binary;
    }
    match body.first() {
        Some(b'{' | b'[') => Kind::Json,
        Some(b'<') => Kind::Xml,
        _ if is_form(body) || declared.starts_with(b"application/x-www-form-urlencoded") => Kind::Form,
        _ => Kind::Text,
    }
}

/// Return whether a body starts with a name and an equals sign.
fn is_form(body: &[u8]) -> bool {
    let name = body.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.[]%".contains(byte)).count();
    name > 0 && body.get(name) == Some(&b'=')
}

/// Call a function for each name and value of a body that is no form.
pub(crate) fn each_value<'a>(kind: Kind, body: &'a [u8], mut take: impl FnMut(Part<'a>)) {
    match kind {
        Kind::Json => json(body, &mut take),
        Kind::Xml => xml(body, &mut take),
        Kind::Multipart => multipart(body, &mut take),
        _ => take(Part::value(body)),
    }
}

/// Return whether a value is an object or a list of JSON, perhaps with its quotation marks escaped.
pub(crate) fn looks_structured(value: &[u8]) -> bool {
    let ends = matches!(value.trim_ascii_end().last(), Some(b']' | b'}'));
    if !ends && value.len() < CUT {
        return false;
    }
    let listed = value.iter().take_while(|byte| matches!(byte, b'[' | b' ')).count();
    let (object, rest) = match value.get(listed..) {
        Some([b'{', rest @ ..]) => (true, rest.trim_ascii_start()),
        Some(rest) => (false, rest),
        None => return false,
    };
    let quoted = matches!(rest, [b'"', ..] | [b'\\', b'"', ..]) || (object || listed > 0) && rest.starts_with(b"}");
    let listed = listed > 0 && matches!(rest, [b'0'..=b'9' | b'n' | b't' | b'f' | b']' | b'-', ..]);
    if object { quoted } else { listed || quoted && value.starts_with(b"[") }
}

/// Call a function for what is between the quotation marks of a structured value.
pub(crate) fn each_string(value: &[u8], mut take: impl FnMut(&[u8])) {
    for part in value.split(|byte| *byte == b'"').skip(1).step_by(2) {
        take(part.strip_suffix(b"\\").unwrap_or(part));
    }
}

/// Find the strings; one before a colon is a name.
fn json<'a>(body: &'a [u8], take: &mut impl FnMut(Part<'a>)) {
    let mut rest = body;
    while let Some(start) = rest.iter().position(|byte| *byte == b'"') {
        let text = rest.get(start + 1..).unwrap_or_default();
        let end = string_end(text);
        rest = text.get(end + 1..).unwrap_or_default();
        let found = text.get(..end).unwrap_or(text);
        let name = rest.trim_ascii_start().first() == Some(&b':');
        take(if name { Part::name(found) } else { Part::value(found) });
    }
}

fn string_end(text: &[u8]) -> usize {
    let mut escaped = false;
    let end = text.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    end.unwrap_or(text.len())
}

/// Find texts and the values of attributes; names of elements are names.
fn xml<'a>(body: &'a [u8], take: &mut impl FnMut(Part<'a>)) {
    let mut rest = body;
    while let Some(start) = rest.iter().position(|byte| *byte == b'<') {
        let text = rest.get(..start).unwrap_or_default().trim_ascii();
        if !text.is_empty() {
            take(Part::value(text));
        }
        let tag = rest.get(start + 1..).unwrap_or_default();
        let end = tag.iter().position(|byte| *byte == b'>').unwrap_or(tag.len());
        rest = tag.get(end + 1..).unwrap_or_default();
        element(tag.get(..end).unwrap_or(tag), take);
    }
    if !rest.trim_ascii().is_empty() {
        take(Part::value(rest.trim_ascii()));
    }
}

fn element<'a>(tag: &'a [u8], take: &mut impl FnMut(Part<'a>)) {
    let declaration = tag.starts_with(b"!") && !tag.starts_with(b"!--");
    if declaration {
        take(Part { text: tag, name: false, declaration });
    }
    let name = tag.split(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
    if !tag.starts_with(b"?xml") && !tag.starts_with(b"/") && !declaration {
        take(Part::name(name));
    }
    let mut quoted = tag.split(|byte| *byte == b'"');
    quoted.next();
    while let Some(value) = quoted.next() {
        if !value.starts_with(b"http") {
            take(Part::value(value));
        }
        quoted.next();
    }
}

/// Find what is between quotation marks in the heads of the parts, and the parts that are no files.
fn multipart<'a>(body: &'a [u8], take: &mut impl FnMut(Part<'a>)) {
    let boundary = body.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
    let (mut in_head, mut is_file) = (true, false);
    for line in body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
        if line.starts_with(boundary) {
            (in_head, is_file) = (true, false);
        } else if !in_head {
            if !is_file && !line.is_empty() && is_text(line) {
                take(Part::value(line));
            }
        } else if line.is_empty() {
            in_head = false;
        } else {
            is_file |= part_head(line, take);
        }
    }
}

/// Find the names in a line of the head of a part; return whether it names a file.
fn part_head<'a>(line: &'a [u8], take: &mut impl FnMut(Part<'a>)) -> bool {
    let mut quoted = line.split(|byte| *byte == b'"');
    quoted.next();
    if let Some(name) = quoted.next() {
        take(Part::name(name));
    }
    quoted.next();
    let file = quoted.next();
    if let Some(file) = file {
        take(Part::value(file));
    }
    file.is_some()
}
