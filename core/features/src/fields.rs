//! The header fields: which there are, in which order, and what is odd about them.

use crate::categories::{Hash, add_form, bin};
use crate::classes::marked;
use crate::decoding::{Encoding, Text};
use crate::head::{Head, cut};
use crate::hidden::hidden_texts;
use crate::shapes::Shapes;
use crate::vector::{Feature, Vector};

/// Fields whose values are lists of tokens, dates or URLs, with signs of their own.
#[rustfmt::skip]
const PLAIN: [&[u8]; 15] = [
    b"host", b"accept", b"connection", b"content-length", b"cache-control", b"origin", b"authorization",
    b"if-modified-since", b"accept-language", b"if-none-match", b"accept-encoding", b"upgrade-insecure-requests",
    b"pragma", b"dnt", b"te",
];

/// Signs that a plain field or a browser's name lacks; a field with one of them is read as any other.
const SIGNS: [bool; 256] = marked(b"<{$`");
/// Signs that a link lacks.
const LINK_SIGNS: [bool; 256] = marked(b"(<{$`'\"");
/// Signs that the name of a browser lacks, which has parentheses.
const AGENT_SIGNS: [bool; 256] = marked(b"<{$`'\"\\%");

fn has_one(value: &[u8], signs: &[bool; 256]) -> bool {
    value.iter().any(|byte| signs.get(usize::from(*byte)).copied().unwrap_or_default())
}

/// What was read of the values.
#[derive(Default)]
struct Seen {
    shapes: Shapes,
    encoding: Encoding,
    hidden: usize,
    longest: usize,
    empty: usize,
    cookies: usize,
    cookie_length: usize,
}

/// Describe the header fields, and whether they fit the body.
pub(crate) fn describe(head: &Head<'_>, body: &[u8], text: &mut Text, vector: &mut Vector) {
    let (mut set, mut order, mut seen) = (Hash::default(), Hash::default(), Seen::default());
    for (name, value) in &head.fields {
        let mut own = Hash::default();
        own.add_text(name);
        set.blend(own);
        order.follow(own);
        seen.read(name, value, text);
    }
    let agent = head.field(b"user-agent");
    vector.set(Feature::HeaderSet, set.bin());
    vector.set(Feature::HeaderOrder, order.bin());
    vector.set(Feature::UserAgent, family(agent.unwrap_or_default()));
    let media = head.field(b"content-type").unwrap_or_default();
    vector.set(Feature::ContentType, bin(cut(media, media.iter().position(|byte| *byte == b';')).0));
    seen.describe(vector);
    let counts = [
        (Feature::Fields, head.fields.len()),
        (Feature::OddFields, head.odd_fields),
        (Feature::RepeatedFields, repeated(head)),
        (Feature::HostKind, host_kind(head)),
        (Feature::AgentKind, agent_kind(agent)),
        (Feature::FramingOddities, framing(head, body)),
        (Feature::TypeOddities, type_oddities(media, body)),
        (Feature::Ranges, head.field(b"range").map_or(0, |value| 1 + count(value, b','))),
    ];
    for (feature, count) in counts {
        vector.amount(feature, count);
    }
}

impl Seen {
    fn read(&mut self, name: &[u8], value: &[u8], text: &mut Text) {
        self.longest = self.longest.max(value.len());
        self.empty += usize::from(value.is_empty());
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        if is(b"cookie") {
            self.cookie_length += value.len();
            for cookie in value.split(|byte| *byte == b';') {
                self.cookies += 1;
                self.hidden += hidden_texts(cookie);
                let (name, value) = cut(cookie, cookie.iter().position(|byte| *byte == b'='));
                self.shapes_of(name.trim_ascii(), text);
                self.shapes_of(value, text);
            }
            return;
        }
        let plain = name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"sec-"))
            || PLAIN.iter().any(|known| is(known));
        let (links, agent) = (is(b"referer"), is(b"user-agent"));
        let ordinary = plain && !has_one(value, &SIGNS)
            || links && value.starts_with(b"http") && !has_one(value, &LINK_SIGNS)
            || agent && value.starts_with(b"Mozilla/") && !has_one(value, &AGENT_SIGNS);
        if !ordinary {
            self.shapes_of(value, text);
        }
        if !plain && !links && !agent {
            self.hidden += hidden_texts(value);
        }
    }

    fn shapes_of(&mut self, value: &[u8], text: &mut Text) {
        let (decoded, encoding) = text.decode(value, false);
        self.encoding.add(encoding);
        self.shapes.read_value(decoded);
    }

    fn describe(&self, vector: &mut Vector) {
        let (shapes, encoding) = (&self.shapes, &self.encoding);
        let counts = [
            (Feature::FieldMarkup, shapes.quotes + shapes.angles + shapes.backslashes),
            (Feature::FieldCalls, shapes.calls + shapes.tags),
            (Feature::FieldSubstitutions, shapes.substitutions + shapes.braces),
            (Feature::FieldWords, shapes.words + shapes.commands + shapes.names),
            (Feature::FieldTraversals, shapes.traversals + shapes.system_paths),
            (Feature::FieldSchemes, shapes.schemes),
            (Feature::FieldComparisons, shapes.comparisons + shapes.comments + shapes.broken_quotes),
            (Feature::FieldStrange, shapes.controls + shapes.high + shapes.escapes + encoding.controls),
            (Feature::FieldHidden, self.hidden),
            (Feature::FieldEncoded, encoding.encoded + encoding.malformed),
            (Feature::EmptyFields, self.empty),
            (Feature::LongestField, self.longest),
            (Feature::Cookies, self.cookies),
            (Feature::CookieLength, self.cookie_length),
        ];
        for (feature, count) in counts {
            vector.amount(feature, count);
        }
    }
}

/// Return the bin of a user agent without its versions.
fn family(agent: &[u8]) -> u8 {
    let mut hash = Hash::default();
    add_form(&mut hash, agent.get(..128).unwrap_or(agent));
    hash.bin()
}

fn count(text: &[u8], wanted: u8) -> usize {
    text.iter().filter(|byte| **byte == wanted).count()
}

/// Count the fields whose name came before, but for those that may come several times.
fn repeated(head: &Head<'_>) -> usize {
    let (mut seen, mut count) = (0_u64, 0);
    for (place, (name, _)) in head.fields.iter().enumerate() {
        let first = name.first().map_or(0, |byte| byte | 0x20);
        let bit = 1_u64 << ((usize::from(first) + 7 * name.len()) % 64);
        if seen & bit != 0 {
            let before = head.fields.iter().take(place).any(|(known, _)| known.eq_ignore_ascii_case(name));
            let lists = name.eq_ignore_ascii_case(b"cookie") || name.starts_with(b"X-") || name.starts_with(b"Via");
            count += usize::from(before && !lists);
        }
        seen |= bit;
    }
    count
}

/// Return how unusual the Host field is: 0 for a name, 1 for an address, 2 for none, 3 for anything else, or several.
fn host_kind(head: &Head<'_>) -> usize {
    let Some(host) = head.field(b"host") else {
        return if head.version == b"HTTP/1.1" || head.version == b"HTTP/2" { 3 } else { 2 };
    };
    let (name, port) = cut(host, host.iter().rposition(|byte| *byte == b':'));
    if !port.iter().all(u8::is_ascii_digit) && !host.starts_with(b"[") {
        return 3;
    }
    let known = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'[' | b']' | b':');
    match name {
        _ if name.is_empty() || !name.iter().all(known) => 3,
        _ if name.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.') || name.starts_with(b"[") => 1,
        _ => 0,
    }
}

/// Return how unusual the User-Agent field is: 0 for that of a browser, 1 for `name/version`, 2 for none, 3 for the rest.
fn agent_kind(agent: Option<&[u8]>) -> usize {
    let Some(agent) = agent else {
        return 2;
    };
    let slash = agent.iter().position(|byte| *byte == b'/');
    let versioned = slash.and_then(|slash| agent.get(slash + 1)).is_some_and(u8::is_ascii_digit);
    match agent {
        _ if agent.starts_with(b"Mozilla/") => 0,
        _ if versioned => 1,
        _ => 3,
    }
}

/// Count what is wrong with the length of the body: none or two, one that is no number, or a body where none is usual.
fn framing(head: &Head<'_>, body: &[u8]) -> usize {
    let length = head.field(b"content-length");
    let coding = head.field(b"transfer-encoding");
    let bodiless = matches!(head.method, b"GET" | b"HEAD" | b"OPTIONS" | b"TRACE");
    let wrong = [
        length.is_some() && coding.is_some(),
        length.is_some_and(|length| length.is_empty() || !length.iter().all(u8::is_ascii_digit)),
        coding.is_some_and(|coding| !coding.eq_ignore_ascii_case(b"chunked")),
        bodiless && (coding.is_some() || length.is_some_and(|length| length != b"0")),
        head.method == b"POST" && length.is_none() && coding.is_none() && head.version != b"HTTP/2",
        head.field(b"content-type").is_none() && !body.is_empty(),
    ];
    wrong.into_iter().filter(|wrong| *wrong).count()
}

/// Count what is odd about a media type: its form, several parameters, or a body that looks different.
fn type_oddities(media: &[u8], body: &[u8]) -> usize {
    let known = |byte: &u8| byte.is_ascii_alphanumeric() || b"/+-.;= _'\"".contains(byte);
    let strange = media.iter().filter(|byte| !known(byte)).count();
    let parameters = count(media, b';').saturating_sub(1);
    let body = body.trim_ascii_start();
    let looks_json = matches!(body.first(), Some(b'{' | b'['));
    let looks_xml = body.first() == Some(&b'<');
    let says = |part: &[u8]| media.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part));
    let form = says(b"x-www-form") && (looks_json || looks_xml);
    let json = says(b"json") && !body.is_empty() && !looks_json && body.first() != Some(&b'"');
    let xml = says(b"xml") && !body.is_empty() && !looks_xml;
    strange + parameters + usize::from(form || json || xml) + usize::from(!media.is_empty() && count(media, b'/') != 1)
}
