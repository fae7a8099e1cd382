//! Evaluates the conditions of all rules on an exchange.

use std::sync::{Mutex, TryLockError};

use aho_corasick::AhoCorasick;

use crate::check;
use crate::condition::{Condition, Part, Subject, Test};
use crate::forms::{Candidate, Form, Forms, Numbers};
use crate::memo::Memo;
use crate::step;
use crate::tree::Tree;
use crate::values::{Value, Values};

/// Both messages of an exchange, bodies without codings. What was not seen is empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Exchange<'a> {
    /// The request line and fields, with the empty line.
    pub request_head: &'a [u8],
    /// The body of the request.
    pub request_body: &'a [u8],
    /// The status line and fields, with the empty line.
    pub response_head: &'a [u8],
    /// The body of the response.
    pub response_body: &'a [u8],
}

/// Beyond these, an exchange may match.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Arguments in the query and the body.
    pub arguments: usize,
    /// Bytes in a body.
    pub body: usize,
}

/// Conditions that are ready.
pub struct Prefilter {
    limits: Limits,
    rules: Vec<String>,
    /// How many tests each condition has.
    sizes: Vec<usize>,
    tests: Vec<Ready>,
    parts: Vec<Tree>,
    counts: Vec<(Vec<Subject>, usize)>,
    strings: AhoCorasick,
    /// The test that needs each string.
    owners: Vec<usize>,
    unbounded: Vec<String>,
    /// Words of a set of tests.
    words: usize,
    memo: Mutex<Memo>,
}

impl std::fmt::Debug for Prefilter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Prefilter").field("rules", &self.rules.len()).finish_non_exhaustive()
    }
}

struct Ready {
    check: check::Ready,
    condition: usize,
}

impl Prefilter {
    /// Prepare conditions. Tests that cannot be prepared are taken to hold.
    ///
    /// # Errors
    ///
    /// The strings of all conditions are too many for one search.
    pub fn new(conditions: &[Condition], limits: Limits) -> Result<Self, String> {
        let mut made = Self {
            limits,
            rules: Vec::new(),
            sizes: Vec::new(),
            tests: Vec::new(),
            parts: (0..Part::COUNT).map(|_| Tree::default()).collect(),
            counts: Vec::new(),
            strings: AhoCorasick::new([b""]).map_err(|error| error.to_string())?,
            owners: Vec::new(),
            unbounded: Vec::new(),
            words: 0,
            memo: Mutex::default(),
        };
        for condition in conditions {
            made.add(condition);
        }
        made.words = made.tests.len().div_ceil(64);
        made.search_strings()?;
        Ok(made)
    }

    /// Rules without any test: the engine must see everything because of them.
    pub fn unbounded(&self) -> &[String] {
        &self.unbounded
    }

    /// Whether a rule may match an exchange.
    pub fn may_match(&self, exchange: &Exchange<'_>) -> bool {
        self.reason(exchange).is_some()
    }

    /// A rule that may match an exchange, or another reason why the engine must see it; None if no rule can match.
    pub fn reason(&self, exchange: &Exchange<'_>) -> Option<&str> {
        if let Some(rule) = self.unbounded.first() {
            return Some(rule);
        }
        if exchange.request_body.len().max(exchange.response_body.len()) > self.limits.body {
            return Some("long body");
        }
        let Some(values) = Values::of(exchange, &self.limits) else {
            return Some("unusual");
        };
        let mut progress = Progress::new(self);
        // Whoever finds the memory in use goes without: nobody waits.
        let mut apart = Memo::default();
        let mut shared = match self.memo.try_lock() {
            Ok(memo) => Some(memo),
            Err(TryLockError::Poisoned(memo)) => Some(memo.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        };
        let memo = shared.as_deref_mut().unwrap_or(&mut apart);
        let reached = self
            .counted(&values, &mut progress)
            .or_else(|| values.all.iter().find_map(|value| self.look(value, memo, &mut progress)));
        reached.and_then(|condition| self.rules.get(condition)).map(String::as_str)
    }

    fn add(&mut self, condition: &Condition) {
        let number = self.rules.len();
        let before = self.tests.len();
        for test in &condition.tests {
            // A test that cannot be prepared is left out, as if it always held.
            if let Ok(check) = check::Ready::new(&test.check, test.negated)
                && test.steps.iter().all(|step| step::Ready::new(step).is_ok())
            {
                self.tests.push(Ready { check, condition: number });
                self.place(test, self.tests.len() - 1);
            }
        }
        self.rules.push(condition.rule.clone());
        self.sizes.push(self.tests.len() - before);
        if self.tests.len() == before {
            self.unbounded.push(condition.rule.clone());
        }
    }

    /// Enter a test at all parts that it looks at.
    fn place(&mut self, test: &Test, number: usize) {
        let (counted, plain): (Vec<_>, Vec<_>) = test.subjects.iter().cloned().partition(|subject| subject.counted);
        if !counted.is_empty() {
            self.counts.push((counted, number));
        }
        let first = if test.at_each_step { 0 } else { test.steps.len() };
        for subject in plain {
            if let Some(tree) = self.parts.get_mut(subject.part as usize) {
                tree.add(&subject.which, &test.steps, first, number);
            }
        }
    }

    fn search_strings(&mut self) -> Result<(), String> {
        let mut all = Vec::new();
        for (number, test) in self.tests.iter().enumerate() {
            for text in test.check.strings.iter().flatten() {
                all.push(text.as_slice());
                self.owners.push(number);
            }
        }
        let search = AhoCorasick::builder().ascii_case_insensitive(true).build(all);
        self.strings = search.map_err(|error| error.to_string())?;
        Ok(())
    }

    /// Make the tests that count values; return a condition that holds.
    fn counted(&self, values: &Values<'_>, progress: &mut Progress) -> Option<usize> {
        self.counts.iter().find_map(|(subjects, test)| {
            let passes = subjects.iter().any(|subject| {
                let among = |value: &&Value<'_>| value.part == subject.part && subject.which.has(&value.name);
                let count = values.all.iter().filter(among).count();
                self.tests.get(*test).is_some_and(|test| test.check.passes(count.to_string().as_bytes()))
            });
            if passes { self.pass(*test, progress) } else { None }
        })
    }

    /// Make all tests of a value; return a condition that holds.
    fn look(&self, value: &Value<'_>, memo: &mut Memo, progress: &mut Progress) -> Option<usize> {
        let tree = self.parts.get(value.part as usize)?;
        let selected = tree.selected(&value.name);
        if selected == 0 {
            return None;
        }
        memo.choose(value.part as u8, selected, &value.text);
        if let Some(tests) = memo.passed() {
            return tests.iter().find_map(|test| self.pass(*test, progress));
        }
        let tests = self.passed(tree, selected, &value.text);
        memo.remember(&tests);
        tests.iter().find_map(|test| self.pass(*test, progress))
    }

    /// The tests that a value passes, of those that look at it.
    fn passed(&self, tree: &Tree, selected: u64, text: &[u8]) -> Vec<usize> {
        let mut forms = Forms::new(text, self.words);
        let mut passed = Vec::new();
        for node in &tree.nodes {
            let chosen = node.tests.iter().filter(|(bit, _)| bit & selected != 0).map(|(_, test)| *test);
            match forms.next(node, selected) {
                Form::Nothing => {}
                Form::Unknown => passed.extend(chosen),
                Form::At(place) => {
                    if let Some(candidate) = forms.candidates.get_mut(place) {
                        passed.extend(chosen.filter(|test| self.passes(*test, candidate)));
                    }
                }
            }
        }
        passed
    }

    /// Make a test, unless it was made on this form of the value before.
    fn passes(&self, number: usize, candidate: &mut Candidate<'_>) -> bool {
        self.tests.get(number).is_some_and(|test| {
            test.check.needed & !candidate.kinds == 0
                && (test.check.strings.is_none() || candidate.with_strings(&self.strings, &self.owners).has(number))
                && candidate.tried.insert(number)
                && test.check.passes(&candidate.text)
        })
    }

    /// Note that a test holds; return its condition if all of its tests do.
    fn pass(&self, number: usize, progress: &mut Progress) -> Option<usize> {
        if !progress.passed.insert(number) {
            return None;
        }
        let condition = self.tests.get(number)?.condition;
        let left = progress.left.get_mut(condition)?;
        *left -= 1;
        (*left == 0).then_some(condition)
    }
}

/// What holds so far in one exchange.
struct Progress {
    passed: Numbers,
    left: Vec<usize>,
}

impl Progress {
    fn new(prefilter: &Prefilter) -> Self {
        Self { passed: Numbers::new(prefilter.words), left: prefilter.sizes.clone() }
    }
}
