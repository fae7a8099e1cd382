//! What rules need, as the reader of rules says it.

use crate::check::Check;
use crate::step::Step;

/// A part of an exchange that has values, each with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// The method.
    Method,
    /// The request line.
    Line,
    /// The version, as `HTTP/1.1`.
    Protocol,
    /// The target, as sent and decoded.
    Uri,
    /// The target, as sent.
    UriRaw,
    /// The path, as sent and decoded.
    Filename,
    /// The last segment of the path.
    Basename,
    /// The query, as sent.
    Query,
    /// Arguments of the query.
    QueryArgument,
    /// Their names.
    QueryArgumentName,
    /// Arguments in the body.
    BodyArgument,
    /// Their names.
    BodyArgumentName,
    /// Request fields.
    Header,
    /// Their names.
    HeaderName,
    /// Cookies.
    Cookie,
    /// Their names.
    CookieName,
    /// The body of the request.
    Body,
    /// Its length, in digits.
    BodyLength,
    /// Whether the body could not be parsed: `0`.
    BodyError,
    /// The status code.
    Status,
    /// Response fields.
    ResponseHeader,
    /// Their names.
    ResponseHeaderName,
    /// The body of the response.
    ResponseBody,
    /// Never has a value.
    Absent,
    /// The content type of the request; empty if there is none.
    ContentType,
}

impl Part {
    const NAMES: [(&'static str, Part); 25] = [
        ("method", Part::Method),
        ("line", Part::Line),
        ("protocol", Part::Protocol),
        ("uri", Part::Uri),
        ("uri_raw", Part::UriRaw),
        ("filename", Part::Filename),
        ("basename", Part::Basename),
        ("query", Part::Query),
        ("query_argument", Part::QueryArgument),
        ("query_argument_name", Part::QueryArgumentName),
        ("body_argument", Part::BodyArgument),
        ("body_argument_name", Part::BodyArgumentName),
        ("header", Part::Header),
        ("header_name", Part::HeaderName),
        ("cookie", Part::Cookie),
        ("cookie_name", Part::CookieName),
        ("body", Part::Body),
        ("body_length", Part::BodyLength),
        ("body_error", Part::BodyError),
        ("status", Part::Status),
        ("response_header", Part::ResponseHeader),
        ("response_header_name", Part::ResponseHeaderName),
        ("response_body", Part::ResponseBody),
        ("absent", Part::Absent),
        ("content_type", Part::ContentType),
    ];

    /// Number of parts.
    pub(crate) const COUNT: usize = Self::NAMES.len();

    /// The part of this name.
    pub fn named(name: &str) -> Option<Part> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, part)| *part)
    }
}

/// Which values of a part.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Which {
    /// All.
    All,
    /// Those of this name, in lower case.
    Named(Vec<u8>),
    /// All but those of these names, in lower case.
    Except(Vec<Vec<u8>>),
}

impl Which {
    /// Whether a value of this name is among them.
    pub fn has(&self, name: &[u8]) -> bool {
        match self {
            Which::All => true,
            Which::Named(wanted) => wanted.eq_ignore_ascii_case(name),
            Which::Except(names) => !names.iter().any(|other| other.eq_ignore_ascii_case(name)),
        }
    }
}

/// What a test looks at.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The part.
    pub part: Part,
    /// Which of its values.
    pub which: Which,
    /// Whether it looks at their number instead.
    pub counted: bool,
}

/// Holds if some value of some subject, transformed step by step, passes the check.
#[derive(Clone, Debug)]
pub struct Test {
    /// What it looks at.
    pub subjects: Vec<Subject>,
    /// Transformations, in order.
    pub steps: Vec<Step>,
    /// Whether the check is made before and after each step.
    pub at_each_step: bool,
    /// The check.
    pub check: Check,
    /// Whether the value must fail the check instead.
    pub negated: bool,
}

/// Whenever the rule matches, all of these tests hold.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Name of the rule.
    pub rule: String,
    /// The tests.
    pub tests: Vec<Test>,
}
