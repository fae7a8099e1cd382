//! Whose connections these are: processes and containers of this host, as the resolver outside of this crate reports.
//!
//! The crate names the connections that it follows (`asked`), and is told the owners of some, and who listens where. An
//! owner that is not known is unknown: nothing is concluded from another connection.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use crate::aged::Aged;

/// Address and port.
pub type End = (IpAddr, u16);

/// Maximum connections that wait for the resolver; it is asked several times a second.
const MOST_ASKED: usize = 1024;
/// Seconds by which an owner may have been found before the first packet of the connection was captured.
const SLACK: f64 = 0.5;

/// The process on this host that holds a connection. Texts are empty where they are unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Owner {
    /// Name of the process.
    pub process: String,
    /// Its number; None if it is one of several that share a socket.
    pub process_id: Option<u32>,
    /// Name of its user.
    pub user: String,
    /// Name of its container.
    pub container: String,
    /// Number of its container.
    pub container_id: String,
    /// Image of its container.
    pub container_image: String,
    /// Namespace and name of its pod.
    pub pod: String,
}

/// A socket that listens in one of the networks of this host.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Number of the network.
    pub network: u32,
    /// Its address, which is unspecified if it listens at all of them, and its port.
    pub end: End,
    /// Whether several processes accept its connections, so that each has an owner of its own.
    pub shared: bool,
    /// Who listens.
    pub owner: Arc<Owner>,
}

/// Both ends of a connection, in the order that both directions share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Pair(End, End);

impl Pair {
    fn of(one: End, other: End) -> Self {
        if one <= other { Self(one, other) } else { Self(other, one) }
    }
}

/// An owner, and when it was found.
#[derive(Clone, Debug)]
struct Found {
    owner: Arc<Owner>,
    time: f64,
}

/// The owners that were reported, and the connections whose owners are asked for.
#[derive(Debug, Default)]
pub struct Owners {
    /// Maximum connections with owners; 0 if nobody asks for owners.
    most: usize,
    /// The network of each address of this host.
    local: HashMap<IpAddr, u32>,
    listeners: HashMap<(u32, End), (Arc<Owner>, bool)>,
    known: Aged<Pair, Found>,
    asked: VecDeque<(End, End)>,
    waiting: HashSet<Pair>,
    /// Owners that were forgotten because there are too many.
    pub(crate) forgotten: u64,
    /// Connections that the resolver was not asked for because there were too many.
    pub(crate) unasked: u64,
}

impl Owners {
    /// Create a table for the owners of at most `most` connections; 0 switches it off.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// Return whether owners are asked for.
    pub(crate) fn wanted(&self) -> bool {
        self.most > 0
    }

    /// Note that a connection has started at a time. Its owner is to be found, unless it is known; an earlier connection
    /// between the same ends says nothing about it.
    pub(crate) fn starts(&mut self, client: End, server: End, time: f64) {
        if self.wanted() {
            let pair = Pair::of(client, server);
            if self.known.get(&pair).is_some_and(|found| found.time < time - SLACK) {
                self.known.remove(&pair);
            }
            self.ask(client, server);
        }
    }

    /// Note a connection, client first, whose owner is to be found, unless it is known or has no end on this host.
    pub(crate) fn ask(&mut self, client: End, server: End) {
        let pair = Pair::of(client, server);
        let settled = self.known.contains(&pair) || self.listener(server).is_some_and(|(_, shared)| !shared);
        if settled || !self.is_ours(client, server) || !self.waiting.insert(pair) {
            return;
        }
        self.asked.push_back((client, server));
        if self.asked.len() > MOST_ASKED
            && let Some((client, server)) = self.asked.pop_front()
        {
            self.waiting.remove(&Pair::of(client, server));
            self.unasked += 1;
        }
    }

    /// Take the latest of the connections that were noted, at most `most`, client first.
    pub fn asked(&mut self, most: usize) -> Vec<(End, End)> {
        let first = self.asked.len().saturating_sub(most);
        let asked: Vec<_> = self.asked.drain(first..).rev().collect();
        for (client, server) in &asked {
            self.waiting.remove(&Pair::of(*client, *server));
        }
        asked
    }

    /// Learn the owner of a connection, found at a time.
    pub fn learn(&mut self, one: End, other: End, time: f64, owner: Arc<Owner>) {
        if !self.wanted() {
            return;
        }
        let pair = Pair::of(one, other);
        self.known.insert(pair, Found { owner, time });
        self.known.move_to_back(&pair);
        while self.known.len() > self.most {
            self.known.pop_front();
            self.forgotten += 1;
        }
    }

    /// Replace the addresses of this host, each with the number of its network, and the sockets that listen there.
    pub fn listen(&mut self, local: HashMap<IpAddr, u32>, listeners: Vec<Listener>) {
        self.local = local;
        let entry = |one: Listener| ((one.network, one.end), (one.owner, one.shared));
        self.listeners = listeners.into_iter().take(self.most).map(entry).collect();
    }

    /// Return the owner of a connection if nothing better may become known.
    pub(crate) fn certain(&self, client: End, server: End) -> Option<Arc<Owner>> {
        let known = || self.known.get(&Pair::of(client, server)).map(|found| &found.owner);
        let listener = self.listener(server).filter(|(_, shared)| !shared).map(|(owner, _)| owner);
        listener.or_else(known).cloned()
    }

    /// Return the owner of a connection, as far as it is known.
    pub(crate) fn known(&self, client: End, server: End) -> Option<Arc<Owner>> {
        self.certain(client, server).or_else(|| self.listener(server).map(|(owner, _)| Arc::clone(owner)))
    }

    /// Return whether one of the ends is on this host, as far as its addresses are known.
    pub(crate) fn is_ours(&self, client: End, server: End) -> bool {
        self.local.is_empty() || [client, server].iter().any(|(address, _)| self.network(*address).is_some())
    }

    /// Return who listens at an end on this host, and whether several processes do.
    fn listener(&self, server: End) -> Option<&(Arc<Owner>, bool)> {
        let (address, port) = server;
        let network = self.network(address)?;
        let any = if address.is_ipv4() { IpAddr::from([0; 4]) } else { IpAddr::from([0; 16]) };
        self.listeners.get(&(network, server)).or_else(|| self.listeners.get(&(network, (any, port))))
    }

    /// Return the network of an address of this host. Loopback addresses are those of the capture's own, 0.
    fn network(&self, address: IpAddr) -> Option<u32> {
        if address.is_loopback() { Some(0) } else { self.local.get(&address).copied() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(address: [u8; 4], port: u16) -> End {
        (IpAddr::from(address), port)
    }

    fn owner(process: &str) -> Arc<Owner> {
        Arc::new(Owner { process: process.to_owned(), ..Owner::default() })
    }

    fn name(owner: Option<Arc<Owner>>) -> Option<String> {
        owner.map(|owner| owner.process.clone())
    }

    const CLIENT: [u8; 4] = [10, 0, 0, 1];
    const SERVER: [u8; 4] = [10, 0, 0, 2];

    /// Owners on a host with the address of the server, where `shared` says whether several processes listen.
    fn on_server(shared: bool) -> Owners {
        let mut owners = Owners::new(3);
        let listener = Listener { network: 7, end: end([0; 4], 80), shared, owner: owner("nginx") };
        owners.listen([(IpAddr::from(SERVER), 7)].into(), vec![listener]);
        owners
    }

    #[test]
    fn who_listens_owns_the_connections() {
        let mut owners = on_server(false);
        let (client, server) = (end(CLIENT, 5000), end(SERVER, 80));
        owners.ask(client, server);
        assert_eq!(owners.asked(2000), [], "nothing better can be found");
        assert_eq!(name(owners.certain(client, server)), Some("nginx".to_owned()));
        assert_eq!(name(owners.known(client, end(SERVER, 81))), None, "nobody listens there");
        assert_eq!(name(owners.known(server, client)), None, "here the same address is the client");
    }

    #[test]
    fn a_listener_owns_nothing_on_other_hosts() {
        let owners = on_server(false);
        assert_eq!(name(owners.known(end(SERVER, 5000), end([192, 0, 2, 1], 80))), None);
        assert!(!owners.is_ours(end(CLIENT, 5000), end([192, 0, 2, 1], 80)));
    }

    #[test]
    fn of_several_processes_that_listen_the_one_that_accepted_counts() {
        let mut owners = on_server(true);
        let (client, server) = (end(CLIENT, 5000), end(SERVER, 80));
        owners.ask(client, server);
        owners.ask(client, server);
        assert_eq!(owners.asked(2000), [(client, server)], "it is asked for once");
        assert_eq!(name(owners.certain(client, server)), None);
        assert_eq!(name(owners.known(client, server)), Some("nginx".to_owned()));
        owners.learn(server, client, 1.0, owner("worker"));
        assert_eq!(name(owners.certain(client, server)), Some("worker".to_owned()));
        owners.ask(client, server);
        assert_eq!(owners.asked(2000), [], "it is known");
    }

    #[test]
    fn a_new_connection_does_not_inherit_the_owner_of_the_last_one() {
        let mut owners = Owners::new(3);
        let (client, server) = (end(CLIENT, 5000), end(SERVER, 80));
        owners.learn(client, server, 10.0, owner("curl"));
        owners.starts(client, server, 10.2);
        assert_eq!(name(owners.known(client, server)), Some("curl".to_owned()), "it was found as the SYN came");
        assert_eq!(owners.asked(2000), []);
        owners.starts(client, server, 11.0);
        assert_eq!(name(owners.known(client, server)), None);
        assert_eq!(owners.asked(2000), [(client, server)]);
    }

    #[test]
    fn tables_are_bounded_and_losses_counted() {
        let mut owners = Owners::new(3);
        for port in 1..=5 {
            owners.learn(end(CLIENT, port), end(SERVER, 80), 1.0, owner("curl"));
        }
        assert_eq!((owners.known.len(), owners.forgotten), (3, 2));
        for port in 0..2000 {
            owners.ask(end(CLIENT, port), end(SERVER, 81));
        }
        assert_eq!((owners.asked(2000).len(), owners.unasked), (MOST_ASKED, 2000 - MOST_ASKED as u64));
    }

    #[test]
    fn nothing_is_asked_or_learned_if_nobody_wants_it() {
        let mut owners = Owners::new(0);
        owners.starts(end(CLIENT, 1), end(SERVER, 80), 1.0);
        owners.learn(end(CLIENT, 1), end(SERVER, 80), 1.0, owner("curl"));
        assert_eq!(owners.asked(2000), []);
        assert_eq!(name(owners.known(end(CLIENT, 1), end(SERVER, 80))), None);
    }
}
