//! The tests of one part, in a tree: a node for each sequence of transformations, below that without its last one.

use crate::condition::Which;
use crate::step::{self, Step};

/// Tests by how the values are transformed. Nodes stand after those that they are below of.
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
    selectors: Vec<Which>,
}

/// Tests of values that are transformed in the same way.
pub(crate) struct Node {
    /// Place of the node above, and the step from there; none at the top.
    pub(crate) step: Option<(usize, step::Ready)>,
    key: String,
    /// Bits of the selectors of all tests here and below.
    pub(crate) selectors: u64,
    /// Tests, each with the bit of its selector.
    pub(crate) tests: Vec<(u64, usize)>,
}

impl Default for Tree {
    fn default() -> Self {
        let top = Node { step: None, key: String::new(), selectors: 0, tests: Vec::new() };
        Self { nodes: vec![top], selectors: Vec::new() }
    }
}

impl Tree {
    /// The selectors that take a value of this name, as bits.
    pub(crate) fn selected(&self, name: &[u8]) -> u64 {
        let taking = self.selectors.iter().enumerate().filter(|(_, which)| which.has(name));
        taking.fold(0, |bits, (place, _)| bits | 1 << place)
    }

    /// Add a test of values after all steps, and after each number of steps from `first` on. Steps are valid.
    pub(crate) fn add(&mut self, which: &Which, steps: &[Step], first: usize, test: usize) {
        let bit = self.bit(which);
        let mut place = 0;
        for number in 0..=steps.len() {
            if let Some(step) = number.checked_sub(1).and_then(|last| steps.get(last)) {
                place = self.below(place, step);
            }
            if let Some(node) = self.nodes.get_mut(place) {
                node.selectors |= bit;
                if number >= first {
                    node.tests.push((bit, test));
                }
            }
        }
    }

    fn bit(&mut self, which: &Which) -> u64 {
        // With too many selectors, a test looks at all values.
        let which = if self.selectors.len() < 63 { which } else { &Which::All };
        let place = self.selectors.iter().position(|known| known == which).unwrap_or_else(|| {
            self.selectors.push(which.clone());
            self.selectors.len() - 1
        });
        1 << place
    }

    /// The node that a step leads to.
    fn below(&mut self, above: usize, step: &Step) -> usize {
        let key = format!("{above} {step:?}");
        let known = self.nodes.iter().position(|node| node.key == key);
        known.unwrap_or_else(|| {
            // A step that cannot be prepared was refused before; here, it would leave all open.
            let ready = step::Ready::new(step).unwrap_or_else(|_| step::Ready::unknown());
            self.nodes.push(Node { step: Some((above, ready)), key, selectors: 0, tests: Vec::new() });
            self.nodes.len() - 1
        })
    }
}
