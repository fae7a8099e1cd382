//! Transformations of values, as ModSecurity does them, where they are simple; otherwise the result is unknown.

use regex_automata::meta;

use crate::alphabet::{Kinds, UPPER_KIND, bytes_among, is_white};
use crate::{escapes, patterns};

/// A transformation.
#[derive(Clone, Debug)]
pub enum Step {
    /// One of the engine's.
    Named(Name),
    /// The group of an expression that matches, between two strings; without a match there is no value.
    Capture {
        /// The expression.
        pattern: String,
        /// Number of the group.
        group: usize,
        /// What stands before it.
        before: Vec<u8>,
        /// What stands after it.
        after: Vec<u8>,
    },
}

/// Transformations of the engine.
#[allow(missing_docs)] // named as in ModSecurity's reference
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    Lowercase,
    UrlDecode,
    UrlDecodeUni,
    HtmlEntityDecode,
    JsDecode,
    BackslashDecode,
    CmdLine,
    NormalizePath,
    NormalizePathWin,
    CompressWhitespace,
    RemoveWhitespace,
    RemoveNulls,
    ReplaceComments,
    RemoveCommentsChar,
    Utf8ToUnicode,
    Base64Decode,
    Length,
    Unknown,
}

impl Step {
    /// The step of this name, in lower case. Of an unknown one, the result is unknown.
    pub fn named(name: &str) -> Step {
        Step::Named(match name {
            "lowercase" => Name::Lowercase,
            "urldecode" => Name::UrlDecode,
            "urldecodeuni" => Name::UrlDecodeUni,
            "htmlentitydecode" => Name::HtmlEntityDecode,
            "jsdecode" => Name::JsDecode,
            "cssdecode" | "escapeseqdecode" => Name::BackslashDecode,
            "cmdline" => Name::CmdLine,
            "normalizepath" | "normalisepath" => Name::NormalizePath,
            "normalizepathwin" | "normalisepathwin" => Name::NormalizePathWin,
            "compresswhitespace" => Name::CompressWhitespace,
            "removewhitespace" => Name::RemoveWhitespace,
            "removenulls" => Name::RemoveNulls,
            "replacecomments" => Name::ReplaceComments,
            "removecommentschar" => Name::RemoveCommentsChar,
            "utf8tounicode" => Name::Utf8ToUnicode,
            "base64decode" => Name::Base64Decode,
            "length" => Name::Length,
            _ => Name::Unknown,
        })
    }
}

/// What a transformation made of a value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A value.
    Value(Vec<u8>),
    /// No value: nothing can match.
    Nothing,
    /// A value that is not known: anything may match.
    Unknown,
}

/// A transformation that is ready.
pub(crate) enum Ready {
    Named(Name),
    Capture { expression: Box<meta::Regex>, group: usize, before: Vec<u8>, after: Vec<u8> },
}

impl Ready {
    /// Prepare a step.
    ///
    /// # Errors
    ///
    /// The expression is none, or too large.
    pub(crate) fn new(step: &Step) -> Result<Self, String> {
        Ok(match step {
            Step::Named(name) => Ready::Named(*name),
            Step::Capture { pattern, group, before, after } => Ready::Capture {
                expression: Box::new(patterns::compiled(&patterns::parsed(pattern)?, true)?),
                group: *group,
                before: before.clone(),
                after: after.clone(),
            },
        })
    }

    /// The step of which nothing is known.
    pub(crate) fn unknown() -> Self {
        Ready::Named(Name::Unknown)
    }

    /// The bytes without which a value stays as it is.
    pub(crate) fn triggers(&self) -> Kinds {
        match self {
            Ready::Named(name) => triggers(*name),
            Ready::Capture { .. } => Kinds::MAX,
        }
    }

    /// Transform a value.
    pub(crate) fn apply(&self, value: &[u8]) -> Outcome {
        match self {
            Ready::Named(name) => named(*name, value).map_or(Outcome::Unknown, Outcome::Value),
            Ready::Capture { expression, group, before, after } => {
                let mut captures = expression.create_captures();
                expression.captures(value, &mut captures);
                if !captures.is_match() {
                    return Outcome::Nothing;
                }
                // A group that takes no part keeps what it had before.
                let Some(span) = captures.get_group(*group) else { return Outcome::Unknown };
                Outcome::Value([before.as_slice(), value.get(span.range()).unwrap_or_default(), after].concat())
            }
        }
    }
}

fn triggers(name: Name) -> Kinds {
    match name {
        Name::Lowercase => UPPER_KIND,
        Name::UrlDecode | Name::UrlDecodeUni => bytes_among(b"%+"),
        Name::HtmlEntityDecode => bytes_among(b"&"),
        Name::JsDecode | Name::BackslashDecode => bytes_among(b"\\"),
        Name::CmdLine => bytes_among(b"\"'\\^ ,;\t\r\n") | UPPER_KIND,
        Name::NormalizePath => bytes_among(b"/."),
        Name::NormalizePathWin => bytes_among(b"/.\\"),
        Name::CompressWhitespace | Name::RemoveWhitespace => bytes_among(b" \t\r\n\x01\x80"),
        Name::RemoveNulls => bytes_among(b"\0"),
        Name::ReplaceComments => bytes_among(b"/"),
        Name::RemoveCommentsChar => bytes_among(b"/*-#"),
        Name::Utf8ToUnicode => bytes_among(b"\x80\0"),
        Name::Base64Decode | Name::Length | Name::Unknown => Kinds::MAX,
    }
}

fn named(name: Name, value: &[u8]) -> Option<Vec<u8>> {
    match name {
        Name::Lowercase => Some(value.to_ascii_lowercase()),
        Name::UrlDecode => escapes::percent_decoded(value, true),
        Name::UrlDecodeUni => escapes::unicode_percent_decoded(value),
        Name::HtmlEntityDecode => unless(value, has_entity),
        Name::JsDecode => escapes::script_decoded(value),
        Name::BackslashDecode => unless(value, |value| value.contains(&b'\\')),
        Name::CmdLine => Some(command_line(value)),
        Name::NormalizePath => path(value),
        Name::NormalizePathWin => unless(value, |value| value.contains(&b'\\')).and_then(|value| path(&value)),
        Name::CompressWhitespace => unless(value, has_odd_white).map(|value| compressed(&value)),
        Name::RemoveWhitespace => Some(without(value, |byte| is_white(byte) || matches!(byte, 0xA0 | 0xC2))),
        Name::RemoveNulls => Some(without(value, |byte| byte == 0)),
        Name::ReplaceComments => unless(value, |value| has_pair(value, *b"/*")),
        Name::RemoveCommentsChar => unless(value, has_comment_characters),
        Name::Utf8ToUnicode => escapes::as_unicode_escapes(value),
        Name::Base64Decode => base64(value),
        Name::Length => Some(value.len().to_string().into_bytes()),
        Name::Unknown => None,
    }
}

fn unless(value: &[u8], changes: impl Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
    (!changes(value)).then(|| value.to_vec())
}

fn without(value: &[u8], drops: impl Fn(u8) -> bool) -> Vec<u8> {
    value.iter().copied().filter(|byte| !drops(*byte)).collect()
}

fn has_pair(value: &[u8], pair: [u8; 2]) -> bool {
    value.windows(2).any(|two| two == pair)
}

fn has_comment_characters(value: &[u8]) -> bool {
    value.contains(&b'#') || [*b"/*", *b"*/", *b"--"].into_iter().any(|pair| has_pair(value, pair))
}

/// Whether white space beyond ASCII may be in a value.
fn has_odd_white(value: &[u8]) -> bool {
    value.iter().any(|byte| matches!(byte, 0x85 | 0xA0 | 0xC2))
}

/// Whether an ampersand may begin an entity that the engine decodes.
fn has_entity(value: &[u8]) -> bool {
    const ENTITIES: [&[u8]; 6] = [b"#", b"quot", b"amp", b"lt", b"gt", b"nbsp"];
    let begins = |rest: &[u8]| {
        ENTITIES.iter().any(|name| rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
    };
    value.iter().enumerate().any(|(at, byte)| *byte == b'&' && value.get(at + 1..).is_some_and(begins))
}

/// `cmdLine`: quotes and escapes removed, separators and white space joined to a space, lower case.
fn command_line(value: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(value.len());
    let mut spaced = false;
    for byte in value {
        match byte {
            b'"' | b'\'' | b'\\' | b'^' => {}
            b' ' | b',' | b';' | b'\t' | b'\r' | b'\n' => {
                if !spaced {
                    plain.push(b' ');
                }
                spaced = true;
            }
            b'/' | b'(' => {
                if spaced {
                    plain.pop();
                }
                spaced = false;
                plain.push(*byte);
            }
            other => {
                spaced = false;
                plain.push(other.to_ascii_lowercase());
            }
        }
    }
    plain
}

/// `normalizePath` of a path without dot segments: slashes are joined.
fn path(value: &[u8]) -> Option<Vec<u8>> {
    if value.starts_with(b".") || [*b"..", *b"/.", *b"./"].into_iter().any(|pair| has_pair(value, pair)) {
        return None;
    }
    let mut plain = value.to_vec();
    plain.dedup_by(|next, last| *next == b'/' && *last == b'/');
    Some(plain)
}

fn compressed(value: &[u8]) -> Vec<u8> {
    let mut plain: Vec<u8> = value.iter().map(|byte| if is_white(*byte) { b' ' } else { *byte }).collect();
    plain.dedup_by(|next, last| *next == b' ' && *last == b' ');
    plain
}

/// `base64Decode`: what is no whole base64 stays as it is.
fn base64(value: &[u8]) -> Option<Vec<u8>> {
    if value.ends_with(b" ") || value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        return None;
    }
    let digits = value.strip_suffix(b"=").map_or(value, |text| text.strip_suffix(b"=").unwrap_or(text));
    let sixes = digits.iter().map(|byte| six_bits(*byte)).collect::<Option<Vec<u32>>>();
    let (Some(mut sixes), 0) = (sixes, value.len() % 4) else {
        return Some(value.to_vec());
    };
    sixes.resize(value.len(), 0);
    let mut plain: Vec<u8> = Vec::with_capacity(value.len());
    for four in sixes.chunks_exact(4) {
        let [_, bytes @ ..] = four.iter().fold(0, |bits, six| bits << 6 | six).to_be_bytes();
        plain.extend_from_slice(&bytes);
    }
    plain.truncate(plain.len() - (value.len() - digits.len()));
    Some(plain)
}

fn six_bits(byte: u8) -> Option<u32> {
    Some(match byte {
        b'A'..=b'Z' => u32::from(byte - b'A'),
        b'a'..=b'z' => u32::from(byte - b'a') + 26,
        b'0'..=b'9' => u32::from(byte - b'0') + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(name: &str, value: &str) -> Option<String> {
        let ready = Ready::new(&Step::named(name)).expect("a step");
        match ready.apply(value.as_bytes()) {
            Outcome::Value(value) => Some(String::from_utf8_lossy(&value).into_owned()),
            Outcome::Nothing | Outcome::Unknown => None,
        }
    }

    #[test]
    fn simple_values_are_transformed() {
        for (name, value, wanted) in [
            ("lowercase", "AbC", "abc"),
            ("urldecodeuni", "a%20b", "a b"),
            ("cmdline", "C^md  ;\"x\" /c", "cmd x/c"),
            ("normalizepath", "/a//b", "/a/b"),
            ("compresswhitespace", "a \t b", "a b"),
            ("removewhitespace", "a \t b", "ab"),
            ("htmlentitydecode", "a&b=c", "a&b=c"),
            ("base64decode", "YWJj", "abc"),
            ("base64decode", "YWI=", "ab"),
            ("base64decode", "a-b", "a-b"),
            ("length", "abc", "3"),
        ] {
            assert_eq!(done(name, value).as_deref(), Some(wanted), "{name} {value}");
        }
    }

    #[test]
    fn others_are_unknown() {
        for (name, value) in [
            ("htmlentitydecode", "&lt;"),
            ("jsdecode", r"\x41"),
            ("normalizepath", "a/../b"),
            ("replacecomments", "a/**/b"),
            ("sha1", "a"),
        ] {
            assert_eq!(done(name, value), None, "{name} {value}");
        }
    }

    #[test]
    fn a_group_becomes_the_value() {
        let step = Step::Capture { pattern: "^[^;]+".into(), group: 0, before: b"|".into(), after: b"|".into() };
        let ready = Ready::new(&step).expect("a step");
        assert_eq!(ready.apply(b"text/html; q"), Outcome::Value(b"|text/html|".into()));
        assert_eq!(ready.apply(b";"), Outcome::Nothing);
    }
}
