//! The operation of a SOAP message: its action (SOAP 1.1 section 6.1.1, SOAP 1.2 part 2 section 6.5.3), else the first
//! element in its Body.
//!
//! Tags are found without building a tree and without expanding entities. A document type declaration, which SOAP
//! forbids, ends the search.

use memchr::memmem::find;

use crate::bytes::{is_space, newline, partition, run, trimmed};

/// Return the action in a SOAPAction field, which may be quoted; None if it is empty.
pub(super) fn action(field: &[u8]) -> Option<&[u8]> {
    let field = trimmed(field);
    let inside = field.strip_prefix(b"\"").map_or(field, |rest| partition(rest, b'"').0);
    Some(trimmed(inside)).filter(|action| !action.is_empty())
}

/// Return a parameter of a content type (RFC 9110 section 5.6.6), without quotes; None if it is missing or empty.
pub(super) fn parameter<'a>(content_type: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut rest = partition(content_type, b';').1;
    while !rest.is_empty() {
        let (key, value) = partition(rest, b'=');
        let value = value.get(run(value, is_space)..).unwrap_or_default();
        let (value, after) = match value.strip_prefix(b"\"") {
            Some(quoted) => partition(quoted, b'"'),
            None => value.split_at_checked(run(value, |byte| byte != b';')).unwrap_or((value, b"")),
        };
        let key = key.rsplit(|byte| *byte == b';').next().unwrap_or_default(); // one before it may have no value
        if trimmed(key).eq_ignore_ascii_case(name) {
            return action(value);
        }
        rest = partition(after, b';').1;
    }
    None
}

/// Return the root part of a multipart message that starts a body (RFC 2387); its first part is the root.
pub(super) fn root_part(body: &[u8]) -> &[u8] {
    let start = body.get(run(body, is_space)..).unwrap_or_default();
    let mut place = 0;
    while let Some(end) = newline(start, place).filter(|_| start.starts_with(b"--")) {
        match start.get(end + 1..) {
            Some([b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..]) => return rest,
            _ => place = end + 1,
        }
    }
    b""
}

/// Return the local name of the first element in the Body of an envelope.
pub(super) fn first_in_body(document: &[u8]) -> Option<&[u8]> {
    let mut rest = document;
    let mut depth = 0_usize;
    let mut within_body = false;
    loop {
        let (tag, after) = next_tag(rest)?;
        rest = after;
        match (depth, tag.kind) {
            (_, Kind::End) => depth = depth.checked_sub(1).filter(|depth| *depth > 0)?,
            (0, Kind::Start) if tag.name == b"Envelope" => depth = 1,
            (0, _) => return None,
            (2, _) if within_body => return Some(tag.name).filter(|name| !name.is_empty()),
            (_, Kind::Start) => {
                within_body = depth == 1 && tag.name == b"Body";
                depth += 1;
            }
            (_, Kind::Empty) => {}
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Start,
    End,
    Empty,
}

/// A tag with its name, without the prefix of the namespace.
#[derive(Debug)]
struct Tag<'a> {
    kind: Kind,
    name: &'a [u8],
}

/// Split a document behind its next tag; None if there is none, or a document type declaration comes first.
fn next_tag(document: &[u8]) -> Option<(Tag<'_>, &[u8])> {
    let mut rest = document;
    loop {
        rest = rest.get(memchr::memchr(b'<', rest)? + 1..)?;
        rest = if let Some(comment) = rest.strip_prefix(b"!--") {
            behind(comment, b"-->")?
        } else if let Some(text) = rest.strip_prefix(b"![CDATA[") {
            behind(text, b"]]>")?
        } else if let Some(instruction) = rest.strip_prefix(b"?") {
            behind(instruction, b"?>")?
        } else if rest.starts_with(b"!") {
            return None;
        } else {
            let (inside, rest) = rest.split_at_checked(tag_size(rest)?)?;
            return Some((tag(inside), rest.get(1..)?));
        };
    }
}

fn behind<'a>(text: &'a [u8], end: &[u8]) -> Option<&'a [u8]> {
    text.get(find(text, end)? + end.len()..)
}

/// Return the index of the `>` that ends a tag; those in quotes do not.
fn tag_size(tag: &[u8]) -> Option<usize> {
    let mut quote = None;
    tag.iter().position(|byte| {
        match (quote, byte) {
            (Some(open), byte) if open == *byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(*byte),
            _ => {}
        }
        quote.is_none() && *byte == b'>'
    })
}

fn tag(inside: &[u8]) -> Tag<'_> {
    let (kind, inside) = match inside.strip_prefix(b"/") {
        Some(name) => (Kind::End, name),
        None if inside.ends_with(b"/") => (Kind::Empty, inside),
        None => (Kind::Start, inside),
    };
    let qualified = inside.get(..run(inside, |byte| !is_space(byte) && byte != b'/')).unwrap_or_default();
    let (prefix, local) = partition(qualified, b':');
    Tag { kind, name: if prefix.len() == qualified.len() { prefix } else { local } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_may_be_quoted_or_empty() {
        assert_eq!(action(b" \"urn:shop#GetPrice\" "), Some(b"urn:shop#GetPrice".as_slice()));
        assert_eq!(action(b"urn:shop#GetPrice"), Some(b"urn:shop#GetPrice".as_slice()));
        assert_eq!((action(b"\"\""), action(b""), action(b"\" \"")), (None, None, None));
    }

    #[test]
    fn parameters_of_a_content_type() {
        let field = b"application/soap+xml; lone; charset=\"utf;8\" ;Action = \"urn:a;b\"; x=y";
        assert_eq!(parameter(field, b"action"), Some(b"urn:a;b".as_slice()));
        assert_eq!(parameter(field, b"x"), Some(b"y".as_slice()));
        assert_eq!(parameter(field, b"charset"), Some(b"utf;8".as_slice()));
        assert_eq!((parameter(field, b"y"), parameter(b"text/xml", b"action")), (None, None));
    }

    #[test]
    fn the_first_element_of_the_body_is_the_operation() {
        for document in [
            "<Envelope><Body><GetPrice/></Body></Envelope>",
            "<?xml version=\"1.0\"?>\n<s:Envelope xmlns:s=\"a>b\"><s:Body>\n<m:GetPrice a='>'>",
            "<s:Envelope><s:Header><Body><No/></Body><t:Token>&amp;</t:Token></s:Header><s:Body id=\"1\"><x:GetPrice\nxmlns:x=\"y\">",
            "<e:Envelope><e:Header/><!-- <e:Body><No/> --><e:Body><![CDATA[<No/>]]><GetPrice>",
        ] {
            assert_eq!(first_in_body(document.as_bytes()), Some(b"GetPrice".as_slice()), "{document}");
        }
    }

    #[test]
    fn other_documents_have_none() {
        for document in [
            "",
            "<methodCall><methodName>a</methodName></methodCall>",
            "<!DOCTYPE x [<!ENTITY a \"b\">]><Envelope><Body><GetPrice/>",
            "<Envelope><Body></Body><GetPrice/></Envelope>",
            "<Envelope><Body/><GetPrice/></Envelope>",
            "<Envelope><Body><GetPri",
            "<Envelope><Header>",
            "<Envelope></Envelope><Body><GetPrice/></Body>",
            "</Envelope><Body><GetPrice/></Body>",
            "no <xml",
        ] {
            assert_eq!(first_in_body(document.as_bytes()), None, "{document}");
        }
    }

    #[test]
    fn the_root_part_follows_the_fields_of_the_first_part() {
        let body = b"\r\n--mime\r\nContent-Type: application/xop+xml\r\n\r\n<Envelope>";
        assert_eq!(root_part(body), b"<Envelope>");
        assert_eq!(root_part(b"--mime\nA: b\n\n<Envelope>"), b"<Envelope>");
        assert_eq!(root_part(b"<Envelope>\r\n\r\n<Body>"), b"");
        assert_eq!(root_part(b"--mime\r\nContent-Ty"), b"");
    }
}
