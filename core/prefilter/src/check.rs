//! Operators: what a value is checked for.

use aho_corasick::AhoCorasick;
use memchr::memmem;
use regex_automata::meta;

use crate::alphabet::{Kinds, kinds};
use crate::injection::{maybe_script, maybe_sql};
use crate::{patterns, required};

/// Longest value for which an expression that must *not* match is evaluated: the engine gives up on longer ones
/// sooner, and then finds no match.
const LONGEST_NEGATED: usize = 1024;

/// How a number is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `@eq`
    Equal,
    /// `@gt`
    Greater,
    /// `@ge`
    AtLeast,
    /// `@lt`
    Less,
    /// `@le`
    AtMost,
}

/// An operator with its argument.
#[derive(Clone, Debug)]
pub enum Check {
    /// `@unconditionalMatch`, or an operator that is not known.
    Always,
    /// `@rx`
    Matches(String),
    /// `@pm`: contains any, in any case.
    ContainsAny(Vec<Vec<u8>>),
    /// `@streq`
    Equals(Vec<u8>),
    /// `@contains`
    Contains(Vec<u8>),
    /// `@within`: is contained in the argument.
    Within(Vec<u8>),
    /// `@beginsWith`
    BeginsWith(Vec<u8>),
    /// `@endsWith`
    EndsWith(Vec<u8>),
    /// `@eq` and others.
    Compares(Comparison, i64),
    /// `@validateByteRange`: has a byte that is not allowed.
    HasOtherBytes(Vec<bool>),
    /// `@validateUtf8Encoding`: is not UTF-8.
    IsNotUtf8,
    /// `@validateUrlEncoding`: has a percent sign that begins no escape.
    HasBadEscape,
    /// `@detectSQLi`
    InjectsSql,
    /// `@detectXSS`
    InjectsScript,
}

impl Check {
    /// The check of this name: an operator without its `@`, in lower case. None if it is not known.
    pub fn named(name: &str, argument: &[u8], list: Vec<Vec<u8>>) -> Option<Check> {
        Some(match name {
            "unconditionalmatch" => Check::Always,
            "rx" => Check::Matches(String::from_utf8(argument.to_vec()).ok()?),
            "pm" => Check::ContainsAny(list),
            "streq" => Check::Equals(argument.to_vec()),
            "contains" => Check::Contains(argument.to_vec()),
            "within" => Check::Within(argument.to_vec()),
            "beginswith" => Check::BeginsWith(argument.to_vec()),
            "endswith" => Check::EndsWith(argument.to_vec()),
            "eq" => Check::Compares(Comparison::Equal, number(argument)),
            "gt" => Check::Compares(Comparison::Greater, number(argument)),
            "ge" => Check::Compares(Comparison::AtLeast, number(argument)),
            "lt" => Check::Compares(Comparison::Less, number(argument)),
            "le" => Check::Compares(Comparison::AtMost, number(argument)),
            "validatebyterange" => Check::HasOtherBytes(allowed(&list)?),
            "validateutf8encoding" => Check::IsNotUtf8,
            "validateurlencoding" => Check::HasBadEscape,
            "detectsqli" => Check::InjectsSql,
            "detectxss" => Check::InjectsScript,
            _ => return None,
        })
    }
}

/// Bytes named by pairs: the first and the last of a range, as one byte each.
fn allowed(ranges: &[Vec<u8>]) -> Option<Vec<bool>> {
    let mut bytes = vec![false; 256];
    for range in ranges {
        let [first, last] = range.as_slice() else { return None };
        bytes.get_mut(usize::from(*first)..=usize::from(*last))?.fill(true);
    }
    Some(bytes)
}

/// The number a value begins with, as C reads it; 0 if there is none.
fn number(value: &[u8]) -> i64 {
    let text = String::from_utf8_lossy(value);
    let text = text.trim_start();
    let end = text.char_indices().find(|(at, c)| !(c.is_ascii_digit() || (*at == 0 && matches!(c, '-' | '+'))));
    text.get(..end.map_or(text.len(), |(at, _)| at)).and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// A check that is ready, with what it needs.
pub(crate) struct Ready {
    engine: Engine,
    negated: bool,
    /// Kinds of bytes that every value has that passes.
    pub(crate) needed: Kinds,
    /// Strings, in lower case, of which every value that passes has one.
    pub(crate) strings: Option<Vec<Vec<u8>>>,
}

enum Engine {
    Expression(Box<meta::Regex>),
    Strings(AhoCorasick),
    Plain(Check),
}

impl Ready {
    /// Prepare a check.
    ///
    /// # Errors
    ///
    /// The expression is none, or too large.
    pub(crate) fn new(check: &Check, negated: bool) -> Result<Self, String> {
        let mut ready = Self { engine: Engine::Plain(check.clone()), negated, needed: 0, strings: None };
        match check {
            Check::Matches(pattern) => {
                let tree = patterns::parsed(pattern)?;
                ready.engine = Engine::Expression(Box::new(patterns::compiled(&tree, false)?));
                ready.needed = patterns::needed(&tree);
                ready.strings = required::required(&tree);
            }
            Check::ContainsAny(strings) => {
                let search = AhoCorasick::builder().ascii_case_insensitive(true).build(strings);
                ready.engine = Engine::Strings(search.map_err(|error| error.to_string())?);
                let lower: Vec<Vec<u8>> = strings.iter().map(|text| text.to_ascii_lowercase()).collect();
                ready.needed = lower.iter().map(|text| kinds(text)).reduce(|all, one| all & one).unwrap_or(0);
                ready.strings = Some(lower).filter(|all| all.iter().all(|text| !text.is_empty()));
            }
            Check::Contains(text) | Check::Equals(text) | Check::BeginsWith(text) | Check::EndsWith(text) => {
                ready.needed = kinds(text);
                ready.strings = Some(vec![text.to_ascii_lowercase()]).filter(|_| !text.is_empty());
            }
            _ => {}
        }
        if negated {
            ready.needed = 0;
            ready.strings = None;
        }
        Ok(ready)
    }

    /// Whether a value passes.
    pub(crate) fn passes(&self, value: &[u8]) -> bool {
        if self.negated { !self.must_hold(value) } else { self.may_hold(value) }
    }

    fn may_hold(&self, value: &[u8]) -> bool {
        match &self.engine {
            Engine::Expression(expression) => expression.is_match(value),
            Engine::Strings(search) => search.is_match(value),
            Engine::Plain(check) => may_hold(check, value),
        }
    }

    /// Whether the check certainly holds, in the engine too.
    fn must_hold(&self, value: &[u8]) -> bool {
        match &self.engine {
            Engine::Expression(_) if value.len() > LONGEST_NEGATED || value.contains(&b'\n') => false,
            Engine::Plain(Check::InjectsSql | Check::InjectsScript | Check::Always) => false,
            _ => self.may_hold(value),
        }
    }
}

fn may_hold(check: &Check, value: &[u8]) -> bool {
    match check {
        Check::Equals(text) => value == text,
        Check::Contains(text) => contains(value, text),
        Check::Within(text) => value.is_empty() || contains(text, value),
        Check::BeginsWith(text) => value.starts_with(text),
        Check::EndsWith(text) => value.ends_with(text),
        Check::Compares(comparison, other) => comparison.holds(number(value), *other),
        Check::HasOtherBytes(allowed) => {
            !value.iter().all(|byte| allowed.get(usize::from(*byte)).copied().unwrap_or(false))
        }
        Check::IsNotUtf8 => std::str::from_utf8(value).is_err(),
        Check::HasBadEscape => crate::escapes::percent_decoded(value, false).is_none(),
        Check::InjectsSql => maybe_sql(value),
        Check::InjectsScript => maybe_script(value),
        Check::Always | Check::Matches(_) | Check::ContainsAny(_) => true,
    }
}

fn contains(value: &[u8], text: &[u8]) -> bool {
    memmem::find(value, text).is_some()
}

impl Comparison {
    fn holds(self, value: i64, other: i64) -> bool {
        match self {
            Comparison::Equal => value == other,
            Comparison::Greater => value > other,
            Comparison::AtLeast => value >= other,
            Comparison::Less => value < other,
            Comparison::AtMost => value <= other,
        }
    }
}
