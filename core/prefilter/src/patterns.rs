//! Regular expressions: compiled in linear-time automata, with what each needs.

use regex_automata::{
    meta,
    nfa::thompson::{NFA, State, WhichCaptures},
    util::{primitives::StateID, syntax},
};
use regex_syntax::hir::Hir;

use crate::alphabet::{Kinds, each};

/// Most memory of one expression, in bytes.
const LARGEST: usize = 8 << 20;
/// Most memory of the states that one expression keeps while it searches, in bytes.
const LARGEST_CACHE: usize = 1 << 20;
/// Deepest nesting of an expression.
const DEEPEST: u32 = 200;

/// Parse an expression: of bytes, `^` and `$` at lines, and a dot that matches everything, as ModSecurity's.
pub(crate) fn parsed(pattern: &str) -> Result<Hir, String> {
    let config = syntax::Config::new()
        .unicode(false)
        .utf8(false)
        .multi_line(true)
        .dot_matches_new_line(true)
        .nest_limit(DEEPEST);
    syntax::parse_with(pattern, &config).map_err(|error| error.to_string())
}

/// Compile an expression.
pub(crate) fn compiled(tree: &Hir, captures: bool) -> Result<meta::Regex, String> {
    let config = meta::Config::new()
        .utf8_empty(false)
        .nfa_size_limit(Some(LARGEST))
        .hybrid_cache_capacity(LARGEST_CACHE)
        .which_captures(if captures { WhichCaptures::All } else { WhichCaptures::Implicit });
    meta::Builder::new().configure(config).build_from_hir(tree).map_err(|error| error.to_string())
}

/// The kinds of bytes without which nothing matches: each of them is in every match.
pub(crate) fn needed(tree: &Hir) -> Kinds {
    let config = NFA::config().utf8(false).which_captures(WhichCaptures::None).nfa_size_limit(Some(LARGEST));
    let Ok(nfa) = NFA::compiler().configure(config).build_from_hir(tree) else {
        return 0;
    };
    let mut seen = Visited::new(&nfa);
    each().filter(|(_, bytes)| !seen.matches_without(&nfa, bytes)).fold(0, |all, (kind, _)| all | kind)
}

/// The states that were visited in one walk through an automaton.
struct Visited {
    at: Vec<u32>,
    walk: u32,
    waiting: Vec<StateID>,
}

impl Visited {
    fn new(nfa: &NFA) -> Self {
        Self { at: vec![0; nfa.states().len()], walk: 0, waiting: Vec::new() }
    }

    /// Whether a match can be reached without the bytes; assertions are taken to hold.
    fn matches_without(&mut self, nfa: &NFA, bytes: &[bool; 256]) -> bool {
        self.walk += 1;
        self.waiting.clear();
        self.visit(nfa.start_anchored());
        while let Some(state) = self.waiting.pop() {
            match nfa.state(state) {
                State::Match { .. } => return true,
                State::ByteRange { trans } => self.step(trans.start, trans.end, trans.next, bytes),
                State::Sparse(sparse) => {
                    for trans in &sparse.transitions {
                        self.step(trans.start, trans.end, trans.next, bytes);
                    }
                }
                State::Dense(dense) => {
                    for (byte, next) in (0..=255).zip(&dense.transitions) {
                        self.step(byte, byte, *next, bytes);
                    }
                }
                State::Look { next, .. } | State::Capture { next, .. } => self.visit(*next),
                State::Union { alternates } => alternates.iter().for_each(|next| self.visit(*next)),
                State::BinaryUnion { alt1, alt2 } => {
                    self.visit(*alt1);
                    self.visit(*alt2);
                }
                State::Fail => {}
            }
        }
        false
    }

    fn step(&mut self, first: u8, last: u8, next: StateID, bytes: &[bool; 256]) {
        let range = bytes.get(usize::from(first)..=usize::from(last));
        if range.is_some_and(|range| range.contains(&false)) {
            self.visit(next);
        }
    }

    fn visit(&mut self, state: StateID) {
        if let Some(at) = self.at.get_mut(state.as_usize())
            && *at != self.walk
        {
            *at = self.walk;
            self.waiting.push(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alphabet::kinds;

    fn skipped(pattern: &str, value: &[u8]) -> bool {
        needed(&parsed(pattern).expect("an expression")) & !kinds(value) != 0
    }

    #[test]
    fn what_every_match_has_is_needed() {
        assert!(skipped("(?i)union.*select", b"onion select"));
        assert!(!skipped("(?i)union.*select", b"UNION SELECT"));
        assert!(skipped(r"a(?:b|\d+)\s", b"abc"));
        assert!(skipped("[\"'`]x", b"x"));
        assert!(!skipped("^$", b""));
    }
}
