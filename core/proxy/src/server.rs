//! The whole proxy: what it was set to, its threads, and what it tells.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arc_swap::{ArcSwap, ArcSwapOption};
use prefilter::Prefilter;
use tokio::sync::{Notify, watch};
use tokio_rustls::rustls::ServerConfig;
use wire::forwarding::TrustedProxies;

use crate::clients::{Blocked, Clients, Quota};
use crate::connection::Timeouts;
use crate::counts::Counts;
use crate::forward::{Told, Via};
use crate::keys::Keys;
use crate::listener::Listener;
use crate::page::Page;
use crate::refusal::{Ids, Refusal, Refusals};
use crate::ring::Ring;
use crate::routes::{Route, Routes};
use crate::serve;
use crate::tls::{Offer, server};
use crate::upstream::{Standing, Upstream, Upstreams};

/// How the proxy behaves.
#[derive(Debug)]
pub struct Settings {
    /// Threads, each with connections of its own.
    pub threads: usize,
    /// Bytes of frames that may wait for their reader.
    pub ring: usize,
    /// Open connections of clients.
    pub connections: usize,
    /// How long parts of a connection may take.
    pub timeouts: Timeouts,
    /// How much one client may do.
    pub quota: Quota,
    /// Proxies that may name the client of a request, in PROXY headers and in fields.
    pub trusted: TrustedProxies,
    /// Fields that tell upstreams about the client.
    pub told: Told,
    /// Whether upstreams are told both ends of the connection by the PROXY protocol.
    pub tells_ends: bool,
    /// Protocols that clients may switch to, `*` for all.
    pub upgrades: Vec<String>,
    /// Whether CONNECT is passed on.
    pub passes_connect: bool,
    /// The agent's socket; None if nobody is asked.
    pub agent: Option<PathBuf>,
    /// Whether the agent is asked about clients that are new, whatever they ask for: it knows listed ones.
    pub asks_about_new: bool,
    /// Bytes of a body that are read before the agent is asked.
    pub inspected_body: usize,
    /// How verdicts are used.
    pub routes: Vec<Route>,
    /// Oddities that are let pass all the same.
    pub allowed_oddities: Vec<String>,
    /// The page for refused requests.
    pub page: Page,
    /// A path that tells how the proxy is, instead of being passed on.
    pub health_path: Option<String>,
    /// The path that upstreams are checked by; only their port if it is empty.
    pub check_path: String,
    /// Time between checks; zero for none.
    pub check_pause: Duration,
}

/// What all threads share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) ring: Arc<Ring>,
    pub(crate) counts: Counts,
    pub(crate) refusals: Refusals,
    pub(crate) ids: Ids,
    pub(crate) clients: Clients,
    pub(crate) routes: Routes,
    pub(crate) upstreams: Upstreams,
    pub(crate) blocked: ArcSwap<Blocked>,
    pub(crate) prefilter: ArcSwapOption<Prefilter>,
    pub(crate) tls: ArcSwapOption<ServerConfig>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) via: Via,
    /// Asks each thread to end the connection that has waited longest.
    pub(crate) doors: Vec<Notify>,
    draining: AtomicBool,
}

impl Shared {
    pub(crate) fn drains(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Server").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

/// A reverse proxy.
pub struct Server {
    shared: Arc<Shared>,
    /// Until it accepts nothing more.
    listeners: Mutex<Vec<Listener>>,
    addresses: Vec<String>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    stop: watch::Sender<Option<Duration>>,
}

impl Server {
    /// Create a proxy whose listeners are open.
    ///
    /// # Errors
    ///
    /// A certificate cannot be used.
    pub fn new(
        settings: Settings,
        listeners: Vec<Listener>,
        upstreams: Vec<Upstream>,
        offer: Option<&Offer>,
    ) -> Result<Self, String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let keys = Arc::<Keys>::default();
        let shared = Shared {
            ring: Arc::new(Ring::new(settings.ring)),
            counts: Counts::default(),
            refusals: Refusals::default(),
            ids: Ids::new(),
            clients: Clients::new(settings.quota),
            routes: Routes::new(settings.routes.clone()),
            upstreams: Upstreams::new(upstreams.into_iter().map(Arc::new).collect()),
            blocked: ArcSwap::default(),
            prefilter: ArcSwapOption::empty(),
            tls: ArcSwapOption::new(offer.map(|offer| server(offer, &keys)).transpose()?),
            keys,
            via: Via::new(&format!("{:x}", now.subsec_nanos() ^ std::process::id())),
            doors: (0..settings.threads).map(|_| Notify::new()).collect(),
            draining: AtomicBool::new(false),
            settings,
        };
        let (stop, _) = watch::channel(None);
        let addresses = listeners.iter().filter_map(|listener| listener.address().ok());
        let addresses = addresses.map(|address| address.to_string()).collect();
        let (shared, listeners) = (Arc::new(shared), Mutex::new(listeners));
        Ok(Self { shared, listeners, addresses, threads: Mutex::default(), stop })
    }

    /// Start the threads, which accept connections from now on.
    ///
    /// # Errors
    ///
    /// The system has no room for them.
    pub fn start(&self) -> std::io::Result<()> {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for number in 0..self.shared.settings.threads {
            let open = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
            let listeners = open.iter().map(Listener::again).collect::<Result<Vec<_>, _>>()?;
            let (shared, stop) = (Arc::clone(&self.shared), self.stop.subscribe());
            let named = std::thread::Builder::new().name(format!("proxy-{number}"));
            threads.push(named.spawn(move || serve::run(number, listeners, shared, stop))?);
        }
        Ok(())
    }

    /// Accept no more connections, end those that are open when they rest, and all after a while.
    pub fn stop(&self, drain: Duration) {
        self.shared.draining.store(true, Ordering::Relaxed);
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.stop.send_replace(Some(drain));
        for thread in self.threads.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            drop(thread.join());
        }
        self.shared.ring.end();
    }

    /// The frames of its clients' connections.
    #[must_use]
    pub fn ring(&self) -> &Ring {
        &self.shared.ring
    }

    /// The secrets of TLS connections since the last call, as lines of a key log.
    #[must_use]
    pub fn keys(&self) -> String {
        self.shared.keys.take()
    }

    /// The addresses that it listens at.
    #[must_use]
    pub fn addresses(&self) -> &[String] {
        &self.addresses
    }

    /// Use other certificates for new connections.
    ///
    /// # Errors
    ///
    /// One cannot be used; those of before stay.
    pub fn offer(&self, offer: &Offer) -> Result<(), String> {
        self.shared.tls.store(Some(server(offer, &self.shared.keys)?));
        Ok(())
    }

    /// Refuse these addresses from now on, and no others.
    pub fn block(&self, blocked: Blocked) {
        self.shared.blocked.store(Arc::new(blocked));
    }

    /// Ask the agent only about requests that this lets pass.
    pub fn ask_after(&self, prefilter: Option<Arc<Prefilter>>) {
        self.shared.prefilter.store(prefilter);
    }

    /// Totals since the start, by name.
    #[must_use]
    pub fn counts(&self) -> Vec<(&'static str, u64)> {
        self.shared.counts.all()
    }

    /// What was refused since the last call.
    #[must_use]
    pub fn refusals(&self) -> Vec<Refusal> {
        self.shared.refusals.take()
    }

    /// How the upstreams are.
    #[must_use]
    pub fn standings(&self) -> Vec<Standing> {
        self.shared.upstreams.all.iter().map(|upstream| upstream.standing()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop(Duration::ZERO);
    }
}
