//! The forms that one value takes as it is transformed, and what was found out about each.

use std::borrow::Cow;

use aho_corasick::AhoCorasick;

use crate::alphabet::{Kinds, kinds};
use crate::step::Outcome;
use crate::tree::Node;

/// What became of a value at a node.
#[derive(Clone, Copy)]
pub(crate) enum Form {
    /// No value, or none that is looked at.
    Nothing,
    /// It is not known which value.
    Unknown,
    /// The candidate at this place.
    At(usize),
}

/// The forms of a value, for each node that was visited.
pub(crate) struct Forms<'a> {
    places: Vec<Form>,
    pub(crate) candidates: Vec<Candidate<'a>>,
    words: usize,
}

impl<'a> Forms<'a> {
    pub(crate) fn new(text: &'a [u8], words: usize) -> Self {
        let first = Candidate::new(Cow::Borrowed(text), words);
        Self { places: Vec::with_capacity(64), candidates: vec![first], words }
    }

    /// The form at the next node, if its tests are among the selected ones.
    pub(crate) fn next(&mut self, node: &Node, selected: u64) -> Form {
        let form = match &node.step {
            _ if node.selectors & selected == 0 => Form::Nothing,
            None => Form::At(0),
            Some((above, step)) => match self.places.get(*above) {
                Some(Form::At(place)) => self.transformed(*place, step),
                Some(other) => *other,
                None => Form::Unknown,
            },
        };
        self.places.push(form);
        form
    }

    fn transformed(&mut self, place: usize, step: &crate::step::Ready) -> Form {
        let Some(before) = self.candidates.get(place) else { return Form::Unknown };
        if step.triggers() & before.kinds == 0 && !before.text.is_empty() {
            return Form::At(place);
        }
        match step.apply(&before.text) {
            Outcome::Nothing => Form::Nothing,
            Outcome::Unknown => Form::Unknown,
            Outcome::Value(text) => Form::At(self.place_of(text)),
        }
    }

    fn place_of(&mut self, text: Vec<u8>) -> usize {
        if let Some(place) = self.candidates.iter().position(|known| *known.text == *text) {
            return place;
        }
        let mut candidate = Candidate::new(Cow::Owned(text), self.words);
        // Strings are searched in any case.
        let alike = self.candidates.iter().find(|known| known.text.eq_ignore_ascii_case(&candidate.text));
        candidate.with_strings = alike.and_then(|known| known.with_strings.clone());
        self.candidates.push(candidate);
        self.candidates.len() - 1
    }
}

/// A form of a value.
pub(crate) struct Candidate<'a> {
    pub(crate) text: Cow<'a, [u8]>,
    /// The kinds of its bytes.
    pub(crate) kinds: Kinds,
    /// Tests that were made.
    pub(crate) tried: Numbers,
    /// Tests of whose strings it has one; None before the search.
    with_strings: Option<Numbers>,
}

impl<'a> Candidate<'a> {
    fn new(text: Cow<'a, [u8]>, words: usize) -> Self {
        let kinds = kinds(&text);
        Self { text, kinds, tried: Numbers::new(words), with_strings: None }
    }

    /// Tests of whose strings the value has one; `owners` has the test of each string.
    pub(crate) fn with_strings(&mut self, strings: &AhoCorasick, owners: &[usize]) -> &Numbers {
        let words = self.tried.0.len();
        self.with_strings.get_or_insert_with(|| {
            let mut found = Numbers::new(words);
            for string in strings.find_overlapping_iter(&*self.text) {
                owners.get(string.pattern().as_usize()).map(|owner| found.insert(*owner));
            }
            found
        })
    }
}

/// A set of small numbers.
#[derive(Clone)]
pub(crate) struct Numbers(Vec<u64>);

impl Numbers {
    /// An empty set, for numbers below 64 times the words.
    pub(crate) fn new(words: usize) -> Self {
        Self(vec![0; words])
    }

    pub(crate) fn has(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    /// Add a number, and say whether it is new.
    pub(crate) fn insert(&mut self, number: usize) -> bool {
        let Some(word) = self.0.get_mut(number / 64) else { return true };
        let bit = 1 << (number % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}
