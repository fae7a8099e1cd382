//! The request line: method, path, and how it is encoded.

use crate::categories::{Hash, add_form, bin};
use crate::classes::marked;
use crate::decoding::{Encoding, Text};
use crate::head::Head;
use crate::shapes::Shapes;
use crate::vector::{Feature, Vector};

/// Bytes of an extension that are compared.
const LONGEST_EXTENSION: usize = 8;
/// Bytes that targets have, whether they may (RFC 3986 section 2) or not.
const PLAIN: [bool; 256] =
    marked(b"!$%&'()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz{|}~");

/// Describe the request line, but not its query.
pub(crate) fn describe(head: &Head<'_>, text: &mut Text, vector: &mut Vector) {
    let (path, query) = head.path_and_query();
    vector.set(Feature::Method, bin(head.method));
    vector.set(Feature::Version, bin(head.version));
    vector.amount(Feature::MethodKind, method_kind(head.method));
    vector.amount(Feature::TargetOddities, oddities(head));
    vector.amount(Feature::PathLength, path.len());
    vector.amount(Feature::QueryLength, query.len());
    segments(path, vector);
    let (decoded, encoding) = text.decode(path, false);
    let mut shapes = Shapes::default();
    shapes.read(decoded);
    set_path(&shapes, encoding, vector);
}

fn set_path(shapes: &Shapes, encoding: Encoding, vector: &mut Vector) {
    let breaking = shapes.broken_quotes + shapes.comments + shapes.comparisons;
    vector.amount(Feature::PathSpecials, shapes.specials);
    vector.amount(Feature::PathMarkup, shapes.quotes + shapes.angles + shapes.braces + shapes.separators + breaking);
    vector.amount(Feature::PathCalls, shapes.calls + shapes.substitutions + shapes.tags);
    vector.amount(Feature::PathWords, shapes.words + shapes.commands);
    vector.amount(Feature::PathTraversals, shapes.traversals);
    vector.amount(Feature::PathSystem, shapes.system_paths);
    let strange = shapes.controls + shapes.high + shapes.backslashes + encoding.controls;
    vector.amount(Feature::PathStrange, strange + encoding.malformed + encoding.doubled);
    vector.amount(Feature::PathUnspeakable, shapes.unspeakable);
}

/// Describe the segments of a path: how many there are, and what the path is like.
fn segments(path: &[u8], vector: &mut Vector) {
    let mut form = Hash::default();
    let (mut depth, mut longest) = (0, 0);
    let mut last: &[u8] = &[];
    for segment in path.split(|byte| *byte == b'/').skip(1) {
        if depth == 0 {
            vector.set(Feature::FirstSegment, bin(segment));
        }
        add_form(&mut form, segment);
        depth += 1;
        longest = longest.max(segment.len());
        last = segment;
    }
    vector.set(Feature::PathForm, form.bin());
    vector.amount(Feature::PathDepth, depth);
    vector.amount(Feature::LongestSegment, longest);
    let dot = last.iter().rposition(|byte| *byte == b'.');
    let extension = dot.and_then(|dot| last.get(dot + 1..)).unwrap_or_default();
    vector.set(Feature::Extension, bin(extension.get(..LONGEST_EXTENSION).unwrap_or(extension)));
}

/// Return how unusual a method is: 0 for those of browsers, 1 for those of interfaces, 2 for WebDAV and tunnels, 3.
fn method_kind(method: &[u8]) -> usize {
    match method {
        b"GET" | b"POST" | b"HEAD" => 0,
        b"OPTIONS" | b"PUT" | b"DELETE" | b"PATCH" => 1,
        b"CONNECT" | b"PROPFIND" | b"REPORT" | b"MKCOL" | b"LOCK" | b"UNLOCK" | b"COPY" | b"MOVE" | b"QUERY"
        | b"PROPPATCH" | b"SEARCH" | b"NOTIFY" | b"SUBSCRIBE" => 2,
        _ => 3,
    }
}

/// Count what a target seldom has: a fragment, spaces, backslashes, bytes that must be encoded, or no version after it.
fn oddities(head: &Head<'_>) -> usize {
    let tunnel = head.method == b"CONNECT" || head.target == b"*";
    let start = !tunnel && !head.target.starts_with(b"/") && !head.target.starts_with(b"http://");
    let version = !matches!(head.version, b"HTTP/1.1" | b"HTTP/1.0" | b"HTTP/2" | b"");
    let strange = |byte: &u8| usize::from(!PLAIN.get(usize::from(*byte)).copied().unwrap_or_default());
    head.target.iter().map(strange).sum::<usize>() + usize::from(start) + usize::from(version)
}
