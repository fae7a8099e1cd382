//! The kind and name of a GraphQL operation: from the first tokens of its document, without parsing the rest.
//!
//! In JSON, the members are those of "GraphQL over HTTP": `query`, `operationName` and `extensions`, in which a client
//! that sent a document before puts only its hash (`persistedQuery`).

use memchr::memchr_iter;

use super::json::{Members, members, unescaped};
use crate::bytes::run;

const KINDS: [&[u8]; 3] = [b"query", b"mutation", b"subscription"];
/// Maximum bytes of a name; longer ones are generated, or no names.
const LONGEST_NAME: usize = 128;

/// Return the operation of a request in JSON; None if this is no GraphQL. `whole` is false if its end was not captured.
pub(super) fn operation(members: Members<'_>, whole: bool) -> Option<Vec<u8>> {
    let (mut query, mut chosen, mut hash, mut variables) = (None, None, None, false);
    for (member, value) in members {
        match member {
            b"query" => query = value.text(),
            b"operationName" => chosen = value.text().filter(|text| is_name(text)),
            b"extensions" => hash = persisted(value.members()),
            b"variables" => variables = true,
            _ => {}
        }
    }
    match (query, chosen, hash) {
        (Some(query), chosen, _) => of_document(&unescaped(query), chosen),
        (None, Some(name), Some(_)) => Some([b"persisted ", name].concat()),
        (None, None, Some(hash)) => Some([b"persisted ".as_slice(), hash].concat()),
        // Large variables may come between the name and the document.
        (None, Some(name), None) if variables && !whole => Some(name.to_vec()),
        _ => None,
    }
}

/// Return the operation in the parameters of a GET request.
#[inline]
pub(super) fn of_query_string(query: &[u8]) -> Option<Vec<u8>> {
    // Most requests have other parameters, or none.
    let names = |rest: &[u8]| rest.starts_with(b"query=") || rest.starts_with(b"extensions=");
    let mut further = memchr_iter(b'&', query).filter_map(|end| query.get(end + 1..));
    if names(query) || further.any(names) { of_parameters(query) } else { None }
}

#[cold]
fn of_parameters(query: &[u8]) -> Option<Vec<u8>> {
    let (mut document, mut chosen, mut hash) = (None, None, None);
    for parameter in query.split(|byte| *byte == b'&') {
        if let Some(text) = parameter.strip_prefix(b"query=") {
            document = Some(percent_decoded(text));
        } else if let Some(name) = parameter.strip_prefix(b"operationName=") {
            chosen = Some(percent_decoded(name)).filter(|name| is_name(name)).or(chosen);
        } else if let Some(text) = parameter.strip_prefix(b"extensions=") {
            hash = persisted(members(&percent_decoded(text))).map(<[u8]>::to_vec).or(hash);
        }
    }
    match (document, hash) {
        (Some(document), _) => of_document(&document, chosen.as_deref()),
        (None, Some(hash)) => Some([b"persisted ", chosen.unwrap_or(hash).as_slice()].concat()),
        (None, None) => None,
    }
}

/// Return the operation of a document: the one with the `chosen` name, else the first one. None if the document does not
/// start like one.
pub(super) fn of_document(document: &[u8], chosen: Option<&[u8]>) -> Option<Vec<u8>> {
    let rest = spaced(document);
    if let Some(selection) = rest.strip_prefix(b"{") {
        return starts_selection(selection).then(|| titled(b"query", chosen.unwrap_or_default()));
    }
    let (kind, rest) = word(rest)?;
    let first = KINDS.contains(&kind).then(|| named(rest)).flatten();
    if kind != b"fragment" && first.is_none() {
        return None;
    }
    let name = chosen.or(first)?;
    if first == Some(name) {
        return Some(titled(kind, name));
    }
    Some(kind_of(document, name).map_or_else(|| name.to_vec(), |kind| titled(kind, name)))
}

/// Return the name before an operation's variables, directives or selection: empty if it has none, None if this is other
/// text.
fn named(rest: &[u8]) -> Option<&[u8]> {
    let (name, rest) = word(spaced(rest)).unwrap_or((b"", spaced(rest)));
    spaced(rest).first().filter(|next| matches!(next, b'{' | b'(' | b'@'))?;
    is_name_or_empty(name).then_some(name)
}

/// Find the kind of the operation with a name.
fn kind_of<'a>(document: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut rest = document;
    while !rest.is_empty() {
        rest = match word(rest) {
            Some((kind, after)) if KINDS.contains(&kind) && named(after) == Some(name) => return Some(kind),
            Some((_, after)) => after,
            None => rest.get(1..).unwrap_or_default(),
        };
    }
    None
}

fn titled(kind: &[u8], name: &[u8]) -> Vec<u8> {
    if name.is_empty() { kind.to_vec() } else { [kind, b" ", name].concat() }
}

/// Return whether a field or fragment follows, as in no other text between braces.
fn starts_selection(rest: &[u8]) -> bool {
    let rest = spaced(rest);
    match word(rest) {
        Some((_, after)) => {
            let next = spaced(after);
            let separated = next.len() < after.len();
            let field = |byte: &u8| matches!(byte, b':' | b'(' | b'@' | b'{' | b'}' | b'.' | b'#');
            next.first().is_none_or(|byte| field(byte) || separated && is_letter(*byte))
        }
        None => rest.starts_with(b"..."),
    }
}

/// Return the hash of a persisted document.
fn persisted(mut extensions: Members<'_>) -> Option<&[u8]> {
    let (_, query) = extensions.find(|(name, _)| *name == b"persistedQuery")?;
    let (_, hash) = query.members().find(|(name, _)| *name == b"sha256Hash")?;
    hash.text().filter(|hash| hash.len() == 64 && hash.iter().all(u8::is_ascii_hexdigit))
}

/// Skip white space, commas, a byte order mark and comments, which separate tokens (GraphQL section 2.1).
fn spaced(mut text: &[u8]) -> &[u8] {
    loop {
        text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        text = text.get(run(text, |byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b','))..).unwrap_or_default();
        if !text.starts_with(b"#") {
            return text;
        }
        text = text.get(run(text, |byte| !matches!(byte, b'\r' | b'\n'))..).unwrap_or_default();
    }
}

/// Split a text behind the word that starts it.
fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let size = run(text, |byte| is_letter(byte) || byte.is_ascii_digit());
    text.split_at_checked(size).filter(|(word, _)| word.first().is_some_and(|byte| is_letter(*byte)))
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

/// Return whether a text is a name (GraphQL section 2.1.9).
fn is_name(text: &[u8]) -> bool {
    !text.is_empty() && is_name_or_empty(text)
}

fn is_name_or_empty(text: &[u8]) -> bool {
    let letters = text.iter().all(|byte| is_letter(*byte) || byte.is_ascii_digit());
    text.len() <= LONGEST_NAME && letters && text.first().is_none_or(|byte| is_letter(*byte))
}

/// Decode a parameter of a query string, in which `+` is a space.
fn percent_decoded(value: &[u8]) -> Vec<u8> {
    let (mut text, mut rest) = (Vec::with_capacity(value.len()), value);
    while let [first, after @ ..] = rest {
        let code = after.get(..2).filter(|_| *first == b'%').and_then(|code| std::str::from_utf8(code).ok());
        let decoded = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        rest = if decoded.is_some() { after.get(2..).unwrap_or_default() } else { after };
        text.push(decoded.unwrap_or(if *first == b'+' { b' ' } else { *first }));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: Option<Vec<u8>>) -> Option<String> {
        name.map(|name| String::from_utf8(name).unwrap())
    }

    fn in_json(body: &str) -> Option<String> {
        text(operation(members(body.as_bytes()), true))
    }

    #[test]
    fn the_first_tokens_say_kind_and_name() {
        for (document, name) in [
            ("query GetUser($id: ID!) { user(id: $id) { name } }", "query GetUser"),
            ("  \n# a comment {\n mutation AddItem{addItem{id}}", "mutation AddItem"),
            ("subscription OnPrice @live { price }", "subscription OnPrice"),
            ("query { user }", "query"),
            ("query($id: ID) { user }", "query"),
            ("{ user { name } }", "query"),
            ("{user}", "query"),
            ("{ a b }", "query"),
            ("{ ...Fields }", "query"),
            ("{ alias: user }", "query"),
        ] {
            assert_eq!(text(of_document(document.as_bytes(), None)).as_deref(), Some(name), "{document}");
        }
    }

    #[test]
    fn other_texts_are_no_documents() {
        for other in [
            "",
            "query",
            "query optimizer",
            "query the database {now}",
            "SELECT 1",
            "queryX { a }",
            "{\"match_all\": {}}",
            "{job=\"api\"}",
            "{__name__=~\"x\"}",
            "{ }",
            "{0: 1}",
            "type User { id: ID }",
        ] {
            assert_eq!(text(of_document(other.as_bytes(), None)), None, "{other}");
        }
    }

    #[test]
    fn the_chosen_operation_is_the_one_that_runs() {
        let document = br"fragment F on User { id } query First { a } mutation Second { b }";
        assert_eq!(text(of_document(document, Some(b"Second"))).as_deref(), Some("mutation Second"));
        assert_eq!(text(of_document(document, Some(b"First"))).as_deref(), Some("query First"));
        assert_eq!(text(of_document(document, Some(b"Third"))).as_deref(), Some("Third"));
        assert_eq!(text(of_document(document, None)), None);
        assert_eq!(
            text(of_document(b"query First { a } query Second { b }", Some(b"Second"))).as_deref(),
            Some("query Second")
        );
    }

    #[test]
    fn members_come_in_any_order() {
        let (query, name) = (r#""query":"query GetUser {\n user }""#, r#""operationName":"GetUser""#);
        for body in [
            format!("{{{query}}}"),
            format!("{{{query},{name},\"variables\":{{}}}}"),
            format!("{{{name},\"variables\":{{\"query\":\"no\"}},{query}}}"),
        ] {
            assert_eq!(in_json(&body).as_deref(), Some("query GetUser"));
        }
        assert_eq!(in_json(r#"{"operationName":null,"query":"{\n  user {\n    name"#).as_deref(), Some("query"));
    }

    #[test]
    fn persisted_documents_have_a_name_or_a_hash() {
        let hash = "0123456789abcdef".repeat(4);
        let extensions = format!(r#""extensions":{{"persistedQuery":{{"version":1,"sha256Hash":"{hash}"}}}}"#);
        assert_eq!(in_json(&format!("{{{extensions}}}")), Some(format!("persisted {hash}")));
        let named = in_json(&format!(r#"{{"operationName":"GetUser",{extensions}}}"#));
        assert_eq!(named.as_deref(), Some("persisted GetUser"));
        assert_eq!(in_json(r#"{"extensions":{"persistedQuery":{"sha256Hash":"short"}}}"#), None);
    }

    #[test]
    fn ordinary_json_is_no_graphql() {
        for body in [
            r#"{"query":{"match":{"title":"x"}}}"#,
            r#"{"query":"SELECT * FROM t"}"#,
            r#"{"query":"shoes size 9"}"#,
            r#"{"operationName":"Export","variables":{}}"#,
            r#"{"search":"query { a }"}"#,
            r#"["query"]"#,
        ] {
            assert_eq!(in_json(body), None, "{body}");
        }
    }

    #[test]
    fn a_name_counts_if_the_document_is_beyond_the_captured_part() {
        let body = br#"{"operationName":"Import","variables":{"rows":[1,2,3,"#;
        assert_eq!(text(operation(members(body), false)).as_deref(), Some("Import"));
        assert_eq!(operation(members(body), true), None);
    }

    #[test]
    fn parameters_of_a_url() {
        for (query, name) in [
            ("query=%7Buser%7Bname%7D%7D", Some("query")),
            ("variables=%7B%7D&query=query+GetUser%28%24id%3AID%29%7Buser%7D", Some("query GetUser")),
            ("operationName=B&query=query%20A{a}query%20B{b}", Some("query B")),
            ("query=shoes", None),
            ("query=%7B%22match%22%3A1%7D", None),
            ("q=query{a}", None),
            ("operationName=B", None),
        ] {
            assert_eq!(text(of_query_string(query.as_bytes())).as_deref(), name, "{query}");
        }
        let hash = "0".repeat(64);
        let url = format!(r#"extensions=%7B"persistedQuery":%7B"sha256Hash":"{hash}"%7D%7D&operationName=GetUser"#);
        assert_eq!(text(of_query_string(url.as_bytes())).as_deref(), Some("persisted GetUser"));
    }
}
