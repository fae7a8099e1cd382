//! Many regular expressions over one text: keywords first, and then only the expressions whose keyword occurs.

use std::fmt;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::bytes::{Captures, Match as Span, Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use crate::entropy::entropy;

/// Bytes of a compiled expression, and of what its automaton remembers while it searches.
const LARGEST: usize = 1 << 20;
/// Texts that are looked at for one expression: what is left out by entropy or `allow` counts, too. So an expression
/// that scans far for each of them costs no more than a multiple of the text.
const MOST_TRIED: usize = 256;

/// What to find.
#[derive(Debug, Default, Clone)]
pub struct Rule {
    /// The expression. The text is bytes, so `\w` and case are those of ASCII. If it has groups, the first one that takes
    /// part is what was found.
    pub regex: String,
    /// Words, one of which occurs wherever the expression matches; case does not count. Without any, it is always
    /// searched for.
    pub keywords: Vec<String>,
    /// Least Shannon entropy of what was found, in bits per byte.
    pub entropy: f64,
    /// Expressions for what is not meant, such as examples in documentation.
    pub allow: Vec<String>,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// Place of the rule.
    pub rule: usize,
    /// Index of its first byte.
    pub start: usize,
    /// Index after its last byte.
    pub end: usize,
}

/// A rule has an expression that cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub struct RuleError {
    /// Place of the rule.
    pub rule: usize,
    /// What is wrong.
    pub text: String,
}

impl fmt::Display for RuleError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.text)
    }
}

struct Compiled {
    regex: Regex,
    allow: RegexSet,
    entropy: f64,
}

/// Rules, ready to search.
pub struct Patterns {
    rules: Vec<Compiled>,
    /// Searches for the keywords of all rules.
    keywords: AhoCorasick,
    /// The rule of each keyword.
    owners: Vec<usize>,
    /// Whether each rule is searched for in any case.
    always: Vec<bool>,
}

impl Patterns {
    /// Compile rules.
    ///
    /// # Errors
    /// An expression is malformed, or too large when it is compiled.
    pub fn new(rules: &[Rule]) -> Result<Self, RuleError> {
        let compiled = rules.iter().enumerate().map(|(number, rule)| {
            compiled(rule).map_err(|error| RuleError { rule: number, text: in_one_line(&error) })
        });
        let words =
            || rules.iter().enumerate().flat_map(|(number, rule)| rule.keywords.iter().map(move |word| (number, word)));
        let keywords = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(words().map(|(_, word)| word))
            .map_err(|error| RuleError { rule: 0, text: error.to_string() })?;
        Ok(Self {
            rules: compiled.collect::<Result<_, _>>()?,
            keywords,
            owners: words().map(|(number, _)| number).collect(),
            always: rules.iter().map(|rule| rule.keywords.is_empty()).collect(),
        })
    }

    /// Find what matches, by rule and then by place: of each rule at most `most`.
    pub fn find(&self, text: &[u8], most: usize) -> Vec<Match> {
        let wanted = self.wanted(text);
        let rules = self.rules.iter().enumerate().zip(wanted).filter_map(|(each, is_wanted)| is_wanted.then_some(each));
        rules
            .flat_map(|(rule, compiled)| {
                compiled.find(text).take(most).map(move |(start, end)| Match { rule, start, end })
            })
            .collect()
    }

    /// Return for each rule whether it may match: whether one of its keywords occurs.
    fn wanted(&self, text: &[u8]) -> Vec<bool> {
        let mut wanted = self.always.clone();
        let mut left = wanted.iter().filter(|is_wanted| !**is_wanted).count();
        for found in self.keywords.find_overlapping_iter(text) {
            let owner = self.owners.get(found.pattern().as_usize());
            if let Some(is_wanted) = owner.and_then(|owner| wanted.get_mut(*owner))
                && !*is_wanted
            {
                *is_wanted = true;
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
        wanted
    }
}

impl Compiled {
    fn find<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = (usize, usize)> + 'a {
        let tried = self.regex.captures_iter(text).take(MOST_TRIED).filter_map(|found| meant(&found));
        tried.filter(|span| self.is_meant(span.as_bytes())).map(|span| (span.start(), span.end()))
    }

    fn is_meant(&self, secret: &[u8]) -> bool {
        (self.entropy <= 0.0 || entropy(secret) >= self.entropy) && !self.allow.is_match(secret)
    }
}

/// Return the first group that takes part, or all if there is none.
fn meant<'a>(found: &Captures<'a>) -> Option<Span<'a>> {
    found.iter().skip(1).flatten().next().or_else(|| found.get(0))
}

fn compiled(rule: &Rule) -> Result<Compiled, regex::Error> {
    let regex = RegexBuilder::new(&rule.regex).unicode(false).size_limit(LARGEST).dfa_size_limit(LARGEST).build()?;
    let allow = RegexSetBuilder::new(&rule.allow).unicode(false).size_limit(LARGEST).build()?;
    Ok(Compiled { regex, allow, entropy: rule.entropy })
}

/// Return what an error says at the end, below the expression that it repeats.
fn in_one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default().trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(regex: &str, keywords: &[&str]) -> Rule {
        Rule { regex: regex.into(), keywords: keywords.iter().map(|word| (*word).into()).collect(), ..Rule::default() }
    }

    fn found(rules: &[Rule], text: &str) -> Vec<(usize, String)> {
        let found = Patterns::new(rules).unwrap().find(text.as_bytes(), 3);
        found.into_iter().map(|each| (each.rule, text[each.start..each.end].to_owned())).collect()
    }

    #[test]
    fn the_first_group_is_what_was_found() {
        let rules = [rule(r"key=(\w+)", &["key="]), rule(r"(?:a(\d)|b(\d))\b", &[]), rule("x+", &["x"])];
        let text = "key=abc b7 xx";
        assert_eq!(found(&rules, text), [(0, "abc".into()), (1, "7".into()), (2, "xx".into())]);
    }

    #[test]
    fn a_rule_needs_one_of_its_keywords() {
        assert_eq!(found(&[rule("[a-z]+", &["no", "way"])], "abc"), []);
        assert_eq!(found(&[rule("[a-z]+", &["no", "BC"])], "abc"), [(0, "abc".into())]);
    }

    #[test]
    fn keywords_within_keywords_count() {
        let rules = [rule("abc", &["abc"]), rule("b", &["b"])];
        assert_eq!(found(&rules, "abc"), [(0, "abc".into()), (1, "b".into())]);
    }

    #[test]
    fn entropy_and_allow_leave_out() {
        let strict = Rule { entropy: 1.5, allow: vec!["example".into()], ..rule("[a-z0-9]{4,}", &[]) };
        assert_eq!(found(&[strict], "aaaa abab a1b2 example7"), [(0, "a1b2".into())]);
    }

    #[test]
    fn what_is_found_is_bounded_for_each_rule() {
        let found = found(&[rule("a", &[]), rule("b", &[])], "aaaaaaaaab");
        assert_eq!(found.iter().map(|(rule, _)| *rule).collect::<Vec<_>>(), [0, 0, 0, 1]);
    }

    #[test]
    fn a_bad_expression_is_named() {
        let wrong = |regex: &str| Patterns::new(&[rule("a", &[]), rule(regex, &[])]).err().unwrap();
        assert_eq!(wrong("a(").rule, 1);
        assert_eq!(wrong("a(").text, "unclosed group");
        assert!(wrong("(?:[a-z]{1000}){1000}").text.contains("size limit"));
        let allow = Rule { allow: vec!["[".into()], ..rule("a", &[]) };
        assert_eq!(Patterns::new(&[allow]).err().unwrap().text, "unclosed character class");
    }

    #[test]
    fn bytes_that_are_no_text_are_searched() {
        let patterns = Patterns::new(&[rule(r"\bkey\b", &["key"])]).unwrap();
        assert_eq!(patterns.find(b"\xFF\xFEkey\0", 3).len(), 1);
    }
}
