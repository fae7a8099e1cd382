//! What a request calls: the operation of SOAP, GraphQL or JSON-RPC, which all requests to one path may share.
//!
//! The head says whether the body may name an operation; then its first bytes are kept until they are enough. They are
//! searched without being parsed as a whole, and compressed bodies are not decompressed. Ordinary JSON and XML has no
//! operation: each of the three has marks of its own.

mod graphql;
mod json;
mod json_rpc;
mod soap;

use crate::bytes::{partition, trimmed};
use crate::context::Context;
use crate::text::printable;

/// Bytes at the start of a body, or of a query string, in which an operation is looked for.
const LOOKED_AT: usize = 1024;
/// Maximum characters of an operation, because clients choose them.
const LONGEST: usize = 128;
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// What a body may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// GraphQL or JSON-RPC.
    Json,
    /// A GraphQL document.
    Document,
    /// A SOAP envelope.
    Xml,
    /// A SOAP envelope with attachments (MTOM).
    Multipart,
}

impl Form {
    fn of(content_type: &[u8]) -> Option<Self> {
        match trimmed(partition(content_type, b';').0).to_ascii_lowercase().as_slice() {
            b"application/json" | b"application/json-rpc" | b"application/jsonrequest" => Some(Self::Json),
            b"application/graphql" => Some(Self::Document),
            b"text/xml" | b"application/soap+xml" => Some(Self::Xml),
            b"multipart/related" if is_xml(soap::parameter(content_type, b"type")?) => Some(Self::Multipart),
            _ => None,
        }
    }

    /// Return the operation in the start of a body; `whole` is false if more follows.
    fn operation(self, start: &[u8], whole: bool) -> Option<Vec<u8>> {
        let start = start.strip_prefix(MARK).unwrap_or(start);
        match self {
            Self::Json => in_json(start, whole),
            Self::Document => graphql::of_document(start, None),
            Self::Xml => soap::first_in_body(start).map(<[u8]>::to_vec),
            Self::Multipart => soap::first_in_body(soap::root_part(start)).map(<[u8]>::to_vec),
        }
    }
}

/// Finds the operation of one request.
#[derive(Debug)]
pub(crate) struct OperationReader {
    /// None once nothing more is looked for.
    form: Option<Form>,
    /// The start of the body.
    start: Vec<u8>,
    operation: String,
}

impl OperationReader {
    /// Start with a head, in which `field` finds other fields by their name in lower case; None if the request names no
    /// operation, and its body cannot either.
    pub(crate) fn new(
        method: &[u8],
        target: &[u8],
        content_type: &[u8],
        field: impl Fn(&[u8]) -> Vec<u8>,
    ) -> Option<Self> {
        match method {
            b"GET" => {
                let query = partition(target, b'?').1;
                Self::known(&graphql::of_query_string(query.get(..LOOKED_AT).unwrap_or(query))?)
            }
            b"POST" => Self::of_body(content_type, field),
            _ => None,
        }
    }

    /// Start with the type of a body.
    #[cold]
    fn of_body(content_type: &[u8], field: impl Fn(&[u8]) -> Vec<u8>) -> Option<Self> {
        let form = Form::of(content_type)?;
        if matches!(form, Form::Xml | Form::Multipart) {
            let soap_action = field(b"soapaction");
            let action = soap::action(&soap_action).or_else(|| soap::parameter(content_type, b"action"));
            if let Some(action) = action {
                return Self::known(action);
            }
        }
        let coding = field(b"content-encoding");
        let readable = coding.is_empty() || coding.eq_ignore_ascii_case(b"identity");
        readable.then(|| Self { form: Some(form), start: Vec::new(), operation: String::new() })
    }

    #[cold]
    fn known(operation: &[u8]) -> Option<Self> {
        Some(Self { form: None, start: Vec::new(), operation: shown(operation) })
    }

    /// Take the next bytes of the body.
    pub(crate) fn data(&mut self, cx: &mut Context<'_>, part: &[u8]) {
        if self.form.is_none() {
            return;
        }
        let room = LOOKED_AT - self.start.len();
        let taken = part.get(..room).unwrap_or(part);
        if !cx.charge(taken.len()) {
            return self.search(cx, false);
        }
        self.start.extend_from_slice(taken);
        if self.start.len() == LOOKED_AT {
            self.search(cx, false);
        }
    }

    /// Note that the next bytes are missing.
    pub(crate) fn gap(&mut self, cx: &mut Context<'_>) {
        self.search(cx, false);
    }

    /// End the body, and return the operation; empty if none was found.
    pub(crate) fn finish(mut self, cx: &mut Context<'_>) -> String {
        self.search(cx, true);
        self.operation
    }

    /// Return the bytes of the budget in use.
    pub(crate) fn held(&self) -> usize {
        self.start.len()
    }

    fn search(&mut self, cx: &mut Context<'_>, whole: bool) {
        let (form, start) = (self.form.take(), std::mem::take(&mut self.start));
        cx.release(start.len());
        if let Some(found) = form.and_then(|form| form.operation(&start, whole)) {
            self.operation = shown(&found);
        }
    }
}

/// Return a name as records have it. It is cut between two characters, so that it stays valid UTF-8.
fn shown(name: &[u8]) -> String {
    let end = std::str::from_utf8(name).ok().and_then(|text| text.char_indices().nth(LONGEST));
    printable(end.and_then(|(end, _)| name.get(..end)).unwrap_or(name), LONGEST)
}

/// Return the operation of a request in JSON; of a batch, the first one and how many more there are.
fn in_json(text: &[u8], whole: bool) -> Option<Vec<u8>> {
    let one =
        |members: json::Members<'_>, whole| json_rpc::method(members).or_else(|| graphql::operation(members, whole));
    let Some((batch, ended)) = json::elements(text) else {
        return one(json::members(text), whole);
    };
    let first = one(batch.first()?.members(), ended || batch.len() > 1)?;
    let more = match batch.len() - 1 {
        0 => String::new(),
        _ if !ended => " + more".to_owned(),
        others => format!(" + {others} more"),
    };
    Some([first.as_slice(), more.as_bytes()].concat())
}

fn is_xml(media_type: &[u8]) -> bool {
    let plain = media_type.to_ascii_lowercase();
    plain == b"text/xml" || plain.ends_with(b"+xml")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::Ledger;
    use crate::limits::Limits;
    use crate::protocols::Protocols;
    use crate::records::{Collector, Wanted};

    /// Return the operation of a POST whose body comes in pieces of `size` bytes.
    fn posted(content_type: &str, fields: &[(&str, &str)], body: &[u8], size: usize) -> Option<String> {
        let limits = Limits::default();
        let (mut ledger, mut out) = (Ledger::new(1 << 20), Collector::new(&limits, Wanted::default()));
        let mut cx = Context {
            ledger: &mut ledger,
            limits: &limits,
            protocols: Protocols::default(),
            out: &mut out,
            lookups: &mut None,
            keys: &mut None,
        };
        let field = |name: &[u8]| {
            let found = fields.iter().find(|(known, _)| known.as_bytes() == name);
            found.map(|(_, value)| value.as_bytes().to_vec()).unwrap_or_default()
        };
        let mut reader = OperationReader::new(b"POST", b"/", content_type.as_bytes(), field)?;
        body.chunks(size).for_each(|part| reader.data(&mut cx, part));
        assert!(reader.held() < LOOKED_AT);
        let operation = reader.finish(&mut cx);
        assert_eq!(ledger.budget.used, 0);
        Some(operation)
    }

    fn json(body: &str) -> String {
        posted("application/json; charset=utf-8", &[], body.as_bytes(), 7).unwrap()
    }

    const ENVELOPE: &[u8] = b"<s:Envelope><s:Body><m:GetPrice/></s:Body></s:Envelope>";

    #[test]
    fn only_some_bodies_are_looked_at() {
        for content_type in ["", "text/plain", "application/xml", "application/problem+json", "multipart/related"] {
            assert_eq!(posted(content_type, &[("soapaction", "a")], b"", 1), None, "{content_type}");
        }
        let json = |method| OperationReader::new(method, b"/", b"application/json", |_| Vec::new()).is_some();
        assert_eq!((json(b"POST"), json(b"PUT"), json(b"GET")), (true, false, false));
        assert_eq!(posted("application/json", &[("content-encoding", "gzip")], b"", 1), None);
    }

    #[test]
    fn soap_is_named_by_its_action_or_its_body() {
        for (content_type, field, name) in [
            ("text/xml", "\"urn:shop#Buy\"", "urn:shop#Buy"),
            ("text/xml", "\"\"", "GetPrice"),
            ("TEXT/XML; charset=utf-8", "", "GetPrice"),
            ("application/soap+xml; action=\"urn:Buy\"", "", "urn:Buy"),
            ("application/soap+xml", "", "GetPrice"),
        ] {
            for size in [1, 10, 1460] {
                let found = posted(content_type, &[("soapaction", field)], ENVELOPE, size);
                assert_eq!(found.as_deref(), Some(name), "{content_type}");
            }
        }
        let gzip = [("soapaction", "urn:Buy"), ("content-encoding", "gzip")];
        assert_eq!(posted("text/xml", &gzip, b"\x1f\x8b", 1).as_deref(), Some("urn:Buy"));
    }

    #[test]
    fn the_root_part_of_a_multipart_message_is_searched() {
        let body = [b"--b\r\nContent-Type: application/xop+xml\r\n\r\n".as_slice(), ENVELOPE].concat();
        let content_type = "multipart/related; boundary=b; type=\"application/xop+xml\"; start-info=\"text/xml\"";
        assert_eq!(posted(content_type, &[], &body, 9).as_deref(), Some("GetPrice"));
        assert_eq!(posted("multipart/related; type=\"image/png\"", &[], &body, 9), None);
    }

    #[test]
    fn json_may_be_a_call_a_batch_or_nothing() {
        for (body, name) in [
            (r#"{"jsonrpc":"2.0","method":"eth_call","id":1}"#, "eth_call"),
            (r#"{"query":"mutation Buy { buy }"}"#, "mutation Buy"),
            (r#"[{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","method":"b"},{}]"#, "a + 2 more"),
            (r#"[{"query":"query A { a }"}]"#, "query A"),
            (r#"[{"name":"x"},{"query":"query A { a }"}]"#, ""),
            (r#"{"name":"x"}"#, ""),
            ("[]", ""),
            ("", ""),
            ("\u{feff}{\"query\":\"query A { a }\"}", "query A"),
        ] {
            assert_eq!(json(body), name, "{body}");
        }
    }

    #[test]
    fn only_the_start_of_a_body_is_searched() {
        let late = format!(r#"{{"a":"{}","jsonrpc":"2.0","method":"b"}}"#, "x".repeat(LOOKED_AT));
        assert_eq!(json(&late), "");
        let batch = format!(r#"[{{"jsonrpc":"2.0","method":"b"}},{{"params":"{}"#, "x".repeat(LOOKED_AT));
        assert_eq!(json(&batch), "b + more");
        let long = format!(r#"{{"operationName":"Find","query":"query Find {{ {} }}"}}"#, "field ".repeat(9999));
        assert_eq!(json(&long), "query Find");
    }

    #[test]
    fn names_are_short_and_printable() {
        let long = "m".repeat(500);
        assert_eq!(json(&format!(r#"{{"jsonrpc":"2.0","method":"{long}"}}"#)), long[..LONGEST]);
        assert_eq!(json(r#"{"jsonrpc":"2.0","method":"a\u001b\u202eb"}"#), "a\\x1b\\u202eb");
        let wide = format!("a{}", "😀".repeat(200));
        let shown: String = wide.chars().take(LONGEST).collect();
        assert_eq!(json(&format!(r#"{{"jsonrpc":"2.0","method":"{wide}"}}"#)), shown);
    }

    #[test]
    fn a_query_string_may_name_an_operation() {
        let found =
            |target: &[u8]| OperationReader::new(b"GET", target, b"", |_| Vec::new()).map(|reader| reader.operation);
        assert_eq!(found(b"/graphql?query=query+A%7Ba%7D").as_deref(), Some("query A"));
        assert_eq!(found(b"/search?query=shoes"), None);
        assert_eq!(found(b"/"), None);
    }
}
