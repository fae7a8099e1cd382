//! The servers behind the proxy: which of them gets a request, and whether they are well.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

/// Failures in a row after which an upstream gets no requests.
const FALL: u32 = 3;
/// Good checks in a row after which it gets requests again.
const RISE: u32 = 2;

/// Where an upstream listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An address and port.
    Tcp(SocketAddr),
    /// The path of a local socket.
    Unix(PathBuf),
}

/// A server behind the proxy.
#[derive(Debug)]
pub struct Upstream {
    /// As its user wrote it.
    pub name: String,
    /// Where it listens.
    pub place: Place,
    /// Its name and the configuration for TLS, if it speaks that.
    pub tls: Option<(ServerName<'static>, Arc<ClientConfig>)>,
    /// Whether it speaks HTTP/2.
    pub http2: bool,
    state: State,
}

#[derive(Debug, Default)]
struct State {
    down: AtomicBool,
    failures: AtomicU32,
    successes: AtomicU32,
    active: AtomicUsize,
    requests: AtomicU64,
    errors: AtomicU64,
}

/// How an upstream is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// As its user wrote it.
    pub name: String,
    /// Whether it gets requests.
    pub up: bool,
    /// Requests under way.
    pub active: usize,
    /// Requests that it got.
    pub requests: u64,
    /// Requests and checks that failed.
    pub errors: u64,
}

impl Upstream {
    /// Create an upstream that is taken to be well.
    #[must_use]
    pub fn new(name: String, place: Place, tls: Option<(ServerName<'static>, Arc<ClientConfig>)>, http2: bool) -> Self {
        Self { name, place, tls, http2, state: State::default() }
    }

    /// Learn that it answered.
    pub(crate) fn well(&self) {
        self.state.failures.store(0, Ordering::Relaxed);
        if self.state.down.load(Ordering::Relaxed) && self.state.successes.fetch_add(1, Ordering::Relaxed) + 1 >= RISE {
            self.state.down.store(false, Ordering::Relaxed);
        }
    }

    /// Learn that it did not.
    pub(crate) fn failed(&self) {
        self.state.errors.fetch_add(1, Ordering::Relaxed);
        self.state.successes.store(0, Ordering::Relaxed);
        if self.state.failures.fetch_add(1, Ordering::Relaxed) + 1 >= FALL {
            self.state.down.store(true, Ordering::Relaxed);
        }
    }

    /// Count a request until the result is dropped.
    pub(crate) fn ask(self: &Arc<Self>) -> Asked {
        self.state.requests.fetch_add(1, Ordering::Relaxed);
        self.state.active.fetch_add(1, Ordering::Relaxed);
        Asked(Arc::clone(self))
    }

    pub(crate) fn standing(&self) -> Standing {
        Standing {
            name: self.name.clone(),
            up: !self.state.down.load(Ordering::Relaxed),
            active: self.state.active.load(Ordering::Relaxed),
            requests: self.state.requests.load(Ordering::Relaxed),
            errors: self.state.errors.load(Ordering::Relaxed),
        }
    }
}

/// A request under way.
#[derive(Debug)]
pub(crate) struct Asked(Arc<Upstream>);

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.state.active.fetch_sub(1, Ordering::Relaxed);
    }
}

/// All upstreams of a proxy.
#[derive(Debug)]
pub(crate) struct Upstreams {
    pub(crate) all: Vec<Arc<Upstream>>,
    next: AtomicUsize,
}

impl Upstreams {
    pub(crate) fn new(all: Vec<Arc<Upstream>>) -> Self {
        Self { all, next: AtomicUsize::new(0) }
    }

    /// Return the one that is well and has the fewest requests under way, in turns if several have; if none is well, any.
    /// Those in `tried` come last.
    pub(crate) fn choose(&self, tried: &[usize]) -> Option<(usize, &Arc<Upstream>)> {
        let count = self.all.len();
        if count < 2 {
            return self.all.first().map(|only| (0, only));
        }
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        (0..count).map(|step| (turn + step) % count).filter_map(|place| Some((place, self.all.get(place)?))).min_by_key(
            |(place, upstream)| {
                let state = &upstream.state;
                (tried.contains(place), state.down.load(Ordering::Relaxed), state.active.load(Ordering::Relaxed))
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Upstreams {
        let made = |port| {
            let place = Place::Tcp(SocketAddr::from(([127, 0, 0, 1], port)));
            Arc::new(Upstream::new(port.to_string(), place, None, false))
        };
        Upstreams::new(vec![made(1), made(2)])
    }

    #[test]
    fn the_least_busy_one_that_is_well_is_chosen() {
        let upstreams = two();
        let chosen = |tried: &[usize]| upstreams.choose(tried).map(|(place, _)| place);
        let first = chosen(&[]);
        assert_ne!(first, chosen(&[]));
        let _busy = upstreams.all[0].ask();
        assert_eq!((chosen(&[]), chosen(&[])), (Some(1), Some(1)));
        assert_eq!(chosen(&[1]), Some(0));
        for _ in 0..FALL {
            upstreams.all[1].failed();
        }
        assert_eq!((chosen(&[]), upstreams.all[1].standing().up), (Some(0), false));
        upstreams.all[1].well();
        assert!(!upstreams.all[1].standing().up);
        upstreams.all[1].well();
        assert_eq!((chosen(&[]), upstreams.all[1].standing().up), (Some(1), true));
    }
}
