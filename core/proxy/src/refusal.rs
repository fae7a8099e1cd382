//! What was refused, or would have been, to be told to the user.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::counts::{Count, Counts};

/// Refusals that wait to be taken.
const MOST: usize = 10_000;
/// Of them, requests that were passed on without a verdict.
const MOST_UNDECIDED: usize = 10;

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The agent said so.
    Verdict,
    /// The agent did not answer in time, and its route is closed then.
    Undecided,
    /// The decoder names it ambiguous.
    Ambiguous,
    /// Its client is on the list of blocked ones.
    Blocked,
    /// Its client asks too much.
    Limit,
    /// A method or an upgrade that is not passed on.
    Rule,
}

impl Cause {
    /// Its name for Python.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Verdict => "verdict",
            Self::Undecided => "undecided",
            Self::Ambiguous => "ambiguous",
            Self::Blocked => "blocked",
            Self::Limit => "limit",
            Self::Rule => "rule",
        }
    }
}

/// A request that was refused or would have been.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Seconds since the epoch.
    pub time: f64,
    /// The request's number, as on the page that its client got.
    pub id: String,
    /// Who asked.
    pub client: SocketAddr,
    /// Who was asked.
    pub server: SocketAddr,
    /// The field Host.
    pub host: String,
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Why.
    pub cause: Cause,
    /// The same in words.
    pub reason: String,
    /// Numbers of the rules that matched.
    pub rules: String,
    /// The anomaly score.
    pub score: u64,
    /// Whether it was refused; otherwise it would have been.
    pub refused: bool,
}

/// Refusals that wait to be taken.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    refusals: Vec<Refusal>,
    /// Requests among them that were passed on without a verdict.
    undecided: usize,
}

impl Refusals {
    pub(crate) fn add(&self, refusal: Refusal, counts: &Counts) {
        let passed = refusal.cause == Cause::Undecided && !refusal.refused;
        if !passed {
            counts.add(if refusal.refused { Count::Refused } else { Count::WouldRefuse });
        }
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.undecided += usize::from(passed);
        if passed && waiting.undecided > MOST_UNDECIDED {
            return; // the others are counted
        }
        if waiting.refusals.len() < MOST {
            waiting.refusals.push(refusal);
        } else {
            counts.add(Count::LostRefusals);
        }
    }

    pub(crate) fn take(&self) -> Vec<Refusal> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).refusals
    }
}

/// Numbers of requests, one of which is on each page that refuses: never the same twice.
#[derive(Debug)]
pub(crate) struct Ids {
    first: u64,
    next: std::sync::atomic::AtomicU64,
}

impl Ids {
    pub(crate) fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { first: now.as_micros() as u64, next: 0.into() }
    }

    pub(crate) fn next(&self) -> String {
        let number = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        format!("{:013x}{:08x}", self.first & 0xf_ffff_ffff_ffff, number)
    }
}
