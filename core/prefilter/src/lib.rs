//! Decides for most exchanges that no rule of a web application firewall can match.
//!
//! Rules come as *necessary conditions*: whenever a rule matches an exchange, all tests of its condition hold. So if
//! every condition has a test that fails, no rule matches, and the engine need not run. Whatever this crate does not
//! model exactly counts as "may match": an unusual head, a body of an unknown kind, a transformation that would change
//! a value in a way that is not modelled, an expression that cannot be compiled. `docs/decisions/prefilter.md` gives
//! the argument in full.
//!
//! Time is linear in the exchange (no backtracking), memory is bounded by the rules.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::expect_used))]

mod alphabet;
mod check;
mod condition;
mod escapes;
mod forms;
mod head;
mod injection;
mod json;
mod memo;
mod patterns;
mod prefilter;
mod required;
mod step;
mod tree;
mod values;

pub use check::Check;
pub use condition::{Condition, Part, Subject, Test, Which};
pub use prefilter::{Exchange, Limits, Prefilter};
pub use step::Step;
